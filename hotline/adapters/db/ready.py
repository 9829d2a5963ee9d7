"""Statements that are compiled once and given to the driver as they are: the way of a registration's rows.

The ORM's flush finds out for every new object what it could depend on and what the database might fill in; our rows
need neither (ids are made here, references are checked at commit), and a registration is mostly new rows. So the last
flush of a transaction hands them over to this module, which writes them one statement a table. Errors and cursor
events are those of any other statement. See docs/decisions/0007.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

from hotline.adapters.db.mapping import GUARDED
from hotline.adapters.db.tables import MAPPED

FIRST_VERSION = 1
"""What the ORM gives a guarded row at its insert."""


class Ready:
    """One statement in one dialect; its bind parameters are given by name."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._named = getattr(compiled, "positiontup", None) is None
        names = list(compiled.params) if self._named else compiled.positiontup
        self._binds = [(name, _processor(compiled.binds[name].type, dialect)) for name in names]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """One set of values in the driver's form."""
        row = [values[name] if prepare is None else prepare(values[name]) for name, prepare in self._binds]
        return dict(zip((name for name, _ in self._binds), row, strict=True)) if self._named else tuple(row)

    def run(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Executes once; the rows it returns as plain tuples, [] for none."""
        cursor = _execute(connection, self.sql, self.parameters(values), False)
        rows = cursor.fetchall() if cursor.description else []
        cursor.close()
        return rows

    def run_many(self, connection: Connection, several: Iterable[Mapping[str, Any]]) -> None:
        """Executes for each of the values, in one call of the driver."""
        ready = [self.parameters(values) for values in several]
        many = len(ready) > 1
        _execute(connection, self.sql, ready if many else ready[0], many).close()


def _processor(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _execute(connection: Connection, sql: str, parameters: Any, many: bool) -> Any:
    cursor = connection.connection.cursor()
    for hear in connection.dispatch.before_cursor_execute:
        hear(connection, cursor, sql, parameters, None, many)
    try:
        (cursor.executemany if many else cursor.execute)(sql, parameters)
    except connection.dialect.loaded_dbapi.Error as error:
        kind = connection.dialect.loaded_dbapi.Error
        raise DBAPIError.instance(sql, None, error, kind, dialect=connection.dialect) from error
    return cursor


@functools.cache
def insert_of(table: Table, dialect: Dialect) -> Ready:
    """The ready-made INSERT of a table."""
    return Ready(table.insert(), dialect)


def insert_objects(connection: Connection, objects: Iterable[Any]) -> None:
    """Inserts new domain objects, one statement a table, in the order in which each kind was first added."""
    kinds: dict[type, list[dict[str, Any]]] = {}
    for thing in objects:
        values = thing.__dict__
        if type(thing) in GUARDED:
            values = {**values, "version": FIRST_VERSION}
        kinds.setdefault(type(thing), []).append(values)
    for kind, rows in kinds.items():
        insert_of(MAPPED[kind], connection.dialect).run_many(connection, rows)
