"""The counting behind `hotline.domain.deadlines`: one limit, one counting, one calendar, and the steps taken.

Days and hours are walked one by one, because every day on the way becomes a line that a clerk can check.
Callers use `hotline.domain.deadlines`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from hotline.domain.calendar import Calendar, days_between
from hotline.domain.errors import InvalidInput
from hotline.domain.sla import MOST, UNITS, Counting, Limit

LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")

_NOTHING = timedelta()


@dataclass(frozen=True)
class Step:
    """One line of a deadline's reckoning and the instant (UTC) it speaks of."""

    text: str
    at: datetime

    def to_dict(self) -> dict[str, str]:
        return {"text": self.text, "at": self.at.isoformat()}


@dataclass(frozen=True)
class Due:
    """A reckoned deadline. provisional: a day on the way lies in a year whose holidays are not yet
    announced.
    """

    started_at: datetime
    due_at: datetime
    yellow_at: datetime
    steps: tuple[Step, ...]
    provisional: bool

    @property
    def red_at(self) -> datetime:
        """Red is the first moment overdue."""
        return self.due_at


@dataclass(frozen=True)
class Remaining:
    """What is left of a suspended (挂账) limit: whole days, and time within a day or of an hourly limit."""

    days: int = 0
    time: timedelta = _NOTHING
    overdue: bool = False


def local(at: datetime) -> datetime:
    """The instant on Chinese clocks. Raises InvalidInput for a time without zone."""
    if at.tzinfo is None:
        raise InvalidInput("deadline.naive", "时间缺少时区")
    return at.astimezone(LOCAL)


