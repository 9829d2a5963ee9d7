"""What Asterisk says exists right now, told as facts, so that a snapshot and the live stream have one
state machine.

A snapshot knows less than the stream: not since when somebody is on hold, and not which agents rang
before. The first leg's DNID is the dialled number; `HOTLINE_DIALED` and the recording's path survive as
channel variables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..api import Confidence, Fact, FactKind, Party, Snapshot
from ..wire.frames import Message
from .asterisk_facts import DIALLED, RECORDING, AsteriskFacts, endpoint, member, number, pair, party

RINGING = "5"  # ChannelState of a leg that rings


@dataclass(frozen=True, slots=True)
class Dump:
    """The answers to CoreStatus, CoreShowChannels, Status and QueueStatus."""

    core: Message
    channels: list[Message]
    details: list[Message]
    queues: list[Message]


@dataclass(frozen=True, slots=True)
class _Channel:
    row: Message
    detail: Message | None

    def get(self, key: str) -> str:
        return (self.detail.get(key) if self.detail else "") or self.row.get(key)

    def variable(self, name: str) -> str:
        found = dict(self.row.variables("chanvariable"))
        if self.detail:
            found |= dict(self.detail.variables("chanvariable", "variable"))
        return found.get(name, "")

    @property
    def leg(self) -> str:
        return self.row.get("uniqueid")

    @property
    def first(self) -> bool:
        return self.leg == self.row.get("linkedid")


def read_dump(facts: AsteriskFacts, dump: Dump, now: datetime) -> Snapshot:
    """The snapshot in a dump. Channels that were gone before their details came are left out."""
    details = {row.get("uniqueid"): row for row in dump.details if row.event == "Status"}
    channels = [
        _Channel(row, details.get(row.get("uniqueid")))
        for row in dump.channels
        if row.event == "CoreShowChannel"
    ]
    channels.sort(key=lambda channel: not channel.first)
    waiting = _queued(facts, channels, dump.queues, now)
    legs = {fact.leg for fact in waiting}
    found = [
        leg if leg.leg in legs else replace(leg, queue=channel.variable("QUEUENAME"))
        for channel in channels
        for leg in [_leg(facts, channel, now)]
    ]
    found += waiting
    found += [fact for channel in channels for fact in _doing(facts, channel, now)]
    found += [_at(member(facts, row), now) for row in dump.queues if row.event == "QueueMember"]
    return Snapshot(_epoch(dump.core), now, tuple(found), _legs(facts, channels))


def _epoch(core: Message) -> str:
    return f"{core.get('corestartupdate')} {core.get('corestartuptime')}".strip()


def _legs(facts: AsteriskFacts, channels: list[_Channel]) -> dict[str, dict[str, str]]:
    legs: dict[str, dict[str, str]] = {}
    for channel in channels:
        call_id = facts.call_id(channel.row.get("linkedid"))
        legs.setdefault(call_id, {})[channel.leg] = _bridge(channel)
    return legs


def _bridge(channel: _Channel) -> str:
    return channel.row.get("bridgeid") or channel.get("bridgeid")


def _leg(facts: AsteriskFacts, channel: _Channel, now: datetime) -> Fact:
    who = _party(facts, channel)
    dialled = channel.variable(DIALLED)
    return Fact(
        kind=FactKind.LEG_NEW,
        at=now - _age(channel),
        source=facts.site.source,
        call_id=facts.call_id(channel.row.get("linkedid")),
        leg=channel.leg,
        party=who,
        pair=pair(channel.row.get("channel")),
        number=number(channel.get("calleridnum")) if who is Party.CITIZEN else "",
        name=number(channel.get("calleridname")) if who is Party.CITIZEN else "",
        dialled=dialled or (channel.get("dnid") if who is Party.CITIZEN and channel.first else ""),
        dialled_sure=bool(dialled),
        agent=endpoint(channel.row.get("channel")) if who is Party.AGENT else "",
        recording=channel.variable(RECORDING),
        confidence=Confidence.RESYNC,
    )


def _party(facts: AsteriskFacts, channel: _Channel) -> Party:
    return party(facts.site, channel.row.get("channel"), channel.row.get("context"))


def _age(channel: _Channel) -> timedelta:
    seconds = channel.get("seconds")
    return timedelta(seconds=int(seconds)) if seconds.isdigit() else timedelta()


def _queued(facts: AsteriskFacts, channels: list[_Channel], rows: list[Message], now: datetime) -> list[Fact]:
    """Who waits, and where."""
    waiting = {row.get("uniqueid"): row.get("queue") for row in rows if row.event == "QueueEntry"}
    return [
        replace(_leg(facts, channel, now), kind=FactKind.QUEUED, at=now, queue=waiting[channel.leg])
        for channel in channels
        if channel.leg in waiting
    ]


def _doing(facts: AsteriskFacts, channel: _Channel, now: datetime) -> list[Fact]:
    """Ringing, and standing in a bridge."""
    leg = _leg(facts, channel, now)
    found = []
    if channel.row.get("channelstate") == RINGING and leg.party is Party.AGENT:
        ring = replace(leg, kind=FactKind.RING, at=now, leg="", party=Party.PLUMBING, agent_leg=leg.leg)
        found.append(ring)
    if _bridge(channel):
        found.append(replace(leg, kind=FactKind.BRIDGE_ENTER, at=now, bridge=_bridge(channel)))
    return found


def _at(fact: Fact, now: datetime) -> Fact:
    return replace(fact, at=now, confidence=Confidence.RESYNC)
