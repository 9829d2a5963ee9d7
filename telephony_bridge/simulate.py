"""One call on demand, without an exchange: "simulate a call" for training, for trying the product, for
tests.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

from .api import CallEvent
from .book import CallBook
from .clock import Clock, SystemClock
from .sources.asterisk_facts import Site
from .sources.recording import Recording, recorded_calls
from .sources.replay import Changes, ReplaySource

__all__ = ["recorded_calls", "simulate_call"]


async def simulate_call(
    recording: str = "calls",
    call: int = 0,
    *,
    caller: str = "",
    caller_name: str = "",
    hotline: str = "",
    agent: str = "",
    speed: float = 1.0,
    area: str = "",
    clock: Clock | None = None,
    run: str = "",
) -> AsyncIterator[CallEvent]:
    """The events of one recorded call, at its pace and as of now, with new ids each time.

    `caller`, `caller_name`, `hotline` and `agent` (its extension) replace what was recorded. The last
    event is always about the end of the call. Raises RecordingError for an unknown recording or call, and
    for a negative speed.
    """
    clock = clock or SystemClock()
    changes = Changes(run or f"sim-{secrets.token_hex(4)}", True, call, caller, caller_name, hotline, agent)
    source = ReplaySource(
        Recording.load(recording), speed=speed, changes=changes, site=Site("replay"), clock=clock
    )
    await source.connect()
    book = CallBook(area)
    async for fact in source.facts():
        for event in book.take(fact, clock.now()):
            yield event
    for event in book.lose_all(clock.now()):
        yield event
