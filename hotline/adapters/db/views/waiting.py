"""What waits on the dispatch desk and on a unit's desk, in the order in which it should be done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page
from hotline.adapters.db.views.tickets import LIST_COLUMNS, conditions

_TICKET = [c for c in LIST_COLUMNS if c.name not in ("id", "state", "due_at", "yellow_at", "dispatched_at")]


class WaitingViews(View):
    def waiting_tickets(
        self,
        states: Collection[str],
        reasons: Collection[str],
        filters: dict[str, Any],
        after: tuple[int, int] | None,
        limit: int,
    ) -> Row:
        """Tickets before dispatch, urgent first, then oldest, with their dispatch clock; "next" is (rank, id)."""
        c, k = t.tickets.c, t.clocks.c
        rank = case((c.urgency == "critical", 0), (c.urgency == "urgent", 1), else_=2)
        clock = and_(k.ticket_id == c.id, k.purpose == "dispatch", k.state == "running")
        columns = (*LIST_COLUMNS, c.suggestion, c.category_by, rank.label("rank"))
        query = select(*columns, k.due_at.label("dispatch_due"), k.yellow_at.label("dispatch_yellow"))
        query = query.select_from(t.tickets.outerjoin(t.clocks, clock))
        query = query.where(c.state.in_(states), *conditions(filters))
        if reasons:
            query = query.where(c.queue_reason.in_(reasons))
        if after is not None:
            query = query.where(or_(rank > after[0], and_(rank == after[0], c.id > after[1])))
        limit = clip(limit)
        found = page(self.rows(query.order_by(rank, c.id).limit(limit + 1)), limit)
        last = found["items"][-1] if found["next"] is not None else None
        return {**found, "next": (last["rank"], last["id"]) if last else None}

    def numbers_in(self, numbers: Collection[str], filters: dict[str, Any]) -> list[str]:
        """Those of the ticket numbers that the filters let through."""
        query = select(t.tickets.c.no).where(t.tickets.c.no.in_(numbers), *conditions(filters))
        return list(self.session.scalars(query.order_by(t.tickets.c.no)))

    def waiting_counts(self, states: Collection[str], filters: dict[str, Any]) -> list[tuple[str, str, int]]:
        """(state, reason, how many) of the tickets that wait in these states."""
        c = t.tickets.c
        query = select(c.state, c.queue_reason, func.count()).where(c.state.in_(states), *conditions(filters))
        return [
            (row[0], row[1], row[2]) for row in self.session.execute(query.group_by(c.state, c.queue_reason))
        ]

    def waiting_applications(
        self, kinds: Collection[str], filters: dict[str, Any], after: int | None, limit: int
    ) -> Row:
        """Applications that wait for a decision, oldest first."""
        a, c, s = t.applications.c, t.tickets.c, t.assignments.c
        query = select(
            t.applications,
            c.no,
            c.title,
            c.hops,
            c.urgency,
            c.secret,
            c.due_at,
            c.yellow_at,
            s.duty,
            s.unit.label("held_by"),
        )
        query = query.join(t.tickets, c.id == a.ticket_id).join(t.assignments, s.id == a.assignment_id)
        query = query.where(a.state == "pending", a.kind.in_(kinds), *conditions(filters))
        if after is not None:
            query = query.where(a.id > after)
        limit = clip(limit)
        return page(self.rows(query.order_by(a.id).limit(limit + 1)), limit)

    def application_counts(self, filters: dict[str, Any]) -> dict[str, int]:
        """Pending applications by kind."""
        a = t.applications.c
        query = select(a.kind, func.count()).join(t.tickets, t.tickets.c.id == a.ticket_id)
        query = query.where(a.state == "pending", *conditions(filters)).group_by(a.kind)
        return dict(self.session.execute(query).all())

    def precedents(self, category: str, kinds: Collection[str], besides: int, limit: int = 8) -> list[Row]:
        """Applications of the same matter that were decided before, the latest first."""
        a, c = t.applications.c, t.tickets.c
        query = select(t.applications, c.no, c.title, c.area).join(t.tickets, c.id == a.ticket_id)
        query = query.where(
            a.state.in_(("granted", "refused")), a.kind.in_(kinds), c.category == category, a.id != besides
        )
        return self.rows(query.order_by(a.decided_at.desc()).limit(limit))

    def waiting_replies(self, filters: dict[str, Any], after: int | None, limit: int) -> Row:
        """Released replies that nobody has accepted yet, by assignment; oldest assignment first."""
        a, c = t.assignments.c, t.tickets.c
        query = select(*_TICKET, c.state.label("ticket_state"), *_ASSIGNMENT, a.public_reply)
        query = query.join(t.tickets, c.id == a.ticket_id).where(_to_accept(), *conditions(filters))
        if after is not None:
            query = query.where(a.id > after)
        limit = clip(limit)
        return page(self.rows(query.order_by(a.id).limit(limit + 1)), limit)

    def steps_after(self, ticket_id: int, entry_id: int) -> list[Row]:
        """The steps of a ticket's timeline after one of them, oldest first."""
        e = t.timeline.c
        query = select(e.id, e.at, e.kind, e.actor, e.actor_id, e.assignment_id)
        return self.rows(query.where(e.ticket_id == ticket_id, e.id > entry_id).order_by(e.id).limit(100))

    def replies_waiting(self, filters: dict[str, Any]) -> int:
        a, c = t.assignments.c, t.tickets.c
        query = select(func.count()).select_from(t.assignments.join(t.tickets, c.id == a.ticket_id))
        return int(self.session.scalar(query.where(_to_accept(), *conditions(filters))) or 0)

    def unit_work(
        self,
        units: Collection[str],
        states: Collection[str],
        after: tuple[datetime | None, int] | None,
        limit: int,
        due_before: datetime | None = None,
        words: str = "",
    ) -> Row:
        """Assignments of the units, the nearest deadline first, those without one last; "next" is (due, id).

        due_before: only what is due before it or still waits to be signed. words: number or title contains them.
        """
        a, c = t.assignments.c, t.tickets.c
        query = select(*_TICKET, c.state.label("ticket_state"), *_ASSIGNMENT)
        query = query.join(t.tickets, c.id == a.ticket_id).where(a.unit.in_(units), a.state.in_(states))
        if due_before is not None:
            query = query.where(or_(a.due_at < due_before, a.state == "to_sign"))
        if words:
            query = query.where(
                or_(c.no.contains(words, autoescape=True), c.title.contains(words, autoescape=True))
            )
        if after is not None:
            query = query.where(_later(*after))
        limit = clip(limit)
        rows = self.rows(query.order_by(a.due_at.is_(None), a.due_at, a.id).limit(limit + 1))
        found = page(rows, limit)
        last = found["items"][-1] if found["next"] is not None else None
        return {**found, "next": (last["due_at"], last["id"]) if last else None}

    def unit_today(self, units: Collection[str], now: datetime, day_end: datetime) -> Row:
        """How many assignments of the units are overdue, due today, to be signed, and stand in each state."""
        a = t.assignments.c
        mine = a.unit.in_(units)
        states = select(a.state, func.count()).where(mine).group_by(a.state)
        doing = a.state.in_(("to_sign", "working", "sent_back", "to_approve"))
        dues = select(
            func.count().filter(a.due_at < now),
            func.count().filter(a.due_at >= now, a.due_at < day_end),
            func.count().filter(or_(a.due_at < day_end, a.state == "to_sign")),
        ).where(mine, doing)
        overdue, today, todo = self.session.execute(dues).one()
        found = dict(self.session.execute(states).all())
        return {"states": found, "overdue": overdue, "today": today, "todo": todo}


_ASSIGNMENT = [
    t.assignments.c[name]
    for name in (
        "id ticket_id state duty unit parent_id opinion dispatched_at signed_at contacted_at replied_at due_at yellow_at "
        "suspended_until ended_at"
    ).split()
]


def _to_accept() -> ColumnElement[bool]:
    a, c = t.assignments.c, t.tickets.c
    return and_(a.state == "replied", a.parent_id.is_(None), c.state == "handling")


def _later(due: datetime | None, key: int) -> ColumnElement[bool]:
    a = t.assignments.c
    if due is None:
        return and_(a.due_at.is_(None), a.id > key)
    return or_(a.due_at > due, and_(a.due_at == due, a.id > key), a.due_at.is_(None))
