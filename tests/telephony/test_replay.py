"""Recorded calls played again: as of now, with new ids, one alone, by somebody else."""

from __future__ import annotations

import asyncio
import gzip
from datetime import timedelta

import pytest
from fake_clock import START, FakeClock, settle

from telephony_bridge.api import BadSourceUrl, CallEvent, EventName, RecordingError
from telephony_bridge.open import open_bridge, open_source
from telephony_bridge.simulate import recorded_calls, simulate_call
from telephony_bridge.sources.ami_asterisk import AmiSource
from telephony_bridge.sources.recording import Recording


def simulated(**options: object) -> list[CallEvent]:
    async def body() -> list[CallEvent]:
        return [event async for event in simulate_call(speed=0, **options)]

    return [event for event in asyncio.run(body()) if event.name is not EventName.AGENT_STATE]


def test_a_recording_lists_its_calls():
    assert [(call.index, call.hotline, call.agents) for call in recorded_calls("calls")] == [
        (0, "12345", ("8002",)),
        (1, "12315", ("8001",)),
        (2, "12369", ("8002",)),
        (3, "12333", ("8001",)),
    ]


def test_one_call_is_simulated_alone_and_as_of_now():
    events = simulated(call=1, clock=FakeClock())
    assert [event.name.value for event in events] == [
        "call.offered",
        "call.queued",
        "call.ringing",
        "call.answered",
        "call.ended",
    ]
    assert {event.hotline for event in events} == {"12315"}
    assert START - timedelta(seconds=5) < events[0].at < events[-1].at <= START


def test_a_simulated_call_may_come_from_anybody_to_any_hotline_and_any_agent():
    events = simulated(caller="01087654321", caller_name="赵小雨", hotline="12369", agent="9001")
    last = events[-1]
    assert (last.caller, last.caller_name, last.hotline, last.agent) == (
        "+861087654321",
        "赵小雨",
        "12369",
        "9001",
    )
    assert {event.hotline for event in events} == {"12369"}


def test_a_new_caller_does_not_keep_the_recorded_name():
    assert {event.caller_name for event in simulated(caller="13900000009")} == {""}


def test_the_same_call_simulated_twice_is_two_calls():
    one, two = simulated(), simulated()
    assert one[0].call_id != two[0].call_id
    assert not {event.event_id for event in one} & {event.event_id for event in two}


def test_the_same_run_simulated_twice_is_the_same_call():
    one, two = (simulated(run="lesson-1", clock=FakeClock()) for _ in range(2))
    assert [event.event_id for event in one] == [event.event_id for event in two]


def test_a_simulated_caller_may_give_up():
    assert simulated(recording="abandon")[-1].reason == "abandoned"


def test_the_recorded_pace_is_kept_and_can_be_doubled():
    async def body(speed: float) -> list[tuple[str, float]]:
        clock, told = FakeClock(), []

        async def listen() -> None:
            async for event in simulate_call("abandon", speed=speed, clock=clock):
                told.append((event.name.value, clock.monotonic()))

        task = asyncio.create_task(listen())
        for _ in range(8):
            await clock.advance(0.5)
            await settle()
        await task
        return told

    at_pace, doubled = dict(asyncio.run(body(1))), dict(asyncio.run(body(2)))
    assert at_pace["call.ended"] == pytest.approx(2.5, abs=0.1)
    assert doubled["call.ended"] == pytest.approx(1.25, abs=0.1)


def test_a_replay_may_keep_recorded_times_and_ids():
    async def body() -> list[CallEvent]:
        return [event async for event in open_bridge("replay:abandon?speed=0&rebase=0&source=lab").events()]

    offered = next(event for event in asyncio.run(body()) if event.name is EventName.OFFERED)
    assert (offered.call_id, offered.at.year) == ("lab:hotline-test-1795244862.15", 2026)
    assert offered.at.isoformat() == "2026-11-21T07:07:42.762436+00:00"


def test_a_recording_of_ones_own_needs_no_index(tmp_path):
    data = b"".join(part for _, part in Recording.load("abandon").reads)
    (tmp_path / "mine.ami").write_bytes(data)
    timed = Recording.load(str(tmp_path / "mine.ami")).facts()
    assert timed[-1].seconds == pytest.approx(2.51, abs=0.01)


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("gone.ami", None, "recording_missing"),
        ("cut.ami.gz", gzip.compress(b"x" * 9000, mtime=0)[:-9], "recording_unreadable"),
        ("not.ami.gz", b"plain text", "recording_unreadable"),
        ("noise.ami", b"x" * 400_000, "recording_unreadable"),
    ],
)
def test_a_broken_recording_is_refused_in_words(tmp_path, name, data, code):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(RecordingError) as caught:
        recorded_calls(str(tmp_path / name))
    assert caught.value.code == code
    assert "录制" in caught.value.message


@pytest.mark.parametrize(
    ("call", "speed", "code"), [(4, 0, "no_such_call"), (-1, 0, "no_such_call"), (0, -1, "bad_speed")]
)
def test_a_call_that_was_not_recorded_is_refused(call, speed, code):
    async def body() -> None:
        async for _ in simulate_call("calls", call, speed=speed):
            pass

    with pytest.raises(RecordingError) as caught:
        asyncio.run(body())
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "unknown_scheme"),
        ("http://pbx", "unknown_scheme"),
        ("ami://pbx", "bad_address"),
        ("ami://user@pbx", "bad_address"),
        ("ami://u:s3cret@pbx:99999", "bad_port"),
        ("ami://u:s3cret@pbx:abc", "bad_port"),
        ("ami://u:s3cret@pbx/?speed=1", "unknown_option"),
        ("ami://u:s3cret@pbx/?source=a:b", "bad_source"),
        ("ami://u:s3cret@[pbx", "bad_url"),
        ("replay:calls?speed=fast", "bad_speed"),
        ("replay:calls?speed=-1", "bad_speed"),
        ("replay:calls?speed=nan", "bad_speed"),
        ("replay:calls?rebase=yes", "bad_rebase"),
        ("replay:calls?colour=red", "unknown_option"),
        ("replay:calls?area=10", "bad_area"),
    ],
)
def test_a_url_that_cannot_be_understood_is_refused_without_repeating_it(url, code):
    with pytest.raises(BadSourceUrl) as caught:
        open_bridge(url)
    assert caught.value.code == code
    assert "s3cret" not in caught.value.message


def test_an_ami_url_names_host_port_user_and_secret():
    source = open_source("ami://de%40sk:s3%2Fcret@10.0.0.5:5039/?source=pbx1&trunk=carrier,from-carrier")
    assert isinstance(source, AmiSource)
    assert (source.name, source.site.trunks) == ("pbx1", frozenset({"carrier", "from-carrier"}))
    assert "s3/cret" not in repr(vars(source))
