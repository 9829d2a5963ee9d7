"""Hot topics over the API: the same rights and the same cut as their pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from hotline.domain.errors import NotFound
from hotline.domain.people import Actor
from hotline.domain.topics import LONGEST_PERIOD
from hotline.ports import UnitOfWork
from hotline.services.topics import reading, running
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation, row_id

Days = Annotated[
    int, Field(ge=0, le=LONGEST_PERIOD, description="最近多少天（含今天）；0 表示用 since 和 until")
]
Position = Annotated[int, Field(ge=0, le=10_000, description="上一页 next 的值")]


class TopicCut(s.Incoming):
    area: s.Code = ""
    category: s.Code = ""
    hotline: s.Code = ""


class TopicsQuery(TopicCut):
    run: int | None = Field(None, ge=1, le=s.LARGEST_ID, description="哪一次分析；不给则取最近一次")
    days: int = Field(7, ge=1, le=LONGEST_PERIOD, description="不给 run 时：最近多少天的")
    sort: Literal["heat", "size", "growth", "last_at"] = "heat"
    cursor: Position = 0
    limit: s.Limit = 50


class RunRow(s.Outgoing):
    """一次热点分析。"""

    id: int
    days: int
    since: datetime
    until: datetime
    filters: dict[str, str]
    state: Literal["queued", "running", "finished", "failed", "stopped"]
    step: str
    share: int
    done: int
    total: int
    found: int
    cut: bool
    error: str
    asked_at: datetime
    ended_at: datetime | None


class HeatPart(s.Outgoing):
    key: str
    name: str
    value: float


class AreaCount(s.Outgoing):
    area: str
    name: str
    count: int


class TopicRow(s.Outgoing):
    """一个热点；heat 是 parts 之和，earlier 是上期件数（没有上期为空，0 为新出现）。"""

    id: int
    run_id: int
    rank: int
    name: str
    place: str
    crowd: str
    first_at: datetime
    last_at: datetime
    size: int
    ticket_count: int
    callers: int
    heat: float
    growth: float
    parts: list[HeatPart]
    words: list[str]
    trend: list[int]
    bucket_days: int
    areas: list[AreaCount]
    earlier: int | None


class TopicPage(s.Outgoing):
    """一次分析的热点，一页。"""

    run: RunRow
    items: list[TopicRow]
    next: int | None


class TopicWhole(s.Outgoing):
    """一个热点和它的工单；工单只给登录者能看到的，seen 是能看到的张数。"""

    topic: TopicRow
    run: RunRow
    members: list[s.TicketRow]
    seen: int
    next: int | None


class MembersQuery(s.Incoming):
    cursor: Position = 0
    limit: s.Limit = 50


class RunBody(TopicCut):
    days: Days = 0
    since: s.Day | None = None
    until: s.Day | None = Field(None, description="最后一天，含当天")


class RunPage(s.Outgoing):
    """分析记录，新的在前。"""

    items: list[RunRow]
    next: int | None


class RunsQuery(s.Incoming):
    cursor: s.Cursor | None = None
    limit: s.Limit = 50


def _topics(uow: UnitOfWork, actor: Actor, query: TopicsQuery) -> dict[str, Any]:
    cut = {"area": query.area, "category": query.category, "hotline": query.hotline}
    run_id = query.run or reading.latest(uow, actor, query.days, cut)
    if run_id is None:
        raise NotFound("topics.no_run", "这个时期还没有分析过")
    return reading.ranking(uow, actor, run_id, query.sort, query.cursor, query.limit)


class TopicsApi(Api):
    path = f"{PREFIX}/topics"
    operations = {
        "get": Operation(
            "listTopics", "热点", "热点排名", "topics.read", TopicPage, query=TopicsQuery, errors=(404,)
        )
    }

    async def get(self) -> None:
        self.answer(await self.runtime.read(_topics, self.who(), self.read_query(TopicsQuery)))


class TopicApi(Api):
    path = f"{PREFIX}/topics/{{id}}"
    operations = {
        "get": Operation(
            "getTopic", "热点", "一个热点和它的工单", "topics.read", TopicWhole, query=MembersQuery
        )
    }

    async def get(self, topic_id: str) -> None:
        query = self.read_query(MembersQuery)
        number = row_id(topic_id)
        found = await self.runtime.read(reading.topic, self.who(), number, {}, query.cursor, query.limit)
        self.answer(found)


class RunsApi(Api):
    path = f"{PREFIX}/topic-runs"
    operations = {
        "get": Operation("listTopicRuns", "热点", "分析记录", "topics.read", RunPage, query=RunsQuery),
        "post": Operation(
            "startTopicRun",
            "热点",
            "发起一次分析；在后台进行，已有同样的在排队时就是那一次",
            "topics.run",
            RunRow,
            status=202,
            body=RunBody,
            errors=(409,),
            samples={
                "近三十天": {"days": 30},
                "自定": {"since": "2026-10-01", "until": "2026-10-07", "area": "LZ01"},
            },
        ),
    }

    async def get(self) -> None:
        query = self.read_query(RunsQuery)
        self.answer(await self.runtime.read(reading.runs, self.who(), query.cursor, query.limit))

    async def post(self) -> None:
        body = self.read_body(RunBody)
        days = [value.isoformat() if value else "" for value in (body.since, body.until)]
        since, until = running.period(self.runtime.clock.now(), body.days, *days)
        cut = body.model_dump(include={"area", "category", "hotline"})
        run_id = await self.runtime.run(running.ask, self.who(), since, until, body.days, cut)
        self.answer(await self.runtime.read(reading.run_shown, self.who(), run_id), 202)


class RunApi(Api):
    path = f"{PREFIX}/topic-runs/{{id}}"
    operations = {"get": Operation("getTopicRun", "热点", "一次分析到哪一步了", "topics.read", RunRow)}

    async def get(self, run_id: str) -> None:
        self.answer(await self.runtime.read(reading.run_shown, self.who(), row_id(run_id)))


class RunStopApi(Api):
    path = f"{PREFIX}/topic-runs/{{id}}/stop"
    operations = {
        "post": Operation("stopTopicRun", "热点", "停止一次分析", "topics.run", RunRow, errors=(409,))
    }

    async def post(self, run_id: str) -> None:
        await self.runtime.run(running.stop, self.who(), row_id(run_id))
        self.answer(await self.runtime.read(reading.run_shown, self.who(), row_id(run_id)))


HANDLERS = (TopicsApi, TopicApi, RunsApi, RunApi, RunStopApi)
