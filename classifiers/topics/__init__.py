"""Hot topics 热点: which messages speak of the same matter at the same place, and how much each such topic weighs.

`mine` reads the messages of a period and gives the topics, hottest first. What it knows of a message is a
`Report`: text and time, and where the caller has them the likes, an area, a matter and an opaque key of
whoever wrote it. Nothing of a person leaves it: names of topics are made of places and matters.

How messages are brought together: classifiers/topics/grouping.py; what the heat is made of:
classifiers/topics/heat.py and docs/topics.md. This module imports nothing heavy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from classifiers.segment import Segmenter

Progress = Callable[[str, int, int], None]
"""Told the step (Chinese), what is done of it and of how much."""


@dataclass(frozen=True)
class Report:
    """One message as the miner reads it.

    `id` is unique in a run. `caller` is any key that is equal for messages of one person ("" unknown, then each
    message counts as a caller of its own unless its text is a copy); `area` and `matter` are names or codes of
    the site, "" when unknown.
    """

    id: str
    title: str
    detail: str
    time: datetime
    likes: int = 0
    dislikes: int = 0
    area: str = ""
    matter: str = ""
    caller: str = ""


@dataclass(frozen=True)
class Topic:
    """Messages about one matter at one place.

    `name` is at most 30 characters; `place` and `crowd` (业主、家长、农民工…) may be empty. `members` are ids, most
    typical first. `heat` is 0..100 and the sum of `parts`, which says what each term of the formula gave.
    `trend` counts messages per bucket of `bucket_days` days, the last bucket ending with the period;
    `growth` is -1..1, how the last stretch of the period compares with the rest, see heat.growth_of. `callers` counts
    distinct callers, `words` are what the topic's messages say more often than others.
    """

    name: str
    place: str
    crowd: str
    first: datetime
    last: datetime
    members: tuple[str, ...]
    heat: float
    parts: Mapping[str, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    trend: tuple[int, ...] = ()
    bucket_days: int = 7
    growth: float = 0.0
    callers: int = 0


def mine(
    reports: Sequence[Report],
    segmenter: "Segmenter",
    *,
    now: datetime | None = None,
    limit: int = 100,
    least: int = 2,
    progress: Progress | None = None,
) -> list[Topic]:
    """The topics of these messages, hottest first, at most `limit`, each of at least `least` messages.

    `now` is the end of the period (default: the newest message). Times are all naive or all aware. The same
    input gives the same topics, in whatever order the messages come. An empty input gives no topic.
    """
    from classifiers.topics import mining

    return mining.mine(reports, segmenter, now=now, limit=limit, least=least, progress=progress)
