"""Counts over the API."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from hotline.services import statistics
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation


class StatsQuery(s.Incoming):
    days: int = Field(30, ge=1, le=366, description="最近多少天")


class Counted(s.Outgoing):
    key: str
    name: str
    count: int


class Overview(s.Outgoing):
    """各状态的件数、超期件数，以及这段时间收到的诉求按各种口径的分布。"""

    since: datetime
    states: list[Counted]
    overdue: int
    received: int
    by: dict[str, list[Counted]]


class UnitRow(s.Outgoing):
    unit: str
    name: str
    dispatched: int
    open: int
    overdue: int
    closed: int


class UnitTable(s.Outgoing):
    """各主办单位这段时间的派单、在办、超期和办结件数。"""

    since: datetime
    items: list[UnitRow]


class OverviewApi(Api):
    path = f"{PREFIX}/stats/overview"
    operations = {"get": Operation("statsOverview", "统计", "总览", "desk.wall", Overview, query=StatsQuery)}

    async def get(self) -> None:
        query = self.read_query(StatsQuery)
        self.answer(await self.runtime.read(statistics.overview, self.who(), query.days))


class UnitsApi(Api):
    path = f"{PREFIX}/stats/units"
    operations = {
        "get": Operation("statsUnits", "统计", "各承办单位", "desk.wall", UnitTable, query=StatsQuery)
    }

    async def get(self) -> None:
        query = self.read_query(StatsQuery)
        self.answer(await self.runtime.read(statistics.units, self.who(), query.days))


HANDLERS = (OverviewApi, UnitsApi)
