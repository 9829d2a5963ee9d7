"""The look-up of what tickets are about: rows (key, ticket) of the telling words, in the database itself.

Every process sees the same rows, they stand and fall with their ticket's transaction, and nothing has to be loaded at
a start. A bucket may be as large as a city's favourite complaint: of each only the newest are read, so a look-up costs
the same however many tickets there are. See docs/decisions/0009.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    Connection,
    Float,
    bindparam,
    case,
    delete,
    func,
    insert,
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
        """Open tickets that share keys, those with the most weight in common first: id, and what was said (`sketch`)
        where (`said_area`) and when (`said_at`, not before `since`). A merged ticket stands for the one that it was
        merged into, with what it says itself."""
        if not keys:
            return []
        values: dict[str, Any] = {"since": since}
        for number, (key, weight) in enumerate(keys):
            values |= {f"key_{number}": key, f"weight_{number}": weight}
        found = self._connection.execute(_near(len(keys), BUCKET, NEAREST), values).mappings()
        return [dict(row) for row in found]


@functools.cache
def _near(keys: int, bucket: int, nearest: int) -> Any:
    """The statement for so many keys. Building it takes several times as long as running it, so it is kept."""
    near = _nearest(keys, bucket, nearest)
    main = t.tickets.alias("main")
    said = t.tickets.c
    return (
        select(
            main.c.id,
            said.area.label("said_area"),
            said.received_at.label("said_at"),
            said.signature.label("sketch"),
        )
        .select_from(near)
        .join(t.tickets, said.id == near.c.ticket_id)
        .join(main, main.c.id == case((said.merged_into.is_(None), said.id), else_=said.merged_into))
        .where(main.c.state.in_(sorted(workflow.OPEN_STATES)), said.received_at >= bindparam("since"))
        .order_by(near.c.common.desc(), near.c.ticket_id.desc())
    )


def _nearest(keys: int, bucket: int, nearest: int) -> Any:
    """The tickets under these keys by the weight they have in common."""
    rows = t.matter_keys.c
    buckets = []
    for number in range(keys):
        newest = select(rows.ticket_id).where(rows.key == bindparam(f"key_{number}"))
        newest = newest.order_by(rows.ticket_id.desc()).limit(bucket).subquery()
        weight = bindparam(f"weight_{number}", type_=Float())
        buckets.append(select(newest.c.ticket_id, weight.label("weight")))
    every = union_all(*buckets).subquery()
    common = func.sum(every.c.weight).label("common")
    found = select(every.c.ticket_id, common).group_by(every.c.ticket_id)
    return found.order_by(common.desc(), every.c.ticket_id.desc()).limit(nearest).subquery()
