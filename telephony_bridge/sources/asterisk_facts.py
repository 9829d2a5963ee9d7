"""What Asterisk's events mean: one AMI message in, at most one fact out. Pure; measured on Asterisk 16 and
22.

Left out on purpose: AgentComplete (it may lack every id, come seconds late, or not come at all), Cdr (one
to five per call) and device states while ringing (RINGING on one version, BUSY on another). Nothing a
stranger writes into a caller name can look like a header here, because messages are already cut.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..api import Fact, FactKind, Party
from ..clock import Clock, SystemClock
from ..wire.frames import Message, event_name

log = logging.getLogger(__name__)
DIALLED = "HOTLINE_DIALED"
RECORDING = "HOTLINE_REC"
_UNKNOWN = {"", "<unknown>"}
_NO_TAKER = {
    "NOANSWER": "no_answer",
    "BUSY": "refused",
    "CONGESTION": "unreachable",
    "CHANUNAVAIL": "unreachable",
    "CANCEL": "cancelled",
    "ABORT": "cancelled",
}
_OFFLINE = {"0", "4", "5"}  # unknown, invalid, unavailable
_FREE = "1"
CHANNEL_RING = "4"  # the state of a channel that came in from outside Asterisk


@dataclass(frozen=True, slots=True)
class Site:
    """How one exchange is set up: `trunks` names the endpoints and contexts that lead to citizens."""

    source: str = "pbx"
    trunks: frozenset[str] = frozenset({"trunk", "from-trunk"})


def endpoint(channel: str) -> str:
    """The endpoint of a channel or interface name: PJSIP/8001-0000000a -> 8001, Local/8002@q-1;1 -> 8002."""
    name = channel.partition("/")[2].partition(";")[0]
    if "@" in name:
        return name.partition("@")[0]
    head, dash, tail = name.rpartition("-")
    return head if dash and len(tail) == 8 else name


def pair(channel: str) -> str:
    """What the two ends of a Local channel have in common; "" for any other channel."""
    return channel.rpartition(";")[0] if channel.startswith("Local/") else ""


def number(text: str) -> str:
    return "" if text in _UNKNOWN else text


def party(site: Site, channel: str, context: str) -> Party:
    """Who is at the end of a channel."""
    if channel.startswith("Local/"):
        return Party.PLUMBING
    outside = endpoint(channel) in site.trunks or context in site.trunks
    return Party.CITIZEN if outside else Party.AGENT


class AsteriskFacts:
    """Turns messages into facts. `unread` counts what was ignored, by event name; `failed` what could not
    be read.
    """

    def __init__(self, site: Site | None = None, clock: Clock | None = None) -> None:
        self.site = site or Site()
        self._clock = clock or SystemClock()
        self.unread: Counter[str] = Counter()
        self.failed = 0

    def read(self, message: Message) -> Fact | None:
        """The fact in a message, or None. Never raises: one odd event must not stop the stream."""
        reader = READERS.get(message.event)
        if reader is None:
            self.unread[message.event] += 1
            return None
        try:
            return reader(self, message)
        except (ValueError, KeyError, OverflowError):
            self.failed += 1
            log.warning("could not read an AMI event of kind %s", message.event)
            return None

    def at(self, message: Message) -> datetime:
        """The exchange's time; our own where `timestampevents` is off."""
        stamp = message.get("timestamp")
        return datetime.fromtimestamp(float(stamp), UTC) if stamp else self._clock.now()

    def call_id(self, linked: str) -> str:
        return f"{self.site.source}:{linked}" if linked else ""

    def of_leg(self, kind: FactKind, message: Message, **more: Any) -> Fact:
        """A fact about the message's own channel."""
        who = party(self.site, message.get("channel"), message.get("context"))
        outside = who is Party.CITIZEN
        values: dict[str, Any] = {
            "leg": message.get("uniqueid"),
            "party": who,
            "pair": pair(message.get("channel")),
            "number": number(message.get("calleridnum")) if outside else "",
            "name": number(message.get("calleridname")) if outside else "",
            "agent": endpoint(message.get("channel")) if who is Party.AGENT else "",
        }
        dialled = dict(message.variables("chanvariable")).get(DIALLED, "")
        if dialled:
            values |= {"dialled": dialled, "dialled_sure": True}
        return self.make(kind, message, **(values | more))

    def make(self, kind: FactKind, message: Message, **values: Any) -> Fact:
        linked = message.get("linkedid") or message.get("destlinkedid")
        return Fact(
            kind=kind,
            at=self.at(message),
            source=self.site.source,
            call_id=self.call_id(linked),
            **values,
        )


Reader = Callable[[AsteriskFacts, Message], Fact | None]


def _of_leg(kind: FactKind) -> Reader:
    return lambda facts, message: facts.of_leg(kind, message)


def _new_leg(facts: AsteriskFacts, message: Message) -> Fact:
    fact = facts.of_leg(FactKind.LEG_NEW, message)
    arrived = message.get("channelstate") == CHANNEL_RING and fact.party is Party.CITIZEN
    extension = message.get("exten")
    if not arrived or fact.dialled_sure or not extension.isdigit():
        return fact
    return facts.of_leg(FactKind.LEG_NEW, message, dialled=extension)


