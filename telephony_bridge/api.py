"""What the rest of the house sees of telephony: facts, events, the source contract and its errors.

A *fact* is one small thing a source noticed ("this leg rings"), in words no vendor owns. A *call event* is
what the state machine in `calls` concludes from facts ("call 7 rings at agent 8001"); these are the
canonical events that the platform stores and shows. Two choices may surprise: a fact never says that a
call was answered or is over unless the exchange said so in that very event, and phone numbers and names
are left out of every `repr`, so that a careless log line stays clean.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

EVENT_VERSION = 1


class TelephonyError(Exception):
    """A failure with a machine code and a Chinese message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SourceLost(TelephonyError):
    """The link to the exchange is gone; connect again and take a snapshot. `code` says why."""


class SourceRefused(TelephonyError):
    """The exchange refused our credentials. Retry rarely: a quick loop gets the address banned."""


class BadSourceUrl(TelephonyError, ValueError):
    """The configured source URL cannot be understood."""


class RecordingError(TelephonyError):
    """A recorded stream is missing or broken, or has no such call."""


class Confidence(StrEnum):
    """How we know: seen live, found by a snapshot, or concluded from what is missing."""

    LIVE = "live"
    RESYNC = "resync"
    INFERRED = "inferred"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Party(StrEnum):
    """Who is at the far end of a leg. Plumbing legs belong to the exchange and are never shown."""

    CITIZEN = "citizen"
    AGENT = "agent"
    PLUMBING = "plumbing"


class FactKind(StrEnum):
    LEG_NEW = "leg.new"
    LEG_GONE = "leg.gone"
    CALL_TAGGED = "call.tagged"
    QUEUED = "queue.joined"
    QUEUE_ABANDONED = "queue.abandoned"
    RING = "ring"
    RING_OVER = "ring.over"
    ANSWERED = "agent.connected"
    BRIDGE_ENTER = "bridge.enter"
    BRIDGE_LEAVE = "bridge.leave"
    HOLD = "hold"
    RESUME = "resume"
    HANGUP_ASKED = "hangup.asked"
    CALL_OVER = "call.over"
    CALL_LOST = "call.lost"
    AGENT_STATUS = "agent.status"
    AGENT_REMOVED = "agent.removed"


class EventName(StrEnum):
    OFFERED = "call.offered"
    QUEUED = "call.queued"
    RINGING = "call.ringing"
    RING_MISSED = "call.ring_missed"
    ANSWERED = "call.answered"
    HELD = "call.held"
    RESUMED = "call.resumed"
    TRANSFERRED = "call.transferred"
    ABANDONED = "call.abandoned"
    ENDED = "call.ended"
    AGENT_STATE = "agent.state"
    SOURCE_UP = "source.up"
    SOURCE_DOWN = "source.down"
    SOURCE_RESYNCED = "source.resynced"


class EndReason(StrEnum):
    COMPLETED = "completed"
    ABANDONED = "abandoned"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    LOST = "lost"


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WRAPUP = "wrapup"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a source noticed.

    `at` is the exchange's own time, aware and in UTC. `leg` is the leg the fact is about; in RING,
    RING_OVER and ANSWERED it is the citizen's leg where known and `agent_leg` the phone's. `pair` names
    the two ends of a plumbing leg, which carry sound from one bridge to another. `dialled_sure` tells the
    number set by the exchange's dial plan from the one merely read off the first leg. `reason` holds what
    the kind needs: a hang-up cause, why ringing stopped, or a pause reason; `status` is an agent's device:
    free, busy or offline.
    """

    kind: FactKind
    at: datetime
    source: str
    call_id: str = ""
    leg: str = ""
    party: Party = Party.PLUMBING
    number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    dialled: str = ""
    dialled_sure: bool = False
    queue: str = ""
    agent: str = ""
    agent_leg: str = ""
    agent_party: Party = Party.AGENT
    bridge: str = ""
    pair: str = ""
    reason: str = ""
    status: str = ""
    paused: bool = False
    recording: str = ""
    confidence: Confidence = Confidence.LIVE


@dataclass(frozen=True, slots=True)
class CallEvent:
    """A canonical event, the same for every kind of exchange; versioned, safe to receive twice.

    `event_id` is a hash of what happened, so two bridges on one exchange give one id; `seq` counts within
    a call from 1. `caller` is E.164 where the number can be read so, else the digits as sent, or
    "anonymous"; `caller_raw` is what the network sent. On outbound calls the caller is still the citizen.
    `hotline` is the number the citizen dialled. Times are aware UTC from the exchange; `seen_at` is our
    own clock. `reason` is an `EndReason` on call.ended, why ringing stopped on call.ring_missed, the pause
    reason on agent.state, and a `SourceLost` code on source.down.
    """

    name: EventName
    event_id: str
    source: str
    at: datetime
    seen_at: datetime
    call_id: str = ""
    seq: int = 0
    direction: Direction = Direction.INBOUND
    caller: str = field(default="", repr=False)
    caller_raw: str = field(default="", repr=False)
    caller_name: str = field(default="", repr=False)
    hotline: str = ""
    queue: str = ""
    agent: str = ""
    previous_agent: str = ""
    reason: str = ""
    state: str = ""
    recording: str = ""
    offered_at: datetime | None = None
    answered_at: datetime | None = None
    gap_from: datetime | None = None
    gap_to: datetime | None = None
    confidence: Confidence = Confidence.LIVE

    def to_dict(self) -> dict[str, Any]:
        """The event as JSON-able data: enums as their text, times in ISO 8601 with offset, `version`
        added.
        """
        data = {key: _plain(value) for key, value in asdict(self).items()}
        data["version"] = EVENT_VERSION
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> CallEvent:
        """The event back from `to_dict`; keys of a newer version are ignored. Raises KeyError, ValueError."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        for key in _TIMES:
            if values.get(key) is not None:
                values[key] = datetime.fromisoformat(values[key])
        values["name"] = EventName(values["name"])
        values["direction"] = Direction(values.get("direction", Direction.INBOUND))
        values["confidence"] = Confidence(values.get("confidence", Confidence.LIVE))
        return cls(**values)


_TIMES = ("at", "seen_at", "offered_at", "answered_at", "gap_from", "gap_to")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, StrEnum) else value


def event_id(*parts: str) -> str:
    """A stable 32-digit hexadecimal id of what happened; equal parts give equal ids on every machine."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the exchange says exists right now.

    `epoch` changes when the exchange restarts: every call known before is gone then. `facts` rebuild the
    calls and agents when stepped through the state machine (confidence RESYNC); `legs` maps each call id
    to its living legs and the bridge each is in ("" for none).
    """

    epoch: str
    at: datetime
    facts: tuple[Fact, ...] = ()
    legs: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a source can know or do; the desk shows only what is true here."""

    queue: bool = False
    hold: bool = False
    dialled_number: bool = False
    agent_state: bool = False
    recordings: bool = False
    snapshot: bool = False


class TelephonySource(Protocol):
    """A place facts come from.

    Call `connect`, then `snapshot`, then iterate `facts`: facts that happen while the snapshot is taken
    are kept and delivered afterwards, and stepping both is idempotent. `facts` ends when a finite source
    is played out and raises `SourceLost` when the link goes; after that `connect` may be called again.
    `connect` raises `SourceLost` when nobody answers and `SourceRefused` for bad credentials. `close` may
    be called at any time, also twice.
    """

    name: str
    capabilities: Capabilities

    async def connect(self) -> None: ...

    async def snapshot(self) -> Snapshot: ...

    def facts(self) -> AsyncIterator[Fact]: ...

    async def close(self) -> None: ...
