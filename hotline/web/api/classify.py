"""Asking the classifier and the duplicate finder about texts that need not be tickets."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from classifiers.api import ClassifierUnavailable, Prediction, Text
from classifiers.duplicates import Sketch
from hotline.domain.errors import Unavailable
from hotline.domain.people import Actor
from hotline.domain.places import locate
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from hotline.services import elements, matters, triage, unit_history
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation

MOST_TEXTS, LONGEST_TEXT = 100, 100_000
Body = Annotated[str, Field(max_length=LONGEST_TEXT)]


class Message(s.Incoming):
    """一条诉求的标题和内容，可缺其一。"""

    title: Body = ""
    detail: Body = ""


class ClassifyBody(s.Incoming):
    """最多 100 条，每条最多 100,000 字；可以直接写文字。"""

    texts: list[Message | Body] = Field(min_length=1, max_length=MOST_TEXTS)


class CategoryCandidate(s.Outgoing):
    code: str
    path: list[str]
    score: float


class UnitCandidate(s.Outgoing):
    """派单目录给出的单位与依据；history 是近 90 天的办理历史。目录没有单位时只有历史，此时 row 为空、score 为 null。"""

    lead: str
    lead_name: str
    assists: list[str]
    row: str
    matter: str
    basis: str
    score: float | None
    evidence: list[str]
    history: str


class FoundEntity(s.Outgoing):
    """文中的要素；start、end 以“标题换行内容”为准，按字计；value 是换算后的值（时间为 ISO 8601，金额为元）。"""

    kind: str
    text: str
    start: int
    end: int
    value: str


class Classified(s.Outgoing):
    """对一条文字的判断；certain 为假时应由人选择。classes 是一级分类的前三名，没有把握时也给出。"""

    request_type: str
    request_type_score: float
    categories: list[CategoryCandidate]
    classes: list[CategoryCandidate]
    certain: bool
    urgency: str
    sensitive: list[str]
    evidence: list[str]
    entities: list[FoundEntity]
    area: str
    area_name: str
    units: list[UnitCandidate]


class ClassifyAnswer(s.Outgoing):
    """results 与 texts 一一对应；model 是作出判断的模型。"""

    model: str
    results: list[Classified]


class SimilarBody(s.Incoming):
    """text：诉求的文字，只看前 5,000 字；area：事情发生的区域，用来比较远近；category：只找这一事项的。"""

    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    area: s.Code = ""
    category: s.Code = ""
    limit: int = Field(5, ge=1, le=20)


class SimilarRow(s.TicketRow):
    """same：很可能是同一件事；finished：近 30 天内办结的，不能并入；why：为什么像。"""

    score: float
    same: bool
    finished: bool
    why: list[str]


class SimilarAnswer(s.Outgoing):
    """近 60 天内相近的在办工单和近 30 天内办结的工单，最像的在前；已办结的在有在办工单可列时最多占一半。"""

    items: list[SimilarRow]


def suggested(
    reference: Reference,
    today: date,
    texts: list[Text],
    predictions: list[Prediction],
    counts: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Each prediction joined with place, catalogue and the history of final units (`counts`), codes with their names."""
    found = []
    for text, prediction in zip(texts, predictions, strict=True):
        area = locate(reference, f"{text.title}\n{text.detail}")
        one = triage.suggest(reference, prediction, area, today)
        asked = {"category": "", "area": area, "suggestion": one}
        units = unit_history.shown(reference, one["units"], asked, counts, today)
        found.append(
            {
                **one,
                "classes": [
                    {"code": c.code, "path": list(c.path), "score": c.score} for c in prediction.classes
                ],
                "area_name": reference.path_name("area", area),
                "units": [_named(reference, unit) for unit in units],
            }
        )
    return found


def _named(reference: Reference, unit: dict[str, Any]) -> dict[str, Any]:
    kept = {name: unit[name] for name in UnitCandidate.model_fields if name != "lead_name"}
    return {**kept, "lead_name": reference.name("unit", unit["lead"])}


def _counts(uow: UnitOfWork, predictions: list[Prediction]) -> list[dict[str, Any]]:
    return unit_history.gather(uow, {one.categories[0].code for one in predictions if one.categories})


def similar(
    uow: UnitOfWork, actor: Actor, sketch: Sketch, area: str, category: str, limit: int
) -> list[dict[str, Any]]:
    """Alike tickets that the actor may see."""
    if area:
        uow.reference.require("area", area, "area")
    return matters.alike(uow, actor, matters.Told(sketch, area), category=category, limit=limit)


class ClassifyApi(Api):
    path = f"{PREFIX}/classify"
    operations = {
        "post": Operation(
            "classifyTexts",
            "智能",
            "判断诉求类型、事项、承办单位和紧急程度",
            "classify.run",
            ClassifyAnswer,
            body=ClassifyBody,
            samples={
                "两条": {"texts": ["小区停水两天了", {"title": "路灯不亮", "detail": "清河路路灯三盏不亮"}]}
            },
        )
    }

    async def post(self) -> None:
        body = self.read_body(ClassifyBody)
        reference, now = await self.runtime.read(lambda uow: (uow.reference, uow.now))
        said = [("", item) if isinstance(item, str) else (item.title, item.detail) for item in body.texts]
        texts = [elements.message(reference, title, detail, now) for title, detail in said]
        classifier = self.runtime.classifier
        try:
            predictions, model = await self.runtime.call(classifier.read, texts)
        except ClassifierUnavailable as error:
            raise Unavailable("classifier.unavailable", str(error)) from error
        counts = await self.runtime.read(_counts, predictions)
        results = await self.runtime.call(suggested, reference, now.date(), texts, predictions, counts)
        self.answer({"model": model, "results": results})


class SimilarApi(Api):
    """A POST though it only reads: what a caller says belongs in no address, and so in no access log."""

    path = f"{PREFIX}/similar"
    operations = {
        "post": Operation(
            "findSimilar",
            "智能",
            "找出相近的工单",
            "ticket.read",
            SimilarAnswer,
            body=SimilarBody,
            samples={"停水": {"text": "翠湖小区二期停水，水泵坏了没人修", "limit": 3}},
        )
    }

    async def post(self) -> None:
        body = self.read_body(SimilarBody)
        sketch = await self.runtime.call(matters.sketched, self.runtime.sketcher, (body.text,))
        asked = (sketch, body.area, body.category, body.limit)
        self.answer({"items": await self.runtime.read(similar, self.who(), *asked)})


HANDLERS = (ClassifyApi, SimilarApi)
