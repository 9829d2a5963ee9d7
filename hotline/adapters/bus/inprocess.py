"""The embedded bus: the same process, after a JSON round trip, so that nothing unserialisable slips through.

Durable because it does not pretend to be: `publish` returns only when every consumer has handled the message or
put it aside as a retry row, and only then does the relay mark the outbox row. A process killed in between
publishes again, and the inbox makes the repeat harmless.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

from hotline.ports import Handler, Listener, Message

log = logging.getLogger(__name__)


class InProcessBus:
    """See hotline.ports.Bus."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self._consumers: dict[str, tuple[frozenset[str], Handler]] = {}

    async def start(self) -> None:
        return None

    async def publish(self, message: Message) -> None:
        copy = Message(message.id, message.topic, json.loads(json.dumps(message.payload)))
        handlers = [handler for topics, handler in self._consumers.values() if message.topic in topics]
        await asyncio.gather(*(handler(copy) for handler in handlers))

    async def declare(self, consumer: str, topics: Sequence[str]) -> None:
        return None

    async def subscribe(self, consumer: str, topics: Sequence[str], handler: Handler) -> None:
        self._consumers[consumer] = (frozenset(topics), handler)

    async def broadcast(self, topic: str, payload: dict[str, Any]) -> None:
        for listener in self._listeners:
            try:
                listener(topic, json.loads(json.dumps(payload)))
            except Exception:
                log.exception("bus.listener_failed", extra={"topic": topic})

    async def listen(self, handler: Listener) -> None:
        self._listeners.append(handler)

    async def close(self) -> None:
        self._consumers.clear()
        self._listeners.clear()
