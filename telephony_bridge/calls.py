"""The life of one call: (call, fact, now) -> (call, events). Pure, no I/O, same answer for repeated and
late facts.

offered -> queued -> ringing -> talking <-> held -> ended; a transfer is a second talking with somebody
else. The rules come from watching real exchanges: ringing is only what the queue or the dialler reports,
never a device state; answered is the queue's word or both legs in one bridge, whichever comes first; legs
are counted, and the call ends with the last of them. The exchange's own end mark (LINKEDID_END) can
precede the facts that tell *why* by a millisecond, so it ends the call only after a grace, when a hang-up
was missed. Calls are keyed by the exchange's linked id, never by a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from .api import CallEvent, Confidence, Direction, EndReason, EventName, Fact, FactKind, Party, event_id
from .numbers import normalise

GRACE = timedelta(seconds=5)
FAILED_CAUSES = frozenset({"1", "3", "17", "20", "21", "22", "27", "28", "34", "38", "41", "42"})
TAKEN_NOT = frozenset({"no_answer", "refused", "unreachable"})


@dataclass(frozen=True, slots=True)
class Leg:
    party: Party
    agent: str = ""
    bridge: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """Everything known about one call. Personal fields are left out of `repr`."""

    call_id: str
    source: str
    offered_at: datetime
    last_at: datetime
    seen_at: datetime
    direction: Direction = Direction.INBOUND
    caller_raw: str = field(default="", repr=False)
    caller_name: str = field(default="", repr=False)
    hotline: str = ""
    hotline_sure: bool = False
    queue: str = ""
    queued_at: datetime | None = None
    recording: str = ""
    legs: Mapping[str, Leg] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    ringing: Mapping[str, str] = field(default_factory=dict)
    tried: frozenset[str] = frozenset()
    agent: str = ""
    talking_leg: str = ""
    held: bool = False
    answered_at: datetime | None = None
    citizen_left: bool = False
    dial_failed: bool = False
    over_since: datetime | None = None
    ended: bool = False
    seq: int = 0
    area: str = ""


Outcome = tuple[Call, list[CallEvent]]
OPENING = frozenset(
    {
        FactKind.LEG_NEW,
        FactKind.CALL_TAGGED,
        FactKind.QUEUED,
        FactKind.RING,
        FactKind.ANSWERED,
        FactKind.BRIDGE_ENTER,
    }
)


def step(call: Call | None, fact: Fact, now: datetime, area: str = "") -> tuple[Call | None, list[CallEvent]]:
    """The call after one fact, and what there is to announce.

    None stays None for a fact that cannot begin a call (the tail of one we never saw). An ended call stays
    as it is.
    """
    if call is None:
        if fact.kind not in OPENING:
            return None, []
        return _begin(fact, now, area)
    if call.ended:
        return call, []
    return _apply(_note(call, fact, now), fact, now)


def expire(call: Call, now: datetime, silence: timedelta) -> Outcome:
    """End a call whose end mark has outlived its grace, or of which nothing was heard for `silence`."""
    if call.over_since and now - call.over_since >= GRACE:
        return _end(call, call.last_at, now, Confidence.INFERRED)
    if now - call.seen_at >= silence:
        return lose(call, call.last_at, now)
    return call, []


def lose(call: Call, at: datetime, now: datetime) -> Outcome:
    """End a call we can no longer know anything about."""
    return _end(call, at, now, Confidence.INFERRED, EndReason.LOST)


def _begin(fact: Fact, now: datetime, area: str) -> Outcome:
    call = Call(
        call_id=fact.call_id,
        source=fact.source,
        offered_at=fact.at,
        last_at=fact.at,
        seen_at=now,
        direction=_direction(fact),
        area=area,
    )
    call = _note(call, fact, now)
    known = fact.confidence
    if known is Confidence.LIVE and fact.kind is not FactKind.LEG_NEW:
        known = Confidence.INFERRED
    call, events = _say(call, EventName.OFFERED, replace(fact, confidence=known), now)
    call, more = _apply(call, fact, now)
    return call, events + more


def _direction(fact: Fact) -> Direction:
    """Inbound when the first leg is a citizen's, or a later one an agent's; the first leg names the call."""
    first = fact.call_id == f"{fact.source}:{fact.leg}"
    if fact.party is Party.PLUMBING:
        return Direction.INBOUND if fact.leg and not first else Direction.OUTBOUND
    return Direction.INBOUND if (fact.party is Party.CITIZEN) == first else Direction.OUTBOUND


def _apply(call: Call, fact: Fact, now: datetime) -> Outcome:
    handler = HANDLERS.get(fact.kind)
    return handler(call, fact, now) if handler else (call, [])


def _note(call: Call, fact: Fact, now: datetime) -> Call:
    """Take over what any fact may tell by the way: numbers, the dialled hotline, legs."""
    changes: dict[str, Any] = {"last_at": max(call.last_at, fact.at), "seen_at": now}
    if fact.number and not call.caller_raw:
        changes["caller_raw"] = fact.number
    if fact.name and not call.caller_name and fact.party is Party.CITIZEN:
        changes["caller_name"] = fact.name
    if fact.dialled and (fact.dialled_sure > call.hotline_sure or not call.hotline):
        changes |= {"hotline": fact.dialled, "hotline_sure": fact.dialled_sure}
    if fact.queue and not call.queue and fact.kind is not FactKind.QUEUED:
        changes["queue"] = fact.queue
    if fact.recording:
        changes["recording"] = fact.recording
    legs = _legs_noted(call, fact)
    if legs is not call.legs:
        changes["legs"] = legs
    return replace(call, **changes)


def _legs_noted(call: Call, fact: Fact) -> Mapping[str, Leg]:
    found = {
        fact.leg: Leg(fact.party, fact.agent if fact.party is Party.AGENT else ""),
        fact.agent_leg: Leg(fact.agent_party, fact.agent),
    }
    if fact.agent_leg:
        found[fact.leg] = Leg(fact.party)  # `agent` belongs to the other leg here
    new = {leg: who for leg, who in found.items() if leg and leg not in call.legs and leg not in call.gone}
    if not new or fact.kind is FactKind.LEG_GONE:
        return call.legs
    return {**call.legs, **new}


def _say(call: Call, name: EventName, fact: Fact, now: datetime, **more: Any) -> Outcome:
    """Announce something about a call; `anchor` (not shown) is what makes the event's id its own."""
    anchor = more.pop("anchor", "")
    call = replace(call, seq=call.seq + 1)
    event = CallEvent(
        name=name,
        event_id=event_id(call.call_id, name, anchor),
        source=call.source,
        at=fact.at,
        seen_at=now,
        call_id=call.call_id,
        seq=call.seq,
        direction=call.direction,
        caller=_caller(call),
        caller_raw=call.caller_raw,
        caller_name=call.caller_name,
        hotline=call.hotline,
        queue=call.queue,
        recording=call.recording,
        offered_at=call.offered_at,
        answered_at=call.answered_at,
        confidence=fact.confidence,
        **({"agent": call.agent} | more),
    )
    return call, [event]


