"""影子运行: a second model reads what the serving one has read, after its answer was stored, and nobody sees what it says.

It goes through the stored readings in their order, a batch at a time, from a place that its registry row keeps. What it
fails on is counted and left behind: a shadow holds up nothing and is retried for nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from classifiers.api import ClassifierUnavailable, Prediction, Text
from hotline.domain.learning import ModelVersion
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import readings

log = logging.getLogger(__name__)
BATCH = 16
SETTLED = timedelta(seconds=2)
"""How long a reading is left alone: ids of two processes may be committed out of order."""


@dataclass(frozen=True)
class Work:
    """What the shadow shall read next; `upto` is its new place when that is done."""

    model: str
    digest: str
    tickets: tuple[int, ...]
    texts: tuple[Text, ...]
    upto: int


def next_work(uow: UnitOfWork) -> Work | None:
    """The next batch of the shadow model; None without a shadow or without anything new."""
    shadow = uow.first(ModelVersion, state="shadow")
    if shadow is None:
        return None
    rows = uow.views.readings_after(shadow.shadow_cursor, uow.now - SETTLED, BATCH)
    if not rows:
        return None
    keys = tuple(row["ticket_id"] for row in rows)
    texts = readings.texts_of(uow, uow.find(Ticket, id=list(keys)))
    return Work(shadow.name, shadow.digest, keys, tuple(texts[key] for key in keys), rows[-1]["id"])


def store(uow: UnitOfWork, work: Work, answers: Sequence[Prediction], model: str) -> None:
    """Keeps the answers (none: it failed) and moves the shadow on, unless it is no shadow any more or another process
    was faster."""
    shadow = uow.first(ModelVersion, name=work.model, state="shadow")
    if shadow is None or shadow.shadow_cursor >= work.upto:
        return
    shadow.shadow_cursor = work.upto
    if not answers:
        shadow.shadow_failures += len(work.tickets)
    for ticket_id, answer in zip(work.tickets, answers, strict=False):
        readings.keep(uow, ticket_id, answer, model, shadow=True)


async def step(rt: Runtime) -> bool:
    """Reads one batch; True when there may be more."""
    work = await rt.read(next_work)
    if work is None:
        return False
    try:
        answers, model = await rt.call(rt.models.read, work.model, work.digest, list(work.texts))
    except ClassifierUnavailable as error:
        log.warning("shadow.failed", extra={"model": work.model, "reason": str(error)})
        answers, model = [], ""
    await rt.run(store, work, answers, model)
    return len(work.tickets) == BATCH
