"""One connection to RabbitMQ that is made anew whenever it breaks, and the bound on every wait for the broker.

Not aio-pika's robust connection: that one restores channel by channel without a bound, and when the wire was cut again
in the middle of it, now and then nothing went on until the heartbeat noticed (2 of 114 trials of ten such cuts each).
Here each connection is prepared from the ground up, the first like the hundredth, and one that does not become ready
in time is thrown away.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aio_pika import Connection
from aio_pika.abc import AbstractChannel
from yarl import URL

from hotline.domain.errors import Unavailable

T = TypeVar("T")
log = logging.getLogger(__name__)

HEARTBEAT_S = 15
"""Unless the URL says otherwise. A peer that has gone without a word shows after some three heartbeats."""


class Line:
    """`prepare` makes what the line needs at the broker, by way of `channel`, on every new connection."""

    def __init__(
        self,
        url: str,
        name: str,
        answer_s: float,
        retry_s: float,
        prepare: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        given = URL(url)
        self._url = given.with_query({"heartbeat": str(HEARTBEAT_S), "name": name, **given.query})
        self._answer_s, self._retry_s, self._prepare = answer_s, retry_s, prepare
        self._connection: Connection | None = None
        self._lost = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self.changing = asyncio.Lock()
        self.ready = asyncio.Event()

    def open(self) -> None:
        """Begins to connect, and keeps at it until `close`."""
        self._keeping = asyncio.create_task(self._keep_open())

    @property
    def opened(self) -> bool:
        return self.ready.is_set()

    async def channel(self, **options: Any) -> AbstractChannel:
        """A new channel. When it breaks, or the broker takes a consumer's queue away, the line is made anew."""
        assert self._connection is not None
        channel = await self._connection.channel(**options)
        channel.close_callbacks.add(self._note_loss)
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(self._note_loss)
        return channel

    async def _keep_open(self) -> None:
        while True:
            try:
                await self._hold()
            except Unavailable as error:
                log.warning("bus.away", extra={"reason": repr(error.__cause__)})
            await asyncio.sleep(self._retry_s * random.uniform(0.5, 1.5))

    async def _hold(self) -> None:
        """The life of one connection."""
        self._lost = asyncio.Event()
        self._connection = Connection(self._url)
        self._connection.close_callbacks.add(self._note_loss)
        try:
            await within(self._answer_s, self._connection.connect(self._answer_s))
            async with self.changing:
                await within(self._answer_s, self._prepare())
                self.ready.set()
            await self._lost.wait()
            log.warning("bus.lost")
        finally:
            self.ready.clear()
            await self._hang_up(self._connection)

    def _note_loss(self, *_: Any) -> None:
        self._lost.set()

    async def _hang_up(self, connection: Connection) -> None:
        try:
            await within(self._answer_s, connection.close())
        except Unavailable:
            log.info("bus.not_closed")

    async def close(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})


async def within(seconds: float, work: Awaitable[T]) -> T:
    """What the broker answers, or Unavailable when it fails or takes too long.

    As a task, because aiormq cancels what waits on a connection that dies, and that must not be taken for the end of
    the caller. Every kind of exception, because besides its own aiormq hands on asyncio's IncompleteReadError and,
    where it knows no reason, raises the bare class Exception.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done() or task.cancelled():
            raise TimeoutError("no answer")
        return task.result()
    except Exception as error:
        raise away() from error
    finally:
        task.cancel()


def away() -> Unavailable:
    return Unavailable("bus.unreachable", "消息总线暂时连不上")
