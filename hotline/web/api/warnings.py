"""Burst warnings over the API: the same rights and the same cut as their pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from hotline.domain.topics import WARNING_STATES
from hotline.services.topics import settling
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation, row_id


class WarningRow(s.Outgoing):
    """一条突发预警；area 为空表示全市。"""

    id: int
    area: str
    area_name: str
    category: str
    category_path: str
    day: date
    span: int
    observed: int
    expected: float
    score: float
    state: Literal["open", "acknowledged", "dismissed", "ended"]
    state_label: str
    raised_at: datetime
    settled_at: datetime | None
    settled_by: str
    note: str


class WarningPage(s.Outgoing):
    """突发预警，新的在前。"""

    items: list[WarningRow]
    next: int | None


class WarningDay(s.Outgoing):
    day: date
    count: int
    expected: float
    low: float
    high: float


class WarningWhole(WarningRow):
    """一条预警：近 28 天的实际与平时，和登录者能看到的工单；hidden 是看不到的张数。"""

    days: list[WarningDay]
    tickets: list[s.TicketRow]
    hidden: int


class WarningsQuery(s.Incoming):
    state: Literal["", "open", "acknowledged", "dismissed", "ended"] = ""
    cursor: s.Cursor | None = None
    limit: s.Limit = 50


class SettleBody(s.Incoming):
    state: Literal["acknowledged", "dismissed"]
    note: str = Field(min_length=settling.LEAST_NOTE, max_length=500)


class WarningsApi(Api):
    path = f"{PREFIX}/warnings"
    operations = {
        "get": Operation("listWarnings", "预警", "突发预警", "warning.read", WarningPage, query=WarningsQuery)
    }

    async def get(self) -> None:
        query = self.read_query(WarningsQuery)
        states = (query.state,) if query.state else tuple(WARNING_STATES)
        found = await self.runtime.read(settling.listed, self.who(), states, query.cursor, query.limit)
        self.answer(found)


class WarningApi(Api):
    path = f"{PREFIX}/warnings/{{id}}"
    operations = {"get": Operation("getWarning", "预警", "一条预警", "warning.read", WarningWhole)}

    async def get(self, warning_id: str) -> None:
        self.answer(await self.runtime.read(settling.one, self.who(), row_id(warning_id)))


class SettleApi(Api):
    path = f"{PREFIX}/warnings/{{id}}/settle"
    operations = {
        "post": Operation(
            "settleWarning",
            "预警",
            "确认一条预警，或标为误报",
            "warning.settle",
            WarningWhole,
            body=SettleBody,
            errors=(409,),
            samples={"确认": {"state": "acknowledged", "note": "主管爆裂，水务已到场抢修"}},
        )
    }

    async def post(self, warning_id: str) -> None:
        body = self.read_body(SettleBody)
        number = row_id(warning_id)
        await self.runtime.run(settling.settle, self.who(), number, body.state, body.note)
        self.answer(await self.runtime.read(settling.one, self.who(), number))


HANDLERS = (WarningsApi, WarningApi, SettleApi)
