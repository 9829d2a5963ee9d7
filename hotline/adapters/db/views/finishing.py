"""Which units finally finished which matters: counts over closed tickets, from an index alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import case, func, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View


class FinishingViews(View):
    def finished_by(self, categories: Collection[str], since: datetime, recent: datetime) -> list[Row]:
        """Per category, area and unit: how many tickets closed since `since` (count), how many of them since `recent`
        (recent). The unit is the one that led at the end, after every return, objection and reassignment."""
        c = t.tickets.c
        late = func.sum(case((c.closed_at >= recent, 1), else_=0))
        query = (
            select(c.category, c.area, c.lead_unit, func.count().label("count"), late.label("recent"))
            .where(c.category.in_(categories), c.closed_at >= since, c.lead_unit != "")
            .where(c.state.in_(("closed", "archived")))
            .group_by(c.category, c.area, c.lead_unit)
        )
        return self.rows(query) if categories else []
