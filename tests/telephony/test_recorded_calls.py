"""Recorded streams of a real exchange, whole and damaged: the same calls come out, and none stays open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stories import Record, names, recorded, records, run

from telephony_bridge.api import EventName, Snapshot
from telephony_bridge.book import SILENCE, CallBook
from telephony_bridge.resync import difference, missing

CALLS, ABANDON, CONSULT = recorded("calls"), recorded("abandon"), recorded("consult")
WHOLE = records(run(CALLS))
PBX = "pbx:hotline-test-"


def test_four_recorded_calls_come_out_as_they_were_made():
    assert {(record.caller, record.hotline, record.agents, record.reason) for record in WHOLE} == {
        ("+8613800000001", "12345", ("8002",), "completed"),
        ("+8613800000002", "12315", ("8001",), "completed"),
        ("+862088881234", "12369", ("8002",), "completed"),
        ("+8613900000004", "12333", ("8001",), "completed"),
    }


def test_a_recorded_abandoned_call_rings_and_ends_unanswered():
    events = run(ABANDON)
    assert names(events) == ["offered", "queued", "ringing", "abandoned", "ended"]
    assert records(events) == {Record(PBX + "1795244862.15", "+8613800000005", "12345", (), "abandoned")}


def test_a_recorded_consult_transfer_goes_through_the_exchanges_plumbing():
    events = run(CONSULT)
    assert names(events) == [
        "offered",
        "queued",
        "ringing",
        "answered",
        "held",
        "ringing",
        "transferred",
        "ended",
    ]
    handed_on = events[6]
    assert (handed_on.previous_agent, handed_on.agent, handed_on.hotline) == ("8001", "8002", "12333")
    assert events[-1].reason == "completed"


def test_a_chinese_name_arrives_whole():
    assert "王五" in {event.caller_name for event in run(CALLS)}


def test_every_fact_twice_changes_nothing():
    doubled = [item for item in CALLS for _ in range(2)]
    events = run(doubled)
    assert [event.event_id for event in events] == [event.event_id for event in run(CALLS)]


def test_a_whole_stream_twice_changes_nothing():
    book = CallBook()
    events = run(CALLS, book)
    assert run(CALLS, book) == []
    assert records(events) == WHOLE


@pytest.mark.parametrize("facts", [CALLS, ABANDON, CONSULT], ids=["calls", "abandon", "consult"])
def test_swapping_any_two_neighbours_gives_the_same_calls(facts):
    whole = records(run(facts))
    for place in range(len(facts) - 1):
        swapped = [*facts]
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        assert records(run(swapped)) == whole, facts[place : place + 2]


def test_without_any_one_fact_every_call_still_ends():
    for place in range(len(CALLS)):
        book = CallBook()
        events = run(CALLS[:place] + CALLS[place + 1 :], book)
        events += book.tick(CALLS[-1].at + timedelta(seconds=10))
        events += book.tick(CALLS[-1].at + SILENCE)
        assert {record.call_id for record in records(events)} == {record.call_id for record in WHOLE}
        assert not book.calls


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(range(len(CALLS))), max_size=60), st.integers(0, len(CALLS)))
def test_lost_repeated_and_cut_facts_never_leave_a_call_open_or_end_one_twice(places, cut):
    damaged = [item for place, item in enumerate(CALLS[:cut]) for _ in range(places.count(place) % 3 or 1)]
    dropped = [item for place, item in enumerate(damaged) if place not in places[::2]]
    book = CallBook()
    events = [*run(dropped, book), *book.lose_all(CALLS[-1].at)]
    ended = [event.call_id for event in events if event.name is EventName.ENDED]
    offered = [event.call_id for event in events if event.name is EventName.OFFERED]
    assert sorted(ended) == sorted(set(offered))


def test_any_prefix_and_an_empty_exchange_end_every_call():
    after = Snapshot("e", CALLS[-1].at + timedelta(seconds=60))
    for cut in range(0, len(CALLS), 3):
        book = CallBook()
        run(CALLS[:cut], book)
        found = dict(book.calls)
        events = run(difference(found, after, missing(found, after)), book)
        assert {event.reason for event in events if event.name is EventName.ENDED} <= {"lost"}
        assert not book.calls
