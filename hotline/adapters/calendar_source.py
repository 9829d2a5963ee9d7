"""Makes a new version of the statutory calendar from the package `chinesecalendar`.

The package is brought up to date each November, when the State Council announces the next year. An
administrator upgrades it and runs `python -m hotline.adapters.calendar_source 2015 2030 > holidays.toml`, or
the desk calls `from_package(range(2015, 2031))` and shows the difference before it is stored as a new
version. What may surprise: years that the package does not know come out too, as not announced, with the days
off that the law itself gives (除夕 to 初三, 清明, 端午, 中秋), because a deadline across a Spring Festival
reckoned by weekends alone would be three days too early. Where these days fall in the moon calendar is tabled
here up to 2032.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from importlib.metadata import version as package_version
from typing import Any

import chinese_calendar
from chinese_calendar import constants

from hotline.domain.calendar import Calendar, parse

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}
MOON_DAYS = {
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
    2032: ((2, 11), (6, 12), (9, 19)),
}
"""Year -> (month, day) of 正月初一, 端午, 中秋; checked against the package `holidays` 0.109."""


def from_package(years: Iterable[int], version: str = "") -> dict[str, Any]:
    """The plain data of a calendar for these years; `hotline.domain.calendar.parse` reads it.

    version: its name; by default the package's version and the last year announced. Raises InvalidInput for
    years out of all reason.
    """
    wanted = sorted(set(years))
    known = {day.year for day in constants.holidays}
    rest = {day: NAMES[name] for day, name in constants.holidays.items() if day.year in wanted}
    work = {day: NAMES[name] for day, name in constants.workdays.items() if day.year in wanted}
    for year in wanted:
        if year not in known:
            rest.update(_expected(year))
    source = f"chinesecalendar {package_version('chinesecalendar')}"
    calendar = Calendar(
        version or f"{max(known)}-{package_version('chinesecalendar')}",
        {year: year in known for year in wanted},
        frozenset(rest),
        frozenset(work),
        rest | work,
        source,
    )
    return parse(calendar.to_dict()).to_dict()


def as_toml(data: dict[str, Any]) -> str:
    """The calendar's data as a TOML file with one holiday a line."""
    head = [
        "# Statutory holidays (rest) and make-up workdays (work), one line each: FROM[..TO] NAME.",
        "# Made by `python -m hotline.adapters.calendar_source`; announced = false: reckoned provisionally.",
        f"version = {_quote(data['version'])}",
        f"source = {_quote(data['source'])}",
    ]
    blocks = [_block(block) for block in data["year"]]
    return "\n".join(head) + "\n\n" + "\n".join(blocks)


def _expected(year: int) -> dict[date, str]:
    days = dict.fromkeys(_clear_and_bright(year), "清明节")
    for name, spot in zip(("春节", "端午节", "中秋节"), MOON_DAYS.get(year, ()), strict=False):
        day = date(year, *spot)
        before, after = (1, 2) if name == "春节" else (0, 0)
        days |= {day + timedelta(days=number): name for number in range(-before, after + 1)}
    return days


def _clear_and_bright(year: int) -> list[date]:
    terms = (
        chinese_calendar.get_solar_terms(date(year, 4, 3), date(year, 4, 7)) if 2000 <= year < 2100 else []
    )
    return [day for day, name in terms if name == "清明"]


def _block(block: dict[str, Any]) -> str:
    lines = ["[[year]]", *(f"{key} = {_quote(block[key])}" for key in ("code", "name", "year", "announced"))]
    for key in ("rest", "work"):
        lines += [f"{key} = [", *(f"  {_quote(line)}," for line in block[key]), "]"]
    return "\n".join(lines) + "\n"


def _quote(text: object) -> str:
    """A string, number or truth value as TOML writes it, which is how JSON does."""
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    first, last = (int(argument) for argument in sys.argv[1:3])
    sys.stdout.write(as_toml(from_package(range(first, last + 1))))
