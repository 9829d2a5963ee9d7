"""What a match of the pattern in `times` means, counted from the day a message came."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from classifiers.extraction.calendar import festival, months_from, new_year_day
from classifiers.extraction.numerals import whole_number

COMING_DAYS = 31
_PM = frozenset(("下午", "午后", "傍晚", "晚上", "晚间", "晚"))
_NIGHT = frozenset(("夜里", "夜间", "深夜", "半夜", "午夜"))


@dataclass(frozen=True)
class Moment:
    """A day, month or year as said, with an hour if one was."""

    year: int = 0
    month: int = 0
    day: int = 0
    clock: str = ""
    span: str = ""
    """A span that stands for the whole ("2026-03-02/2026-03-08")."""
    known: bool = True

    @property
    def iso(self) -> str:
        if not self.known:
            return ""
        if self.span:
            return self.span
        parts = [f"{self.year:04}"] if self.year else []
        parts += [f"{number:02}" for number in (self.month, self.day) if number]
        return "-".join(parts) + (f"T{self.clock}" if self.clock else "")


def moment(match: re.Match[str], received_at: datetime) -> Moment:
    day = _date(match, received_at.date()) if match["date"] else Moment()
    clock, next_day = clock_of(match, match["part"] or implied_part(match["rpart"]))
    if not clock or not day.known or day.span:
        return day if match["date"] else replace(day, clock=clock)
    after_midnight = match["part"] == "凌晨" and (match["rpart"] or " ")[-1] in "晚夜"  # 昨晚凌晨1点 is today
    if (next_day or after_midnight) and day.day:
        later = date(day.year, day.month, day.day) + timedelta(1)
        day = on_day(later)
    return replace(day, clock=clock)


def implied_part(words: str | None) -> str | None:
    return None if words is None else ("晚上" if words[1] in "晚夜" else "早上")


def clock_of(match: re.Match[str], part: str | None) -> tuple[str, bool]:
    """Hour and minute as "15:30", and whether that is already the next day (晚上12点)."""
    hour = whole_number(match["hour"]) if match["hour"] else None
    if hour is None or hour > 24:
        return "", False
    minute = whole_number(match["min"] or match["min2"] or "0") or 0
    minute = 30 if match["half_h"] else {"一刻": 15, "三刻": 45}.get(match["quarter"] or "", minute)
    late = part in _PM or part in _NIGHT or (part == "中午" and hour < 11)
    if late and part != "中午" and hour == 12:
        return f"00:{minute:02}", True
    if late and hour < 12 and (part not in _NIGHT or hour >= 6):
        if part in ("晚上", "晚间") and hour < 5:
            return f"{hour:02}:{minute:02}", True
        hour += 12
    return (f"{hour:02}:{minute:02}", False) if hour < 24 and minute < 60 else ("00:00", True)


def on_day(day: date) -> Moment:
    return Moment(day.year, day.month, day.day)


def _date(match: re.Match[str], today: date) -> Moment:
    try:
        return _named(match, today)
    except (ValueError, OverflowError):
        return Moment(known=False)


def _named(match: re.Match[str], today: date) -> Moment:
    if match["iso_y"]:
        return on_day(date(int(match["iso_y"]), int(match["iso_m"]), int(match["iso_d"])))
    if match["year"]:
        return _in_year(whole_number(match["year"]) or 0, match, "y_")
    if match["ryear"]:
        ago = {"大前年": -3, "前年": -2, "去年": -1, "上年": -1, "明年": 1}.get(match["ryear"], 0)
        return _in_year(today.year + ago, match, "r_")
    if match["half"]:
        return _half(today.year, match["half"])
    if match["rmonth"]:
        return _relative_month(match, today)
    if match["month"]:
        return _month(match, today)
    if match["week"] or match["wday"] or match["rweek"]:
        return _week(match, today)
    return _near_day(match, today)


def _in_year(year: int, match: re.Match[str], prefix: str) -> Moment:
    if match[prefix + "month"]:
        day = whole_number(match[prefix + "day"]) if match[prefix + "day"] else 0
        return _month_part(
            year, whole_number(match[prefix + "month"]) or 0, day or 0, match[prefix + "third"]
        )
    if match[prefix + "half"]:
        return _half(year, match[prefix + "half"])
    if match[prefix + "fest"]:
        day_of = festival(match[prefix + "fest"], year)
        return on_day(day_of) if day_of else Moment(known=False)
    return Moment(year)


def _half(year: int, words: str) -> Moment:
    first, last = (1, 6) if words == "上半年" else (7, 12)
    return Moment(span=f"{year}-{first:02}/{year}-{last:02}")


def _month_part(year: int, month: int, day: int, third: str | None) -> Moment:
    if day:
        return on_day(date(year, month, day))
    begin = date(year, month, 1)
    if third and third.endswith("旬"):
        next_year, next_month = months_from(year, month, 1)
        end = date(next_year, next_month, 1) - timedelta(1)
        first, last = {"上旬": (1, 10), "中旬": (11, 20), "下旬": (21, end.day)}[third]
        return Moment(span=f"{begin.replace(day=first)}/{begin.replace(day=last)}")
    return Moment(year, begin.month)


def _relative_month(match: re.Match[str], today: date) -> Moment:
    words = match["rmonth"]
    months = -2 if words.startswith("上上") else -1 if words[0] == "上" else 1 if words[0] == "下" else 0
    year, month = months_from(today.year, today.month, months)
    return _month_part(
        year, month, (whole_number(match["m_day"]) or 0) if match["m_day"] else 0, match["m_third"]
    )


def _month(match: re.Match[str], today: date) -> Moment:
    month = whole_number(match["month"]) or 0
    day = (whole_number(match["day"]) or 0) if match["day"] else 0
    year = _nearest_year(today, month, day or 1)
    return _month_part(year, month, day, match["third"])


def _nearest_year(today: date, month: int, day: int) -> int:
    """The year of the last such day, or of one that comes within COMING_DAYS; 29 February looks further back."""
    for year in range(today.year + 1, today.year - 8, -1):
        try:
            if (date(year, month, day) - today).days <= COMING_DAYS:
                return year
        except ValueError:
            if (month, day) != (2, 29):
                raise
    return today.year


def _week(match: re.Match[str], today: date) -> Moment:
    words = (match["week"] or match["rweek"] or "").removesuffix("个")
    weeks = {"上上": -2, "上": -1, "下": 1, "下下": 2}.get(words, 0)
    monday = today - timedelta(today.weekday()) + timedelta(weeks=weeks)
    if not match["wday"]:
        return Moment(span=f"{monday}/{monday + timedelta(6)}")
    place = "一二三四五六日".find(match["wday"].replace("天", "日"))
    day = monday + timedelta(place if place >= 0 else int(match["wday"]) - 1)
    return on_day(day - timedelta(7) if not words and day > today else day)


_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}


def _near_day(match: re.Match[str], today: date) -> Moment:
    if match["rday"] or match["rpart"]:
        return on_day(today + timedelta(_DAYS[(match["rday"] or match["rpart"])[:-1]]))
    if match["ago"]:
        return _ago(match["ago"], match["ago_unit"], today)
    if match["ny1"] or match["ny2"]:
        number = whole_number(match["ny1"] or match["ny2"]) or 1
        return _last_of([new_year_day(number, today.year + more) for more in (0, -1)], today)
    if match["fest"]:
        return _last_of([festival(match["fest"], today.year + more) for more in (1, 0, -1)], today)
    return Moment(known=False)


def _ago(words: str, unit: str, today: date) -> Moment:
    count = 0.5 if words == "半" else float(whole_number(words) or 0)
    if unit in ("天", "日"):
        return on_day(today - timedelta(int(count))) if count >= 1 else Moment(known=False)
    if unit.endswith(("周", "星期")):
        return on_day(today - timedelta(weeks=count))
    if unit == "年" and count >= 1:
        return Moment(today.year - int(count))
    if unit == "年" or (unit.endswith("月") and count >= 1):
        return Moment(
            *months_from(today.year, today.month, -int(count * 12) if unit == "年" else -int(count))
        )
    return on_day(today - timedelta(15))


def _last_of(days: list[date | None], today: date) -> Moment:
    near = [day for day in days if day and (day - today).days <= COMING_DAYS]
    return on_day(max(near)) if near else Moment(known=False)
