"""平时: what is usual for an area × matter on each day, for the chart of a warning.

A day is compared with the days of its own kind before it (working days with working days, days of rest with days of
rest, by the calendar in force). The band is their mean and two standard deviations to either side, never narrower
than chance alone would make it (a Poisson count's deviation is the root of its mean). The warning itself is raised by
`classifiers.bursts`; this only draws what people compare with.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

WIDTH = 2.0


def with_usual(
    days: Sequence[Sequence[Any]], shown: int, rests: Callable[[date], bool]
) -> list[dict[str, Any]]:
    """The last `shown` of the [ISO day, count] pairs, each with `expected`, `low` and `high`."""
    pairs = [(date.fromisoformat(day), int(count)) for day, count in days]
    kinds = [rests(day) for day, _ in pairs]
    found = []
    for at in range(max(0, len(pairs) - shown), len(pairs)):
        alike = [count for kind, (_, count) in zip(kinds[:at], pairs, strict=False) if kind == kinds[at]]
        found.append({"day": pairs[at][0].isoformat(), "count": pairs[at][1], **_range(alike)})
    return found


def _range(counts: list[int]) -> dict[str, float]:
    mean = sum(counts) / len(counts) if counts else 0.0
    spread = sum((count - mean) ** 2 for count in counts) / max(len(counts) - 1, 1)
    width = WIDTH * math.sqrt(max(spread, mean))
    return {
        "expected": round(mean, 1),
        "low": round(max(mean - width, 0.0), 1),
        "high": round(mean + width, 1),
    }
