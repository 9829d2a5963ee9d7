"""Looking up units, matters and places by what people type: a name, a short name or a code."""

from __future__ import annotations

from typing import Any

from hotline.domain.dispatch import in_force
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from hotline.web.base import PageHandler

MOST = 12
KINDS = ("unit", "category", "area")
_LEVELS = {
    "city": "市级",
    "county": "区县",
    "town": "乡镇街道",
    "village": "村社区",
    "enterprise": "公用企业",
}


def found(uow: UnitOfWork, kind: str, text: str) -> list[dict[str, Any]]:
    """At most a dozen rows, those whose name begins with the text first."""
    text = text.strip()
    if not text:
        return []
    today = uow.now.date()
    rows = [
        row
        for row in uow.reference.all_of(kind)
        if _fits(row, text) and not row.get("successor") and (kind != "unit" or in_force(row, today))
    ]
    rows.sort(key=lambda row: (not _names(row)[0].startswith(text), len(_names(row)[0])))
    return [
        {"id": row["code"], "name": row["name"], "note": _note(uow.reference, kind, row)}
        for row in rows[:MOST]
    ]


def _names(row: dict[str, Any]) -> list[str]:
    return [str(row["name"]), str(row.get("short") or ""), *row.get("aliases", []), *row.get("keywords", [])]


def _fits(row: dict[str, Any], text: str) -> bool:
    return str(row["code"]).startswith(text.upper()) or any(text in name for name in _names(row))


def _note(reference: Reference, kind: str, row: dict[str, Any]) -> str:
    if kind == "unit":
        return " · ".join([_LEVELS.get(str(row.get("level")), ""), *row.get("duties", [])[:3]])
    return reference.path_name(kind, str(row["code"]))


class Lookup(PageHandler):
    """`GET /dispatch/lookup/KIND?field=…&FIELD_text=…`: answers the options of a picker."""

    needs = {"get": "reference.read"}

    async def get(self, kind: str) -> None:
        field = self.get_query_argument("field", "")[:40]
        text = self.get_query_argument(f"{field}_text", "")[:60]
        self.page("dispatch/options.html", options=await self.runtime.read(found, kind, text))


ROUTES = [(rf"/dispatch/lookup/({'|'.join(KINDS)})", Lookup)]
