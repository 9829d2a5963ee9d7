"""Deadlines: counting, explaining, extending, suspending, lights; and properties over every shipped profile."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline.domain import calendar as calendars
from hotline.domain import sla
from hotline.domain.deadlines import LOCAL, Due, extend, light, pause, reckon, replay, resume
from hotline.domain.errors import InvalidInput
from hotline.domain.sla import Limit, Profile
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((files("hotline") / "data" / name).read_text("utf-8"))


CALENDAR = calendars.parse(_data("holidays.toml"))
PROFILES = [sla.parse(row, "1") for row in _data("sla.toml")["profile"]]
LIMITS = [(profile, limit) for profile in PROFILES for limit in profile.limits]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


def _rule(
    amount: int, unit: str, limit: dict[str, Any] | None = None, **counting: Any
) -> tuple[Limit, Profile]:
    row = {"purpose": "reply", "amount": amount, "unit": unit} | (limit or {})
    profile = sla.parse({"code": "x", "name": "试用", "limit": [row], "counting": counting})
    return profile.limits[0], profile


def _due(start: str, amount: int, unit: str, limit: dict[str, Any] | None = None, **counting: Any) -> Due:
    return reckon(at(start), *_rule(amount, unit, limit, **counting), CALENDAR)


SAME = {"first_day": "same"}
NEXT_DAY = {"after_hours": "next_working_day"}


@pytest.mark.parametrize(
    ("start", "amount", "unit", "counting", "expected"),
    [
        # working days; 2026-10-01..07 is off, Saturday 10-10 is worked
        ("2026-11-16 10:00", 5, "working_day", {}, "2026-11-23 18:00"),
        ("2026-09-30 10:00", 5, "working_day", {}, "2026-10-13 18:00"),
        ("2026-09-30 10:00", 5, "working_day", SAME, "2026-10-12 18:00"),
        ("2026-11-21 10:00", 1, "working_day", {}, "2026-11-23 18:00"),
        ("2026-11-21 10:00", 1, "working_day", NEXT_DAY, "2026-11-24 18:00"),
        ("2026-11-20 19:00", 1, "working_day", {}, "2026-11-23 18:00"),
        ("2026-11-20 19:00", 1, "working_day", NEXT_DAY, "2026-11-24 18:00"),
        ("2026-11-20 19:00", 1, "working_day", SAME, "2026-11-23 18:00"),
        ("2026-11-20 18:00", 1, "working_day", SAME, "2026-11-20 18:00"),
        ("2026-11-16 10:00", 5, "working_day", {"number_included": False}, "2026-11-20 18:00"),
        ("2026-11-16 10:00", 5, "working_day", {"day_end": "24:00"}, "2026-11-23 23:59:59"),
        # natural days
        ("2026-11-16 10:00", 7, "natural_day", {}, "2026-11-23 18:00"),
        ("2026-11-14 10:00", 7, "natural_day", {}, "2026-11-21 18:00"),
        ("2026-11-14 10:00", 7, "natural_day", {"roll_to_working_day": True}, "2026-11-23 18:00"),
        ("2026-11-14 10:00", 7, "natural_day", SAME, "2026-11-20 18:00"),
        # the natural clock
        ("2026-11-20 17:00", 24, "hour", {}, "2026-11-21 17:00"),
        ("2026-12-31 23:50", 15, "minute", {}, "2027-01-01 00:05"),
        # office hours 09-12 and 14-18
        ("2026-11-20 17:00", 5, "working_hour", {}, "2026-11-23 15:00"),
        ("2026-11-20 11:30", 1, "working_hour", {}, "2026-11-20 14:30"),
        ("2026-11-20 12:30", 4, "working_hour", {}, "2026-11-20 18:00"),
        ("2026-11-21 03:00", 2, "working_hour", {}, "2026-11-23 11:00"),
        ("2026-11-20 15:00", 2, "working_hour", {"office": ["08:30-17:00"]}, "2026-11-20 17:00"),
        # the same day
        ("2026-11-20 10:00", 1, "same_day", {}, "2026-11-20 18:00"),
        ("2026-11-20 18:30", 1, "same_day", {}, "2026-11-23 18:00"),
        ("2026-10-02 10:00", 1, "same_day", {}, "2026-10-08 18:00"),
    ],
)
def test_a_limit_falls_due(
    start: str, amount: int, unit: str, counting: dict[str, Any], expected: str
) -> None:
    assert _due(start, amount, unit, **counting).due_at == at(expected)


def test_a_limit_may_count_otherwise_than_its_profile() -> None:
    assert _due("2026-11-16 10:00", 5, "working_day", {"first_day": "next"}, **SAME).due_at == at(
        "2026-11-23 18:00"
    )


def test_a_deadline_explains_itself_day_by_day() -> None:
    steps = [step.text for step in _due("2026-10-09 10:00", 2, "working_day").steps]
    assert steps == [
        "10-09 周五 工作日 10:00 起算，时限 2 个工作日",
        "收到当日不计，从次日起算",
        "10-10 周六 国庆节调休上班，第 1 天",
        "10-11 周日 休息日，不计",
        "10-12 周一 工作日，第 2 天",
        "到期 10-12 周一 工作日 18:00",
    ]


def test_what_arrives_after_hours_says_where_it_went() -> None:
    texts = [step.text for step in _due("2026-11-20 19:00", 1, "working_day", **NEXT_DAY).steps]
    assert "下班后收到，视为 11-23 周一 工作日 收到" in texts


def test_inside_all_is_utc() -> None:
    due = _due("2026-11-20 10:00", 1, "working_day")
    instants = [due.started_at, due.due_at, due.yellow_at, due.red_at, *(step.at for step in due.steps)]
    assert {instant.tzinfo for instant in instants} == {UTC}


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="时区"):
        reckon(datetime(2026, 11, 20), *_rule(1, "hour"), CALENDAR)


def test_a_deadline_across_a_year_not_yet_announced_is_provisional_and_says_so() -> None:
    due = _due("2026-12-30 10:00", 5, "working_day")
    assert due.provisional
    assert any("2027 年放假安排尚未公布" in step.text for step in due.steps)
    assert not _due("2026-12-21 10:00", 5, "working_day").provisional
    assert not _due("2026-12-31 23:50", 15, "minute").provisional


@pytest.mark.parametrize(
    ("start", "amount", "unit", "limit", "yellow"),
    [
        ("2026-11-16 10:00", 5, "working_day", {}, "2026-11-20 18:00"),
        ("2026-09-23 10:00", 5, "working_day", {}, "2026-09-30 18:00"),
        ("2026-11-16 10:00", 1, "working_day", {}, "2026-11-16 18:00"),
        (
            "2026-11-16 10:00",
            10,
            "working_day",
            {"warn_amount": 2, "warn_unit": "working_day"},
            "2026-11-26 18:00",
        ),
        ("2026-11-16 10:00", 24, "hour", {}, "2026-11-17 04:00"),
        ("2026-11-16 10:00", 24, "hour", {"warn_amount": 4, "warn_unit": "hour"}, "2026-11-17 06:00"),
        ("2026-11-16 10:00", 2, "hour", {"warn_amount": 30, "warn_unit": "minute"}, "2026-11-16 11:30"),
        ("2026-11-16 10:00", 4, "working_hour", {}, "2026-11-16 15:00"),
        ("2026-11-16 10:00", 1, "same_day", {}, "2026-11-16 16:00"),
        ("2026-11-16 10:00", 1, "hour", {"warn_amount": 9, "warn_unit": "hour"}, "2026-11-16 10:00"),
    ],
)
def test_the_yellow_light_comes_in_time(
    start: str, amount: int, unit: str, limit: dict[str, Any], yellow: str
) -> None:
    assert _due(start, amount, unit, limit).yellow_at == at(yellow)


def test_the_light_follows_the_clock_and_then_what_was_done() -> None:
    due = _due("2026-11-16 10:00", 5, "working_day")
    lights = [light(at(now), due.due_at, due.yellow_at) for now in ("2026-11-20 17:59", "2026-11-20 18:00")]
    lights += [light(at(now), due.due_at, due.yellow_at) for now in ("2026-11-23 18:00", "2026-11-23 18:01")]
    assert lights == ["none", "yellow", "yellow", "red"]
    assert light(at("2027-01-01 00:00"), due.due_at, due.yellow_at, at("2026-11-23 18:00")) == "met"
    assert light(at("2027-01-01 00:00"), due.due_at, due.yellow_at, at("2026-11-23 18:01")) == "late"


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (3, "working_day", "2026-11-26 18:00"),
        (3, "natural_day", "2026-11-26 18:00"),
        (5, "natural_day", "2026-11-28 18:00"),
        (2, "hour", "2026-11-23 20:00"),
        (2, "working_hour", "2026-11-24 11:00"),
    ],
)
def test_an_extension_counts_from_the_due_time(amount: int, unit: str, expected: str) -> None:
    rule = _rule(5, "working_day")
    due = reckon(at("2026-11-16 10:00"), *rule, CALENDAR)
    later = extend(due, amount, *rule, CALENDAR, unit)
    assert later.due_at == at(expected)
    assert later.yellow_at >= due.yellow_at
    assert later.steps[: len(due.steps)] == due.steps


@pytest.mark.parametrize(
    ("amount", "unit"), [(0, "working_day"), (401, "working_day"), (1, "same_day"), (1, "moon")]
)
def test_a_senseless_extension_is_refused(amount: int, unit: str) -> None:
    rule = _rule(5, "working_day")
    with pytest.raises(InvalidInput, match="延期"):
        extend(reckon(at("2026-11-16 10:00"), *rule, CALENDAR), amount, *rule, CALENDAR, unit)


@pytest.mark.parametrize(
    ("amount", "unit", "paused", "resumed", "expected"),
    [
        (5, "working_day", "2026-11-17 09:00", "2026-12-02 15:00", "2026-12-08 18:00"),
        (5, "working_day", "2026-11-23 09:00", "2026-12-02 15:00", "2026-12-02 18:00"),
        (5, "working_day", "2026-11-23 09:00", "2026-12-05 15:00", "2026-12-07 18:00"),
        (7, "natural_day", "2026-11-20 09:00", "2026-12-02 15:00", "2026-12-05 18:00"),
        (24, "hour", "2026-11-16 16:00", "2026-11-20 08:00", "2026-11-21 02:00"),
        (8, "working_hour", "2026-11-16 17:00", "2026-11-20 17:00", "2026-11-23 11:00"),
    ],
)
def test_a_suspension_carries_over_what_remained(
    amount: int, unit: str, paused: str, resumed: str, expected: str
) -> None:
    rule = _rule(amount, unit)
    due = reckon(at("2026-11-16 10:00"), *rule, CALENDAR)
    left = pause(due, at(paused), *rule, CALENDAR)
    assert resume(due, left, at(resumed), *rule, CALENDAR).due_at == at(expected)


def test_a_suspension_after_the_due_time_gives_nothing_back() -> None:
    rule = _rule(5, "working_day")
    due = reckon(at("2026-11-16 10:00"), *rule, CALENDAR)
    left = pause(due, at("2026-11-24 09:00"), *rule, CALENDAR)
    assert left.overdue
    assert resume(due, left, at("2026-12-02 09:00"), *rule, CALENDAR).due_at == due.due_at


ADJUSTMENTS = [
    {"kind": "extend", "amount": 3, "unit": "working_day"},
    {"kind": "pause", "at": "2026-11-18T01:00:00+00:00"},
    {"kind": "resume", "at": "2026-12-01T01:00:00+00:00"},
    {"kind": "extend", "amount": 1},
]


def test_replaying_the_adjustments_gives_every_due_time_again() -> None:
    rule = _rule(5, "working_day")
    due = reckon(at("2026-11-16 10:00"), *rule, CALENDAR)
    dues = [replay(at("2026-11-16 10:00"), *rule, CALENDAR, ADJUSTMENTS[:number]) for number in range(5)]
    days = [f"{one.due_at.astimezone(LOCAL):%m-%d}" for one in dues]
    assert dues[0] == due
    assert days == ["11-23", "11-26", "11-26", "12-09", "12-10"]


@pytest.mark.parametrize(
    "adjustments",
    [
        [{"kind": "resume", "at": "2026-11-18T01:00:00+00:00"}],
        [{"kind": "pause", "at": "2026-11-18T01:00:00+00:00"}] * 2,
        [{"kind": "pause", "at": "soon"}],
        [{"kind": "pause"}],
        [{"kind": "pause", "at": "2026-11-18T01:00:00"}],
        [{"kind": "stretch"}],
        [{}],
    ],
)
def test_adjustments_out_of_order_are_refused(adjustments: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInput):
        replay(at("2026-11-16 10:00"), *_rule(5, "working_day"), CALENDAR, adjustments)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.code)
@pytest.mark.parametrize(
    "start", ["2026-02-12 16:00", "2026-09-30 20:00", "2026-10-04 09:00", "2019-01-31 23:59"]
)
def test_every_shipped_profile_reckons_for_every_kind_of_request_over_the_long_holidays(
    profile: Profile, start: str
) -> None:
    for purpose in {limit.purpose for limit in profile.limits}:
        for request_type in ("", *REQUEST_TYPES):
            for urgency in URGENCIES:
                for complexity in ("", *sla.COMPLEXITIES):
                    limit = profile.select(purpose, request_type, urgency, "0110", complexity)
                    if limit is not None:
                        _check(reckon(at(start), limit, profile, CALENDAR), limit)


def _check(due: Due, limit: Limit) -> None:
    assert due.started_at <= due.yellow_at <= due.due_at
    assert due.started_at < due.due_at
    assert "起算" in due.steps[0].text
    assert "到期" in due.steps[-1].text
    if limit.unit in ("working_day", "working_hour", "same_day"):
        assert CALENDAR.is_working_day(due.due_at.astimezone(LOCAL).date())


STARTS = st.datetimes(datetime(2018, 1, 1), datetime(2028, 12, 1), timezones=st.just(LOCAL))


@settings(max_examples=150, deadline=None)
@given(start=STARTS, rule=st.sampled_from(LIMITS), later=st.timedeltas(timedelta(0), timedelta(days=20)))
def test_reckoning_repeats_itself_and_a_later_start_is_never_due_earlier(
    start: datetime, rule: tuple[Profile, Limit], later: timedelta
) -> None:
    profile, limit = rule
    due = reckon(start, limit, profile, CALENDAR)
    _check(due, limit)
    assert reckon(start.astimezone(UTC), limit, profile, CALENDAR) == due
    assert reckon(start + later, limit, profile, CALENDAR).due_at >= due.due_at


@settings(max_examples=150, deadline=None)
@given(
    start=STARTS,
    rule=st.sampled_from(LIMITS),
    share=st.floats(0, 1),
    away=st.timedeltas(timedelta(0), timedelta(days=60)),
    amount=st.integers(1, 15),
)
def test_suspending_and_extending_never_bring_a_deadline_forward(
    start: datetime, rule: tuple[Profile, Limit], share: float, away: timedelta, amount: int
) -> None:
    profile, limit = rule
    due = reckon(start, limit, profile, CALENDAR)
    paused = start + (due.due_at - start) * share
    left = pause(due, paused, limit, profile, CALENDAR)
    back = resume(due, left, paused + away, limit, profile, CALENDAR)
    assert back.due_at >= due.due_at
    assert extend(back, amount, limit, profile, CALENDAR).due_at > back.due_at