def _caller(call: Call) -> str:
    unknown = call.direction is Direction.OUTBOUND and not call.caller_raw
    return "" if unknown else normalise(call.caller_raw, call.area)


def _queued(call: Call, fact: Fact, now: datetime) -> Outcome:
    repeated = call.queue == fact.queue and (not call.answered_at or call.queued_at == fact.at)
    if repeated or _with_citizen(call, call.talking_leg):
        return call, []
    call = replace(call, queue=fact.queue, queued_at=fact.at)
    return _say(call, EventName.QUEUED, fact, now, anchor=f"{fact.queue}|{fact.at.isoformat()}")


def _ring(call: Call, fact: Fact, now: datetime) -> Outcome:
    leg = fact.agent_leg
    known = leg in call.gone or leg in call.tried or leg == call.talking_leg
    if not fact.agent or known or fact.agent in call.ringing.values():
        return call, []
    ringing = {**call.ringing, leg: fact.agent}
    call = replace(call, ringing=ringing, tried=call.tried | {leg})
    return _say(call, EventName.RINGING, fact, now, agent=fact.agent, anchor=leg)


def _ring_over(call: Call, fact: Fact, now: datetime) -> Outcome:
    leg = fact.agent_leg
    if fact.agent_party is Party.CITIZEN and fact.reason in TAKEN_NOT:
        return replace(call, dial_failed=fact.reason != "no_answer"), []
    if leg not in call.ringing:
        return call, []
    call = _silence(call, leg)
    if fact.reason not in TAKEN_NOT:
        return call, []
    return _say(call, EventName.RING_MISSED, fact, now, agent=fact.agent, reason=fact.reason, anchor=leg)


def _silence(call: Call, leg: str) -> Call:
    if leg not in call.ringing:
        return call
    left = {key: agent for key, agent in call.ringing.items() if key != leg}
    return replace(call, ringing=left)


def _connected(call: Call, fact: Fact, now: datetime) -> Outcome:
    return _talk(call, fact, now, fact.agent_leg, fact.agent)


def _talk(call: Call, fact: Fact, now: datetime, leg: str, agent: str) -> Outcome:
    if leg == call.talking_leg:
        return call, []
    same = agent == call.agent and call.talking_leg in call.legs
    joined = call.talking_leg and _with_citizen(call, call.talking_leg)
    if not leg or leg in call.gone or same or joined:
        return call, []
    if agent == call.agent and leg not in call.tried:
        return replace(call, talking_leg=leg), []  # a plumbing leg was taken out between the two
    before, first = call.agent, call.answered_at is None
    answered = fact.at if first else call.answered_at
    call = replace(
        call,
        agent=agent,
        talking_leg=leg,
        held=False,
        answered_at=answered,
        ringing={} if first else _silence(call, leg).ringing,
    )
    if first:
        return _say(call, EventName.ANSWERED, fact, now, anchor=leg)
    anchor = f"{leg}|{fact.at.isoformat()}"
    return _say(call, EventName.TRANSFERRED, fact, now, previous_agent=before, anchor=anchor)


