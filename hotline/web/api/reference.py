"""Look-ups in the reference data in force: areas, units, matters, hotlines, reasons."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from hotline.domain.errors import NotFound
from hotline.domain.reference import KINDS
from hotline.ports import UnitOfWork
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation

LOOKED_UP = {
    "areas": "area",
    "units": "unit",
    "categories": "category",
    "hotlines": "hotline",
    "reasons": "reason",
}
_KEYS = ("code", "number", "id")


class ReferenceQuery(s.Incoming):
    parent: s.Code | None = Field(None, description="只要这个代码的下一级；写 root 得到最上级")
    group: s.Code = Field("", description="理由的分组，如 refusal、return")
    q: str = Field("", max_length=60, description="名称或代码中含有的字")
    limit: int = Field(200, ge=1, le=2_000)


class ReferenceRow(s.Outgoing):
    """目录中的一行；其余字段随种类而定。"""

    key: str
    name: str


class ReferenceList(s.Outgoing):
    """version 是现行版本；total 是符合条件的总数。"""

    kind: str
    label: str
    version: int
    total: int
    items: list[ReferenceRow]


def rows(uow: UnitOfWork, plural: str, parent: str | None, group: str, q: str, limit: int) -> dict[str, Any]:
    """Rows of one kind that fit, in their order. NotFound for a kind that is not looked up here."""
    if plural not in LOOKED_UP:
        raise NotFound("reference.kind", f"没有这种目录，可用：{'、'.join(LOOKED_UP)}")
    kind = LOOKED_UP[plural]
    found = uow.reference.all_of(kind)
    if parent is not None:
        wanted = "" if parent == "root" else parent
        if wanted:
            uow.reference.require(kind, wanted, "parent")
        found = [row for row in found if str(row.get("parent") or "") == wanted]
    if group:
        found = [row for row in found if row.get("group") == group]
    if q:
        found = [row for row in found if q in str(row.get("name", "")) or q in _key(row)]
    items = [{**row, "key": _key(row), "name": str(row.get("name", ""))} for row in found[:limit]]
    version = uow.reference.versions.get(kind, 0)
    return {"kind": plural, "label": KINDS[kind], "version": version, "total": len(found), "items": items}


def _key(row: dict[str, Any]) -> str:
    return next((str(row[name]) for name in _KEYS if row.get(name)), "")


class ReferenceApi(Api):
    path = f"{PREFIX}/reference/{{kind}}"
    operations = {
        "get": Operation(
            "lookUpReference",
            "目录",
            "查目录：areas、units、categories、hotlines、reasons",
            "reference.read",
            ReferenceList,
            query=ReferenceQuery,
            errors=(404,),
        )
    }

    async def get(self, kind: str) -> None:
        query = self.read_query(ReferenceQuery)
        self.answer(await self.runtime.read(rows, kind, **query.model_dump()))


HANDLERS = (ReferenceApi,)
