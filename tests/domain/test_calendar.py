"""The statutory calendar, its data file and its making from the package."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.adapters.calendar_source import as_toml, from_package
from hotline.domain.calendar import Calendar, days_between, parse
from hotline.domain.errors import InvalidInput

SHIPPED = parse(tomllib.loads((files("hotline") / "data" / "holidays.toml").read_text("utf-8")))
DAYS = st.dates(date(2015, 1, 1), date(2030, 12, 31))


def _year(year: int = 2026, **fields: Any) -> dict[str, Any]:
    return {"version": "7", "year": [{"year": year, "announced": True} | fields]}


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-10-01", False),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),
        ("2026-11-21", False),
        ("2020-01-31", False),
        ("2018-02-11", True),
    ],
)
def test_holidays_and_make_up_workdays_are_known(day: str, works: bool) -> None:
    assert SHIPPED.is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-21", "11-21 周六 休息日"),
        ("2026-10-10", "10-10 周六 国庆节调休上班"),
        ("2026-10-01", "10-01 周四 国庆节放假"),
        ("2026-11-20", "11-20 周五 工作日"),
    ],
)
def test_a_day_describes_itself(day: str, words: str) -> None:
    assert SHIPPED.describe(date.fromisoformat(day)) == words


def test_every_announced_year_of_the_package_agrees_day_by_day() -> None:
    import chinese_calendar

    for day in days_between(date(2015, 1, 1), date(2026, 12, 31)):
        assert SHIPPED.certainty(day) == "announced"
        assert SHIPPED.is_working_day(day) == chinese_calendar.is_workday(day), day


def test_a_year_not_yet_announced_is_provisional_and_keeps_the_days_of_the_law() -> None:
    assert SHIPPED.certainty(date(2027, 2, 5)) == "provisional"
    assert not SHIPPED.is_working_day(date(2027, 2, 8))
    assert SHIPPED.describe(date(2027, 10, 1)) == "10-01 周五 国庆节放假"


def test_a_year_the_calendar_does_not_name_has_weekends_and_fixed_holidays() -> None:
    bare = Calendar("1")
    off = [day for day in days_between(date(2033, 1, 1), date(2033, 12, 31)) if not bare.is_working_day(day)]
    weekdays_off = {(day.month, day.day) for day in off if day.weekday() < 5}
    assert weekdays_off <= {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
    assert bare.certainty(date(2033, 5, 2)) == "provisional"


def test_an_announced_year_has_only_the_holidays_it_lists() -> None:
    assert parse(_year(rest=[])).is_working_day(date(2026, 1, 1))


@given(day=DAYS)
def test_the_next_working_day_is_later_works_and_has_none_between(day: date) -> None:
    following = SHIPPED.next_working_day(day)
    assert SHIPPED.is_working_day(following)
    assert SHIPPED.working_days_between(day, following) == 1
    assert SHIPPED.previous_working_day(following) <= day


@given(day=DAYS, count=st.integers(0, 40))
def test_adding_working_days_and_counting_them_agree(day: date, count: int) -> None:
    assert SHIPPED.working_days_between(day, SHIPPED.add_working_days(day, count)) == count


@given(day=DAYS, first=st.integers(-30, 30), second=st.integers(0, 30))
def test_counting_over_two_stretches_adds_up(day: date, first: int, second: int) -> None:
    middle = day + timedelta(days=abs(first))
    end = middle + timedelta(days=second)
    parts = SHIPPED.working_days_between(day, middle) + SHIPPED.working_days_between(middle, end)
    assert parts == SHIPPED.working_days_between(day, end)


def test_counting_backwards_counts_nothing() -> None:
    assert SHIPPED.working_days_between(date(2026, 11, 20), date(2026, 11, 1)) == 0


def test_a_calendar_comes_back_from_its_plain_data_and_its_file() -> None:
    assert parse(SHIPPED.to_dict()) == SHIPPED
    assert parse(tomllib.loads(as_toml(SHIPPED.to_dict()))) == SHIPPED


def test_the_shipped_file_is_what_the_package_gives() -> None:
    made = parse(from_package(range(2015, 2031)))
    assert (made.holidays, made.workdays) == (SHIPPED.holidays, SHIPPED.workdays)


def test_a_version_number_is_enough_of_a_version() -> None:
    assert parse({"version": 3, "year": []}).version == "3"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "版本号"),
        ({"version": "1", "year": {"year": 2026}}, "按年份"),
        ({"version": "1", "year": [2026]}, "按年份"),
        (_year("2026"), "年份"),
        (_year(True), "年份"),
        (_year(202), "年份"),
        ({"version": "1", "year": [{"year": 2026}, {"year": 2026}]}, "重复"),
        (_year(announced="yes"), "true"),
        (_year(rest="2026-01-01"), "列表"),
        (_year(rest=["元旦"]), "无法识别"),
        (_year(rest=[20260101]), "无法识别"),
        (_year(rest=["2026-02-30 春节"]), "没有这一天"),
        (_year(rest=["2025-12-31..2026-01-02 元旦"]), "不在 2026 年"),
        (_year(rest=["2026-10-07..2026-10-01 国庆节"]), "早于"),
        (_year(rest=["2026-10-01", "2026-10-01"]), "重复"),
        (_year(rest=["2026-10-10"], work=["2026-10-10"]), "既放假又上班"),
        (_year(work=["2026-11-20"]), "本来就是工作日"),
        (_year(rest=["2026-01-01"] * 201), "最多"),
    ],
)
def test_a_broken_calendar_is_refused_in_chinese(data: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse(data)


def test_a_calendar_without_working_days_is_noticed_not_searched_for_ever() -> None:
    closed = parse(_year(rest=["2026-01-01..2026-12-31 停摆"]))
    with pytest.raises(InvalidInput, match="没有工作日"):
        closed.next_working_day(date(2026, 6, 1))
