"""The look-up of what tickets are about: rows (key, ticket) of the telling words, in the database itself.

Every process sees the same rows, they stand and fall with their ticket's transaction, and nothing has to be loaded at
a start. A bucket may be as large as a city's favourite complaint: of each only the newest are read, so a look-up costs
the same however many tickets there are. See docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    Connection,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from classifiers.duplicates import BUCKET, NEAREST, SCHEME, Sketch
from hotline.adapters.db import tables as t
from hotline.domain import workflow


class Source(Protocol):
    """The unit of work, as far as it is needed here."""

    def connection_after_flush(self) -> Connection: ...


class MatterIndex:
    """Reads and writes within one transaction."""

    def __init__(self, uow: Source) -> None:
        self._uow = uow

    def put(self, sketches: Mapping[int, Sketch]) -> None:
        """Makes these the sketches of the tickets, whatever stood there. Their versions stay: nobody who edits a
        ticket meets a conflict because of its sketch."""
        if not sketches:
            return
        self.drop(sketches)
        rows = [{"key": key, "ticket_id": id} for id, sketch in sketches.items() for key, _ in sketch.keys]
        if rows:
            rows.sort(key=lambda row: (row["key"], row["ticket_id"]))
            self._connection.execute(insert(t.matter_keys), rows)
        kept = (
            update(t.tickets).where(t.tickets.c.id == bindparam("of")).values(signature=bindparam("sketch"))
        )
        told = [{"of": id, "sketch": sketch.dumps()} for id, sketch in sketches.items()]
        self._connection.execute(kept, told)

    def drop(self, ticket_ids: Collection[int]) -> None:
        """Takes tickets out of the look-up; what they hold there is read off their sketches."""
        c = t.tickets.c
        held = self._connection.execute(
            select(c.id, c.signature).where(c.id.in_(ticket_ids), c.signature != "")
        )
        rows = [{"k": key, "of": id} for id, sketch in held for key, _ in Sketch.loads(sketch).keys]
        if rows:
            keys = t.matter_keys.c
            away = delete(t.matter_keys)
            self._connection.execute(
                away.where(keys.key == bindparam("k"), keys.ticket_id == bindparam("of")), rows
            )

    def drop_other_schemes(self) -> None:
        """Takes away what an earlier way of sketching left."""
        key = t.matter_keys.c.key
        self._connection.execute(
            delete(t.matter_keys).where(or_(key < SCHEME << 32, key >= (SCHEME + 1) << 32))
        )

    @property
    def _connection(self) -> Connection:
        return self._uow.connection_after_flush()

    def near(self, keys: Sequence[tuple[int, float]], since: datetime) -> list[dict[str, Any]]:
        """Open tickets received since then that share keys, those with the most weight in common first.

        A merged ticket stands for the one it was merged into; its `sketch` is then what the merged one says.
        """
        if not keys:
            return []
        near = _nearest(keys)
        main = t.tickets.alias("main")
        said = t.tickets.c
        query = (
            select(
                main.c.id,
                main.c.no,
                main.c.title,
                main.c.state,
                main.c.area,
                main.c.place,
                main.c.lead_unit,
                main.c.received_at,
                main.c.request_count,
                main.c.secret,
                said.area.label("said_area"),
                said.received_at.label("said_at"),
                said.signature.label("sketch"),
            )
            .select_from(near)
            .join(t.tickets, said.id == near.c.ticket_id)
            .join(main, main.c.id == case((said.merged_into.is_(None), said.id), else_=said.merged_into))
            .where(main.c.state.in_(sorted(workflow.OPEN_STATES)), said.received_at >= since)
            .order_by(near.c.common.desc(), near.c.ticket_id.desc())
        )
        found = self._connection.execute(query).mappings()
        return [dict(row) for row in found]


def _nearest(keys: Sequence[tuple[int, float]]) -> Any:
    """The tickets under these keys by the weight they have in common."""
    rows = t.matter_keys.c
    buckets = []
    for key, weight in keys:
        newest = (
            select(rows.ticket_id).where(rows.key == key).order_by(rows.ticket_id.desc()).limit(BUCKET)
        ).subquery()
        buckets.append(select(newest.c.ticket_id, literal(float(weight)).label("weight")))
    every = union_all(*buckets).subquery()
    common = func.sum(every.c.weight).label("common")
    return (
        select(every.c.ticket_id, common)
        .group_by(every.c.ticket_id)
        .order_by(common.desc(), every.c.ticket_id.desc())
        .limit(NEAREST)
    ).subquery()
