"""Averages of the quality of replies, per unit."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, case, cast, func, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View
from hotline.adapters.db.views.tickets import conditions
from hotline.domain.reply_quality import PARTS


class QualityViews(View):
    def reply_quality(self, since: datetime, until: datetime, centre: str = "") -> list[Row]:
        """Per unit: replies submitted in the span, the averages in percent, and how many leaked personal data. Of a reply
        that was judged by several versions of the rules only the newest judgement counts."""
        c = t.reply_assessments.c
        newest = (
            select(func.max(c.id)).where(c.submitted_at >= since, c.submitted_at < until).group_by(c.reply_id)
        )
        averages = [cast(func.round(func.avg(c[name])), Integer).label(name) for name in ("score", *PARTS)]
        leaks = func.sum(case((c.leaks, 1), else_=0))
        query = select(c.unit, func.count().label("replies"), cast(leaks, Integer).label("leaks"), *averages)
        query = query.where(c.id.in_(newest))
        if centre:
            query = query.join(t.tickets, t.tickets.c.id == c.ticket_id)
            query = query.where(*conditions({"centre": centre}))
        return self.rows(query.group_by(c.unit))
