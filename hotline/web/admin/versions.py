"""Versions of any kind of reference data: who changed what when and why, and two of them held against each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from hotline.domain.people import Actor
from hotline.domain.reference import KINDS
from hotline.ports import UnitOfWork
from hotline.services import administering, comparing
from hotline.web.admin.frame import AdminPage

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]
HOMES = {
    "hotline": "/admin/hotlines",
    "area": "/admin/tree?kind=area",
    "unit": "/admin/tree",
    "catalogue": "/admin/catalogue",
    "sla_profile": "/admin/sla",
    "calendar": "/admin/sla/calendar",
    "setting": "/admin/settings",
}


class Pair(BaseModel):
    """The versions to compare; by default the newest with the one before it."""

    older: Number | None = None
    newer: Number | None = None


def shown(uow: UnitOfWork, actor: Actor, kind: str, pair: Pair) -> dict[str, object]:
    rows = administering.versions(uow, actor, kind)
    newest = rows[0]["version"] if rows else 0
    newer = pair.newer if pair.newer is not None else newest
    older = pair.older if pair.older is not None else max(newer - 1, 0)
    found = comparing.compare(uow, actor, kind, older, newer) if rows else None
    return {"rows": rows, "older": older, "newer": newer, "found": found}


class Versions(AdminPage):
    needs = {"get": "reference.read"}

    async def get(self, kind: str) -> None:
        pair = self.read_query(Pair)
        values = await self.runtime.read(shown, self.who(), kind, pair)
        self.show("admin/versions.html", kind=kind, label=KINDS[kind], home=HOMES.get(kind, "/"), **values)


ROUTES = [(rf"/admin/versions/({'|'.join(KINDS)})", Versions)]
