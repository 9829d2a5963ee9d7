"""Burst warnings: days on which an area × matter is reported far more often than its own history lets expect.

The count of a day is held against the predictive distribution of a Gamma-Poisson model of the days before it
(Riebler 2004, `algo.bayes` of the R package surveillance), with three things from Noufal et al. 2013 ("An improved
algorithm for outbreak detection in multiple surveillance systems", Statistics in Medicine 32): variance beyond
Poisson, days of old bursts weighted down, and a margin of days left out so that a burst that builds up is not
its own baseline.

1. Season: each kind of day (Monday … Sunday; a holiday counts as a Sunday, a make-up workday as the Wednesday it
   resembles) gets a factor, its mean over the mean day: first over all series together, then per series, drawn
   to the common factor with the weight of `PRIOR_DAYS` mean days, so that a thin series has no season of its own.
2. Level: L = Σ w·y / Σ w·f over the last 8 weeks less the last 3 days (y count, f factor, w weight). A day whose
   Anscombe residual 1.5·(y^⅔ − m^⅔) / (m^⅙ √φ) exceeds 2.58 gets the weight residual⁻² and the level is taken anew.
3. Dispersion φ = max(1, Σ w·(y − m)² / m / (days − 1)).
4. For a span of F = Σ f the count is taken as negative binomial with mean μ = F·L⁺ and variance
   φ·μ·(1 + F / Σ w·f), L⁺ = (½ + Σ w·y) / Σ w·f (Jeffreys' prior keeps a series without history from expecting 0).
   p is its upper tail at the observed count.

A warning needs p <= `ALPHA`, at least `LEAST` reports and `RATIO` times what was expected. The span is one day, or seven:
five reports on each day of a week are no surprise on any of them. Of both, the more surprising is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, lgamma, log, log1p, sqrt

Series = tuple[str, str]
"""(area, matter)"""

HISTORY, MARGIN = 56, 3
SHORTEST = 14
"""Days of history below which nothing is called a burst: the system itself is new then."""
ALPHA = 0.0005
LEAST, RATIO = 5, 1.5
PRIOR_DAYS = 20.0
SPANS = (1, 7)
_WORKED, _REST = 2, 6


@dataclass(frozen=True)
class Burst:
    """An excess of reports in the `span` days that end with `day`.

    `expected` is what the history lets expect in that span, `p_value` how likely at least `observed` is
    under it, `score` is -log10 of it (at most 300); `history` is the number of days the expectation rests on.
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

    `counts` holds reports per day of each series (a day that is missing had none, a day after `day` is not
    looked at); `since` is the first day that was counted at all (default: the earliest day in `counts`);
    `rests` says whether a day is free (weekends and holidays, make-up workdays not).
    """
    earliest = min((one for days in counts.values() for one in days), default=day)
    days = [day - timedelta(back) for back in range(HISTORY + MARGIN + max(SPANS))]
    days = [one for one in days if one >= (since or earliest)]
    kinds = [_kind(one, rests) for one in days]
    table = {series: [max(0, held.get(one, 0)) for one in days] for series, held in counts.items()}
    common = _factors(kinds, [sum(column) for column in zip(*table.values(), strict=True)], [1.0] * 7)
    found = []
    for (area, matter), row in table.items():
        best = _strongest(row, kinds, common)
        if best:
            found.append(Burst(area, matter, day, *best))
    return sorted(found, key=lambda burst: (-burst.score, burst.area, burst.matter))


Finding = tuple[int, int, float, float, float, int]


def _strongest(row: Sequence[int], kinds: Sequence[int], common: Sequence[float]) -> Finding | None:
    """(span, observed, expected, p, score, days of history) of the most surprising span; newest day first in."""
    findings = [found for span in SPANS if (found := _surprise(row, kinds, common, span))]
    return max(findings, key=lambda found: (found[4], -found[0]), default=None)


def _surprise(row: Sequence[int], kinds: Sequence[int], common: Sequence[float], span: int) -> Finding | None:
    observed = sum(row[:span])
    past, past_kinds = row[span + MARGIN :][:HISTORY], kinds[span + MARGIN :][:HISTORY]
    if len(past) < SHORTEST or observed < LEAST:
        return None
    factors = _factors(past_kinds, past, common)
    exposure = sum(factors[kind] for kind in kinds[:span])
    mean, variance = _prediction(past, [factors[kind] for kind in past_kinds], exposure)
    logarithm = log_tail(observed, mean, variance)
    if logarithm > log(ALPHA) or observed < RATIO * mean:
        return None
    p_value = exp(max(logarithm, -700.0))
    return span, observed, round(mean, 2), p_value, round(min(300.0, -logarithm / log(10)), 2), len(past)


def _kind(day: date, rests: Callable[[date], bool]) -> int:
    """0 Monday … 6 Sunday; a holiday is a Sunday, a worked weekend day a Wednesday."""
    number = day.weekday()
    if rests(day):
        return number if number >= 5 else _REST
    return number if number < 5 else _WORKED


def _factors(kinds: Sequence[int], counts: Sequence[int], common: Sequence[float]) -> list[float]:
    """What each kind of day has of the mean day, drawn to `common`; their mean over these days is about 1."""
    mean = sum(counts) / len(counts) if counts else 0.0
    if not mean:
        return list(common)
    sums, days = [0.0] * 7, [0] * 7
    for kind, count in zip(kinds, counts, strict=True):
        sums[kind] += count
        days[kind] += 1
    return [
        (total + PRIOR_DAYS * factor) / (number * mean + PRIOR_DAYS)
        for total, number, factor in zip(sums, days, common, strict=True)
    ]


def _prediction(past: Sequence[int], factors: Sequence[float], exposure: float) -> tuple[float, float]:
    """Mean and variance of the count over `exposure`, from the past counts and their factors."""
    weights, spread = [1.0] * len(past), 1.0
    for _ in range(3):
        seen = sum(w * f for w, f in zip(weights, factors, strict=True))
        level = (0.5 + sum(w * y for w, y in zip(weights, past, strict=True))) / seen
        means = [level * factor for factor in factors]
        squares = sum(w * (y - m) ** 2 / m for w, y, m in zip(weights, past, means, strict=True))
        spread = max(1.0, squares / max(1, len(past) - 1))
        weights = [_weight(y, m, spread) for y, m in zip(past, means, strict=True)]
    mean = exposure * level
    return mean, spread * mean * (1 + exposure / seen)


def _weight(count: int, mean: float, spread: float) -> float:
    """1, or less for a day that looks like a burst of its own."""
    residual = 1.5 * (count ** (2 / 3) - mean ** (2 / 3)) / (mean ** (1 / 6) * sqrt(spread))
    return 1.0 if residual <= 2.58 else residual**-2


def log_tail(observed: int, mean: float, variance: float) -> float:
    """ln P(X >= observed) of a negative binomial with this mean and variance (Poisson where they are equal)."""
    if observed <= 0:
        return 0.0
    if observed <= mean:
        return log1p(-min(1 - 1e-12, _below(observed, mean, variance)))
    term = _log_mass(observed, mean, variance)
    total, share, count = 1.0, 1.0, observed
    while share > 1e-12 * total and count < observed + 100_000:
        count += 1
        share *= exp(_log_mass(count, mean, variance) - _log_mass(count - 1, mean, variance))
        total += share
    return min(0.0, term + log(total))


def _below(observed: int, mean: float, variance: float) -> float:
    return sum(exp(_log_mass(count, mean, variance)) for count in range(observed))


def _log_mass(count: int, mean: float, variance: float) -> float:
    if variance <= mean * (1 + 1e-9):
        return count * log(mean) - mean - lgamma(count + 1)
    size = mean * mean / (variance - mean)
    share = mean / variance
    ways = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
    return ways + size * log(share) + count * log1p(-share)
