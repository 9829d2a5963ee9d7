"""What all views share: running a query into plain dicts, and keyset pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

MOST_ROWS = 200
Row = dict[str, Any]


class View:
    """Holds the session of one transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def rows(self, query: Select[Any]) -> list[Row]:
        return [dict(row) for row in self.session.execute(query).mappings()]

    def row(self, query: Select[Any]) -> Row | None:
        found = self.session.execute(query).mappings().first()
        return dict(found) if found else None


def page(rows: Sequence[Row], limit: int, key: str = "id") -> dict[str, Any]:
    """{"items": at most `limit` rows, "next": the key to go on after, or None}; give it limit + 1 rows."""
    items = list(rows[:limit])
    return {"items": items, "next": items[-1][key] if len(rows) > limit else None}


def clip(limit: int) -> int:
    return max(1, min(limit, MOST_ROWS))
