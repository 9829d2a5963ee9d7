"""Writes the new rows of a transaction with ready-made INSERTs, one statement a table.

The ORM's flush finds out for every new object what it could depend on and what the database might fill in; our rows
need neither (ids are made here, references are checked at commit), and a registration is mostly new rows. So the
last flush of a transaction hands them over to this module. It fires the same events and errors as any statement.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect

from hotline.adapters.db.tables import MAPPED

FIRST_VERSION = 1
"""What the ORM gives a guarded row at its insert."""


class Insert:
    """The INSERT of one table in one dialect, and how an object or a dict becomes its parameters."""

    def __init__(self, table: Table, dialect: Dialect, guarded: bool) -> None:
        compiled = table.insert().compile(dialect=dialect)
        self.sql = str(compiled)
        self._named = compiled.positiontup is None
        names = compiled.positiontup or [column.name for column in table.columns]
        self._columns = [(name, _processor(table.c[name].type, dialect)) for name in names]
        self._guarded = guarded

    def parameters(self, values: dict[str, Any]) -> Any:
        """One row for the driver."""
        if self._guarded:
            values = {**values, "version": FIRST_VERSION}
        row = [values[name] if ready is None else ready(values[name]) for name, ready in self._columns]
        return dict(zip((name for name, _ in self._columns), row, strict=True)) if self._named else tuple(row)

    def run(self, connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
        """Inserts the rows in one statement."""
        ready = [self.parameters(row) for row in rows]
        connection.exec_driver_sql(self.sql, ready[0] if len(ready) == 1 else ready)


def _processor(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


@functools.cache
def insert_of(table: Table, dialect: Dialect) -> Insert:
    """The ready-made INSERT of a table; `guarded` as in mapping.map_domain."""
    return Insert(table, dialect, "version" in table.c and table.name != "reference_versions")


def insert_objects(connection: Connection, objects: Iterable[Any]) -> None:
    """Inserts new domain objects, one statement a table, in the order in which each kind was first added."""
    kinds: dict[type, list[dict[str, Any]]] = {}
    for thing in objects:
        kinds.setdefault(type(thing), []).append(thing.__dict__)
    for kind, rows in kinds.items():
        insert_of(MAPPED[kind], connection.dialect).run(connection, rows)
