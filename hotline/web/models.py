"""模型与成绩 /models: which models there are and serve, how they fared week by week, and the acts of the registry.

Every act asks for its reason, which is audited, and opens the model first: a broken one is refused with the reason on
the page. The figures come stored from the weekly job, so the page costs the same whatever the year has brought.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.drafts import required
from hotline.domain.errors import Conflict, InvalidInput, NotFound
from hotline.domain.learning import FIELDS, HOWS, LabelCount
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services.learning import models, scores, switching
from hotline.web.admin.frame import AdminPage, address

Row = dict[str, Any]
WEEKS = 13
DONE = {"serve": "serving", "shadow": "shadowing", "rollback": "rolled-back", "end-shadow": "unshadowed"}
ACTS: dict[str, Callable[..., object]] = {
    "serve": switching.serve,
    "shadow": switching.shadow,
    "rollback": switching.rollback,
    "end-shadow": switching.shadow,
}


class Asked(BaseModel):
    week: Annotated[str, Field(max_length=10)] = ""


def shown(uow: UnitOfWork, actor: Actor, week: str) -> Row:
    """Everything on the page: the registry, the weeks, and one week's serving model beside its shadow."""
    weeks = scores.weeks(uow, actor, WEEKS)
    versions = models.listed(uow, actor)
    chosen = week if any(row["week"] == week for row in weeks) else _usual(weeks)
    return {
        "versions": versions,
        "serving": next((row for row in versions if row["state"] == "serving"), None),
        "shadow": next((row for row in versions if row["state"] == "shadow"), None),
        "back": models.before_serving(uow),
        "weeks": weeks,
        "week": chosen,
        "detail": [row for row in weeks if row["week"] == chosen],
        "labels": _labels(uow),
    }


def _usual(weeks: list[Row]) -> str:
    """The newest week that was judged often enough, else that has anything judged, else the newest."""
    for mark in ("enough", "judged", "read"):
        for row in weeks:
            if row["figures"].get(mark):
                return str(row["week"])
    return ""


def _labels(uow: UnitOfWork) -> list[Row]:
    """Statements by field: how many of each kind, as the weekly job has counted them."""
    found: dict[str, Row] = {}
    for row in uow.find(LabelCount):
        held = found.setdefault(row.field, {"name": FIELDS[row.field], "total": 0, "hows": []})
        held["total"] += row.labels
        held["hows"].append((HOWS[row.how], row.labels))
    return [found[field] for field in FIELDS if field in found]


class Models(AdminPage):
    """`GET /models`."""

    needs = {"get": models.READ}

    async def get(self) -> None:
        await self.look()

    async def look(self, status: int = 200, **values: Any) -> None:
        asked = self.read_query(Asked)
        found = await self.runtime.read(shown, self.who(), asked.week)
        if self.get_query_argument("done", "") == DONE["rollback"]:
            serving = found["serving"]["name"] if found["serving"] else "设置中的默认模型"
            values["flashes"] = [{"text": f"已回退到{serving}", "tone": "ok"}]
        self.show("models/models.html", status, setting=self.options.classifier, **found, **values)


class ModelAct(Models):
    """`POST /models/{act}`: serve, shadow, end-shadow, rollback; each with the version (where one is meant) and why."""

    needs = {"post": models.MANAGE}

    async def post(self, act: str) -> None:
        await self.submit(lambda: self._done(act), self._again)

    async def _done(self, act: str) -> str:
        reason = required(self.text("reason", 500), "reason", "请写明理由", 200)
        version = self.text("version", 80)
        if act in ("serve", "shadow") and not version:
            raise InvalidInput("model.name", "请指定模型版本")
        named = [] if act == "rollback" else ["" if act == "end-shadow" else version]
        try:
            await self.runtime.call(ACTS[act], self.runtime, self.who(), *named, reason)
        except NotFound as error:
            raise Conflict(error.code, error.message) from error
        return address("/models", done=DONE[act])

    async def _again(self, status: int, trouble: str, **_: Any) -> None:
        await self.look(status, trouble=trouble)


ROUTES = [(r"/models", Models), (r"/models/(serve|shadow|end-shadow|rollback)", ModelAct)]
