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

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from .api import CallEvent, Confidence, Direction, EndReason, EventName, Fact, FactKind, Party
from .call import Call, Outcome, direction, move, note, say, stop_ringing, with_citizen

GRACE = timedelta(seconds=5)
FAILED_CAUSES = frozenset({"1", "3", "17", "20", "21", "22", "27", "28", "34", "38", "41", "42"})
TAKEN_NOT = frozenset({"no_answer", "refused", "unreachable"})


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
    return _apply(note(call, fact, now), fact, now)


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
        direction=direction(fact),
        area=area,
    )
    call = note(call, fact, now)
    known = fact.confidence
    if known is Confidence.LIVE and fact.kind is not FactKind.LEG_NEW:
        known = Confidence.INFERRED
    call, events = say(call, EventName.OFFERED, replace(fact, confidence=known), now)
    call, more = _apply(call, fact, now)
    return call, events + more


def _apply(call: Call, fact: Fact, now: datetime) -> Outcome:
    handler = HANDLERS.get(fact.kind)
    return handler(call, fact, now) if handler else (call, [])


def _queued(call: Call, fact: Fact, now: datetime) -> Outcome:
    again = call.queued_at is not None and call.queue == fact.queue
    repeated = again and (not call.answered_at or call.queued_at == fact.at)
    if repeated or with_citizen(call, call.talking_leg):
        return call, []
    call = replace(call, queue=fact.queue, queued_at=fact.at)
    return say(call, EventName.QUEUED, fact, now, anchor=f"{fact.queue}|{fact.at.isoformat()}")


def _ring(call: Call, fact: Fact, now: datetime) -> Outcome:
    leg = fact.agent_leg
    known = leg in call.gone or leg in call.tried or leg == call.talking_leg
    if not fact.agent or known or fact.agent in call.ringing.values():
        return call, []
    ringing = {**call.ringing, leg: fact.agent}
    call = replace(call, ringing=ringing, tried=call.tried | {leg})
    return say(call, EventName.RINGING, fact, now, agent=fact.agent, anchor=leg)


def _ring_over(call: Call, fact: Fact, now: datetime) -> Outcome:
    leg = fact.agent_leg
    if fact.agent_party is Party.CITIZEN and fact.reason in TAKEN_NOT:
        return replace(call, dial_failed=fact.reason != "no_answer"), []
    if leg not in call.ringing:
        return call, []
    call = stop_ringing(call, leg)
    if fact.reason not in TAKEN_NOT:
        return call, []
    return say(call, EventName.RING_MISSED, fact, now, agent=fact.agent, reason=fact.reason, anchor=leg)


def _connected(call: Call, fact: Fact, now: datetime) -> Outcome:
    return _talk(call, fact, now, fact.agent_leg, fact.agent)


def _talk(call: Call, fact: Fact, now: datetime, leg: str, agent: str) -> Outcome:
    if leg == call.talking_leg:
        return call, []
    same = agent == call.agent and call.talking_leg in call.legs
    joined = call.talking_leg and with_citizen(call, call.talking_leg)
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
        ringing={} if first else stop_ringing(call, leg).ringing,
    )
    if first:
        return say(call, EventName.ANSWERED, fact, now, anchor=leg)
    anchor = f"{leg}|{fact.at.isoformat()}"
    return say(call, EventName.TRANSFERRED, fact, now, previous_agent=before, anchor=anchor)


def _bridge_enter(call: Call, fact: Fact, now: datetime) -> Outcome:
    if fact.leg not in call.legs or call.legs[fact.leg].bridge == fact.bridge:
        return call, []
    call = move(call, fact.leg, fact.bridge)
    pair = fact.leg == call.talking_leg or fact.party is Party.CITIZEN
    if call.held and pair and with_citizen(call, call.talking_leg):
        return _resume(call, fact, now)
    return _follow_bridge(call, fact, now)


def _follow_bridge(call: Call, fact: Fact, now: datetime) -> Outcome:
    """Whoever of the agents shares a bridge with the citizen is the one who talks."""
    for leg, who in call.legs.items():
        if who.party is Party.AGENT and leg != call.talking_leg and with_citizen(call, leg):
            return _talk(call, fact, now, leg, who.agent)
    return call, []


def _bridge_leave(call: Call, fact: Fact, now: datetime) -> Outcome:
    leg = call.legs.get(fact.leg)
    if leg is None or leg.bridge != fact.bridge:
        return call, []
    return _follow_bridge(move(call, fact.leg, ""), fact, now)


def _hold(call: Call, fact: Fact, now: datetime) -> Outcome:
    if call.held or not call.talking_leg:
        return call, []
    return say(replace(call, held=True), EventName.HELD, fact, now, anchor=fact.at.isoformat())


def _resume(call: Call, fact: Fact, now: datetime) -> Outcome:
    if not call.held:
        return call, []
    return say(replace(call, held=False), EventName.RESUMED, fact, now, anchor=fact.at.isoformat())


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
        stop_ringing(call, fact.leg),
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
        call, events = say(call, EventName.ABANDONED, fact, now)
    call, last = say(call, EventName.ENDED, fact, now, reason=reason.value)
    return replace(call, ended=True), events + last


def _end_reason(call: Call) -> EndReason:
    if call.answered_at:
        return EndReason.COMPLETED
    if call.direction is Direction.OUTBOUND:
        return EndReason.FAILED if call.dial_failed else EndReason.NO_ANSWER
    if call.citizen_left:
        return EndReason.ABANDONED
    return EndReason.NO_ANSWER if call.queue or call.tried else EndReason.FAILED


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
