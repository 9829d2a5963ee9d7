"""A source that goes and comes back: what the platform is told, and what it never is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fake_clock import FakeClock, settle
from stand_in import SECRET, USER, Channel, StandIn, stream

from telephony_bridge.api import CallEvent, Confidence, EventName
from telephony_bridge.open import open_bridge
from telephony_bridge.sources.ami_asterisk import Address, AmiSource
from telephony_bridge.supervise import Supervisor

LINKED = "hotline-test-1795244862.15"
CALL = f"pbx:{LINKED}"


def citizen(**more: str) -> Channel:
    tags = {"HOTLINE_DIALED": "12345"}
    return Channel("PJSIP/trunk-0000000a", LINKED, LINKED, "13800000005", variables=tags, **more)


def agent(**more: str) -> Channel:
    leg = "hotline-test-1795244863.16"
    return Channel("PJSIP/8002-0000000b", leg, LINKED, "8002", context="from-agent", **more)


class Listener:
    """Collects the events of a supervised stand-in, and waits for one."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.events: list[CallEvent] = []
        self._changed = asyncio.Event()

    async def listen(self) -> None:
        async for event in self.supervisor.events():
            self.events.append(event)
            self._changed.set()

    async def until(self, name: EventName, times: int = 1) -> CallEvent:
        while len(found := [event for event in self.events if event.name is name]) < times:
            self._changed.clear()
            await self._changed.wait()
        return found[times - 1]

    def told(self) -> list[str]:
        return [event.name.value for event in self.events if event.name is not EventName.AGENT_STATE]


def source_of(pbx: StandIn, secret: str = SECRET, clock: FakeClock | None = None) -> AmiSource:
    return AmiSource(Address("127.0.0.1", USER, secret, pbx.port), clock=clock)


def at_once(least: float, most: float) -> float:
    return 0.0


def supervised(work: Callable[[StandIn, Listener], Awaitable[None]]) -> None:
    async def body() -> None:
        async with StandIn() as pbx:
            supervisor = Supervisor(source_of(pbx), spread=at_once)
            listener = Listener(supervisor)
            task = asyncio.create_task(listener.listen())
            await pbx.logged_in.wait()
            await listener.until(EventName.SOURCE_RESYNCED)
            try:
                await work(pbx, listener)
            finally:
                await supervisor.close()
                await task

    asyncio.run(body())


def test_a_live_call_comes_through_and_the_source_tells_when_it_is_up():
    async def work(pbx: StandIn, listener: Listener) -> None:
        await pbx.say(stream("abandon"), size=11)
        ended = await listener.until(EventName.ENDED)
        assert (ended.call_id, ended.reason, ended.hotline) == (CALL, "abandoned", "12345")
        assert listener.told()[:2] == ["source.up", "source.resynced"]
        assert listener.supervisor.health.up

    supervised(work)


def before_hang_up(name: str) -> bytes:
    data = stream(name)
    return data[: data.index(b"Event: HangupRequest")]


def test_a_call_that_outlives_the_gap_goes_on_and_tells_what_changed():
    async def work(pbx: StandIn, listener: Listener) -> None:
        await pbx.say(before_hang_up("abandon"))
        await listener.until(EventName.RINGING)
        pbx.channels = [citizen(bridge="b1"), agent(bridge="b1")]
        await pbx.hang_up()
        answered = await listener.until(EventName.ANSWERED)
        assert (answered.call_id, answered.agent, answered.confidence) == (CALL, "8002", Confidence.RESYNC)
        back = await listener.until(EventName.SOURCE_RESYNCED, 2)
        assert back.gap_from is not None
        assert back.gap_from <= back.gap_to
        assert listener.told().count("call.offered") == 1
        assert "call.ended" not in listener.told()

    supervised(work)


def test_a_call_gone_after_the_gap_is_lost():
    async def work(pbx: StandIn, listener: Listener) -> None:
        await pbx.say(before_hang_up("abandon"))
        await listener.until(EventName.RINGING)
        await pbx.hang_up()
        ended = await listener.until(EventName.ENDED)
        assert (ended.reason, ended.confidence) == ("lost", Confidence.RESYNC)
        assert listener.told()[-4:] == ["source.down", "source.up", "call.ended", "source.resynced"]

    supervised(work)


def test_a_restarted_exchange_ends_its_calls_even_when_ids_come_again():
    async def work(pbx: StandIn, listener: Listener) -> None:
        await pbx.say(before_hang_up("abandon"))
        await listener.until(EventName.RINGING)
        pbx.epoch, pbx.channels = "09:30:00", [citizen()]
        await pbx.hang_up()
        ended = await listener.until(EventName.ENDED)
        assert (ended.reason, ended.confidence, ended.at < ended.seen_at) == (
            "lost",
            Confidence.INFERRED,
            True,
        )

    supervised(work)


def test_calls_found_on_connecting_are_told_with_what_the_exchange_remembers():
    async def work(pbx: StandIn, listener: Listener) -> None:
        pbx.channels = [agent(bridge="b1"), citizen(bridge="b1")]
        pbx.channels[1].variables |= {"QUEUENAME": "12345", "HOTLINE_REC": "20260302/x.wav"}
        await pbx.hang_up()
        answered = await listener.until(EventName.ANSWERED)
        assert (answered.caller, answered.hotline, answered.queue) == ("+8613800000005", "12345", "12345")
        assert (answered.agent, answered.recording, answered.caller_name) == (
            "8002",
            "20260302/x.wav",
            "王小明",
        )
        assert answered.confidence is Confidence.RESYNC

    supervised(work)


