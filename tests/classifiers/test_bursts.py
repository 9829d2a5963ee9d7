"""Burst warnings: what a series' own history, its weekdays and its holidays let expect. All counts are invented."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from math import exp, isclose

import pytest

from classifiers.bursts import ALPHA, log_tail, warnings

MONDAY = date(2026, 9, 7)
DAYS = [MONDAY - timedelta(back) for back in range(80)]
SERIES = ("临澜区", "噪声")


def _series(of: Callable[[date], int], **changed: int) -> dict[date, int]:
    """A count for every day, some days of September changed: d7=20 for the seventh."""
    counts = {day: of(day) for day in DAYS}
    return counts | {date(2026, 9, int(name[1:])): count for name, count in changed.items()}


def test_a_fivefold_day_is_a_burst_with_what_was_expected_and_how_unlikely_it_is() -> None:
    (burst,) = warnings({SERIES: _series(lambda day: 4, d7=20)}, MONDAY)
    assert (burst.area, burst.matter, burst.day, burst.span, burst.observed) == (*SERIES, MONDAY, 1, 20)
    assert burst.expected == pytest.approx(4, rel=0.15)
    assert burst.p_value <= ALPHA
    assert burst.history == 56


def test_a_peak_that_comes_every_monday_is_no_burst() -> None:
    weekly = _series(lambda day: 15 if day.weekday() == 0 else 5)
    assert warnings({SERIES: weekly}, MONDAY) == []


def test_the_same_count_on_a_day_that_is_never_busy_is_one() -> None:
    sunday = MONDAY - timedelta(1)
    weekly = _series(lambda day: 15 if day.weekday() == 0 else 5, d6=22)
    assert [burst.observed for burst in warnings({SERIES: weekly}, sunday)] == [22]


def test_doubling_at_small_numbers_is_no_burst() -> None:
    assert warnings({SERIES: _series(lambda day: day.day % 3, d7=4)}, MONDAY) == []


def test_doubling_at_large_numbers_is_one() -> None:
    assert len(warnings({SERIES: _series(lambda day: 40 + day.day % 5, d7=84)}, MONDAY)) == 1


def test_a_matter_never_reported_before_bursts_when_the_counting_is_old_enough() -> None:
    found = warnings({SERIES: {MONDAY: 8}, ("临澜区", "停水"): _series(lambda day: 3)}, MONDAY)
    assert [burst.matter for burst in found] == ["噪声"]
    assert found[0].expected < 0.1


@pytest.mark.parametrize("since", [None, MONDAY, MONDAY - timedelta(10)])
def test_without_a_history_of_two_weeks_nothing_is_called_a_burst(since: date | None) -> None:
    assert warnings({SERIES: {MONDAY: 80}}, MONDAY, since=since) == []


def test_a_first_day_handed_in_makes_days_without_reports_history() -> None:
    assert len(warnings({SERIES: {MONDAY: 8}}, MONDAY, since=MONDAY - timedelta(60))) == 1


def test_a_rise_spread_over_the_week_is_told_with_a_span_of_seven_days() -> None:
    rising = _series(lambda day: int(day.toordinal() % 4 == 0), d1=4, d2=4, d3=4, d4=4, d5=4, d6=4, d7=4)
    (burst,) = warnings({SERIES: rising}, MONDAY)
    assert (burst.span, burst.observed) == (7, 28)


def test_an_old_burst_does_not_hide_a_new_one() -> None:
    old = dict(zip(("d1", "d2"), (0, 0), strict=True))
    quiet = _series(lambda day: 60 if day in DAYS[25:28] else 3, d7=15, **old)
    assert [burst.observed for burst in warnings({SERIES: quiet}, MONDAY) if burst.span == 1] == [15]


def test_a_working_day_of_rest_is_expected_to_be_as_quiet_as_a_sunday() -> None:
    weekly = _series(lambda day: 4 if day.weekday() >= 5 else 20, d7=20)
    assert warnings({SERIES: weekly}, MONDAY) == []
    holiday = warnings({SERIES: weekly}, MONDAY, rests=lambda day: day.weekday() >= 5 or day == MONDAY)
    assert [burst.observed for burst in holiday if burst.span == 1] == [20]


def test_chance_alone_gives_hardly_a_warning() -> None:
    random.seed(7)
    false = 0
    for _ in range(20):
        counts = {
            ("区", str(number)): {day: _poisson([0.2, 1, 5, 20][number % 4]) for day in DAYS}
            for number in range(40)
        }
        false += len(warnings(counts, MONDAY))
    assert false <= 2


def test_the_tail_is_that_of_poisson_where_the_variance_is_the_mean() -> None:
    exact = 1 - sum(exp(-3) * 3**k / f for k, f in enumerate([1, 1, 2, 6, 24]))
    assert isclose(exp(log_tail(5, 3.0, 3.0)), exact, rel_tol=1e-9)
    assert log_tail(0, 3.0, 3.0) == 0.0
    assert log_tail(5, 3.0, 9.0) > log_tail(5, 3.0, 3.0)


def test_the_strongest_burst_comes_first_and_nothing_gives_nothing() -> None:
    counts = {("a", "m"): _series(lambda day: 2, d7=14), ("b", "m"): _series(lambda day: 2, d7=40)}
    assert [burst.area for burst in warnings(counts, MONDAY)] == ["b", "a"]
    assert warnings({}, MONDAY) == []


def _poisson(mean: float) -> int:
    limit, count, product = exp(-mean), 0, random.random()
    while product > limit:
        count += 1
        product *= random.random()
    return count
