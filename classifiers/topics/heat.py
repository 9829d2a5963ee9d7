"""The heat index of a topic: 0..100, a sum of six terms, each 0..1 times its weight.

| term | weight | value |
| --- | --- | --- |
| callers | 30 | ln(c) / ln(50), c distinct callers: one person alone adds nothing |
| volume | 15 | ln(m) / ln(100), m messages; copies of one text by one caller are one message |
| growth | 15 | how much the last stretch of the period exceeds the rest: see `growth_of` |
| echo | 20 | ln(1 + likes + dislikes) / ln(1001): who reacts cares, for or against |
| days | 10 | ln(d) / ln(30), d distinct days |
| areas | 10 | ln(a) / ln(10), a distinct areas |

Logarithms, because the step from 2 callers to 10 says more than the one from 42 to 50; fixed references,
because the heat of two days has to be comparable. Every value is cut at 1.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import log

WEIGHTS = {"callers": 30.0, "volume": 15.0, "growth": 15.0, "echo": 20.0, "days": 10.0, "areas": 10.0}
NAMES = {"callers": "诉求人", "volume": "件数", "growth": "增长", "echo": "点赞与反对", "days": "天数", "areas": "涉及区域"}  # fmt: skip
"""What the terms are called on a screen."""


def parts_of(
    callers: int, messages: int, growth: float, reactions: int, days: int, areas: int
) -> Mapping[str, float]:
    """What each term adds to the heat, rounded to a hundredth."""
    shares = {
        "callers": _share(callers, 50),
        "volume": _share(messages, 100),
        "growth": max(0.0, min(1.0, growth)),
        "echo": _share(1 + max(0, reactions), 1001),
        "days": _share(days, 30),
        "areas": _share(areas, 10),
    }
    return {name: round(WEIGHTS[name] * share, 2) for name, share in shares.items()}


def _share(number: int, full: int) -> float:
    return min(1.0, log(max(1, number)) / log(full))


def growth_of(times: Sequence[datetime], start: datetime, end: datetime) -> float:
    """-1..1: (r - b) / (r + b + 1), r messages of the last stretch, b the mean of the stretches before it.

    The stretch is a week, or a quarter of a period shorter than four weeks. The 1 keeps a single new message
    from counting as doubling.
    """
    stretch = min(timedelta(days=7), (end - start) / 4)
    if stretch <= timedelta(0):
        return 0.0
    border = end - stretch
    recent = sum(1 for time in times if time > border)
    before = (len(times) - recent) / max(1.0, (border - start) / stretch)
    return round((recent - before) / (recent + before + 1), 4)


def bucket_days(start: datetime, end: datetime) -> int:
    """Days per bucket of a trend: 1 in a period of up to five weeks, 7 up to 15 months, else 30."""
    days = (end - start).days
    return 1 if days <= 35 else 7 if days <= 450 else 30


def trend_of(times: Sequence[datetime], start: datetime, end: datetime) -> tuple[int, ...]:
    """Messages per bucket over the period, the last bucket ending with the last day of it."""
    width = bucket_days(start, end)
    buckets = [0] * ((end.date() - start.date()).days // width + 1)
    for time in times:
        back = (end.date() - time.date()).days // width
        if 0 <= back < len(buckets):
            buckets[-1 - back] += 1
    return tuple(buckets)
