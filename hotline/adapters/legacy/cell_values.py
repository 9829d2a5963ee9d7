"""What the text of one cell means: a time, a count, yes or no, a telephone number, a path of categories.

Times without a zone are the old system's local time; a number that a spreadsheet shortened to 4.3E+17 is
recognised and never taken for a value, because its last digits are lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from hotline.domain.errors import HotlineError
from hotline.domain.personal import normalise_phone

BLANKS = frozenset(
    ["-", "--", "—", "——", "/", "\\", "无", "空", "不详", "未知", "null", "none", "nan", "n/a", "#n/a"]
)
_YES = frozenset({"是", "true", "1", "y", "yes", "保密", "已保密", "√", "有"})
_NO = frozenset({"否", "false", "0", "n", "no", "不保密", "公开", "×", ""})
_SHORTENED = re.compile(r"[+-]?\d(?:\.\d+)?[Ee]\+?\d+")
_PATH = re.compile(r"\s*(?:->|→|＞|>|/|／|\\)\s*")
_PHONES = re.compile(r"[/、,，;；|\n]|\s{2,}|或")
_DATE = re.compile(
    r"(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?"
    r"(?:[T\s]*(?:星期.|周.)?\s*(?P<half>上午|下午|晚上|中午|凌晨|AM|PM)?"
    r"\s*(?P<H>\d{1,2})\s*[:：时点]\s*(?P<M>\d{1,2})?"
    r"(?:\s*[:：分]\s*(?P<S>\d{1,2})?(?:[.,]\d+)?\s*秒?)?\s*(?P<half2>AM|PM)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{8}(?:\d{4}(?:\d{2})?)?")
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_EPOCH_DAY = datetime(1899, 12, 30)
_YEARS = range(1980, 2100)


def is_shortened(text: str) -> bool:
    """Whether a spreadsheet has turned a long number into 4.30102E+17."""
    return _SHORTENED.fullmatch(text) is not None


def parse_time(text: str, zone: tzinfo, formats: Sequence[str] = ()) -> datetime | None:
    """An aware UTC time, or None where the text is no time between 1980 and 2099.

    Read in this order: the given strptime formats; 2019/2/28 11:25:05 and its many kin (年月日, 上午/下午, ISO
    8601 with or without a zone); 20190228112505; a spreadsheet's day number 43524.4757; seconds or
    milliseconds since 1970.
    """
    for read in (lambda: _by_formats(text, formats), lambda: _written(text), lambda: _numeric(text)):
        try:
            found = read()
        except (ValueError, OverflowError):
            return None
        if found is not None:
            return _in_utc(found, zone)
    return None


def _in_utc(found: datetime, zone: tzinfo) -> datetime | None:
    if found.year not in _YEARS:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _by_formats(text: str, formats: Sequence[str]) -> datetime | None:
    for form in formats:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _written(text: str) -> datetime | None:
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    part = match.groupdict()
    hour = _hour(int(part["H"] or 0), (part["half"] or part["half2"] or "").upper())
    clock = timedelta(hours=hour, minutes=_at_most(59, part["M"]), seconds=_at_most(59, part["S"]))
    day = datetime(int(part["y"]), int(part["m"]), int(part["d"])) + clock
    zone = part["zone"]
    return day.replace(tzinfo=datetime.strptime(zone.upper(), "%z").tzinfo) if zone else day


def _at_most(most: int, digits: str | None) -> int:
    number = int(digits or 0)
    if number > most:
        raise ValueError(digits)
    return number


def _hour(hour: int, half: str) -> int:
    if half in ("下午", "晚上", "PM") and hour < 12:
        return hour + 12
    if half in ("上午", "凌晨", "AM") and hour == 12:
        return 0
    if half == "中午" and hour < 3:
        return hour + 12
    if hour > 24:
        raise ValueError("hour")
    return hour


def _numeric(text: str) -> datetime | None:
    if not text.isascii():
        return None
    if _DIGITS.fullmatch(text) and int(text[:4]) in _YEARS:
        return datetime.strptime(text.ljust(14, "0"), "%Y%m%d%H%M%S")
    if _SERIAL.fullmatch(text):
        return _EPOCH_DAY + timedelta(seconds=round(float(text) * 86400))
    if text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    return None


def parse_count(text: str) -> int | None:
    """A count from 0 on, or None."""
    number = text.replace(",", "").removesuffix(".0")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def parse_flag(text: str) -> bool | None:
    """是 or 否 in their many spellings, or None."""
    word = text.lower()
    return True if word in _YES else False if word in _NO else None


def parse_path(text: str) -> str:
    """A path of categories with one kind of stroke: "城市管理->市容" becomes "城市管理/市容"."""
    return "/".join(part for part in _PATH.split(text) if part)


def first_phone(text: str) -> str:
    """The first telephone number of a cell that may hold several, or ""."""
    for part in [text, *_PHONES.split(text)]:
        try:
            return normalise_phone(part).number
        except HotlineError:
            continue
    return ""
