"""Timeliness: from the request to the reply, against a moment it was due or a limit in working days."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from classifiers.reply_quality.findings import Part
from classifiers.reply_quality.weights import LATE, PARTS

Workday = Callable[[date], bool]
_LONGEST = 3 * 366
_ONE_DAY = timedelta(days=1)


def is_weekday(day: date) -> bool:
    """Monday to Friday: what is known of working days when no calendar is handed in."""
    return day.weekday() < 5


def working_days(start: date, end: date, is_workday: Workday = is_weekday) -> int:
    """Working days after `start` up to `end`; counting stops after three years."""
    days = min((end - start).days, _LONGEST)
    return sum(is_workday(start + _ONE_DAY * number) for number in range(1, days + 1))


def judge(
    asked_at: datetime | None,
    replied_at: datetime | None,
    limit_days: int,
    due_at: datetime | None = None,
    is_workday: Workday = is_weekday,
) -> Part:
    """The part `timeliness`; None where a time is missing or the reply stands before the request."""
    label = PARTS["timeliness"][0]
    if asked_at is None or replied_at is None:
        return Part("timeliness", label, None, "缺少诉求或答复时间，及时性不评")
    if replied_at < asked_at:
        return Part("timeliness", label, None, "答复时间早于诉求时间，时间有误，及时性不评")
    used = working_days(asked_at.date(), replied_at.date(), is_workday)
    if due_at is not None:
        return _against_due(label, replied_at, due_at, used, is_workday)
    said = f"用时{used}个工作日，时限{limit_days}个工作日"
    return _scored(label, used - limit_days, max(limit_days, 1), said)


def _against_due(label: str, replied_at: datetime, due_at: datetime, used: int, is_workday: Workday) -> Part:
    over = 0
    if replied_at > due_at:
        over = max(1, working_days(due_at.date(), replied_at.date(), is_workday))
    return _scored(label, over, max(used - over, 1), f"用时{used}个工作日")


def _scored(label: str, over: int, limit: int, said: str) -> Part:
    if over <= 0:
        return Part("timeliness", label, 1.0, f"{said}，按时")
    score = LATE * max(0.0, 1 - (over - 1) / limit)
    return Part("timeliness", label, score, f"{said}，超期{over}个工作日")
