"""The registry of category models and their weekly scores over the API; acts on it are made at the desk or by command."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from hotline.services.learning import models, scores
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation


class ScoresQuery(s.Incoming):
    weeks: int = Field(13, ge=1, le=scores.MOST_WEEKS, description="最近多少周")


class ModelRow(s.Outgoing):
    """一个登记的模型版本；state 为 candidate、shadow、serving 或 retired。"""

    name: str
    kind: str
    state: str
    state_label: str
    labels: int
    made_by: str
    made_at: datetime
    state_by: str
    state_at: datetime
    before: str
    fault: str


class ModelList(s.Outgoing):
    """新登记的在前；没有 serving 的版本时使用设置中的默认模型。"""

    items: list[ModelRow]


class WeekScore(s.Outgoing):
    """一个模型一周的成绩；week 是周一的日期，比例都带件数 n 和 95% 区间 low、high。"""

    week: str
    model: str
    shadow: bool
    made_at: datetime
    figures: dict[str, Any]


class WeekScores(s.Outgoing):
    """新的一周在前，使用中的模型在影子之前。"""

    items: list[WeekScore]


class ModelsApi(Api):
    path = f"{PREFIX}/models"
    operations = {"get": Operation("listModels", "模型", "登记的分类模型", models.READ, ModelList)}

    async def get(self) -> None:
        rows = await self.runtime.read(models.listed, self.who())
        self.answer({"items": [{name: row[name] for name in ModelRow.model_fields} for row in rows]})


class ScoresApi(Api):
    path = f"{PREFIX}/models/scores"
    operations = {
        "get": Operation(
            "modelScores", "模型", "分类模型每周的成绩", models.READ, WeekScores, query=ScoresQuery
        )
    }

    async def get(self) -> None:
        query = self.read_query(ScoresQuery)
        self.answer({"items": await self.runtime.read(scores.weeks, self.who(), query.weeks)})


HANDLERS = (ModelsApi, ScoresApi)