def test_a_caller_found_waiting_is_queued_and_a_phone_found_ringing_rings():
    async def work(pbx: StandIn, listener: Listener) -> None:
        pbx.channels = [citizen(), agent(state="5")]
        pbx.queue_rows = [
            f"Event: QueueEntry\r\nQueue: 12345\r\nUniqueid: {LINKED}",
            "Event: QueueMember\r\nQueue: 12345\r\nLocation: PJSIP/8001\r\nStatus: 1\r\nPaused: 1\r\nPausedReason: 午餐",
        ]
        await pbx.hang_up()
        await listener.until(EventName.SOURCE_RESYNCED, 2)
        assert listener.told()[-4:] == ["call.offered", "call.queued", "call.ringing", "source.resynced"]
        states = {(event.agent, event.state, event.reason) for event in listener.events if event.state}
        assert states == {("8002", "ringing", ""), ("8001", "paused", "午餐")}

    supervised(work)


def test_what_happens_while_the_snapshot_is_taken_is_not_missed_and_not_doubled():
    async def work(pbx: StandIn, listener: Listener) -> None:
        pbx.channels = [citizen(), agent(state="5")]
        pbx.after_dump = stream("abandon")
        await pbx.hang_up()
        await listener.until(EventName.ENDED)
        told = [name for name in listener.told() if name.startswith("call.")]
        assert told == ["call.offered", "call.ringing", "call.queued", "call.abandoned", "call.ended"]

    supervised(work)


@asynccontextmanager
async def on_fake_time(pbx: StandIn, clock: FakeClock, secret: str) -> AsyncIterator[Listener]:
    supervisor = Supervisor(
        source_of(pbx, secret, clock), clock=clock, spread=lambda least, most: least or most
    )
    listener = Listener(supervisor)
    task = asyncio.create_task(listener.listen())
    try:
        yield listener
    finally:
        await supervisor.close()
        await clock.advance(5)
        await task


def test_refused_credentials_are_tried_again_after_half_a_minute_and_told_once():
    async def body() -> None:
        clock = FakeClock()
        async with StandIn() as pbx, on_fake_time(pbx, clock, "wrong") as listener:
            await listener.until(EventName.SOURCE_DOWN)
            await clock.advance(29)
            assert pbx.connections == 1
            await clock.advance(2)
            await settle()
            assert pbx.connections == 2
            await settle()
            assert [(event.name, event.reason) for event in listener.events] == [
                (EventName.SOURCE_DOWN, "refused")
            ]
            assert listener.supervisor.health.reason == "refused"

    asyncio.run(body())


def test_waiting_grows_with_each_failure_up_to_a_limit():
    asked: list[float] = []

    def spread(least: float, most: float) -> float:
        asked.append(most)
        return 0.0

    async def body() -> None:
        async with StandIn() as pbx:
            source = source_of(pbx)
        supervisor = Supervisor(source, spread=spread)
        task = asyncio.create_task(Listener(supervisor).listen())
        while len(asked) < 6:
            await asyncio.sleep(0)
        await supervisor.close()
        await task

    asyncio.run(body())
    assert asked[:6] == [0.5, 1.0, 2.0, 2.0, 2.0, 2.0]


def test_a_call_absent_from_two_checks_running_is_lost():
    async def body() -> None:
        clock = FakeClock()
        async with StandIn() as pbx, on_fake_time(pbx, clock, SECRET) as listener:
            await listener.until(EventName.SOURCE_RESYNCED)
            await pbx.say(before_hang_up("abandon"))
            await listener.until(EventName.RINGING)
            await clock.advance(61)
            assert "call.ended" not in listener.told()
            await clock.advance(60)
            assert (await listener.until(EventName.ENDED)).reason == "lost"

    asyncio.run(body())


def test_a_finite_source_says_when_it_is_played_out():
    async def body() -> list[CallEvent]:
        return [event async for event in open_bridge("replay:abandon?speed=0&rebase=0").events()]

    events = asyncio.run(body())
    assert [event.name for event in events][:2] == [EventName.SOURCE_UP, EventName.SOURCE_RESYNCED]
    assert (events[-1].name, events[-1].reason) == (EventName.SOURCE_DOWN, "finished")
    assert "abandoned" in {event.reason for event in events}


@pytest.mark.parametrize("name", ["calls", "abandon"])
def test_no_log_line_holds_a_number_or_a_name(name, caplog):
    async def work(pbx: StandIn, listener: Listener) -> None:
        await pbx.say(stream(name))
        await listener.until(EventName.ENDED)
        await pbx.hang_up()
        await listener.until(EventName.SOURCE_RESYNCED, 2)

    with caplog.at_level(logging.DEBUG, logger="telephony_bridge"):
        supervised(work)
    assert caplog.messages
    assert not [line for line in caplog.messages if "1380000" in line or "王" in line or SECRET in line]


def test_an_outage_is_told_once_and_its_latest_reason_kept():
    async def body() -> None:
        clock = FakeClock()
        async with StandIn() as pbx, on_fake_time(pbx, clock, SECRET) as listener:
            await listener.until(EventName.SOURCE_RESYNCED)
            pbx.banner = b"SSH-2.0\r\n"
            await pbx.hang_up()
            await listener.until(EventName.SOURCE_DOWN)
            for _ in range(3):
                await clock.advance(1)
            assert listener.told() == ["source.up", "source.resynced", "source.down"]
            assert listener.supervisor.health.reason == "not_ami"

    asyncio.run(body())
