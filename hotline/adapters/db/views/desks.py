"""The queues of the desks: what waits for a dispatcher, a unit, a follow-up clerk, a supervisor."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal_column, or_, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page
from hotline.adapters.db.views.tickets import LIST_COLUMNS, conditions


class DeskViews(View):
    def dispatch_queue(
        self, states: Collection[str], filters: dict[str, Any], after: int | None, limit: int
    ) -> Row:
        """Tickets that wait before dispatch: urgent first, then oldest; the keyset is the offset-free (rank, id)."""
        c = t.tickets.c
        rank = case((c.urgency == "critical", 0), (c.urgency == "urgent", 1), else_=2).label("rank")
        claim = t.claims.c
        joined = t.tickets.outerjoin(t.claims, (claim.queue == "dispatch") & (claim.subject_id == c.id))
        query = select(*LIST_COLUMNS, c.suggestion, rank, claim.holder, claim.holder_id).select_from(joined)
        query = query.where(c.state.in_(states), *conditions(filters))
        limit = clip(limit)
        if after is not None:
            at_rank, at_id = divmod(after, 1 << 53)
            query = query.where(or_(rank > at_rank, (rank == at_rank) & (c.id > at_id)))
        rows = self.rows(query.order_by(rank, c.id).limit(limit + 1))
        for row in rows:
            row["key"] = row["rank"] << 53 | row["id"]
        return page(rows, limit, "key")

    def pending_applications(
        self, kinds: Collection[str], filters: dict[str, Any], limit: int = 100
    ) -> list[Row]:
        """Applications that wait for a decision, with their ticket's facts, oldest first."""
        a, c = t.applications.c, t.tickets.c
        query = select(
            t.applications,
            c.no,
            c.title,
            c.hops,
            c.category,
            c.area,
            c.due_at,
            t.assignments.c.unit.label("unit_code"),
            t.assignments.c.duty,
        ).join(t.tickets, c.id == a.ticket_id)
        query = query.join(t.assignments, t.assignments.c.id == a.assignment_id)
        query = query.where(a.state == "pending", a.kind.in_(kinds), *conditions(filters))
        return self.rows(query.order_by(a.id).limit(clip(limit)))

    def replies_to_accept(self, filters: dict[str, Any], limit: int = 100) -> list[Row]:
        """Released replies of current rounds that nobody has accepted yet."""
        a, c = t.assignments.c, t.tickets.c
        query = select(
            *LIST_COLUMNS, a.id.label("assignment_id"), a.unit, a.duty, a.public_reply, a.replied_at
        )
        query = query.join(t.assignments, a.ticket_id == c.id)
        query = query.where(
            a.state == "replied", a.parent_id.is_(None), c.state == "handling", *conditions(filters)
        )
        return self.rows(query.order_by(a.replied_at, a.id).limit(clip(limit)))

    def assignments(
        self, units: Collection[str], states: Collection[str], after: int | None = None, limit: int = 50
    ) -> Row:
        """A unit's assignments with their tickets, the nearest deadline first (keyset: oldest id within pages)."""
        a, c = t.assignments.c, t.tickets.c
        query = select(
            *(
                column
                for column in LIST_COLUMNS
                if column.name not in ("id", "state", "due_at", "yellow_at", "dispatched_at")
            ),
            c.id.label("ticket_id"),
            c.state.label("ticket_state"),
            a.id,
            a.state,
            a.duty,
            a.unit,
            a.parent_id,
            a.opinion,
            a.dispatched_at,
            a.signed_at,
            a.contacted_at,
            a.replied_at,
            a.due_at,
            a.yellow_at,
            a.suspended_until,
        ).join(t.tickets, c.id == a.ticket_id)
        query = query.where(a.unit.in_(units), a.state.in_(states))
        limit = clip(limit)
        if after is not None:
            query = query.where(a.id > after)
        return page(self.rows(query.order_by(a.id).limit(limit + 1)), limit)

    def assignment_counts(self, units: Collection[str], now: datetime, day_end: datetime) -> Row:
        """How many assignments of the units stand in each state, are due today, are overdue."""
        a = t.assignments.c
        by_state = select(a.state, func.count()).where(a.unit.in_(units)).group_by(a.state)
        open_states = ("to_sign", "working", "sent_back")
        due = select(
            func.coalesce(func.sum(case((a.due_at < now, 1), else_=0)), 0),
            func.coalesce(func.sum(case(((a.due_at >= now) & (a.due_at < day_end), 1), else_=0)), 0),
        ).where(a.unit.in_(units), a.state.in_(open_states))
        overdue, today = self.session.execute(due).one()
        states = dict(self.session.execute(by_state).all())
        return {"states": states, "overdue": int(overdue), "today": int(today)}

    def follow_up_queue(self, filters: dict[str, Any], after: int | None = None, limit: int = 50) -> Row:
        """Requests that wait for 回访, the longest waiting first."""
        r, c, p = t.requests.c, t.tickets.c, t.parties_table.c
        query = (
            select(
                r.id,
                r.text,
                r.secret,
                r.anonymous,
                r.not_reached,
                r.replied_at,
                c.no,
                c.title,
                c.lead_unit,
                c.public_reply,
                c.request_type,
                c.urgency,
                c.round_no,
                p.name_masked,
                p.phone_masked,
            )
            .join(t.tickets, c.id == r.ticket_id)
            .outerjoin(t.parties_table, p.id == r.party_id)
            .where(r.follow_up == "pending", c.state == "follow_up", *conditions(filters))
        )
        limit = clip(limit)
        if after is not None:
            query = query.where(r.id > after)
        return page(self.rows(query.order_by(r.id).limit(limit + 1)), limit)

    def unit_table(self, since: datetime, now: datetime, filters: dict[str, Any]) -> list[Row]:
        """Per lead unit, within the filters: dispatched, open, overdue, closed since a time."""
        c = t.tickets.c
        query = select(
            c.lead_unit.label("unit"),
            func.count().label("dispatched"),
            func.sum(case((c.state == "handling", 1), else_=0)).label("open"),
            func.sum(case(((c.state == "handling") & (c.due_at < now), 1), else_=0)).label("overdue"),
            func.sum(case((c.state.in_(("closed", "archived")), 1), else_=0)).label("closed"),
        )
        query = query.where(c.dispatched_at >= since, c.lead_unit != "", *conditions(filters))
        query = query.group_by(c.lead_unit)
        return self.rows(query.order_by(func.count().desc()).limit(100))

    def daily_counts(self, column: str, since: datetime, filters: dict[str, Any]) -> list[Row]:
        """How many tickets within the filters came since a time, by one column (hotline, category, area …)."""
        c = t.tickets.c[column]
        query = select(c.label("key"), func.count().label("count"))
        query = query.where(t.tickets.c.received_at >= since, *conditions(filters))
        return self.rows(query.group_by(c).order_by(func.count().desc()).limit(50))

    def clocks_to_light(self, now: datetime, limit: int) -> list[tuple[int, int]]:
        """(clock, ticket) of running clocks whose announced light is behind the time. A return window that closes
        is nobody's delay and lights nothing."""
        c = t.clocks.c
        yellow = (c.light == "none") & (c.yellow_at <= now)
        red = c.light.in_(("none", "yellow")) & (c.due_at < now)
        open_ones = (c.state == literal_column("'running'"), c.purpose != "return_window")
        query = select(c.id, c.ticket_id).where(*open_ones, yellow | red).order_by(c.ticket_id, c.id)
        return [(row[0], row[1]) for row in self.session.execute(query.limit(limit))]

    def suspensions_over(self, now: datetime, limit: int) -> list[tuple[int, int]]:
        """(assignment, ticket) of suspensions whose day has come."""
        a = t.assignments.c
        query = select(a.id, a.ticket_id).where(a.state == "suspended", a.suspended_until <= now)
        return [
            (row[0], row[1]) for row in self.session.execute(query.order_by(a.ticket_id, a.id).limit(limit))
        ]
