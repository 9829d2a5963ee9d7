"""What waits for a follow-up clerk and a supervisor, and what the sweeps have to do (see also views/waiting.py)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal_column, select, text

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page
from hotline.adapters.db.views.tickets import conditions


class DeskViews(View):
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
        behind = (c.yellow_at <= now) & ((c.light == "none") | (c.due_at < now))
        open_ones = (c.state == literal_column("'running'"), c.light.in_(("none", "yellow")))
        query = select(c.id, c.ticket_id).where(*open_ones, behind, c.purpose != "return_window").limit(limit)
        return sorted(((row[0], row[1]) for row in self.session.execute(query)), key=lambda pair: pair[1])

    def tickets_to_archive(self, before: datetime, limit: int) -> list[int]:
        """Finished tickets that were closed before a time and are not archived, the longest closed of them. The states
        stand in the words of the partial index, or SQLite would not use it."""
        c = t.tickets.c
        finished = text("state IN ('closed', 'refused', 'withdrawn')")
        query = select(c.id).where(finished, c.closed_at < before).order_by(c.closed_at).limit(limit)
        return sorted(self.session.scalars(query))

    def suspensions_over(self, now: datetime, limit: int) -> list[tuple[int, int]]:
        """(assignment, ticket) of suspensions whose day has come."""
        a = t.assignments.c
        query = select(a.id, a.ticket_id).where(a.state == "suspended", a.suspended_until <= now)
        found = self.session.execute(query.limit(limit))
        return sorted(((row[0], row[1]) for row in found), key=lambda pair: pair[1])
