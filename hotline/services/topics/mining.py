"""Mining hot topics in the background: one run at a time per process, in short transactions, cancellable at any moment.

Texts are masked before they leave the database's side: numbers of persons are masked, and of secret requests every
personal detail is taken out, so that no name of a topic can tell who reported.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hotline.domain.errors import Unavailable
from hotline.domain.personal import mask_text, without_persons
from hotline.ports import MinerFailed, UnitOfWork
from hotline.runtime import Runtime
from hotline.services import queries
from hotline.services.topics import running

log = logging.getLogger(__name__)
Row = dict[str, Any]
CHUNK = 500
LONGEST_DETAIL = 2_000
"""Characters of one request that are read; what a matter is about stands at the beginning."""
BEAT_EVERY_S = 1.5
READING = 20
"""Of 100, what reading counts for in the progress bar; the rest is the miner's."""
STEPS = 4
"""Steps that the miner tells, each from nothing to all: cutting, comparing, grouping, naming."""
SAVED_AT_ONCE = 20


@dataclass
class _Run:
    """One attempt at a run: what is remembered of its messages while the miner has their texts."""

    id: int
    attempt: int
    asked: Row
    tickets: dict[str, int] = field(default_factory=dict)
    areas: dict[int, str] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    beaten: float = 0.0


async def mine_next(rt: Runtime) -> bool:
    """Plans the nightly runs and works off the next one; False when nothing waits."""
    if not await rt.read(running.due, rt.mining):
        return False
    await rt.run(running.plan_nightly, rt.mining)
    for run_id in await rt.read(running.very_old):
        await rt.run(running.forget, run_id)
    asked = await rt.run(running.take_next)
    if asked is None:
        return False
    run = _Run(asked["id"], asked["attempts"], asked)
    try:
        await _mine(rt, run)
    except running.Lost:
        log.info("topics.lost", extra={"run": run.id})
    except MinerFailed as error:
        await _give_up(rt, run, str(error))
    except Unavailable:
        raise  # the run is taken up again when the database is back
    except Exception as error:
        log.exception("topics.failed", extra={"run": run.id})
        await _give_up(rt, run, f"分析程序出错（{type(error).__name__}）")
    return True


async def _give_up(rt: Runtime, run: _Run, why: str) -> None:
    try:
        await rt.run(running.fail, run.id, run.attempt, why)
    except running.Lost:
        log.info("topics.lost", extra={"run": run.id})


async def _mine(rt: Runtime, run: _Run) -> None:
    ids = await rt.read(_request_ids, run.asked, rt.mining.most + 1)
    cut = len(ids) > rt.mining.most
    ids = ids[: rt.mining.most]
    await _beat(rt, run, total=len(ids), cut=cut)
    found = (
        await rt.miner.mine(_batches(rt, run, ids), run.asked["until"], partial(_told, rt, run))
        if ids
        else []
    )
    ranked = [_kept(run, rank, topic) for rank, topic in enumerate(found, 1)]
    for start in range(0, len(ranked), SAVED_AT_ONCE):
        await rt.run(running.keep_topics, run.id, run.attempt, ranked[start : start + SAVED_AT_ONCE])
    await rt.run(running.finish, run.id, run.attempt, len(ranked), rt.miner.model)


async def _batches(rt: Runtime, run: _Run, ids: list[int]) -> AsyncIterator[list[Row]]:
    """The messages of these requests, each chunk read in a transaction of its own and masked after it."""
    for start in range(0, len(ids), CHUNK):
        rows = await rt.read(texts_of, ids[start : start + CHUNK])
        for row in rows:
            run.tickets[str(row["id"])] = row["ticket_id"]
            run.areas[row["ticket_id"]] = row["area"]
        yield await rt.call(messages_of, rows)
        done = min(start + CHUNK, len(ids))
        await _beat(rt, run, done=done, share=READING * done // len(ids))


def _request_ids(uow: UnitOfWork, asked: Row, limit: int) -> list[int]:
    bounds = {**queries.filters_of(uow, asked["filters"]), "centre": asked["centre"]}
    return uow.views.requests_to_mine(bounds, asked["since"], asked["until"], limit)


def texts_of(uow: UnitOfWork, ids: list[int]) -> list[Row]:
    """These requests as they were told, with what the old system knew of them and with names for their codes."""
    rows = uow.views.texts_to_mine(ids)
    old = uow.views.old_records({row["home_ticket_id"] for row in rows}) if rows else {}
    name = uow.reference.name
    return [
        {
            **row,
            "old": old.get(row["home_ticket_id"], {}),
            "area_name": name("area", row["area"]) if row["area"] else "",
            "matter": name("category", row["category"]) if row["category"] else "",
        }
        for row in rows
    ]


def messages_of(rows: list[Row]) -> list[Row]:
    """What `texts_of` has read as the miner takes it, personal data masked. Works on the texts: not for a transaction."""
    return [_message(row) for row in rows]


def _message(row: Row) -> Row:
    return {
        "id": str(row["id"]),
        "title": without_persons(row["title"], row["secret"]),
        "detail": without_persons(row["text"][:LONGEST_DETAIL], row["secret"]),
        "time": row["received_at"].isoformat(),
        "likes": _count(row["old"].get("likes")),
        "dislikes": _count(row["old"].get("dislikes")),
        "area": row["area_name"],
        "matter": row["matter"],
        "caller": str(row["party_id"] or ""),
    }


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


async def _told(rt: Runtime, run: _Run, step: str, done: int, total: int) -> None:
    """What the miner says of its progress; written once in a while. Raises Lost."""
    if step and step not in run.steps:
        run.steps.append(step)
    if not step:
        await _beat(rt, run)
    elif time.monotonic() - run.beaten >= BEAT_EVERY_S:
        passed = (len(run.steps) - 1 + done / max(total, 1)) / STEPS
        share = min(99, READING + int((100 - READING) * passed))
        await _beat(rt, run, step=step[:60], share=share)


async def _beat(rt: Runtime, run: _Run, **facts: Any) -> None:
    run.beaten = time.monotonic()
    await rt.run(running.beat, run.id, run.attempt, **facts)


def _kept(run: _Run, rank: int, topic: Row) -> Row:
    """A topic of the miner as the columns of HotTopic; requests become the tickets that they stand under."""
    tickets = list(dict.fromkeys(run.tickets[member] for member in topic["members"]))
    areas = Counter(area for ticket in tickets if (area := run.areas[ticket]))
    return {
        "rank": rank,
        "name": mask_text(topic["name"])[:60],
        "place": mask_text(topic["place"])[:60],
        "crowd": topic["crowd"][:30],
        "first_at": topic["first"],
        "last_at": topic["last"],
        "size": len(topic["members"]),
        "callers": topic["callers"],
        "heat": round(topic["heat"], 2),
        "growth": round(topic["growth"], 4),
        "parts": {name: round(value, 2) for name, value in topic["parts"].items()},
        "words": [mask_text(word) for word in topic["words"]],
        "trend": list(topic["trend"]),
        "bucket_days": topic["bucket_days"],
        "areas": dict(areas.most_common()),
        "tickets": tickets,
    }
