"""The look-up of what tickets are about: rows (key, ticket) of the telling words, in the database itself.

Every process sees the same rows, they stand and fall with their ticket's transaction, and nothing has to be loaded at
a start. A bucket may be as large as a city's favourite complaint: of each only the newest are read, so a look-up costs
the same however many tickets there are. Most tickets of a house are closed: their keys stand in a band of their own, so
that they never push an open one out of a bucket. See docs/decisions/0009.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Float,
    and_,
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

FINISHED = 1 << 48
"""What is added to a key of a closed ticket; keys have 41 bits."""
FINISHED_BUCKET, FINISHED_NEAREST = 100, 30
"""As BUCKET and NEAREST, for the closed ones."""


class Source(Protocol):
    """The unit of work, as far as it is needed here."""

    def connection_after_flush(self) -> Connection: ...


class MatterIndex:
    """Reads and writes within one transaction."""

    def __init__(self, uow: Source) -> None:
        self._uow = uow

    def put(self, sketches: Mapping[int, Sketch], finished: Collection[int] = ()) -> None:
        """Makes these the sketches of the tickets, whatever stood there; those in `finished` are closed. Their versions
        stay: nobody who edits a ticket meets a conflict because of its sketch."""
        if not sketches:
            return
        self._take_away(t.tickets.c.id.in_(sketches))
        for band, ids in ((0, sketches.keys() - set(finished)), (FINISHED, sketches.keys() & set(finished))):
            self._insert({id: sketches[id] for id in ids}, band)
        kept = (
            update(t.tickets).where(t.tickets.c.id == bindparam("of")).values(signature=bindparam("sketch"))
        )
        told = [{"of": id, "sketch": sketch.dumps()} for id, sketch in sketches.items()]
        self._connection.execute(kept, told)

    def finish(self, ticket_id: int) -> None:
        """The ticket was closed: it and those merged into it are looked for among the closed ones."""
        self._insert(self._take_away(_family([ticket_id])), FINISHED)

    def open_again(self, ticket_id: int) -> None:
        """The ticket is handled once more: it and those merged into it are looked for among the open ones, also after it
        had been dropped."""
        self._insert(self._take_away(_family([ticket_id])), 0)

    def drop(self, ticket_ids: Collection[int]) -> None:
        """Takes tickets, and those merged into them, out of the look-up."""
        self._take_away(_family(ticket_ids))

    def _take_away(self, which: ColumnElement[bool]) -> dict[int, Sketch]:
        """Takes tickets out of the look-up; what they hold there is read off their sketches, which are given back."""
        c = t.tickets.c
        held = self._connection.execute(select(c.id, c.signature).where(which, c.signature != ""))
        sketches = {id: Sketch.loads(sketch) for id, sketch in held}
        rows = [{"k": key, "of": id} for id, sketch in sketches.items() for key, _ in sketch.keys]
        if rows:
            keys = t.matter_keys.c
            key = bindparam("k", type_=BigInteger())
            either = keys.key.in_((key, key + FINISHED))
            self._connection.execute(
                delete(t.matter_keys).where(either, keys.ticket_id == bindparam("of")), rows
            )
        return sketches

    def _insert(self, sketches: Mapping[int, Sketch], band: int) -> None:
        rows = [
            {"key": key + band, "ticket_id": id} for id, sketch in sketches.items() for key, _ in sketch.keys
        ]
        if rows:
            rows.sort(key=lambda row: (row["key"], row["ticket_id"]))
            self._connection.execute(insert(t.matter_keys), rows)

    def of_earlier_schemes(self, limit: int) -> list[tuple[int, int]]:
        """Rows (key, ticket) that an earlier way of sketching left; two ranges of the key, so that asking costs nothing
        where there are none. A later one's are let be: a newer release may be running already."""
        keys, found = t.matter_keys.c, []
        for band in (0, FINISHED):
            earlier = select(keys.key, keys.ticket_id).where(
                keys.key >= band, keys.key < band + (SCHEME << 32)
            )
            found += self._connection.execute(earlier.order_by(keys.key).limit(limit - len(found))).all()
        return [(key, ticket_id) for key, ticket_id in found]

    def take_rows(self, rows: Collection[tuple[int, int]]) -> None:
        """Takes these rows (key, ticket) away."""
        keys = t.matter_keys.c
        one = and_(keys.key == bindparam("k"), keys.ticket_id == bindparam("of"))
        told = [{"k": key, "of": ticket_id} for key, ticket_id in rows]
        self._connection.execute(delete(t.matter_keys).where(one), told)

    @property
    def _connection(self) -> Connection:
        return self._uow.connection_after_flush()

    def near(
        self, keys: Sequence[tuple[int, float]], since: datetime, closed_since: datetime
    ) -> list[dict[str, Any]]:
        """Tickets that share keys, those with the most weight in common first: id, and what was said (`sketch`) where
        (`said_area`) and when (`said_at`). Open ones are not older than `since`; of the closed ones, which have a
        `closed_at`, those closed since then. A merged ticket stands for the one that it was merged into, with what it
        says itself."""
        if not keys:
            return []
        values: dict[str, Any] = {"since": since, "closed_since": closed_since}
        for number, (key, weight) in enumerate(keys):
            values |= {f"key_{number}": key, f"weight_{number}": weight}
        sizes = (BUCKET, NEAREST, FINISHED_BUCKET, FINISHED_NEAREST)
        found = self._connection.execute(_near(len(keys), *sizes), values).mappings()
        return [dict(row) for row in found]


