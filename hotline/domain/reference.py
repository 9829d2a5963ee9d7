"""Versioned reference data as the services use it: one immutable snapshot with look-ups.

Rows are plain documents (see hotline/data/*.toml for their fields); a record keeps the version of the kind that it
was made under (`Reference.versions`). Codes are strings; a code that has ended keeps its successor.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from hotline.domain.errors import InvalidInput

KINDS = {
    "area": "区域",
    "unit": "承办单位",
    "category": "事项分类",
    "catalogue": "派单目录",
    "hotline": "热线登记",
    "sla_profile": "时限方案",
    "calendar": "工作日历",
    "reason": "理由与代码",
    "transfer": "110 联动清单",
    "setting": "中心设置",
}


@dataclass(kw_only=True, eq=False)
class ReferenceRow:
    """One row of one kind; in force from `since` until before `until` (None: still)."""

    id: int
    kind: str
    key: str
    since: int
    until: int | None = None
    position: int = 0
    body: dict[str, Any]


@dataclass(kw_only=True, eq=False)
class ReferenceVersion:
    """Who changed which kind when, and why."""

    id: int
    kind: str
    version: int
    author: str
    note: str = ""
    at: datetime


Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Reference:
    """The snapshot in force, compared and hashed by identity. `rows[kind][key]` is the body; `versions[kind]` the version number."""

    rows: dict[str, dict[str, Row]]
    versions: dict[str, int] = field(default_factory=dict)

    def row(self, kind: str, key: str) -> Row | None:
        return self.rows.get(kind, {}).get(key)

    def require(self, kind: str, key: str, name: str = "") -> Row:
        """The row, or InvalidInput that names the field and the unknown code."""
        found = self.row(kind, key)
        if found is None:
            message = f"没有代码为“{key[:40].encode('utf-8', 'ignore').decode()}”的{KINDS[kind]}"
            raise InvalidInput("code.unknown", message, {"fields": {name or kind: message}})
        return found

    def name(self, kind: str, key: str) -> str:
        """The Chinese name of a code; the code itself where it is no longer known."""
        found = self.row(kind, key)
        return str(found["name"]) if found else key

    def all_of(self, kind: str) -> list[Row]:
        return list(self.rows.get(kind, {}).values())

    def path(self, kind: str, key: str) -> list[Row]:
        """The row and its ancestors, the root first."""
        chain: list[Row] = []
        row = self.row(kind, key)
        while row is not None and row not in chain:
            chain.insert(0, row)
            row = self.row(kind, str(row.get("parent") or ""))
        return chain

    def path_name(self, kind: str, key: str) -> str:
        return " › ".join(str(row["name"]) for row in self.path(kind, key))

    def subtree(self, kind: str, key: str) -> frozenset[str]:
        """The codes of the row and of everything below it."""
        found, frontier = {key}, [key]
        while frontier:
            below = self._children(kind).get(frontier.pop(), [])
            frontier.extend(code for code in below if code not in found)
            found.update(below)
        return frozenset(found)

    def children(self, kind: str, key: str = "") -> list[Row]:
        return [self.rows[kind][code] for code in self._children(kind).get(key, [])]

    def _children(self, kind: str) -> dict[str, list[str]]:
        return self._trees.setdefault(kind, _by_parent(self.rows.get(kind, {}).values()))

    @cached_property
    def _trees(self) -> dict[str, dict[str, list[str]]]:
        return {}

    def area_at(self, code: str, level: str) -> str:
        """The ancestor of an area at a level (city, county, town, village); "" when there is none."""
        return next((str(row["code"]) for row in self.path("area", code) if row.get("level") == level), "")

    def reasons(self, group: str) -> list[Row]:
        return [row for row in self.all_of("reason") if row.get("group") == group]


def _by_parent(rows: Iterable[Row]) -> dict[str, list[str]]:
    tree: dict[str, list[str]] = {}
    for row in rows:
        tree.setdefault(str(row.get("parent") or ""), []).append(str(row["code"]))
    return tree
