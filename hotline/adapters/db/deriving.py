"""A table from a dataclass of the domain: a field is a column of the same name and the type that its annotation says.

A column called `<thing>_id` refers to that thing's table; references are checked at commit (deferred), so rows may be
written in any order.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, MetaData, Table, Text, text
from sqlalchemy.sql.elements import ColumnElement

from hotline.adapters.db.types import Document, Id, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_REFERRED = {
    "ticket_id": "tickets.id",
    "home_ticket_id": "tickets.id",
    "other_id": "tickets.id",
    "merged_into": "tickets.id",
    "request_id": "requests.id",
    "reply_id": "replies.id",
    "contact_id": "contacts.id",
    "party_id": "parties.id",
    "assignment_id": "assignments.id",
    "parent_id": "assignments.id",
    "user_id": "users.id",
    "batch_id": "import_batches.id",
    "run_id": "topic_runs.id",
    "topic_id": "hot_topics.id",
}
_COUNTS = frozenset(
    {
        "version",
        "round_no",
        "hops",
        "position",
        "attempts",
        "amount",
        "number",
        "row",
        "count",
        "labels",
        "shadow_failures",
    }
)


def _column_type(name: str, annotation: Any) -> tuple[Any, bool]:
    """The column type of a field's annotation, and whether it may be null."""
    args = typing.get_args(annotation)
    nullable = isinstance(annotation, types.UnionType) and types.NoneType in args
    kind = next(arg for arg in args if arg is not types.NoneType) if nullable else annotation
    origin = typing.get_origin(kind) or kind
    if origin in (list, dict):
        return Document, nullable
    if origin is int:
        return (Integer if name in _COUNTS else Id), nullable
    return {str: Text(), bool: Boolean(), float: Float(), datetime: UtcTime()}[origin], nullable


def table(
    name: str, kind: type, *extra: Any, key: tuple[str, ...] = ("id",), unique: tuple[str, ...] = ()
) -> Table:
    """The table of a dataclass; `key` its primary key, `unique` columns each unique, `extra` indexes."""
    hints = typing.get_type_hints(kind)
    columns = []
    for field in dataclasses.fields(kind):
        column_type, nullable = _column_type(field.name, hints[field.name])
        refers = [_refer(_REFERRED[field.name])] if field.name in _REFERRED else []
        columns.append(
            Column(
                field.name,
                column_type,
                *refers,
                primary_key=field.name in key,
                autoincrement=False,
                nullable=nullable,
                unique=field.name in unique or None,
            )
        )
    return Table(name, metadata, *columns, *extra)


def _refer(target: str) -> ForeignKey:
    return ForeignKey(target, deferrable=True, initially="DEFERRED")


def where(condition: str) -> dict[str, ColumnElement[bool]]:
    """A partial index, spelt for both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
