"""The built house: its ports, and the one way to run a use case: one call, one transaction, on a worker thread.

A use case is a function (uow, *data) -> plain data. `run` writes, `read` only reads; `transact` and `query` are the
same for callers that have no event loop (commands, tests). Work outside a transaction (models, index, gateways)
goes through `call` on a pool of its own, so that a slow model never holds a database thread.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

from hotline.domain.errors import Conflict, Unavailable
from hotline.domain.topics import MiningPlan
from hotline.ports import (
    Bus,
    Clock,
    FileStore,
    LegacyOutlet,
    MatterSketcher,
    Message,
    ModelFolders,
    Notifier,
    ReplyJudge,
    ServingClassifier,
    TopicMiner,
    UnitOfWork,
    WorkAside,
)

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

TRIES = 4
CALLERS = 4
"""Threads for outside work: they mostly wait (a gateway, an index), and one slow answer must not hold up a model."""
QUEUE_LIMIT = 500
"""More waiting calls than this are refused at once: a queue nobody will be served from helps nobody."""


_AWAY = Unavailable("database.unavailable", "数据库暂时不可用，请稍后再试")


class Runtime:
    """Ports and threads. Built by bootstrap, closed in reverse order by `close`."""

    def __init__(
        self,
        *,
        uows: Any,
        bus: Bus,
        clock: Clock,
        notifiers: dict[str, Notifier],
        outlet: LegacyOutlet,
        files: FileStore,
        exports: WorkAside,
        ticket_index: Any,
        article_index: Any,
        analyser: Any,
        classifier: ServingClassifier,
        models: ModelFolders,
        sketcher: MatterSketcher,
        assessor: ReplyJudge,
        miner: TopicMiner,
        mining: MiningPlan,
        fate_of: Callable[[Exception], str],
        writers: int,
        readers: int,
    ) -> None:
        self.uows, self.bus, self.clock = uows, bus, clock
        self.notifiers, self.outlet, self.files = notifiers, outlet, files
        self.exports = exports
        self.ticket_index, self.article_index, self.classifier = ticket_index, article_index, classifier
        self.analyser, self.models, self.sketcher = analyser, models, sketcher
        self.assessor = assessor
        self.miner, self.mining = miner, mining
        self._fate_of = fate_of
        self._write_pool = ThreadPoolExecutor(writers, "hotline-write")
        self._read_pool = ThreadPoolExecutor(readers, "hotline-read")
        self._call_pool = ThreadPoolExecutor(CALLERS, "hotline-call")
        self._waiting = 0
        self._closers: list[Callable[[], Any]] = []
        self.on_events: Callable[[], None] = lambda: None

    # with an event loop
    async def run(self, service: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a writing use case on a database thread and wakes the relay if it announced something."""
        return await self._in(self._write_pool, partial(self.transact, service, *args, **kwargs))

    async def read(self, service: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a reading use case; what it changed would be thrown away."""
        return await self._in(self._read_pool, partial(self.query, service, *args, **kwargs))

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs outside work (classifier, index, gateway) beside the event loop and outside any transaction."""
        return await self._in(self._call_pool, partial(function, *args, **kwargs))

    async def _in(self, pool: ThreadPoolExecutor, function: Callable[[], T]) -> T:
        if self._waiting >= QUEUE_LIMIT:
            raise Unavailable("busy", "系统正忙，请稍后再试")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, function)
        finally:
            self._waiting -= 1

    # without one
    def transact(self, service: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One transaction, run again when two processes clashed (ids, numbers, deadlocks)."""
        return self._transact(None, partial(_with_uow, service, args, kwargs))

    def transact_once(self, consumer: str, message: Message, service: Callable[[Any], T]) -> T | None:
        """As `transact`, leaving an inbox row; a message that this consumer has already taken does nothing."""
        return self._transact((consumer, message), service)

    async def run_once(
        self, consumer: str, message: Message, service: Callable[..., T], *args: Any
    ) -> T | None:
        return await self._in(
            self._write_pool, partial(self.transact_once, consumer, message, lambda uow: service(uow, *args))
        )

    def query(self, service: Callable[Concatenate[Any, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One reading transaction."""
        try:
            with self.uows.reading() as uow:
                return service(uow, *args, **kwargs)
        except Exception as error:
            if self._fate_of(error):
                raise _AWAY from error
            raise

    def _transact(self, message: tuple[str, Message] | None, service: Callable[[UnitOfWork], T]) -> Any:
        for attempt in range(TRIES):
            try:
                return self._once(message, service)
            except Exception as error:
                fate = self._fate_of(error)
                if fate == "later":
                    raise _AWAY from error
                if fate == "again" and attempt == TRIES - 1:
                    raise Conflict("conflict", "别人刚刚改动了同一条记录，请刷新后重试") from error
                if not fate:
                    raise
            time.sleep(random.uniform(0, 0.01 * 2**attempt))
        raise AssertionError("unreachable")

    def _once(self, message: tuple[str, Message] | None, service: Callable[[UnitOfWork], T]) -> Any:
        with self.uows.begin() as uow:
            if message is not None and not uow.first_time(message[1].id, message[0]):
                return None
            result = service(uow)
        if uow.emitted:
            self.on_events()
        return result

    def closing(self, closer: Callable[[], Any]) -> None:
        """Registers what to close; closed in reverse order."""
        self._closers.append(closer)

    def close(self) -> None:
        """Waits for running work, then closes what bootstrap opened."""
        for pool in (self._write_pool, self._read_pool, self._call_pool):
            pool.shutdown(wait=True, cancel_futures=True)
        for closer in reversed(self._closers):
            closer()


def _with_uow(service: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any], uow: Any) -> T:
    return service(uow, *args, **kwargs)
