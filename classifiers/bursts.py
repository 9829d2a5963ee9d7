"""Burst warnings: days on which an area × matter is reported far more often than its own history lets expect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

Series = tuple[str, str]
"""(area, matter)"""


@dataclass(frozen=True)
class Burst:
    """An excess of reports in the `span` days that end with `day`.

    `expected` is what the history lets expect in that span, `p_value` how likely at least `observed` is
    under it, `score` is -log10 of it; `history` is the number of days the expectation rests on.
    """

    area: str
    matter: str
    day: date
    span: int
    observed: int
    expected: float
    p_value: float
    score: float
    history: int


def weekend(day: date) -> bool:
    """The plain answer to "is this a day of rest?"; a site hands in its calendar instead."""
    return day.weekday() >= 5


def warnings(
    counts: Mapping[Series, Mapping[date, int]],
    day: date,
    *,
    since: date | None = None,
    rests: Callable[[date], bool] = weekend,
) -> list[Burst]:
    """The bursts that end with `day`, strongest first.

    `counts` holds reports per day of each series (a day that is missing had none); `since` is the first day
    that was counted at all (default: the earliest day in `counts`); `rests` says whether a day is free
    (weekends and holidays, make-up workdays not).
    """
    raise NotImplementedError