def _gone_leg(facts: AsteriskFacts, message: Message) -> Fact:
    return facts.of_leg(FactKind.LEG_GONE, message, reason=message.get("cause"))


def _new_state(facts: AsteriskFacts, message: Message) -> Fact | None:
    fact = facts.of_leg(FactKind.CALL_TAGGED, message)
    return fact if fact.dialled_sure and fact.party is Party.CITIZEN else None


def _user_event(facts: AsteriskFacts, message: Message) -> Fact | None:
    name = message.get("userevent").lower()
    if name == "hotlinecall":
        dialled = message.get("dialed")
        return facts.of_leg(
            FactKind.CALL_TAGGED,
            message,
            dialled=dialled,
            dialled_sure=bool(dialled),
            recording=message.get("recording"),
        )
    if name == "hotlinehold":
        on = message.get("state").lower() == "on"
        return facts.of_leg(FactKind.HOLD if on else FactKind.RESUME, message, reason="desk")
    return None


def _queued(facts: AsteriskFacts, message: Message) -> Fact:
    return facts.of_leg(FactKind.QUEUED, message, queue=message.get("queue"))


def _dest(facts: AsteriskFacts, kind: FactKind, message: Message, **more: Any) -> Fact:
    """A fact about the leg being dialled (Dest… headers), and the leg that dials it where there is one."""
    interface = message.get("interface") or message.get("destchannel")
    who = party(facts.site, message.get("destchannel"), message.get("destcontext"))
    values: dict[str, Any] = {
        "agent": endpoint(interface) if who is not Party.CITIZEN else "",
        "agent_leg": message.get("destuniqueid"),
        "agent_party": who,
        "queue": message.get("queue"),
    } | more
    if who is Party.CITIZEN:
        values["number"] = number(message.get("destcalleridnum"))
    if message.get("channel"):
        return facts.of_leg(kind, message, **values)
    return facts.make(kind, message, **values)


def _ring(facts: AsteriskFacts, message: Message) -> Fact:
    return _dest(facts, FactKind.RING, message)


def _dial_state(facts: AsteriskFacts, message: Message) -> Fact | None:
    return _ring(facts, message) if message.get("dialstatus") == "RINGING" else None


def _ring_no_answer(facts: AsteriskFacts, message: Message) -> Fact:
    return _dest(facts, FactKind.RING_OVER, message, reason="no_answer")


def _dial_end(facts: AsteriskFacts, message: Message) -> Fact | None:
    reason = _NO_TAKER.get(message.get("dialstatus"))
    return _dest(facts, FactKind.RING_OVER, message, reason=reason) if reason else None


def _connected(facts: AsteriskFacts, message: Message) -> Fact:
    return _dest(facts, FactKind.ANSWERED, message)


def _bridge(kind: FactKind) -> Reader:
    return lambda facts, message: facts.of_leg(kind, message, bridge=message.get("bridgeuniqueid"))


def _linked_end(facts: AsteriskFacts, message: Message) -> Fact | None:
    return facts.make(FactKind.CALL_OVER, message) if message.get("eventname") == "LINKEDID_END" else None


def member(facts: AsteriskFacts, message: Message) -> Fact:
    """An agent's place in a queue: paused or not, and whether the phone can be reached."""
    status = message.get("status")
    device = "offline" if status in _OFFLINE else "free" if status == _FREE else "busy"
    return Fact(
        kind=FactKind.AGENT_STATUS,
        at=facts.at(message),
        source=facts.site.source,
        agent=endpoint(message.get("interface") or message.get("location")),
        queue=message.get("queue"),
        status=device,
        paused=message.get("paused") == "1",
        reason=message.get("pausedreason"),
    )


def _member_removed(facts: AsteriskFacts, message: Message) -> Fact:
    return Fact(
        kind=FactKind.AGENT_REMOVED,
        at=facts.at(message),
        source=facts.site.source,
        agent=endpoint(message.get("interface")),
        queue=message.get("queue"),
    )


READERS: dict[str, Reader] = {
    "Newchannel": _new_leg,
    "Newstate": _new_state,
    "Hangup": _gone_leg,
    "HangupRequest": _of_leg(FactKind.HANGUP_ASKED),
    "UserEvent": _user_event,
    "QueueCallerJoin": _queued,
    "QueueCallerAbandon": _of_leg(FactKind.QUEUE_ABANDONED),
    "AgentCalled": _ring,
    "AgentConnect": _connected,
    "AgentRingNoAnswer": _ring_no_answer,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "BridgeEnter": _bridge(FactKind.BRIDGE_ENTER),
    "BridgeLeave": _bridge(FactKind.BRIDGE_LEAVE),
    "Hold": _of_leg(FactKind.HOLD),
    "Unhold": _of_leg(FactKind.RESUME),
    "CEL": _linked_end,
    "QueueMemberStatus": member,
    "QueueMemberPause": member,
    "QueueMemberAdded": member,
    "QueueMemberRemoved": _member_removed,
}


def wanted(frame: bytes) -> bool:
    """Whether a raw frame can hold a fact; spares decoding the two thirds that cannot."""
    name = event_name(frame)
    return name in READERS and (name != "CEL" or b"LINKEDID_END" in frame)
