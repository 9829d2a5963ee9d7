"""Deadlines: from a start, a limit, a profile and a calendar to a due time that explains itself step by step.

Pure and replayable: the same start and the same adjustments (extensions, suspensions) always give the same
due time. Instants are aware UTC; days are those of Asia/Shanghai. What may surprise: the zone is a fixed
+08:00, since China has had no summer time since 1991 and a fixed offset needs no zone database. Hours and
minutes run on the natural clock, "working hours" inside office hours only. Yellow comes when one working day
remains (limits of several days) or when a quarter of the time remains (all shorter ones); red comes with the
due time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hotline.domain.calendar import Calendar
from hotline.domain.errors import InvalidInput
from hotline.domain.reckoning import LOCAL, Due, Reckoning, Remaining, Step, local
from hotline.domain.sla import Limit, Profile

__all__ = [
    "LIGHTS",
    "LOCAL",
    "Due",
    "Remaining",
    "Step",
    "extend",
    "light",
    "local",
    "pause",
    "reckon",
    "replay",
    "resume",
]

LIGHTS = {"none": "正常", "yellow": "临期", "red": "超期", "met": "按期", "late": "逾期完成"}


def reckon(start: datetime, limit: Limit, profile: Profile, calendar: Calendar) -> Due:
    """The deadline of a limit that starts at `start` (aware). Raises InvalidInput for a time without zone."""
    return Reckoning(limit, profile.counting, calendar).begin(start)


def extend(
    due: Due, amount: int, limit: Limit, profile: Profile, calendar: Calendar, unit: str = "working_day"
) -> Due:
    """The deadline put off by so many days or hours, counted from the due time itself."""
    return Reckoning(limit, profile.counting, calendar).extend(due, amount, unit)


def pause(due: Due, at: datetime, limit: Limit, profile: Profile, calendar: Calendar) -> Remaining:
    """What remains at the moment of suspension; nothing when it is overdue already."""
    return Reckoning(limit, profile.counting, calendar).pause(due, at)


def resume(
    due: Due, remaining: Remaining, at: datetime, limit: Limit, profile: Profile, calendar: Calendar
) -> Due:
    """The deadline after a suspension: what remained, counted from `at`. An overdue one stays as it was."""
    return Reckoning(limit, profile.counting, calendar).resume(due, remaining, at)


def replay(
    start: datetime,
    limit: Limit,
    profile: Profile,
    calendar: Calendar,
    adjustments: Iterable[Mapping[str, Any]],
) -> Due:
    """The deadline after its adjustments, in order: {"kind": "extend", "amount", "unit"}, {"kind": "pause",
    "at"}, {"kind": "resume", "at"} (at: ISO text or aware datetime).

    A clock that is still suspended keeps the due time it had. Raises InvalidInput for an unknown kind and for
    a resume without a pause.
    """
    work = Reckoning(limit, profile.counting, calendar)
    due, remaining = work.begin(start), None
    for change in adjustments:
        kind = change.get("kind")
        if kind == "extend":
            due = work.extend(due, int(change["amount"]), str(change.get("unit") or "working_day"))
        elif kind == "pause" and remaining is None:
            remaining = work.pause(due, _instant(change.get("at")))
            due = work.noted(due, "挂账，时限暂停", _instant(change.get("at")))
        elif kind == "resume" and remaining is not None:
            due, remaining = work.resume(due, remaining, _instant(change.get("at"))), None
        else:
            raise InvalidInput("deadline.adjustment", f"时限调整的次序或种类不正确：{str(kind)[:20]}")
    return due


def light(now: datetime, due_at: datetime, yellow_at: datetime, met_at: datetime | None = None) -> str:
    """none, yellow or red while it is open; met or late once it is done (a key of LIGHTS)."""
    if met_at is not None:
        return "met" if met_at <= due_at else "late"
    if now > due_at:
        return "red"
    return "yellow" if now >= yellow_at else "none"


def _instant(value: Any) -> datetime:
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise InvalidInput("deadline.at", f"时间格式不正确：{str(value)[:40]}") from None
    return local(at).astimezone(UTC)
