"""The AMI link against a stand-in that misbehaves as real exchanges do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from fake_clock import FakeClock, settle
from stand_in import SECRET, USER, StandIn, stream

from telephony_bridge.api import SourceLost, SourceRefused
from telephony_bridge.wire.ami import ActionFailed, AmiLink, Limits
from telephony_bridge.wire.frames import BadHeader, FrameSplitter, event_name

Work = Callable[[StandIn, AmiLink], Awaitable[None]]


def linked(work: Work, limits: Limits | None = None, clock: FakeClock | None = None) -> None:
    async def body() -> None:
        async with StandIn() as pbx:
            link = await AmiLink.open("127.0.0.1", pbx.port, limits=limits or Limits(), clock=clock)
            try:
                await work(pbx, link)
            finally:
                await link.close()

    asyncio.run(body())


async def collect(link: AmiLink) -> tuple[list[str], str]:
    seen: list[str] = []
    try:
        async for message in link.events():
            seen.append(message.event)
    except SourceLost as error:
        return seen, error.code
    raise AssertionError("events ended without a word")


def test_events_come_in_order_whatever_the_network_cuts():
    data = stream("abandon")
    expected = [event_name(frame) for frame in FrameSplitter().feed(data) if event_name(frame)]

    async def work(pbx: StandIn, link: AmiLink) -> None:
        await link.login(USER, SECRET)
        await pbx.say(data, size=7)
        await pbx.hang_up()
        assert await collect(link) == (expected, "closed")

    linked(work)


def test_a_cut_in_the_middle_of_a_frame_gives_what_was_whole_and_then_the_loss():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        await link.login(USER, SECRET)
        await pbx.say(b"Event: One\r\n\r\nEvent: Tw")
        await pbx.hang_up()
        assert await collect(link) == (["One"], "closed")

    linked(work)


def test_a_wrong_password_is_refused_and_not_a_lost_link():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        with pytest.raises(SourceRefused) as caught:
            await link.login(USER, "wrong")
        assert caught.value.code == "refused"
        assert "wrong" not in str(caught.value)

    linked(work)


def test_an_answer_may_be_a_list_with_events_in_between():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        pbx.queue_rows = ["Event: QueueMember\r\nQueue: 12345", "Event: QueueEntry\r\nQueue: 12345"]
        await pbx.say(b"Event: Between\r\nActionID: nobody\r\n\r\n")
        reply = await link.action("QueueStatus")
        assert [item.event for item in reply.items] == ["QueueMember", "QueueEntry"]
        assert (await anext(link.events())).event == "Between"

    linked(work)


def test_a_refused_action_fails_alone():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        with pytest.raises(ActionFailed):
            await link.action("Nonsense")
        assert (await link.action("Ping")).response.get("message") == "ok"

    linked(work)


def test_a_header_with_a_line_break_never_reaches_the_wire():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        with pytest.raises(BadHeader):
            await link.action("Originate", Exten="138\r\nApplication: System")
        await link.action("Ping")
        assert "Originate" not in pbx.names()

    linked(work)


def test_an_action_under_way_fails_with_the_link_and_is_never_sent_again():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        pbx.mute = True
        action = asyncio.create_task(link.action("Originate", Exten="8001"))
        await settle()
        await pbx.hang_up()
        with pytest.raises(SourceLost):
            await action
        with pytest.raises(SourceLost):
            await link.action("Ping")
        assert pbx.names().count("Originate") == 1

    linked(work)


def test_an_action_without_an_answer_gives_the_link_up():
    clock = FakeClock()

    async def work(pbx: StandIn, link: AmiLink) -> None:
        pbx.mute = True
        action = asyncio.create_task(link.action("CoreStatus"))
        await clock.advance(5)
        with pytest.raises(SourceLost) as caught:
            await action
        assert caught.value.code == "timeout"

    linked(work, Limits(ping_every=100), clock)


def test_a_half_open_link_is_noticed_within_nine_seconds():
    clock = FakeClock()

    async def work(pbx: StandIn, link: AmiLink) -> None:
        await link.login(USER, SECRET)
        pbx.mute = True
        await clock.advance(9)
        assert await collect(link) == ([], "silent")

    linked(work, clock=clock)


def test_any_byte_is_a_sign_of_life():
    clock = FakeClock()

    async def work(pbx: StandIn, link: AmiLink) -> None:
        pbx.mute = True
        for _ in range(20):
            await pbx.say(b"Event: Busy\r\n\r\n")
            await clock.advance(2)
        await pbx.hang_up()
        assert await collect(link) == (["Busy"] * 20, "closed")

    linked(work, clock=clock)


def test_what_nobody_takes_in_time_makes_the_link_lost_and_not_shorter():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        await link.login(USER, SECRET)
        await pbx.say(b"".join(b"Event: E%d\r\n\r\n" % number for number in range(50)))
        seen, code = await collect(link)
        assert (seen, code) == ([f"E{number}" for number in range(20)], "overflow")

    async def slowly(pbx: StandIn, link: AmiLink) -> None:
        await link.login(USER, SECRET)
        await pbx.say(b"".join(b"Event: E%d\r\n\r\n" % number for number in range(50)))
        await settle()
        assert await collect(link) == ([f"E{number}" for number in range(20)], "overflow")

    linked(work, Limits(waiting_events=20))
    linked(slowly, Limits(waiting_events=20))


@pytest.mark.parametrize(
    ("banner", "code"), [(b"HTTP/1.1 400 Bad Request\r\n", "not_ami"), (b"", "no_banner")]
)
def test_who_does_not_greet_like_asterisk_is_left(banner, code):
    clock = FakeClock()

    async def body() -> None:
        async with StandIn() as pbx:
            pbx.banner = banner
            opening = asyncio.create_task(AmiLink.open("127.0.0.1", pbx.port, clock=clock))
            await settle()
            await clock.advance(3)
            with pytest.raises(SourceLost) as caught:
                await opening
            assert caught.value.code == code

    asyncio.run(body())


def test_nobody_listening_is_a_lost_source():
    async def body() -> None:
        async with StandIn() as pbx:
            port = pbx.port
        with pytest.raises(SourceLost) as caught:
            await AmiLink.open("127.0.0.1", port)
        assert caught.value.code == "unreachable"

    asyncio.run(body())


def test_garbage_without_an_end_is_given_up():
    async def work(pbx: StandIn, link: AmiLink) -> None:
        await pbx.say(b"x" * 400_000)
        assert await collect(link) == ([], "garbage")

    linked(work)
