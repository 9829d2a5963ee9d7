"""Keeps one source alive and turns it into call events: connect, resync, listen, and begin again when the
link goes.

Waiting between attempts is random between nothing and a growing limit ("full jitter"), so that many
bridges do not knock together; refused credentials wait at least half a minute, because exchanges ban quick
guessers. Losing the link ends no call: those still there after the resync go on, the others end as lost.
Only a restarted exchange, known by its epoch, ends them all at once.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .api import (
    CallEvent,
    EventName,
    Fact,
    Snapshot,
    SourceLost,
    SourceRefused,
    TelephonyError,
    TelephonySource,
    event_id,
)
from .book import CallBook
from .clock import Clock, SystemClock, within
from .resync import difference, losses, missing, newcomers

log = logging.getLogger(__name__)
_END, _TICK = object(), object()


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds: first and longest back-off, the two ends of a refused one, the tick, and the check by
    snapshot.
    """

    backoff_first: float = 0.25
    backoff_most: float = 2.0
    refused_least: float = 30.0
    refused_most: float = 90.0
    tick: float = 1.0
    check: float = 60.0
    waiting: int = 1000


@dataclass(frozen=True, slots=True)
class Health:
    """How the source is: for a status page. `since` is when it came up or went down."""

    up: bool
    since: datetime
    reason: str
    open_calls: int
    counts: dict[str, int]


class Supervisor:
    """The events of one source, for as long as the program runs."""

    def __init__(
        self,
        source: TelephonySource,
        *,
        area: str = "",
        clock: Clock | None = None,
        policy: Policy | None = None,
        spread: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self.source, self.book = source, CallBook(area)
        self._clock = clock or SystemClock()
        self._policy = policy or Policy()
        self._spread = spread
        self._epoch = ""
        self._alive_at: datetime | None = None
        self._up, self._reason, self._since = False, "", self._clock.now()
        self._absent: frozenset[str] = frozenset()
        self._stop = asyncio.Event()

    @property
    def health(self) -> Health:
        counts = dict(self.book.counts)
        return Health(self._up, self._since, self._reason, len(self.book.calls), counts)

    async def events(self) -> AsyncIterator[CallEvent]:
        """Call events without end; ends after `close`, or when a finite source is played out.

        Raises what is no matter of the link, such as RecordingError.
        """
        failures = 0
        while not self._stop.is_set():
            try:
                for event in await self._join():
                    yield event
                failures = 0
                async for event in self._listen():
                    yield event
                for event in (*self.book.lose_all(self._clock.now()), *self._down("finished")):
                    yield event
                return
            except (SourceLost, SourceRefused) as error:
                await self.source.close()
                for event in self._down(error.code):
                    yield event
                failures += 1
                await self._rest(error, failures)

    async def close(self) -> None:
        """Stop listening; `events` ends soon after."""
        self._stop.set()
        await self.source.close()

    async def _join(self) -> list[CallEvent]:
        """Connect and make what we believe agree with what is there."""
        await self.source.connect()
        snapshot = await self.source.snapshot()
        now, gap_from = self._clock.now(), self._alive_at
        events = self._restarted(snapshot, now) + self._mark_up(now)
        gone = missing(self.book.calls, snapshot)
        for fact in difference(dict(self.book.calls), snapshot, gone):
            events += self.book.take(fact, now)
        self._alive_at, self._absent = now, frozenset()
        gap = {"gap_from": gap_from, "gap_to": now}
        return [*events, self._about_source(EventName.SOURCE_RESYNCED, now, **gap)]

    def _restarted(self, snapshot: Snapshot, now: datetime) -> list[CallEvent]:
        before, self._epoch = self._epoch, snapshot.epoch
        return self.book.lose_all(now) if before and before != snapshot.epoch else []

    async def _listen(self) -> AsyncIterator[CallEvent]:
        """Events until a finite source is played out; raises SourceLost when the link goes."""
        inbox: asyncio.Queue[object] = asyncio.Queue(self._policy.waiting)
        tasks = [
            asyncio.create_task(work) for work in (self._pump(inbox), self._ticks(inbox), self._checks(inbox))
        ]
        try:
            while (item := await inbox.get()) is not _END:
                if isinstance(item, Exception):
                    raise item
                for event in self._mean(item):
                    yield event
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self, inbox: asyncio.Queue[object]) -> None:
        try:
            async for fact in self.source.facts():
                await inbox.put(fact)
            await inbox.put(_END)
        except Exception as error:  # handed to the one who listens
            await inbox.put(error)

    async def _ticks(self, inbox: asyncio.Queue[object]) -> None:
        while True:
            await self._clock.sleep(self._policy.tick)
            await inbox.put(_TICK)

    async def _checks(self, inbox: asyncio.Queue[object]) -> None:
        """A snapshot now and then; one that fails is left to the pump, which sees the link go too."""
        while self.source.capabilities.snapshot:
            await self._clock.sleep(self._policy.check)
            with suppress(SourceLost):
                await inbox.put(await self.source.snapshot())

    def _mean(self, item: object) -> list[CallEvent]:
        now = self._alive_at = self._clock.now()
        if isinstance(item, Fact):
            return self.book.take(item, now)
        if isinstance(item, Snapshot):
            return self._checked(item, now)
        return self.book.tick(now)

    def _checked(self, snapshot: Snapshot, now: datetime) -> list[CallEvent]:
        """The cheap check: calls we never heard of, and calls absent twice running.

        Legs are left alone, because a snapshot is a little older than the facts already taken.
        """
        calls = dict(self.book.calls)
        absent = missing(calls, snapshot)
        gone, self._absent = absent & self._absent, absent
        facts = [*losses(calls, snapshot, gone), *newcomers(calls, snapshot)]
        return [event for fact in facts for event in self.book.take(fact, now)]

    def _mark_up(self, now: datetime) -> list[CallEvent]:
        self._up, self._reason, self._since = True, "", now
        log.info("telephony source %s is up", self.source.name)
        return [self._about_source(EventName.SOURCE_UP, now)]

    def _down(self, reason: str) -> list[CallEvent]:
        """Announced once per outage, and again when a person is needed because we are refused."""
        told = self._reason and (reason == self._reason or reason != "refused")
        self._reason = reason
        if told and not self._up:
            return []
        now = self._clock.now()
        self._up, self._since = False, now
        log.warning("telephony source %s is down: %s", self.source.name, reason)
        return [self._about_source(EventName.SOURCE_DOWN, now, reason=reason)]

    def _about_source(self, name: EventName, now: datetime, **more: Any) -> CallEvent:
        source = self.source.name
        return CallEvent(name, event_id(source, name, now.isoformat()), source, now, now, **more)

    async def _rest(self, error: TelephonyError, failures: int) -> None:
        policy = self._policy
        if isinstance(error, SourceRefused):
            seconds = self._spread(policy.refused_least, policy.refused_most)
        else:
            most = min(policy.backoff_most, policy.backoff_first * 2 ** min(failures, 16))
            seconds = self._spread(0.0, most)
        with suppress(TimeoutError):
            await within(self._clock, seconds, self._stop.wait())
