"""What burst warnings ask: how many tickets a day brought of each matter in each place, and the warnings kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, literal, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page
from hotline.domain import workflow

Count = tuple[str, str, str, str, int]
"""(centre, area, category, ISO day, how many)"""
_UNCOUNTED = (workflow.DRAFT, workflow.WITHDRAWN)


def _received(day: str, since: datetime, until: datetime) -> Select[Any]:
    """What came in a time and has a matter, as rows of day_counts."""
    c = t.tickets.c
    groups = (c.centre, c.area, c.category)
    query = select(literal(day).label("day"), *groups, func.count().label("count"))
    query = query.where(c.received_at >= since, c.received_at < until)
    return query.where(c.category != "", c.state.not_in(_UNCOUNTED)).group_by(*groups)


class BurstViews(View):
    # days
    def counted_days(self) -> dict[str, datetime]:
        """The days (ISO) whose counts are kept, and when they were counted."""
        c = t.counted_days.c
        return dict(self.session.execute(select(c.day, c.at)).all())

    def count_day(self, day: str, since: datetime, until: datetime, now: datetime) -> None:
        """Counts the tickets of a day anew and keeps the counts."""
        self._forget(t.counted_days.c.day == day, t.day_counts.c.day == day)
        columns = ["day", "centre", "area", "category", "count"]
        self.session.execute(insert(t.day_counts).from_select(columns, _received(day, since, until)))
        self.session.execute(insert(t.counted_days).values(day=day, at=now))

    def forget_counts_before(self, day: str) -> None:
        self._forget(t.counted_days.c.day < day, t.day_counts.c.day < day)

    def _forget(self, counted: Any, counts: Any) -> None:
        self.session.execute(delete(t.day_counts).where(counts))
        self.session.execute(delete(t.counted_days).where(counted))

    def first_counted_day(self) -> str | None:
        """The first day whose kept counts are not all nought."""
        return self.session.scalar(select(func.min(t.day_counts.c.day)))

    def kept_counts(self, since: str, categories: Collection[str] | None = None) -> list[Count]:
        """The kept counts of the days from one on, of some matters or of all."""
        c = t.day_counts.c
        query = select(c.centre, c.area, c.category, c.day, c.count).where(c.day >= since)
        if categories is not None:
            query = query.where(c.category.in_(categories))
        return [tuple(row) for row in self.session.execute(query)]  # type: ignore[misc]

    def counts_now(self, day: str, since: datetime, until: datetime) -> list[Count]:
        """The counts of a day that is not over, from the tickets themselves."""
        rows = self.rows(_received(day, since, until))
        return [(row["centre"], row["area"], row["category"], row["day"], row["count"]) for row in rows]

    # warnings
    def tickets_of_burst(
        self,
        areas: Collection[str] | None,
        categories: Sequence[str],
        since: datetime,
        centre: str,
        limit: int,
    ) -> list[int]:
        """The newest of the tickets that are counted, of an area × matter since a time."""
        c = t.tickets.c
        query = select(c.id).where(c.category.in_(categories), c.received_at >= since)
        query = query.where(c.state.not_in(_UNCOUNTED))
        if areas is not None:
            query = query.where(c.area.in_(areas))
        if centre:
            query = query.where(c.centre.in_(("", centre)))
        return list(self.session.scalars(query.order_by(c.received_at.desc()).limit(limit)))

    def warnings(
        self, centre: str, states: Collection[str], after: int | None = None, limit: int = 50
    ) -> Row:
        """Burst warnings, newest first."""
        c, limit = t.burst_warnings.c, clip(limit)
        query = select(t.burst_warnings).where(c.centre == centre, c.state.in_(states))
        query = query.order_by(c.id.desc()).limit(limit + 1)
        return page(self.rows(query if after is None else query.where(c.id < after)), limit)

    def open_warnings(self, centre: str) -> int:
        c = t.burst_warnings.c
        query = select(func.count()).select_from(t.burst_warnings)
        return int(self.session.scalar(query.where(c.centre == centre, c.state == "open")) or 0)

    def quiet_warnings(self, before: str) -> list[int]:
        """Open warnings whose burst was last found before a day (ISO)."""
        c = t.burst_warnings.c
        query = select(c.id).where(c.state == "open", c.day < before).order_by(c.id)
        return list(self.session.scalars(query))

    def latest_warning(self, centre: str, area: str, category: str) -> int | None:
        """The id of the newest warning of an area × matter."""
        c = t.burst_warnings.c
        query = select(c.id).where(c.centre == centre, c.area == area, c.category == category)
        return self.session.scalar(query.order_by(c.id.desc()).limit(1))
