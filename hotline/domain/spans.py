"""Days as people write them, and where a day of the city begins."""

from __future__ import annotations

from datetime import date, datetime

from hotline.domain.errors import invalid_field
from hotline.domain.reckoning import LOCAL

FIRST_YEAR, LAST_YEAR = 1980, 2199
"""Years that a clerk may mean; beyond them arithmetic with days soon leaves the calendar of Python."""


def midnight(day: date) -> datetime:
    """The instant at which a day of the city begins."""
    return datetime.combine(day, datetime.min.time(), LOCAL)


def read_day(text: str, field: str) -> datetime:
    """The midnight of a day written as 2026-11-21. Raises InvalidInput, naming the field."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise invalid_field(field, "请填写日期，如 2026-11-21") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise invalid_field(field, f"日期应在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")
    return midnight(day)
