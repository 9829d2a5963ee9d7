"""Short ways to tell the life of a call in facts, and to sum up what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from telephony_bridge.api import CallEvent, EventName, Fact, FactKind, Party
from telephony_bridge.book import CallBook
from telephony_bridge.sources.recording import Recording

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CALL = "pbx:c1"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def fact(kind: FactKind, seconds: float, **more: object) -> Fact:
    values: dict[str, object] = {"call_id": CALL, "leg": "c1", "party": Party.CITIZEN} | more
    return Fact(kind=kind, at=at(seconds), source="pbx", **values)


def arrives(seconds: float = 0.0) -> list[Fact]:
    return [
        fact(FactKind.LEG_NEW, seconds, number="13800000001", name="王小明", dialled="12345"),
        fact(FactKind.QUEUED, seconds + 0.1, queue="12345"),
    ]


def rings(agent: str, leg: str, seconds: float) -> list[Fact]:
    return [
        fact(FactKind.LEG_NEW, seconds, leg=leg, party=Party.AGENT, agent=agent),
        fact(FactKind.RING, seconds, agent=agent, agent_leg=leg, queue="12345"),
    ]


def talks(agent: str, leg: str, seconds: float, bridge: str = "b1") -> list[Fact]:
    return [
        fact(FactKind.ANSWERED, seconds, agent=agent, agent_leg=leg),
        fact(FactKind.BRIDGE_ENTER, seconds, leg=leg, party=Party.AGENT, agent=agent, bridge=bridge),
        fact(FactKind.BRIDGE_ENTER, seconds, bridge=bridge),
    ]


def gone(leg: str, seconds: float, cause: str = "16") -> Fact:
    party = Party.CITIZEN if leg == "c1" else Party.AGENT
    return fact(FactKind.LEG_GONE, seconds, leg=leg, party=party, reason=cause)


def run(facts: Iterable[Fact], book: CallBook | None = None) -> list[CallEvent]:
    """The events of some facts, each taken in at its own time; agents' states left out."""
    book = book or CallBook()
    said = [event for item in facts for event in book.take(item, item.at)]
    return [event for event in said if event.name is not EventName.AGENT_STATE]


def names(events: Iterable[CallEvent]) -> list[str]:
    return [event.name.value.removeprefix("call.") for event in events]


def recorded(name: str) -> list[Fact]:
    return [item.fact for item in Recording.load(name).facts()]


@dataclass(frozen=True)
class Record:
    """What a finished call comes down to."""

    call_id: str
    caller: str
    hotline: str
    agents: tuple[str, ...]
    reason: str


def records(events: Iterable[CallEvent]) -> set[Record]:
    events = list(events)
    ended = [event for event in events if event.name is EventName.ENDED]
    return {
        Record(event.call_id, event.caller, event.hotline, _agents(events, event.call_id), event.reason)
        for event in ended
    }


def _agents(events: list[CallEvent], call_id: str) -> tuple[str, ...]:
    met = {EventName.ANSWERED, EventName.TRANSFERRED}
    return tuple(event.agent for event in events if event.call_id == call_id and event.name in met)
