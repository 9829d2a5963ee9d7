"""What every telephony source promises, whichever exchange stands behind it.

The recorded stream and our AMI reader against a stand-in run always. A real Asterisk is used when
HOTLINE_TEST_ASTERISK names one as host:port:user:secret; nobody needs to call while the test runs.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "telephony"))

from stand_in import SECRET, USER, StandIn, stream
from stories import records, run

from telephony_bridge.api import Fact, Snapshot, SourceLost, SourceRefused, TelephonySource
from telephony_bridge.open import open_source
from telephony_bridge.sources.ami_asterisk import Address, AmiSource

REAL = os.environ.get("HOTLINE_TEST_ASTERISK", "")
NEEDS_REAL = [
    pytest.mark.pbx,
    pytest.mark.skipif(not REAL, reason="HOTLINE_TEST_ASTERISK (host:port:user:secret) is not set"),
]


@dataclass
class Bench:
    """A source to test, and how to make its exchange play the abandoned call, where it can be made to."""

    source: TelephonySource
    play: Callable[[], Awaitable[None]] | None = None


@asynccontextmanager
async def replay() -> AsyncIterator[Bench]:
    async def nothing() -> None:
        """A recording plays by itself."""

    yield Bench(open_source("replay:abandon?speed=0&rebase=0&source=pbx"), nothing)


@asynccontextmanager
async def stand_in() -> AsyncIterator[Bench]:
    async with StandIn() as pbx:

        async def play() -> None:
            await pbx.say(stream("abandon"), size=13)
            await pbx.hang_up()

        yield Bench(AmiSource(Address("127.0.0.1", USER, SECRET, pbx.port)), play)


@asynccontextmanager
async def asterisk() -> AsyncIterator[Bench]:
    host, port, user, secret = REAL.split(":", 3)
    yield Bench(AmiSource(Address(host, user, secret, int(port))))


EVERY = [
    pytest.param(replay, id="replay"),
    pytest.param(stand_in, id="ami-stand-in"),
    pytest.param(asterisk, id="ami-asterisk", marks=NEEDS_REAL),
]
Maker = Callable[[], object]


def on(maker: Maker, work: Callable[[Bench], Awaitable[None]]) -> None:
    async def body() -> None:
        async with maker() as bench:
            try:
                await work(bench)
            finally:
                await bench.source.close()

    asyncio.run(body())


async def everything(source: TelephonySource) -> list[Fact]:
    """All facts there are; a link may be cut after them."""
    facts: list[Fact] = []
    with suppress(SourceLost):
        async for fact in source.facts():
            facts.append(fact)
    return facts


@pytest.mark.parametrize("maker", EVERY)
def test_a_snapshot_has_an_epoch_an_aware_time_and_facts_of_this_source(maker):
    async def work(bench: Bench) -> None:
        await bench.source.connect()
        snapshot = await bench.source.snapshot()
        assert isinstance(snapshot, Snapshot)
        assert snapshot.epoch
        assert snapshot.at.utcoffset() is not None
        assert all(fact.source == bench.source.name for fact in snapshot.facts)
        assert {fact.call_id for fact in snapshot.facts if fact.call_id} <= set(snapshot.legs)

    on(maker, work)


@pytest.mark.parametrize("maker", EVERY)
def test_two_snapshots_of_one_exchange_have_one_epoch(maker):
    async def work(bench: Bench) -> None:
        await bench.source.connect()
        first = await bench.source.snapshot()
        assert (await bench.source.snapshot()).epoch == first.epoch

    on(maker, work)


@pytest.mark.parametrize("maker", EVERY)
def test_a_source_can_be_closed_twice_and_connected_again(maker):
    async def work(bench: Bench) -> None:
        await bench.source.close()
        await bench.source.connect()
        await bench.source.close()
        await bench.source.close()
        await bench.source.connect()
        assert (await bench.source.snapshot()).epoch

    on(maker, work)


@pytest.mark.parametrize("maker", EVERY)
def test_a_source_says_what_it_can_do(maker):
    async def work(bench: Bench) -> None:
        assert bench.source.capabilities.dialled_number
        assert bench.source.capabilities.queue

    on(maker, work)


@pytest.mark.parametrize("maker", EVERY[:2])
def test_one_call_gives_the_same_record_through_every_source(maker):
    async def work(bench: Bench) -> None:
        await bench.source.connect()
        await bench.source.snapshot()
        await bench.play()
        facts = await everything(bench.source)
        assert all(fact.at.utcoffset() is not None for fact in facts)
        (record,) = records(run(facts))
        assert (record.call_id, record.hotline) == ("pbx:hotline-test-1795244862.15", "12345")
        assert (record.caller, record.reason) == ("+8613800000005", "abandoned")

    on(maker, work)


@pytest.mark.pbx
@pytest.mark.skipif(not REAL, reason="HOTLINE_TEST_ASTERISK (host:port:user:secret) is not set")
def test_a_real_asterisk_refuses_a_wrong_secret():
    async def body() -> None:
        host, port, user, _ = REAL.split(":", 3)
        source = AmiSource(Address(host, user, "certainly-wrong", int(port)))
        with pytest.raises(SourceRefused):
            await source.connect()

    asyncio.run(body())
