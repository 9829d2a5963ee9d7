"""What the supervisors' wall asks: late signatures, calls on the line, and the tickets that are out of the ordinary."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip
from hotline.adapters.db.views.tickets import LIST_COLUMNS, conditions


class WallViews(View):
    def late_signatures(self, now: datetime, filters: dict[str, Any]) -> int:
        """Assignments that wait to be signed after the sign clock's due time."""
        a, k, c = t.assignments.c, t.clocks.c, t.tickets.c
        joined = t.assignments.join(t.clocks, k.assignment_id == a.id).join(t.tickets, c.id == a.ticket_id)
        query = select(func.count()).select_from(joined)
        late = (a.state == "to_sign", k.purpose == "sign", k.state == "running", k.due_at < now)
        return int(self.session.scalar(query.where(*late, *conditions(filters))) or 0)

    def calls_now(self, live: Collection[str], since: datetime) -> Row:
        """Calls on the line since a time, the start of the longest one that waits, and how many to call back."""
        c = t.calls.c
        recent = (c.state.in_(live), c.started_at >= since)
        waiting = (c.answered_at.is_(None), *recent)
        query = select(
            select(func.count()).select_from(t.calls).where(*recent).scalar_subquery().label("live"),
            select(func.count()).select_from(t.calls).where(*waiting).scalar_subquery().label("waiting"),
            select(func.min(c.started_at)).where(*waiting).scalar_subquery().label("since"),
            select(func.count())
            .select_from(t.calls)
            .where(c.callback == "due")
            .scalar_subquery()
            .label("missed"),
        )
        return self.row(query) or {}

    def exceptions(
        self, states: Collection[str], now: datetime, hops: int, filters: dict[str, Any], limit: int
    ) -> list[Row]:
        """Open tickets that are overdue, urgent, passed on often or disputed; danger first, then the longest overdue."""
        c, a = t.tickets.c, t.applications.c
        disputed = select(a.ticket_id).where(a.state == "pending", a.kind == "objection")
        objection = c.id.in_(disputed)
        overdue = (c.state == "handling") & (c.due_at < now)
        odd = or_(overdue, c.hops >= hops, c.urgency != "normal", objection)
        rank = case((c.urgency == "critical", 0), (overdue, 1), (c.urgency == "urgent", 2), else_=3)
        query = select(*LIST_COLUMNS, objection.label("disputed"), overdue.label("overdue"))
        query = query.where(c.state.in_(states), c.historical.is_(False), odd, *conditions(filters))
        return self.rows(query.order_by(rank, c.due_at.is_(None), c.due_at, c.id).limit(clip(limit)))