class Reckoning:
    """One limit under one counting and one calendar; collects the steps it takes."""

    def __init__(self, limit: Limit, counting: Counting, calendar: Calendar) -> None:
        self.limit, self.counting, self.calendar = limit, counting, calendar
        self.first_day = limit.first_day or counting.first_day
        self.steps: list[Step] = []

    # the four doors

    def begin(self, start: datetime) -> Due:
        here = local(start)
        self.note(f"{self._moment(here)} 起算，时限 {self.limit.words}", here)
        unit = self.limit.unit
        if unit in ("hour", "minute"):
            due = here + self._natural(self.limit.amount, unit)
        elif unit == "working_hour":
            due = self._add_office_time(here, timedelta(hours=self.limit.amount))
        elif unit == "same_day":
            due = self._day_end(self._received(here, must_move=True))
        else:
            due = self._add_days(self._received(here, self.first_day == "same"), self.limit.amount, unit)
        return self._finish(here, here, due)

    def extend(self, due: Due, amount: int, unit: str) -> Due:
        if unit not in UNITS or unit == "same_day" or not 1 <= amount <= MOST[unit]:
            raise InvalidInput("deadline.extension", f"延期的数量或单位不正确：{amount} {unit[:20]}")
        self.steps = list(due.steps)
        here = local(due.due_at)
        self.note(f"准予延期 {amount} {UNITS[unit]}", here)
        if unit in ("hour", "minute"):
            later = here + self._natural(amount, unit)
        elif unit == "working_hour":
            later = self._add_office_time(here, timedelta(hours=amount))
        else:
            later = self._walk(here.date(), amount, unit)
        return self._finish(local(due.started_at), here, later)

    def pause(self, due: Due, at: datetime) -> Remaining:
        here, end = local(at), local(due.due_at)
        if here > end:
            return Remaining(overdue=True)
        unit = self.limit.unit
        if unit in ("hour", "minute"):
            return Remaining(time=end - here)
        if unit == "working_hour":
            return Remaining(time=self._office_time(here, end))
        if unit == "natural_day":
            return Remaining(days=(end.date() - here.date()).days)
        return Remaining(days=self.calendar.working_days_between(here.date(), end.date()))

    def resume(self, due: Due, remaining: Remaining, at: datetime) -> Due:
        here = local(at)
        self.steps = list(due.steps)
        if remaining.overdue:
            self.note(f"{self._moment(here)} 恢复计时；挂账前已超期，期限不变", here)
            return replace(due, steps=tuple(self.steps))
        self.note(f"{self._moment(here)} 恢复计时，尚余 {self._left(remaining)}", here)
        return self._finish(local(due.started_at), here, self._carry(here, remaining))

    def noted(self, due: Due, text: str, at: datetime) -> Due:
        """The same deadline with one more step."""
        return replace(due, steps=(*due.steps, Step(f"{self._moment(local(at))} {text}", at)))

    # days

    def _received(self, here: datetime, must_move: bool) -> date:
        """The day of receipt: moved to a working day where the limit or the profile asks for it."""
        day = here.date()
        if not must_move and self.counting.after_hours == "as_is":
            return day
        if self.limit.unit == "natural_day" and self.counting.after_hours == "as_is":
            return day
        if self.calendar.is_working_day(day) and here.timetz().replace(tzinfo=None) <= self.counting.day_end:
            return day
        moved = self.calendar.next_working_day(day)
        reason = "下班后收到" if self.calendar.is_working_day(day) else "休息日收到"
        self.note(f"{reason}，视为 {self.calendar.describe(moved)} 收到", self._at(moved, time()))
        return moved

    def _add_days(self, received: date, amount: int, unit: str) -> datetime:
        count = amount if self.counting.number_included else max(1, amount - 1)
        if self.first_day == "same":
            self.note(f"{self.calendar.describe(received)}，收到当日计第 1 天", self._at(received, time()))
            return self._walk(received, count - 1, unit, 2)
        self.note("收到当日不计，从次日起算", self._at(received, time()))
        return self._walk(received, count, unit)

    def _walk(self, day: date, amount: int, unit: str, number: int = 1) -> datetime:
        """`amount` days on from `day`, one step for each day on the way; the end of the last."""
        for place in range(number, number + amount):
            following = self._next_day(day, unit)
            for between in days_between(day + timedelta(days=1), following - timedelta(days=1)):
                self.note(f"{self.calendar.describe(between)}，不计", self._at(between, time()))
            day = following
            self.note(f"{self.calendar.describe(day)}，第 {place} 天", self._at(day, time()))
        return self._day_end(self._rolled(day, unit))

    def _next_day(self, day: date, unit: str) -> date:
        return day + timedelta(days=1) if unit == "natural_day" else self.calendar.next_working_day(day)

    def _rolled(self, day: date, unit: str) -> date:
        if (
            unit != "natural_day"
            or not self.counting.roll_to_working_day
            or self.calendar.is_working_day(day)
        ):
            return day
        rolled = self.calendar.next_working_day(day)
        self.note(f"最后一日为休息日，顺延至 {self.calendar.describe(rolled)}", self._at(rolled, time()))
        return rolled

    def _carry(self, here: datetime, remaining: Remaining) -> datetime:
        unit = self.limit.unit
        if unit in ("hour", "minute"):
            return here + remaining.time
        if unit == "working_hour":
            return self._add_office_time(here, remaining.time)
        if remaining.days:
            return self._walk(here.date(), remaining.days, unit)
        return self._day_end(self._received(here, must_move=True))

    # hours

    @staticmethod
    def _natural(amount: int, unit: str) -> timedelta:
        return timedelta(hours=amount) if unit == "hour" else timedelta(minutes=amount)

    def _add_office_time(self, here: datetime, left: timedelta) -> datetime:
        """The moment when so much office time has passed since `here`."""
        day = here.date() if self.calendar.is_working_day(here.date()) else self._opening_day(here.date())
        while True:
            used = _NOTHING
            for first, last in self._spans(day):
                begin = max(here, first)
                if begin < last:
                    if left <= last - begin:
                        self._note_day(day, used + left)
                        return begin + left
                    used, left = used + (last - begin), left - (last - begin)
            self._note_day(day, used)
            day = self._opening_day(day)

    def _opening_day(self, day: date) -> date:
        following = self.calendar.next_working_day(day)
        for between in days_between(day + timedelta(days=1), following - timedelta(days=1)):
            self.note(f"{self.calendar.describe(between)}，不计", self._at(between, time()))
        return following

    def _note_day(self, day: date, used: timedelta) -> None:
        self.note(f"{self.calendar.describe(day)}，计 {_span_words(used)}", self._at(day, time()))

    def _office_time(self, start: datetime, end: datetime) -> timedelta:
        worked = (
            min(end, last) - max(start, first)
            for day in days_between(start.date(), end.date())
            if self.calendar.is_working_day(day)
            for first, last in self._spans(day)
        )
        return sum((span for span in worked if span > _NOTHING), _NOTHING)

    def _spans(self, day: date) -> list[tuple[datetime, datetime]]:
        return [(self._at(day, first), self._at(day, last)) for first, last in self.counting.office]

    # the end

    def _finish(self, started: datetime, anew: datetime, due: datetime) -> Due:
        """anew: from when the present stretch counts; the yellow light never comes before it."""
        provisional = self._provisional(started.date(), due.date())
        self.note(f"到期 {self._moment(due)}", due)
        return Due(
            started.astimezone(UTC),
            due.astimezone(UTC),
            max(anew, self._yellow(anew, due)).astimezone(UTC),
            tuple(self.steps),
            provisional,
        )

    def _yellow(self, anew: datetime, due: datetime) -> datetime:
        if self.limit.warn_amount:
            return self._before(due, self.limit.warn_amount, self.limit.warn_unit)
        if self.limit.unit in ("working_day", "natural_day"):
            early = self._before(due, 1, "working_day")
            if early > anew:
                return early
        if self.limit.unit == "working_hour":
            return self._three_quarters(anew, due)
        if self.limit.unit == "same_day":
            anew = max(anew, self._spans(due.date())[0][0])
        return anew + (due - anew) * 3 / 4

    def _before(self, due: datetime, amount: int, unit: str) -> datetime:
        if unit in ("hour", "minute", "working_hour"):
            return due - self._natural(amount, "minute" if unit == "minute" else "hour")
        day = due.date()
        for _ in range(amount):
            day = (
                day - timedelta(days=1) if unit == "natural_day" else self.calendar.previous_working_day(day)
            )
        return self._day_end(day)

    def _three_quarters(self, anew: datetime, due: datetime) -> datetime:
        quiet = Reckoning(self.limit, self.counting, self.calendar)
        return quiet._add_office_time(anew, self._office_time(anew, due) * 3 / 4)

    def _provisional(self, first: date, last: date) -> bool:
        years = [date(year, 1, 1) for year in range(first.year, last.year + 1)]
        unsure = [day for day in years if self.calendar.certainty(day) == "provisional"]
        if unsure and self.limit.unit not in ("hour", "minute"):
            text = f"{unsure[0].year} 年放假安排尚未公布，暂按周末和法定节日推算，公布后重算"
            if not any(step.text == text for step in self.steps):
                self.note(text, self._at(unsure[0], time()))
            return True
        return False

    # words

    def note(self, text: str, at: datetime) -> None:
        self.steps.append(Step(text, at.astimezone(UTC)))

    def _moment(self, at: datetime) -> str:
        return f"{self.calendar.describe(at.date())} {at:%H:%M}"

    def _left(self, remaining: Remaining) -> str:
        if remaining.days or self.limit.unit in ("working_day", "natural_day", "same_day"):
            return f"{remaining.days} {UNITS['natural_day' if self.limit.unit == 'natural_day' else 'working_day']}"
        return _span_words(remaining.time)

    def _day_end(self, day: date) -> datetime:
        return self._at(day, self.counting.day_end)

    @staticmethod
    def _at(day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, tzinfo=LOCAL)


def _span_words(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    return (
        " ".join(
            part for part in (f"{hours} 小时" if hours else "", f"{minutes} 分钟" if minutes else "") if part
        )
        or "0"
    )
