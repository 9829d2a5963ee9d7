"""Sketches for tickets that have none: those from before the look-up was there, or of another way of sketching.

A walk through the open and lately closed tickets, newest first, a piece at a time, after each start of a process with
sweeps and every hour; it also makes up for an event that ended as a dead letter. `hotline reindex matters` does the same at one go
for all, also for those that have a sketch.
"""

from __future__ import annotations

from datetime import timedelta

from classifiers.duplicates import Sketch
from hotline.domain import workflow
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import matters
from hotline.services.matters import Said

NEWEST = 1 << 62
"""Where the walk begins: above every id."""
LOOKED, MADE = 2_000, 200
"""So many tickets are looked at in a step, and so many sketched at most."""


async def step(rt: Runtime, before: int) -> int:
    """Sketches what lacks one among the next tickets below the id `before`; where to go on, 0 when all were looked at. Then
    nothing needs the rows of an earlier way of sketching any more, and they are taken away."""
    going_on, told = await rt.read(lacking, before)
    if told:
        made = await rt.call(lambda: {key: (said, matters.sketched(rt.sketcher, said)) for key, said in told})
        await rt.run(matters.remember, made)
    while not going_on and (rows := await rt.read(matters.earlier_rows)):
        await rt.run(matters.take_rows, rows)
    return going_on


def lacking(uow: UnitOfWork, before: int) -> tuple[int, list[tuple[int, Said]]]:
    """(where to go on or 0, what the tickets without a sketch of today's making say)."""
    closed_since = uow.now - timedelta(days=matters.CLOSED_DAYS)
    rows = uow.views.sketches(sorted(workflow.OPEN_STATES), closed_since, before, LOOKED)
    bare = [row["id"] for row in rows if Sketch.loads(row["signature"]).empty][:MADE]
    end = rows[-1]["id"] if len(rows) == LOOKED else 0
    told = [(one.id, matters.said_of(uow, one)) for one in uow.find(Ticket, id=bare)]
    return bare[-1] if len(bare) == MADE else end, told
