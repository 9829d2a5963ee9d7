"""One connection to RabbitMQ, and the bound on every wait for it.

A line is opened and prepared by us until that has worked once; from then on aio-pika restores its channels, queues and
consumers after each break.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aio_pika import RobustConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from yarl import URL

from hotline.domain.errors import Unavailable

T = TypeVar("T")
log = logging.getLogger(__name__)

BROKER_ERRORS = (*CONNECTION_EXCEPTIONS, TimeoutError)
DEFAULTS = {"heartbeat": "15", "reconnect_interval": "2"}
"""Of the URL's query, in seconds. A dead peer shows after some three heartbeats."""


class Line:
    """`prepare` makes what the line needs at the broker; it runs anew, on a new connection, until it has succeeded."""

    def __init__(
        self,
        url: str,
        name: str,
        answer_s: float,
        prepare: Callable[[RobustConnection], Coroutine[Any, Any, None]],
    ) -> None:
        given = URL(url)
        self._url = given.with_query({**DEFAULTS, "name": name, **given.query})
        self._answer_s, self._prepare = answer_s, prepare
        self._connection: RobustConnection | None = None
        self._opening: asyncio.Task[None] | None = None
        self.changing = asyncio.Lock()
        self.opened = False

    def open(self) -> asyncio.Task[None]:
        """Begins to connect; the task ends when the line is prepared."""
        self._opening = asyncio.create_task(self._try_until_open())
        return self._opening

    async def _try_until_open(self) -> None:
        while not self.opened:
            self._connection = RobustConnection(self._url)
            try:
                await within(self._answer_s, self._connection.connect(self._answer_s))
                async with self.changing:
                    await within(self._answer_s, self._prepare(self._connection))
                    self.opened = True
            except Unavailable as error:
                log.warning("bus.away", extra={"reason": repr(error.__cause__)})
                await self._connection.close()
                await asyncio.sleep(float(self._url.query["reconnect_interval"]))

    async def close(self) -> None:
        self.opened = False
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        if self._connection is not None:
            await self._connection.close()


async def within(seconds: float, work: Awaitable[T]) -> T:
    """What the broker answers, or Unavailable when it fails or takes too long. As a task, because aiormq cancels what
    waits on a connection that dies, and that must not be taken for the end of the caller."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done() or task.cancelled():
            raise TimeoutError("no answer")
        return task.result()
    except BROKER_ERRORS as error:
        raise away() from error
    finally:
        task.cancel()


def away() -> Unavailable:
    return Unavailable("bus.unreachable", "消息总线暂时连不上")
