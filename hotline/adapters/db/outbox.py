"""The outbox, retry and dead-letter tables as the workers use them: claim, settle, put aside, give up."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from hotline.adapters.db import tables as t
from hotline.domain.errors import Conflict
from hotline.domain.ids import first_id_at
from hotline.domain.records import DeadLetter
from hotline.ports import Message

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 300.0
TRIES_WHEN_BROKEN = 5
"""A handler that raises something else than Unavailable is tried this often before a person must look."""
KEEP_DAYS = 7


def waiting(uow: Any, limit: int = 200) -> list[Message]:
    """The oldest messages that are not on the bus yet."""
    c = t.outbox.c
    query = select(c.id, c.topic, c.payload).where(c.published_at.is_(None)).order_by(c.id).limit(limit)
    return [Message(*row) for row in uow.session.execute(query)]


def mark_published(uow: Any, ids: list[int]) -> None:
    uow.session.execute(update(t.outbox).where(t.outbox.c.id.in_(ids)).values(published_at=uow.now))


def put_aside(uow: Any, consumer: str, message: Message, error: str, attempts: int, broken: bool) -> str:
    """Writes the retry row with its due time (full jitter), or the dead letter; "retry" or "dead"."""
    c = t.retries.c
    uow.session.execute(delete(t.retries).where(c.message_id == message.id, c.consumer == consumer))
    if broken and attempts >= TRIES_WHEN_BROKEN:
        uow.add(
            DeadLetter(
                id=uow.new_id(),
                message_id=message.id,
                consumer=consumer,
                topic=message.topic,
                payload=message.payload,
                error=error[:500],
                attempts=attempts,
                at=uow.now,
            )
        )
        return "dead"
    ceiling = min(FIRST_RETRY_S * 2 ** min(attempts, 12), LONGEST_RETRY_S)
    uow.session.execute(
        insert(t.retries).values(
            message_id=message.id,
            consumer=consumer,
            topic=message.topic,
            payload=message.payload,
            attempts=attempts,
            due_at=uow.now + timedelta(seconds=random.uniform(FIRST_RETRY_S / 2, ceiling)),
            error=error[:500],
        )
    )
    return "retry"


def due_retries(uow: Any, consumers: list[str], limit: int = 50) -> list[tuple[str, Message, int]]:
    """(consumer, message, attempts so far) whose time has come."""
    c = t.retries.c
    query = select(c.consumer, c.message_id, c.topic, c.payload, c.attempts).where(
        c.due_at <= uow.now, c.consumer.in_(consumers)
    )
    return [
        (row[0], Message(*row[1:4]), row[4])
        for row in uow.session.execute(query.order_by(c.due_at).limit(limit))
    ]


def settle(uow: Any, consumer: str, message_id: int) -> None:
    """The retry has worked; its row goes."""
    c = t.retries.c
    uow.session.execute(delete(t.retries).where(c.message_id == message_id, c.consumer == consumer))


def _open_letter(uow: Any, letter_id: int) -> DeadLetter:
    letter = uow.get(DeadLetter, letter_id)
    if letter.state != "open":
        raise Conflict("dead_letter.settled", "这封死信已经处理过了")
    return letter


def retry_dead(uow: Any, letter_id: int, by: str) -> None:
    """A person sends a dead letter round again."""
    letter = _open_letter(uow, letter_id)
    message = Message(letter.message_id, letter.topic, letter.payload)
    put_aside(uow, letter.consumer, message, letter.error, 0, False)
    letter.state, letter.settled_by, letter.settled_at = "retried", by, uow.now


def dismiss_dead(uow: Any, letter_id: int, by: str) -> None:
    """A person has dealt with it otherwise."""
    letter = _open_letter(uow, letter_id)
    letter.state, letter.settled_by, letter.settled_at = "dismissed", by, uow.now


def sweep(uow: Any) -> None:
    """Forgets published messages and inbox marks that are too old to come again. Ids grow with time, so that this
    reads the old end of each table and needs no index for it."""
    before = first_id_at(uow.now - timedelta(days=KEEP_DAYS))
    published = t.outbox.c.published_at.is_not(None)
    uow.session.execute(delete(t.outbox).where(t.outbox.c.id < before, published))
    uow.session.execute(delete(t.inbox).where(t.inbox.c.message_id < before))
