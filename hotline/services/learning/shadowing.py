"""影子运行: a second model reads what the serving one has read, after its answer was stored, and nobody sees what it says.

It goes through the stored readings in their order, a batch at a time, from a place that its ShadowRun keeps. One process
does that; another takes over when it has been silent for LEASE. What the shadow fails on is counted and left behind: it
holds up nothing and is retried for nothing.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from classifiers.api import ClassifierUnavailable, Prediction, Text
from hotline.domain.learning import ModelVersion, ShadowRun
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services.learning import readings

log = logging.getLogger(__name__)
BATCH = 16
SETTLED = timedelta(seconds=2)
"""How long a reading is left alone: ids of two processes may be committed out of order."""
LEASE = timedelta(seconds=60)
"""How long a process that reads along may be silent: opening a model and reading a batch take seconds."""
PROCESS = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True)
class Work:
    """What the shadow (its version's id) shall read next; `upto` is its new place when that is done."""

    shadow: int
    model: str
    digest: str
    tickets: tuple[int, ...]
    texts: tuple[Text, ...]
    upto: int


def next_work(uow: UnitOfWork, process: str) -> Work | None:
    """The next batch of the shadow model; None without a shadow, without anything new, or while another process reads."""
    shadow = uow.first(ModelVersion, state="shadow")
    if shadow is None:
        return None
    run = uow.first(ShadowRun, id=shadow.id)
    if run is not None and _elsewhere(uow, run, process):
        return None
    cursor = run.cursor if run else shadow.shadow_cursor
    rows = uow.views.readings_after(cursor, uow.now - SETTLED, BATCH)
    if not rows:
        return None
    keys = tuple(row["ticket_id"] for row in rows)
    texts = readings.texts_of(uow, keys)
    return Work(
        shadow.id, shadow.name, shadow.digest, keys, tuple(texts[key] for key in keys), rows[-1]["id"]
    )


def hold(uow: UnitOfWork, work: Work, process: str) -> bool:
    """Takes the shadow for this process for a while; False when another one was faster or it is no shadow any more."""
    run = uow.first(ShadowRun, id=work.shadow)
    shadow = uow.first(ModelVersion, id=work.shadow, state="shadow")
    if shadow is None or (run is not None and (_elsewhere(uow, run, process) or run.cursor >= work.upto)):
        return False
    if run is None:
        run = ShadowRun(id=work.shadow, cursor=shadow.shadow_cursor)
        uow.add(run)
    run.held_by, run.held_until = process, uow.now + LEASE
    return True


def _elsewhere(uow: UnitOfWork, run: ShadowRun, process: str) -> bool:
    return run.held_by != process and run.held_until is not None and run.held_until > uow.now


def store(uow: UnitOfWork, work: Work, answers: Sequence[Prediction], model: str) -> None:
    """Keeps the answers (none: it failed) and moves the shadow on, unless it is no shadow any more or another process
    has taken it over and was faster."""
    run = uow.first(ShadowRun, id=work.shadow)
    if run is None or run.cursor >= work.upto:
        return
    run.cursor = work.upto
    if not answers:
        run.shadow_failures += len(work.tickets)
    for ticket_id, answer in zip(work.tickets, answers, strict=False):
        readings.keep(uow, ticket_id, answer, model, shadow=True)


async def step(rt: Runtime, process: str = PROCESS) -> bool:
    """Reads one batch; True when there may be more."""
    work = await rt.read(next_work, process)
    if work is None or not await rt.run(hold, work, process):
        return False
    try:
        answers, model = await rt.call(rt.models.read, work.model, work.digest, list(work.texts))
    except ClassifierUnavailable as error:
        log.warning("shadow.failed", extra={"model": work.model, "reason": str(error)})
        answers, model = [], ""
    await rt.run(store, work, answers, model)
    return len(work.tickets) == BATCH
