"""What runs beside the web server: the outbox relay, the consumers, retries, sweeps, the telephony pump.

Each is one loop that survives its own errors: Unavailable means later, anything else is logged by code and counted.
With the embedded bus they share the server's process; in production `hotline serve --roles` splits them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial

from hotline.adapters.db import outbox
from hotline.domain.errors import HotlineError, Unavailable
from hotline.domain.events import revive
from hotline.ports import Message
from hotline.runtime import Runtime
from hotline.services import sketching, sweeps
from hotline.services.learning import remembering, shadowing
from hotline.services.subscriptions import CONSUMERS, Subscriber
from hotline.services.topics import bursts, mining

log = logging.getLogger(__name__)

POLL_S = 1.0
"""The relay looks at the outbox at least this often: commands beside the server write there too."""
SWEEP_S = 20.0
MINING_S = 3.0
BURSTS_S = 180.0
REFRESH_S = 5.0
"""How long a process may work by reference data that another one has changed."""
SHADOW_S = 5.0
SKETCH_S = 2.0
WALK_AGAIN = timedelta(hours=1)
BATCH = 200
AT_ONCE = 16
"""Messages that are on their way to the bus at the same time."""


class Workers:
    """The loops of one process. `start` and `stop` are awaited on the event loop of the server."""

    def __init__(self, runtime: Runtime) -> None:
        self._rt = runtime
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self._unsketched, self._walked_at = sketching.NEWEST, runtime.clock.now()

    async def start(self, roles: frozenset[str] = frozenset({"relay", "consumers", "sweeps"})) -> None:
        """Starts the loops of these roles."""
        self._loop = asyncio.get_running_loop()
        self._rt.on_events = self.wake
        await self._rt.bus.start()
        self._spawn(self._refresh, REFRESH_S)
        self._spawn(self._follow_model, REFRESH_S)
        if "consumers" in roles:
            for consumer, (topics, subscriber) in CONSUMERS.items():
                await self._rt.bus.subscribe(consumer, topics, partial(self._consume, consumer, subscriber))
            self._spawn(self._retry_due, POLL_S)
            self._spawn(self._shadow, SHADOW_S)
        if "relay" in roles:
            for consumer, (topics, _) in CONSUMERS.items():
                await self._rt.bus.declare(consumer, topics)
            self._spawn(self._relay, POLL_S)
        if "sweeps" in roles:
            self._spawn(self._sweep, SWEEP_S)
            self._spawn(self._mine_topics, MINING_S)
            self._spawn(self._watch_bursts, BURSTS_S)
            self._spawn(self._remember, SWEEP_S)
            self._spawn(self._sketch_old, SKETCH_S)

    async def stop(self) -> None:
        """Ends every loop. The flag is there because wait_for may swallow a cancellation that meets its timeout."""
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self._rt.bus.close()

    def wake(self) -> None:
        """Called from any thread after a commit that announced something."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    def spawn(self, work: Callable[[], Awaitable[object]], pause_s: float) -> None:
        """A further loop, e.g. the telephony pump."""
        self._spawn(work, pause_s)

    def _spawn(self, work: Callable[[], Awaitable[object]], pause_s: float) -> None:
        self._tasks.append(asyncio.create_task(self._forever(work, pause_s), name=f"hotline-{work.__name__}"))

    async def _forever(self, work: Callable[[], Awaitable[object]], pause_s: float) -> None:
        while not self._stopping:
            try:
                busy = await work()
            except Unavailable as error:
                log.warning("worker.unavailable", extra={"work": work.__name__, "code": error.code})
                busy = False
            except Exception:
                log.exception("worker.failed", extra={"work": work.__name__})
                busy = False
            if not busy:
                await self._nap(work, pause_s)

    async def _nap(self, work: Callable[[], Awaitable[object]], pause_s: float) -> None:
        if work != self._relay:
            await asyncio.sleep(pause_s)
            return
        try:
            await asyncio.wait_for(self._wake.wait(), pause_s)
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    # the way out
    async def _relay(self) -> bool:
        """Publishes what waits; True when there may be more."""
        messages = await self._rt.read(outbox.waiting, BATCH)
        for chunk in _chunks(messages, AT_ONCE):
            outcomes = await asyncio.gather(*map(self._rt.bus.publish, chunk), return_exceptions=True)
            done = [message.id for message, outcome in zip(chunk, outcomes, strict=True) if outcome is None]
            if done:
                await self._rt.run(outbox.mark_published, done)
            for outcome in outcomes:
                if outcome is not None:
                    raise outcome
        return len(messages) == BATCH

    async def drain(self) -> None:
        """Relays until nothing waits (tests and one-shot commands)."""
        while await self._rt.read(outbox.waiting, 1):
            await self._relay()

    # the way in
    async def _consume(
        self, consumer: str, subscriber: Subscriber, message: Message, attempts: int = 0
    ) -> None:
        try:
            await subscriber(self._rt, revive(message.topic, message.payload), message)
        except Exception as error:
            await self._put_aside(consumer, message, error, attempts + 1)
        else:
            if attempts:
                await self._rt.run(outbox.settle, consumer, message.id)

    async def _put_aside(self, consumer: str, message: Message, error: Exception, attempts: int) -> None:
        broken = not isinstance(error, Unavailable)
        reason = error.code if isinstance(error, HotlineError) else type(error).__name__
        fate = await self._rt.run(outbox.put_aside, consumer, message, reason, attempts, broken)
        level = logging.ERROR if broken else logging.WARNING
        log.log(
            level,
            "consumer.%s",
            fate,
            extra={"consumer": consumer, "message_id": message.id, "topic": message.topic, "reason": reason},
            exc_info=error if broken and not isinstance(error, HotlineError) else None,
        )

    async def _retry_due(self) -> bool:
        due = await self._rt.read(outbox.due_retries, list(CONSUMERS))
        for consumer, message, attempts in due:
            await self._consume(consumer, CONSUMERS[consumer][1], message, attempts)
        return bool(due)

    async def _refresh(self) -> bool:
        """Every process, whatever its roles, notices what others changed in the reference data."""
        await self._rt.call(self._rt.uows.refresh_reference)
        return False

    async def _follow_model(self) -> bool:
        """Every process takes over the model that was put in service, once it has loaded."""
        await self._rt.call(self._rt.classifier.follow)
        return False

    async def _shadow(self) -> bool:
        """The shadow model reads what the serving one has read."""
        return await shadowing.step(self._rt)

    async def _sweep(self) -> bool:
        """Lights, suspensions that end, notices, push-backs, seals, housekeeping: each goes on when another fails."""
        for step in (*sweeps.STEPS, _keep_house):
            try:
                await step(self._rt)
            except Exception:
                log.exception("sweep.failed", extra={"step": step.__name__})
        return False

    async def _mine_topics(self) -> bool:
        return await mining.mine_next(self._rt)

    async def _watch_bursts(self) -> bool:
        await bursts.watch(self._rt)
        return False

    async def _remember(self) -> bool:
        """What people corrected is remembered for the next message like it. Beside the sweeps: it may take minutes."""
        await remembering.refresh(self._rt)
        return False

    async def _sketch_old(self) -> bool:
        """After a start and every hour: tickets that cannot be found as the same matter yet are made findable, a piece at
        a time. An event may have ended as a dead letter; a historical record that is opened again comes without one."""
        now = self._rt.clock.now()
        if not self._unsketched and now - self._walked_at >= WALK_AGAIN:
            self._unsketched = sketching.NEWEST
        if self._unsketched:
            self._unsketched = await sketching.step(self._rt, self._unsketched)
            self._walked_at = now
        return False


async def _keep_house(rt: Runtime) -> None:
    await rt.run(outbox.sweep)


def _chunks(messages: Sequence[Message], size: int) -> Iterator[Sequence[Message]]:
    return (messages[start : start + size] for start in range(0, len(messages), size))
