"""What is known about one call, and the small steps every rule in `calls` is made of. Immutable and pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from .api import CallEvent, Direction, EventName, Fact, FactKind, Party, event_id
from .numbers import normalise


@dataclass(frozen=True, slots=True)
class Leg:
    party: Party
    agent: str = ""
    bridge: str = ""
    pair: str = ""


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


def direction(fact: Fact) -> Direction:
    """Inbound when the first leg is a citizen's, or a later one an agent's; the first leg names the call."""
    first = fact.call_id == f"{fact.source}:{fact.leg}"
    if fact.party is Party.PLUMBING:
        return Direction.INBOUND if fact.leg and not first else Direction.OUTBOUND
    return Direction.INBOUND if (fact.party is Party.CITIZEN) == first else Direction.OUTBOUND


def note(call: Call, fact: Fact, now: datetime) -> Call:
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
        fact.leg: Leg(fact.party, fact.agent if fact.party is Party.AGENT else "", pair=fact.pair),
        fact.agent_leg: Leg(fact.agent_party, fact.agent),
    }
    if fact.agent_leg:
        found[fact.leg] = Leg(fact.party, pair=fact.pair)  # `agent` belongs to the other leg here
    new = {leg: who for leg, who in found.items() if leg and leg not in call.legs and leg not in call.gone}
    if not new or fact.kind is FactKind.LEG_GONE:
        return call.legs
    return {**call.legs, **new}


def say(call: Call, name: EventName, fact: Fact, now: datetime, **more: Any) -> Outcome:
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


def stop_ringing(call: Call, leg: str) -> Call:
    """The phone of this leg rings no more."""
    if leg not in call.ringing:
        return call
    left = {key: agent for key, agent in call.ringing.items() if key != leg}
    return replace(call, ringing=left)


def with_citizen(call: Call, leg: str) -> bool:
    """Whether a leg and a citizen's hear each other: in one bridge, or in bridges joined by plumbing."""
    bridge = call.legs[leg].bridge if leg in call.legs else ""
    if not bridge:
        return False
    heard = _joined(call, bridge)
    return any(other.bridge in heard and other.party is Party.CITIZEN for other in call.legs.values())


def _joined(call: Call, bridge: str) -> set[str]:
    """A bridge and those that plumbing legs join to it; a consult transfer leaves such a chain behind."""
    bridges, grown = {bridge}, True
    plumbing = [leg for leg in call.legs.values() if leg.pair and leg.bridge]
    while grown:
        pairs = {leg.pair for leg in plumbing if leg.bridge in bridges}
        found = {leg.bridge for leg in plumbing if leg.pair in pairs}
        grown = not found <= bridges
        bridges |= found
    return bridges


def move(call: Call, leg: str, bridge: str) -> Call:
    """Put a leg into a bridge; "" is none."""
    legs = {**call.legs, leg: replace(call.legs[leg], bridge=bridge)}
    return replace(call, legs=legs)
