"""From a snapshot and what we believed to the facts that join the two; used after every connect and once a
minute.

A call we knew and the exchange does not is lost, because its true end was never told; calls that came and
went in the gap leave no trace here. After a restart of the exchange (another epoch) nothing we knew can
still be alive.
"""

from __future__ import annotations

from collections.abc import Mapping

from .api import Confidence, Fact, FactKind, Party, Snapshot
from .call import Call


def missing(calls: Mapping[str, Call], snapshot: Snapshot) -> frozenset[str]:
    """The calls we hold open and the exchange does not know."""
    return frozenset(calls) - frozenset(snapshot.legs)


def losses(calls: Mapping[str, Call], snapshot: Snapshot, gone: frozenset[str]) -> list[Fact]:
    """The facts that end the calls in `gone` as lost."""
    return [_fact(FactKind.CALL_LOST, calls[call_id], snapshot) for call_id in sorted(gone)]


def newcomers(calls: Mapping[str, Call], snapshot: Snapshot) -> list[Fact]:
    """The facts of calls the exchange knows and we do not."""
    return [fact for fact in snapshot.facts if fact.call_id and fact.call_id not in calls]


def difference(calls: Mapping[str, Call], snapshot: Snapshot, gone: frozenset[str]) -> list[Fact]:
    """The facts that bring `calls` to the state of the snapshot; calls in `gone` are ended as lost."""
    facts = losses(calls, snapshot, gone)
    for call_id, legs in snapshot.legs.items():
        call = calls.get(call_id)
        if call:
            facts += _left_bridges(call, legs, snapshot)
    facts += snapshot.facts
    for call_id, legs in snapshot.legs.items():
        call = calls.get(call_id)
        if call:
            facts += [
                _fact(FactKind.LEG_GONE, call, snapshot, leg=leg) for leg in call.legs if leg not in legs
            ]
    return facts


def _left_bridges(call: Call, now_in: Mapping[str, str], snapshot: Snapshot) -> list[Fact]:
    return [
        _fact(FactKind.BRIDGE_LEAVE, call, snapshot, leg=leg, bridge=known.bridge)
        for leg, known in call.legs.items()
        if known.bridge and now_in.get(leg, "") != known.bridge
    ]


def _fact(kind: FactKind, call: Call, snapshot: Snapshot, leg: str = "", bridge: str = "") -> Fact:
    known = call.legs.get(leg)
    return Fact(
        kind=kind,
        at=snapshot.at,
        source=call.source,
        call_id=call.call_id,
        leg=leg,
        bridge=bridge,
        confidence=Confidence.RESYNC,
        party=known.party if known else Party.PLUMBING,
    )