def _family(ticket_ids: Collection[int]) -> ColumnElement[bool]:
    """These tickets and those merged into them."""
    return or_(t.tickets.c.id.in_(ticket_ids), t.tickets.c.merged_into.in_(ticket_ids))


@functools.cache
def _near(keys: int, bucket: int, nearest: int, finished_bucket: int, finished_nearest: int) -> Any:
    """The statement for so many keys. Building it takes several times as long as running it, so it is kept."""
    near = union_all(
        select(_nearest(keys, 0, bucket, nearest)),
        select(_nearest(keys, FINISHED, finished_bucket, finished_nearest)),
    ).subquery()
    main = t.tickets.alias("main")
    said = t.tickets.c
    shown = or_(
        and_(main.c.state.in_(sorted(workflow.OPEN_STATES)), said.received_at >= bindparam("since")),
        and_(main.c.state == workflow.CLOSED, main.c.closed_at >= bindparam("closed_since")),
    )
    return (
        select(
            main.c.id,
            main.c.closed_at,
            said.area.label("said_area"),
            said.received_at.label("said_at"),
            said.signature.label("sketch"),
        )
        .select_from(near)
        .join(t.tickets, said.id == near.c.ticket_id)
        .join(main, main.c.id == case((said.merged_into.is_(None), said.id), else_=said.merged_into))
        .where(shown)
        .order_by(near.c.common.desc(), near.c.ticket_id.desc())
    )


def _nearest(keys: int, band: int, bucket: int, nearest: int) -> Any:
    """The tickets under these keys of a band by the weight they have in common."""
    rows = t.matter_keys.c
    buckets = []
    for number in range(keys):
        newest = select(rows.ticket_id).where(
            rows.key == bindparam(f"key_{number}", type_=BigInteger()) + band
        )
        newest = newest.order_by(rows.ticket_id.desc()).limit(bucket).subquery()
        weight = bindparam(f"weight_{number}", type_=Float())
        buckets.append(select(newest.c.ticket_id, weight.label("weight")))
    every = union_all(*buckets).subquery()
    common = func.sum(every.c.weight).label("common")
    found = select(every.c.ticket_id, common).group_by(every.c.ticket_id)
    return found.order_by(common.desc(), every.c.ticket_id.desc()).limit(nearest).subquery()
