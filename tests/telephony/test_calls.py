"""The rules of a call's life, one by one, told in facts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from stories import CALL, arrives, at, fact, gone, names, rings, run, talks

from telephony_bridge.api import AgentState, CallEvent, Confidence, Direction, EventName, FactKind, Party
from telephony_bridge.book import CallBook


def test_a_call_is_offered_queued_rings_is_answered_and_ends():
    events = run([*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2), gone("a1", 9), gone("c1", 9)])
    assert names(events) == ["offered", "queued", "ringing", "answered", "ended"]
    last = events[-1]
    assert (last.caller, last.caller_raw, last.hotline) == ("+8613800000001", "13800000001", "12345")
    assert (last.agent, last.reason, last.seq) == ("8001", "completed", 5)
    assert (last.offered_at, last.answered_at, last.at) == (at(0), at(2), at(9))
    assert {event.confidence for event in events} == {Confidence.LIVE}


def test_both_legs_in_one_bridge_answer_without_the_queues_word():
    facts = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)[1:]]
    assert names(run(facts))[-1] == "answered"


def test_the_queues_word_answers_without_a_bridge():
    facts = [*arrives(), *rings("8001", "a1", 1), talks("8001", "a1", 2)[0]]
    assert names(run(facts))[-1] == "answered"


def test_a_caller_who_leaves_while_it_rings_has_abandoned():
    left = [fact(FactKind.HANGUP_ASKED, 3), gone("a1", 3), gone("c1", 3)]
    events = run([*arrives(), *rings("8001", "a1", 1), *left])
    assert names(events)[-2:] == ["abandoned", "ended"]
    assert events[-1].reason == "abandoned"


def test_a_caller_put_out_by_the_queue_was_not_answered():
    events = run([*arrives(), gone("c1", 60)])
    assert (names(events)[-1], events[-1].reason) == ("ended", "no_answer")


def test_a_call_that_met_nobody_failed():
    events = run([arrives()[0], gone("c1", 1)])
    assert events[-1].reason == "failed"


def test_an_agent_who_lets_it_ring_has_missed_it_and_the_next_one_rings():
    missed = fact(FactKind.RING_OVER, 11, agent="8001", agent_leg="a1", reason="no_answer")
    events = run([*arrives(), *rings("8001", "a1", 1), missed, gone("a1", 11), *rings("8002", "a2", 12)])
    assert names(events)[-3:] == ["ringing", "ring_missed", "ringing"]
    assert [event.agent for event in events[-3:]] == ["8001", "8001", "8002"]


def test_ringing_that_stops_because_the_caller_left_is_nobodys_miss():
    stopped = fact(FactKind.RING_OVER, 3, agent="8001", agent_leg="a1", reason="cancelled")
    assert "ring_missed" not in names(run([*arrives(), *rings("8001", "a1", 1), stopped]))


def test_the_dial_plans_word_on_the_dialled_hotline_wins_over_the_first_legs():
    book = CallBook()
    tagged = fact(FactKind.CALL_TAGGED, 0.5, dialled="12315", dialled_sure=True)
    events = run([*arrives(), tagged, *rings("8001", "a1", 1)], book)
    assert [event.hotline for event in events] == ["12345", "12345", "12315"]
    assert book.counts["hotline_corrected"] == 1


def test_holding_and_resuming_are_told_once_each():
    hold, resume = fact(FactKind.HOLD, 3), fact(FactKind.RESUME, 4)
    talk = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)]
    assert names(run([*talk, hold, hold, resume, resume]))[-2:] == ["held", "resumed"]


def test_a_resume_without_a_hold_means_nothing():
    talk = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)]
    assert names(run([*talk, fact(FactKind.RESUME, 4)]))[-1] == "answered"


def test_a_hold_from_the_desk_ends_when_both_meet_again():
    apart = [
        fact(FactKind.BRIDGE_LEAVE, 3, bridge="b1"),
        fact(FactKind.HOLD, 3, reason="desk"),
        fact(FactKind.BRIDGE_LEAVE, 3, leg="a1", party=Party.AGENT, bridge="b1"),
    ]
    again = talks("8001", "a1", 5, "b2")[1:]
    events = run([*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2), *apart, *again])
    assert names(events)[-2:] == ["held", "resumed"]


def test_a_transfer_names_both_agents():
    handed_on = [fact(FactKind.BRIDGE_LEAVE, 5, bridge="b1"), gone("a1", 5), *rings("8002", "a2", 6)]
    talk = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)]
    events = run([*talk, *handed_on, *talks("8002", "a2", 8, "b2")])
    assert names(events)[-2:] == ["ringing", "transferred"]
    assert (events[-1].previous_agent, events[-1].agent) == ("8001", "8002")


def test_a_third_in_the_bridge_is_no_transfer_until_the_first_agent_leaves():
    joined = fact(FactKind.BRIDGE_ENTER, 5, leg="a2", party=Party.AGENT, agent="8002", bridge="b1")
    talk = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2), joined]
    assert names(run(talk))[-1] == "answered"
    assert names(run([*talk, gone("a1", 6)]))[-1] == "transferred"


def test_a_call_back_to_the_queue_is_queued_again():
    talk = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)]
    back = [
        fact(FactKind.BRIDGE_LEAVE, 5, bridge="b1"),
        fact(FactKind.QUEUED, 5.1, queue="12345"),
        gone("a1", 5.2),
    ]
    assert names(run([*talk, *back]))[-2:] == ["answered", "queued"]


def test_a_consult_call_joined_to_the_first_ends_and_its_leg_changes_sides():
    book = CallBook()
    talk = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)]
    consult = [
        fact(FactKind.LEG_NEW, 5, call_id="pbx:k1", leg="k1", party=Party.AGENT, agent="8001"),
        fact(FactKind.LEG_NEW, 5, call_id="pbx:k1", leg="k2", party=Party.AGENT, agent="8002"),
        gone("k1", 8),
    ]
    consult[-1] = replace(consult[-1], call_id="pbx:k1")
    joined = fact(FactKind.BRIDGE_ENTER, 8, leg="k2", party=Party.AGENT, agent="8002", bridge="b1")
    events = run([*talk, *consult, joined, gone("a1", 8), gone("k2", 20), gone("c1", 20)], book)
    ends = [(event.call_id, event.reason) for event in events if event.name is EventName.ENDED]
    assert ends == [("pbx:k1", "no_answer"), (CALL, "completed")]
    assert [event.agent for event in events if event.name is EventName.TRANSFERRED] == ["8002"]
    assert not book.calls


def test_click_to_dial_is_outbound_and_shows_the_citizen():
    own = {"call_id": "pbx:d1", "agent": "8001", "party": Party.AGENT}
    facts = [
        fact(FactKind.LEG_NEW, 0, leg="d1", **own),
        fact(FactKind.RING, 0, leg="", party=Party.PLUMBING, call_id="pbx:d1", agent="8001", agent_leg="d1"),
        fact(FactKind.LEG_NEW, 1, leg="d2", call_id="pbx:d1"),
        fact(FactKind.RING, 1, leg="d1", call_id="pbx:d1", party=Party.AGENT, agent_leg="d2",
             agent_party=Party.CITIZEN, number="13800000011"),
        fact(FactKind.BRIDGE_ENTER, 2, leg="d2", call_id="pbx:d1", bridge="b"),
        fact(FactKind.BRIDGE_ENTER, 2, leg="d1", bridge="b", **own),
        fact(FactKind.LEG_GONE, 5, leg="d2", call_id="pbx:d1"),
        fact(FactKind.LEG_GONE, 5, leg="d1", **own),
    ]  # fmt: skip
    events = run(facts)
    assert names(events) == ["offered", "ringing", "answered", "ended"]
    assert {event.direction for event in events} == {Direction.OUTBOUND}
    assert (events[-1].caller, events[-1].agent) == ("+8613800000011", "8001")


def test_facts_after_the_end_are_counted_and_change_nothing():
    book = CallBook()
    late = rings("8002", "a2", 11)
    assert names(run([*arrives(), gone("c1", 10), *late], book))[-1] == "ended"
    assert book.counts["late"] == 2
    assert not book.calls


def test_a_tombstone_is_forgotten_after_two_minutes():
    book = CallBook()
    run([*arrives(), gone("c1", 10)], book)
    book.tick(at(131))
    assert names(run(arrives(200), book)) == ["offered", "queued"]


def test_the_end_mark_ends_a_call_whose_hang_up_was_missed_after_a_grace():
    book = CallBook()
    run([*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)], book)
    book.take(fact(FactKind.CALL_OVER, 9, leg=""), at(9))
    assert book.tick(at(13)) == []
    ended = book.tick(at(14))[0]
    assert (ended.name, ended.reason, ended.confidence) == (EventName.ENDED, "completed", Confidence.INFERRED)


def test_a_call_silent_for_four_hours_is_lost():
    book = CallBook()
    run(arrives(), book)
    assert book.tick(at(0) + timedelta(hours=3, minutes=59)) == []
    lost = book.tick(at(1) + timedelta(hours=4))
    assert [(event.name, event.reason, event.at) for event in lost] == [(EventName.ENDED, "lost", at(0.1))]


def test_a_call_first_heard_of_in_the_middle_is_inferred():
    events = run([fact(FactKind.QUEUED, 5, queue="12345", number="13800000001")])
    assert (names(events), events[0].confidence) == (["offered", "queued"], Confidence.INFERRED)


def test_the_tail_of_a_call_never_seen_is_counted_and_dropped():
    book = CallBook()
    assert run([gone("c1", 3), fact(FactKind.HANGUP_ASKED, 3)], book) == []
    assert book.counts["orphan"] == 2


def test_one_broken_call_is_put_aside_and_the_others_go_on(monkeypatch):
    def break_it(call, *_):
        raise ZeroDivisionError

    book = CallBook()
    monkeypatch.setitem(__import__("telephony_bridge.calls").calls.HANDLERS, FactKind.HOLD, break_it)
    other = [replace(item, call_id="pbx:c2", leg="c2") for item in arrives()]
    events = run([*arrives(), fact(FactKind.HOLD, 1), *other], book)
    assert [(event.call_id, event.name.value) for event in events] == [
        (CALL, "call.offered"),
        (CALL, "call.queued"),
        (CALL, "call.ended"),
        ("pbx:c2", "call.offered"),
        ("pbx:c2", "call.queued"),
    ]
    assert (events[2].reason, book.counts["quarantined"]) == ("lost", 1)


def test_event_ids_are_the_same_on_two_bridges_and_differ_within_one():
    facts = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2), gone("a1", 9), gone("c1", 9)]
    one, two = ([event.event_id for event in run(facts)] for _ in range(2))
    assert one == two
    assert len(set(one)) == len(one)


def test_an_event_survives_json():
    event = run([*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2)])[-1]
    data = json.loads(json.dumps(event.to_dict()))
    assert data["version"] == 1
    assert CallEvent.from_dict(data | {"of_a_later_version": 1}) == event


def test_events_facts_and_calls_hide_who_called_in_their_repr():
    book = CallBook()
    facts = arrives()
    texts = [repr(item) for item in (*facts, *run(facts, book), *book.calls.values())]
    assert not [text for text in texts if "13800000001" in text or "王小明" in text]


@pytest.mark.parametrize(
    ("paused", "reason", "status", "expected"),
    [
        (False, "", "free", AgentState.READY),
        (True, "午餐", "free", AgentState.PAUSED),
        (True, "wrapup", "free", AgentState.WRAPUP),
        (False, "", "offline", AgentState.OFFLINE),
    ],
)
def test_an_agents_state_comes_from_the_queue_while_no_call_is_on(paused, reason, status, expected):
    member = fact(FactKind.AGENT_STATUS, 0, call_id="", agent="8001", queue="q", status=status)
    member = replace(member, paused=paused, reason=reason)
    (event,) = CallBook().take(member, at(0))
    assert (event.state, event.agent) == (expected, "8001")
    assert event.reason == (reason if paused else "")


def test_an_agent_rings_talks_holds_and_is_ready_again():
    book = CallBook()
    facts = [*arrives(), *rings("8001", "a1", 1), *talks("8001", "a1", 2), fact(FactKind.HOLD, 3)]
    facts += [fact(FactKind.RESUME, 4), gone("a1", 5), gone("c1", 5)]
    said = [event for item in facts for event in book.take(item, item.at)]
    states = [event.state for event in said if event.name is EventName.AGENT_STATE]
    assert states == ["ringing", "talking", "held", "talking", "ready"]


def test_an_agent_taken_out_of_the_last_queue_is_offline():
    book = CallBook()
    book.take(fact(FactKind.AGENT_STATUS, 0, call_id="", agent="8001", queue="q", status="free"), at(0))
    (event,) = book.take(fact(FactKind.AGENT_REMOVED, 1, call_id="", agent="8001", queue="q"), at(1))
    assert event.state == "offline"
