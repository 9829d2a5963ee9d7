"""The statutory calendar: which days are worked, with holidays and make-up workdays (调休), versioned.

A calendar is plain data that an administrator may edit: one line per holiday ("2026-10-01..2026-10-07
国庆节") and one per make-up workday ("2026-10-10 国庆节"). What may surprise: the State Council announces a
year only in the November before it. A year that is not announced is reckoned by weekends, the days that the
law fixes by date (元旦, 劳动节, 国庆节: 《全国年节及纪念日放假办法》, 2025 revision) and whatever the
calendar expects for it, and everything that touches it says "provisional".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from hotline.domain.errors import InvalidInput

Certainty = Literal["announced", "provisional"]

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
FIXED_HOLIDAYS = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
LONGEST_REST = 60
"""Days without one working day after which a calendar is taken for broken."""
MOST_LINES = 200
"""Lines of rest or work that one year may have."""

_ONE_DAY = timedelta(days=1)
_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*\.\.\s*(\d{4}-\d{2}-\d{2}))?(?:\s+(\S.{0,30}))?")


@dataclass(frozen=True)
class Calendar:
    """One version of the calendar.

    years: year -> announced. holidays: days off, with the weekends inside a holiday. workdays: weekend days
    that are worked. names: day -> what it is off or worked for. A day that no year of the calendar knows is
    reckoned provisionally.
    """

    version: str
    years: Mapping[int, bool] = field(default_factory=dict, hash=False)
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    names: Mapping[date, str] = field(default_factory=dict, hash=False)
    source: str = ""

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this day."""
        if day in self.workdays:
            return True
        return not (day in self.holidays or day.weekday() >= 5 or self._fixed_name(day))

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`. Raises InvalidInput when the calendar has none for 60 days."""
        return self._seek(day, _ONE_DAY)

    def previous_working_day(self, day: date) -> date:
        """The last working day before `day`. Raises InvalidInput when the calendar has none for 60 days."""
        return self._seek(day, -_ONE_DAY)

    def add_working_days(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (0 gives `day` itself, worked or not)."""
        for _ in range(count):
            day = self.next_working_day(day)
        return day

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; 0 when `end` is not later."""
        return sum(self.is_working_day(day) for day in days_between(start + _ONE_DAY, end))

    def certainty(self, day: date) -> Certainty:
        """Whether the State Council has announced the year of this day."""
        return "announced" if self.years.get(day.year) else "provisional"

    def describe(self, day: date) -> str:
        """The day in words: "11-21 周六 休息日", "10-10 周六 国庆节调休上班", "10-01 周四 国庆节放假"."""
        return f"{day:%m-%d} {WEEKDAYS[day.weekday()]} {self._kind(day)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data (JSON- and TOML-ready) that `parse` reads again."""
        years = sorted({day.year for day in self.holidays | self.workdays} | set(self.years))
        return {
            "version": self.version,
            "source": self.source,
            "year": [
                {
                    "code": str(year),
                    "name": f"{year}年",
                    "year": year,
                    "announced": bool(self.years.get(year)),
                    "rest": self._lines(self.holidays, year),
                    "work": self._lines(self.workdays, year),
                }
                for year in years
            ],
        }

    def _seek(self, day: date, step: timedelta) -> date:
        for _ in range(LONGEST_REST):
            day += step
            if self.is_working_day(day):
                return day
        raise InvalidInput(
            "calendar.no_working_day", f"日历 {self.version} 在 {day} 前后连续两个月没有工作日，请检查"
        )

    def _fixed_name(self, day: date) -> str:
        return "" if self.years.get(day.year) else FIXED_HOLIDAYS.get((day.month, day.day), "")

    def _kind(self, day: date) -> str:
        name = self.names.get(day) or self._fixed_name(day)
        if day in self.workdays:
            return f"{name}调休上班"
        if day in self.holidays or self._fixed_name(day):
            return f"{name}放假"
        return "休息日" if day.weekday() >= 5 else "工作日"

    def _lines(self, days: frozenset[date], year: int) -> list[str]:
        runs: list[tuple[date, date, str]] = []
        for day in sorted(day for day in days if day.year == year):
            name = self.names.get(day, "")
            if runs and runs[-1][1] + _ONE_DAY == day and runs[-1][2] == name:
                runs[-1] = (runs[-1][0], day, name)
            else:
                runs.append((day, day, name))
        return [_line(*run) for run in runs]


def days_between(start: date, end: date) -> Iterator[date]:
    """Every day from `start` to `end`, both included."""
    for number in range((end - start).days + 1):
        yield start + timedelta(days=number)


def parse(data: Mapping[str, Any]) -> Calendar:
    """A calendar from the shape of `hotline/data/holidays.toml`.

    Raises InvalidInput, naming the line, for a date that does not exist or lies in another year, a day that
    is both off and worked, a make-up workday that is no weekend, a year named twice.
    """
    version = str(data.get("version", "")).strip()
    if not version:
        raise InvalidInput("calendar.version", "日历必须有版本号")
    years: dict[int, bool] = {}
    rest: dict[date, str] = {}
    work: dict[date, str] = {}
    for block in _blocks(data.get("year", [])):
        year = _year(block, years)
        years[year] = _announced(block, year)
        rest.update(_days(block, "rest", year))
        work.update(_days(block, "work", year))
    _check_days(rest, work)
    source = data.get("source", "")
    return Calendar(version, years, frozenset(rest), frozenset(work), rest | work, str(source))


def _blocks(value: Any) -> Iterable[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(block, Mapping) for block in value):
        raise InvalidInput("calendar.year", "日历的 year 应为按年份列出的表")
    return value


def _year(block: Mapping[str, Any], known: Mapping[int, bool]) -> int:
    year = block.get("year")
    if isinstance(year, bool) or not isinstance(year, int) or not 1990 <= year <= 2200:
        raise InvalidInput("calendar.year", f"年份不正确：{year!r}")
    if year in known:
        raise InvalidInput("calendar.year", f"{year} 年重复出现")
    return year


def _announced(block: Mapping[str, Any], year: int) -> bool:
    announced = block.get("announced", False)
    if not isinstance(announced, bool):
        raise InvalidInput("calendar.announced", f"{year} 年的 announced 应为 true 或 false")
    return announced


def _days(block: Mapping[str, Any], key: str, year: int) -> dict[date, str]:
    lines = block.get(key, [])
    if not isinstance(lines, list) or len(lines) > MOST_LINES:
        raise InvalidInput("calendar.line", f"{year} 年的 {key} 应为日期列表，最多 {MOST_LINES} 行")
    days: dict[date, str] = {}
    for line in lines:
        for day, name in _line_days(line, year):
            if day in days:
                raise InvalidInput("calendar.line", f"{day} 重复出现")
            days[day] = name
    return days


def _line_days(line: Any, year: int) -> Iterator[tuple[date, str]]:
    match = _LINE.fullmatch(line.strip()) if isinstance(line, str) else None
    if not match:
        raise InvalidInput(
            "calendar.line", f"无法识别的日期行：{line!r}，应形如 2026-10-01..2026-10-07 国庆节"
        )
    first, last = _date(match[1], year), _date(match[2] or match[1], year)
    if last < first:
        raise InvalidInput("calendar.line", f"日期行的止日早于起日：{line}")
    for day in days_between(first, last):
        yield day, match[3] or ""


def _date(text: str, year: int) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("calendar.date", f"没有这一天：{text}") from None
    if day.year != year:
        raise InvalidInput("calendar.date", f"{text} 不在 {year} 年")
    return day


def _check_days(rest: Mapping[date, str], work: Mapping[date, str]) -> None:
    if both := sorted(rest.keys() & work.keys()):
        raise InvalidInput("calendar.date", f"{both[0]} 既放假又上班")
    if plain := sorted(day for day in work if day.weekday() < 5):
        raise InvalidInput("calendar.date", f"{plain[0]} 本来就是工作日，不必列为调休上班")


def _line(first: date, last: date, name: str) -> str:
    span = f"{first}" if first == last else f"{first}..{last}"
    return f"{span} {name}".strip()
