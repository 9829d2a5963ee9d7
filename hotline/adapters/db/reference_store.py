"""Keeps versioned reference data in two tables and hands out the snapshot in force.

A change closes the old row at the new version and opens a new one, so that any version can be read again and two
versions can be compared.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from hotline.adapters.db.tables import reference_rows, reference_versions
from hotline.domain.errors import NotFound
from hotline.domain.reference import Reference, ReferenceRow, ReferenceVersion

_KEYS = ("code", "number", "id")


def key_of(body: dict[str, Any]) -> str:
    """A row's key: its code, number or id, whichever it carries."""
    return next(str(body[name]) for name in _KEYS if body.get(name))


class ReferenceCache:
    """The snapshot in force, shared by threads; `refresh` reloads it when another process changed something.

    `generation` counts what was forgotten. A transaction notes it when it begins: what it loads is shared only while
    nothing was forgotten since, for its view of the database may be older than the change.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot: Reference | None = None
        self.generation = 0

    def get(self, source: Connection, since: int) -> Reference:
        """The shared snapshot; without one, what `source`, a transaction begun at generation `since`, sees."""
        snapshot = self._snapshot
        if snapshot is not None:
            return snapshot
        with self._lock:
            if self._snapshot is not None:
                return self._snapshot
            loaded = load(source)
            if since == self.generation:
                self._snapshot = loaded
            return loaded

    def forget(self) -> None:
        with self._lock:
            self._snapshot = None
            self.generation += 1

    def refresh(self, source: Connection) -> None:
        """Drops the snapshot if the database holds newer versions than it."""
        held = self._snapshot
        if held is not None and versions(source) != held.versions:
            self.forget()


def versions(source: Connection) -> dict[str, int]:
    """The newest version number of each kind."""
    table = reference_versions
    return dict(source.execute(select(table.c.kind, func.max(table.c.version)).group_by(table.c.kind)).all())


def load(source: Connection) -> Reference:
    """Everything in force now."""
    table = reference_rows
    query = select(table.c.kind, table.c.key, table.c.body).where(table.c.until.is_(None))
    rows: dict[str, dict[str, Any]] = {}
    for kind, key, body in source.execute(query.order_by(table.c.kind, table.c.position, table.c.id)):
        rows.setdefault(kind, {})[key] = body
    return Reference(rows, versions(source))


def load_version(session: Session, kind: str, version: int) -> dict[str, dict[str, Any]]:
    """The rows of one kind as they stood at a version."""
    table = reference_rows
    query = select(table.c.key, table.c.body).where(
        table.c.kind == kind, table.c.since <= version, table.c.until.is_(None) | (table.c.until > version)
    )
    return dict(session.execute(query.order_by(table.c.position, table.c.id)).all())


class ReferenceWriter:
    """Writes new versions inside a transaction."""

    def __init__(self, session: Session, new_id: Any, now: Any) -> None:
        self._session, self._new_id, self._now = session, new_id, now

    def install(self, kind: str, rows: Sequence[dict[str, Any]], author: str, note: str) -> int:
        """Makes `rows` the whole content of the kind; unchanged rows keep their version."""
        version = self._open_version(kind, author, note)
        current = {row.key: row for row in self._current(kind)}
        for position, body in enumerate(rows):
            held = current.pop(key_of(body), None)
            if held is not None and held.body == body:
                held.position = position
                continue
            self._replace(kind, key_of(body), held, body, version, position)
        for gone in current.values():
            gone.until = version
        return version

    def change(self, kind: str, key: str, body: dict[str, Any] | None, author: str, note: str) -> int:
        """Replaces, adds or (body None) ends one row."""
        held = next((row for row in self._current(kind) if row.key == key), None)
        if held is None and body is None:
            raise NotFound("reference.not_found", "没有这一条")
        version = self._open_version(kind, author, note)
        if body is None and held is not None:
            held.until = version
        elif body is not None:
            self._replace(kind, key, held, body, version, held.position if held else 1_000_000)
        return version

    def _replace(
        self,
        kind: str,
        key: str,
        held: ReferenceRow | None,
        body: dict[str, Any],
        version: int,
        position: int,
    ) -> None:
        if held is not None:
            held.until = version
        row = ReferenceRow(id=self._new_id(), kind=kind, key=key, since=version, position=position, body=body)
        self._session.add(row)

    def _current(self, kind: str) -> Sequence[ReferenceRow]:
        table = reference_rows
        return self._session.scalars(
            select(ReferenceRow).where(table.c.kind == kind, table.c.until.is_(None))
        ).all()

    def _open_version(self, kind: str, author: str, note: str) -> int:
        table = reference_versions
        last = self._session.scalar(select(func.max(table.c.version)).where(table.c.kind == kind)) or 0
        self._session.add(
            ReferenceVersion(
                id=self._new_id(), kind=kind, version=last + 1, author=author, note=note, at=self._now
            )
        )
        return last + 1
