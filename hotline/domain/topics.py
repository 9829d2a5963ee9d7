"""热点与预警: what a run of the topic miner found in a period, and the bursts that somebody has to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotline.domain.errors import InvalidInput

RUN_STATES = {
    "queued": "排队中",
    "running": "分析中",
    "finished": "已完成",
    "failed": "没有完成",
    "stopped": "已停止",
}
UNFINISHED = ("queued", "running")
WARNING_STATES = {"open": "待处置", "acknowledged": "已确认", "dismissed": "误报", "ended": "已平息"}
"""`ended`: nobody settled it, and its burst was not found for days."""

LONGEST_PERIOD = 400
"""Days of the longest period that a run may cover: a year against the one before, by the same days."""


@dataclass(frozen=True)
class MiningPlan:
    """How the house mines: at which hour of the city's clock, over which numbers of whole days (the first one is
    what the page shows), and how many messages one run reads at most."""

    hour: int = 2
    days: tuple[int, ...] = (7, 30)
    most: int = 100_000

    @classmethod
    def parse(cls, hour: int, days: str, most: int) -> MiningPlan:
        """From the settings; InvalidInput names the one that makes no sense."""
        wanted = tuple(int(part) for part in days.split(",") if part.strip().isdecimal())
        if not wanted or any(not 1 <= number <= LONGEST_PERIOD for number in wanted):
            raise InvalidInput(
                "settings.topics_days", f"topics_days 应为 1 到 {LONGEST_PERIOD} 的天数，逗号分隔，如 7,30"
            )
        if not 0 <= hour <= 23:
            raise InvalidInput("settings.topics_hour", "topics_hour 应为 0 到 23")
        if most < 100:
            raise InvalidInput("settings.topics_most", "topics_most 不能小于 100")
        return cls(hour, wanted, most)


@dataclass(kw_only=True, eq=False)
class TopicRun:
    """One run over the requests received from `since` (included) to `until` (not).

    `days` is the preset that it belongs to, 0 a period of its own; `filters` may name an area, a matter and a
    hotline. `done` of `total` messages have been read, then `step` and `share` (0..100) tell how far the mining is.
    `beat_at` shows that a process is at work: without it for long the run is taken up again, or given up.
    `daily_key` keeps two processes from planning the same nightly run. `cut` says that only the newest messages
    of the period were taken.
    """

    id: int
    centre: str = ""
    days: int = 0
    since: datetime
    until: datetime
    filters: dict[str, Any] = field(default_factory=dict)
    daily_key: str | None = None
    state: str = "queued"
    step: str = ""
    done: int = 0
    total: int = 0
    share: int = 0
    cut: bool = False
    found: int = 0
    model: str = ""
    error: str = ""
    attempts: int = 0
    asked_by: str
    asked_by_id: int | None = None
    asked_at: datetime
    started_at: datetime | None = None
    beat_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0


@dataclass(kw_only=True, eq=False)
class HotTopic:
    """One topic of a run. `heat` is 0..100 and the sum of `parts`; `trend` counts messages by buckets of
    `bucket_days` days. `size` counts requests, `ticket_count` the tickets that they stand under; `areas` counts
    tickets by area code."""

    id: int
    run_id: int
    rank: int
    name: str
    place: str = ""
    crowd: str = ""
    first_at: datetime
    last_at: datetime
    size: int
    ticket_count: int
    callers: int
    heat: float
    growth: float = 0.0
    parts: dict[str, Any] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    trend: list[int] = field(default_factory=list)
    bucket_days: int = 1
    areas: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class TopicMember:
    """A ticket of a topic; position 0 is the most typical."""

    topic_id: int
    position: int
    ticket_id: int


@dataclass(kw_only=True, eq=False)
class BurstWarning:
    """预警: an area × matter that is reported far more often than its own history lets expect.

    `area` "" means the whole city. `observed` and `expected` are of the `span` days that end with `day` (ISO, the
    city's); both follow the burst while it goes on. `told` is the count that people were told of and `told_span` the
    days it was of (None: `span`): the next notice comes when it has grown by a factor. `seen_day` is the last day on
    which the burst was found after somebody had settled the warning (None: not after `day`). `days` keeps the
    burst's days for the chart: [day, count].
    """

    id: int
    centre: str = ""
    area: str = ""
    category: str
    day: str
    span: int
    observed: int
    expected: float
    score: float
    told: int
    told_span: int | None = None
    seen_day: str | None = None
    tickets: list[int] = field(default_factory=list)
    days: list[Any] = field(default_factory=list)
    state: str = "open"
    raised_at: datetime
    grown_at: datetime
    settled_at: datetime | None = None
    settled_by: str = ""
    note: str = ""
    version: int = 0
