"""A recorded stream as a source: the embedded default, the training switchboard, and the bench of the tests.

The recording goes through the same cutting and mapping as a live link. Two changes make it useful again
and again: times are moved to now, and calls get new ids for each run, so that nothing takes them for
repeats. Speed 0 plays without waiting; its times then end at now instead of beginning there.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..api import Capabilities, Fact, Party, RecordingError, Snapshot
from ..clock import Clock, SystemClock
from .asterisk_facts import Site
from .recording import Recording, TimedFact, call_ids

CAPABILITIES = Capabilities(queue=True, hold=True, dialled_number=True, agent_state=True)


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the recording. Empty fields leave it as it was.

    `run` begins the new ids of calls and legs; `call` picks one call by its index and leaves out
    everything else, agents' queue states included. A new `caller` takes the recorded name away too.
    `agent` replaces the first agent of each call.
    """

    run: str = ""
    rebase: bool = True
    call: int | None = None
    caller: str = field(default="", repr=False)
    caller_name: str = field(default="", repr=False)
    hotline: str = ""
    agent: str = ""


class ReplaySource:
    """Plays a recording once and ends. Raises RecordingError from `connect` when there is no such call."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        recording: Recording,
        *,
        speed: float = 1.0,
        changes: Changes | None = None,
        site: Site | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not (math.isfinite(speed) and speed >= 0):
            raise RecordingError("bad_speed", "播放速度必须是不小于零的数")
        self.site = site or Site("replay")
        self.name = self.site.source
        self._recording, self._speed = recording, speed
        self._changes = changes or Changes(run=secrets.token_hex(4))
        self._clock = clock or SystemClock()
        self._items: list[TimedFact] = []
        self._open = False

    async def connect(self) -> None:
        """Read the recording. Raises RecordingError."""
        self._items = chosen(self._recording.facts(self.site), self._changes.call)
        self._open = True

    async def snapshot(self) -> Snapshot:
        """Nothing exists before a recording begins."""
        return Snapshot(epoch=f"replay {self._changes.run}", at=self._clock.now())

    async def facts(self) -> AsyncIterator[Fact]:
        """The facts at their recorded pace."""
        if not self._items:
            return
        edit = Edit(self._changes, self._items, self._speed, self._clock.now())
        begun, first = self._clock.monotonic(), self._items[0].seconds
        for item in self._items:
            if self._speed:
                wait = (item.seconds - first) / self._speed - (self._clock.monotonic() - begun)
                if wait > 0:
                    await self._clock.sleep(wait)
            if not self._open:
                return
            yield edit(item.fact)

    async def close(self) -> None:
        self._open = False


def chosen(items: list[TimedFact], call: int | None) -> list[TimedFact]:
    """All facts, or those of one call. Raises RecordingError."""
    if call is None:
        return items
    ids = call_ids(items)
    if not 0 <= call < len(ids):
        raise RecordingError("no_such_call", "录制中没有这通电话")
    return [item for item in items if item.fact.call_id == ids[call]]


class Edit:
    """Rewrites the facts of one run: times, ids, and who called which hotline."""

    def __init__(self, changes: Changes, items: list[TimedFact], speed: float, now: datetime) -> None:
        self._changes = changes
        self._first = items[0].fact.at
        self._scale = 1 / speed if speed else 1.0
        self._start = now if speed else now - (items[-1].fact.at - self._first)
        self._calls: dict[str, str] = {}
        self._legs: dict[str, str] = {"": ""}
        self._agents: dict[str, str] = {}

    def __call__(self, fact: Fact) -> Fact:
        if self._changes.rebase:
            fact = replace(fact, at=self._start + self._since(fact))
        if fact.call_id and self._changes.agent:
            fact = self._with_agent(fact)
        if self._changes.run:
            fact = self._renumbered(fact)
        return self._retold(fact)

    def _since(self, fact: Fact) -> timedelta:
        return (fact.at - self._first) * self._scale

    def _with_agent(self, fact: Fact) -> Fact:
        first = self._agents.setdefault(fact.call_id, fact.agent) or fact.agent
        self._agents[fact.call_id] = first
        return replace(fact, agent=self._changes.agent) if fact.agent and fact.agent == first else fact

    def _renumbered(self, fact: Fact) -> Fact:
        source, _, linked = fact.call_id.partition(":")
        if not linked:
            return fact
        if linked not in self._calls:
            self._calls[linked] = self._legs[linked] = f"{self._changes.run}-{len(self._calls) + 1}"
        for leg in (fact.leg, fact.agent_leg):
            self._legs.setdefault(leg, f"{self._calls[linked]}.{len(self._legs)}")
        return replace(
            fact,
            call_id=f"{source}:{self._calls[linked]}",
            leg=self._legs[fact.leg],
            agent_leg=self._legs[fact.agent_leg],
            recording="",
        )

    def _retold(self, fact: Fact) -> Fact:
        changes = self._changes
        if changes.caller and fact.number:
            name = changes.caller_name if fact.party is Party.CITIZEN else ""
            fact = replace(fact, number=changes.caller, name=name)
        if changes.hotline and fact.dialled:
            fact = replace(fact, dialled=changes.hotline)
        return fact