def _with_citizen(call: Call, leg: str) -> bool:
    bridge = call.legs[leg].bridge if leg in call.legs else ""
    return bool(bridge) and any(
        other.bridge == bridge and other.party is Party.CITIZEN for other in call.legs.values()
    )


def _bridge_enter(call: Call, fact: Fact, now: datetime) -> Outcome:
    if fact.leg not in call.legs or call.legs[fact.leg].bridge == fact.bridge:
        return call, []
    call = _move(call, fact.leg, fact.bridge)
    pair = fact.leg == call.talking_leg or fact.party is Party.CITIZEN
    if call.held and pair and _with_citizen(call, call.talking_leg):
        return _resume(call, fact, now)
    return _follow_bridge(call, fact, now)


def _follow_bridge(call: Call, fact: Fact, now: datetime) -> Outcome:
    """Whoever of the agents shares a bridge with the citizen is the one who talks."""
    for leg, who in call.legs.items():
        if who.party is Party.AGENT and leg != call.talking_leg and _with_citizen(call, leg):
            return _talk(call, fact, now, leg, who.agent)
    return call, []


def _bridge_leave(call: Call, fact: Fact, now: datetime) -> Outcome:
    leg = call.legs.get(fact.leg)
    if leg is None or leg.bridge != fact.bridge:
        return call, []
    return _follow_bridge(_move(call, fact.leg, ""), fact, now)


def _move(call: Call, leg: str, bridge: str) -> Call:
    legs = {**call.legs, leg: replace(call.legs[leg], bridge=bridge)}
    return replace(call, legs=legs)


def _hold(call: Call, fact: Fact, now: datetime) -> Outcome:
    if call.held or not call.talking_leg:
        return call, []
    return _say(replace(call, held=True), EventName.HELD, fact, now, anchor=fact.at.isoformat())


def _resume(call: Call, fact: Fact, now: datetime) -> Outcome:
    if not call.held:
        return call, []
    return _say(replace(call, held=False), EventName.RESUMED, fact, now, anchor=fact.at.isoformat())


def _hangup_asked(call: Call, fact: Fact, now: datetime) -> Outcome:
    """A citizen who hangs up before anybody answered has given up; the exchange ending the call has not."""
    left = fact.party is Party.CITIZEN and call.answered_at is None
    return replace(call, citizen_left=call.citizen_left or left), []


def _queue_abandoned(call: Call, fact: Fact, now: datetime) -> Outcome:
    return replace(call, citizen_left=True), []


def _leg_gone(call: Call, fact: Fact, now: datetime) -> Outcome:
    failed = fact.party is Party.CITIZEN and fact.reason in FAILED_CAUSES
    legs = {key: leg for key, leg in call.legs.items() if key != fact.leg}
    call = replace(
        _silence(call, fact.leg),
        legs=legs,
        gone=call.gone | {fact.leg},
        talking_leg="" if fact.leg == call.talking_leg else call.talking_leg,
        dial_failed=call.dial_failed or failed,
    )
    if not legs:
        return _end(call, fact.at, now, fact.confidence)
    return _follow_bridge(call, fact, now)


def _call_over(call: Call, fact: Fact, now: datetime) -> Outcome:
    return (call if call.over_since else replace(call, over_since=now)), []


def _call_lost(call: Call, fact: Fact, now: datetime) -> Outcome:
    return _end(call, fact.at, now, fact.confidence, EndReason.LOST)


def _end(
    call: Call, at: datetime, now: datetime, confidence: Confidence, reason: EndReason | None = None
) -> Outcome:
    reason = reason or _end_reason(call)
    fact = Fact(FactKind.CALL_OVER, at, call.source, call.call_id, confidence=confidence)
    events: list[CallEvent] = []
    if reason is EndReason.ABANDONED:
        call, events = _say(call, EventName.ABANDONED, fact, now)
    call, last = _say(call, EventName.ENDED, fact, now, reason=reason.value)
    return replace(call, ended=True), events + last


def _end_reason(call: Call) -> EndReason:
    if call.answered_at:
        return EndReason.COMPLETED
    if call.direction is Direction.OUTBOUND:
        return EndReason.FAILED if call.dial_failed else EndReason.NO_ANSWER
    if call.citizen_left:
        return EndReason.ABANDONED
    return EndReason.NO_ANSWER if call.queue else EndReason.FAILED


Handler = Callable[[Call, Fact, datetime], Outcome]
HANDLERS: dict[FactKind, Handler] = {
    FactKind.QUEUED: _queued,
    FactKind.RING: _ring,
    FactKind.RING_OVER: _ring_over,
    FactKind.ANSWERED: _connected,
    FactKind.BRIDGE_ENTER: _bridge_enter,
    FactKind.BRIDGE_LEAVE: _bridge_leave,
    FactKind.HOLD: _hold,
    FactKind.RESUME: _resume,
    FactKind.HANGUP_ASKED: _hangup_asked,
    FactKind.QUEUE_ABANDONED: _queue_abandoned,
    FactKind.LEG_GONE: _leg_gone,
    FactKind.CALL_OVER: _call_over,
    FactKind.CALL_LOST: _call_lost,
}
