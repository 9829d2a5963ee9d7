"""What all views share: running a query into plain dicts, and keyset pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Select
from sqlalchemy.orm import Session

MOST_ROWS = 200
Row = dict[str, Any]


class Source(Protocol):
    """What a view needs of the unit of work: the connection for rows that are there, the session for the rest."""

    @property
    def session(self) -> Session: ...

    @property
    def connection(self) -> Connection: ...

    def connection_after_flush(self) -> Connection:
        """The connection, after what was added in this transaction has been written."""
        ...


class View:
    """Reads within one transaction: what the unit of work has added is seen."""

    def __init__(self, uow: Source) -> None:
        self._uow = uow

    @property
    def session(self) -> Session:
        return self._uow.session

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
