"""承办历史: which units finally finished tickets like this one, as a second voice beside the dispatch catalogue.

The catalogue remains the law. Here it is decided only in which order its candidates are *shown* to a person, with the
reason, and whom a person may look at where the catalogue has nobody. What the house does by itself (automatic and batch
dispatch, `triage`, `candidates.first`) never asks this module.

Alike is, in this order and as soon as ENOUGH tickets were closed in the last DAYS: the same matter in the same county, the
same matter anywhere, the second-level matter above in the same county, and anywhere. A unit's part of them is

    part = (n + recent) / (N + all recent + CAUTION)

n its tickets, recent those of the last RECENT_DAYS, N those of all units: recent ones count twice, and few prove little.
A catalogue candidate is shown by  (1 - WEIGHT) * catalogue + WEIGHT * part ; a wider row, which has no score of its own,
enters with WIDER of the first one's. With WEIGHT .4 a wider row overtakes the exact one only with nearly all of a long
history. One SQL statement for any number of tickets; units out of force are never named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from hotline.domain import dispatch
from hotline.domain.errors import InvalidInput
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork

Row = dict[str, Any]
DAYS, RECENT_DAYS = 90, 30
ENOUGH, CAUTION = 3, 5
WEIGHT, WIDER = 0.4, 0.5
MOST = 3


@dataclass(frozen=True)
class Finished:
    """What one unit finished among the alike: `count` in DAYS, its `part` of all, and the words for a person."""

    unit: str
    count: int
    part: float
    reason: str


def for_person(uow: UnitOfWork, offered: list[Row], ticket: Mapping[str, Any]) -> list[Row]:
    """The candidates of one ticket as a person is shown them; see `shown`."""
    return shown(uow.reference, offered, ticket, gather(uow, [matter_of(ticket)]), uow.now.date())


def gather(uow: UnitOfWork, matters: Iterable[str]) -> list[Row]:
    """The counts that `alike` needs for these matters: one statement, none without a matter."""
    wanted: set[str] = set()
    for matter in matters:
        wanted |= uow.reference.subtree("category", _around(uow.reference, matter)) if matter else set()
    since, recent = (uow.now - timedelta(days=days) for days in (DAYS, RECENT_DAYS))
    return uow.views.finished_by(sorted(wanted), since, recent) if wanted else []


def alike(
    reference: Reference, counts: Iterable[Row], matter: str, area: str, on: date
) -> dict[str, Finished]:
    """By unit what it finished, for the narrowest kind of likeness that has enough; empty where none has."""
    counts = list(counts)
    county = reference.area_at(area, "county")
    here = reference.subtree("area", county) if county else frozenset()
    same, wider = (
        reference.subtree("category", matter),
        reference.subtree("category", _around(reference, matter)),
    )
    for categories, areas, words in (
        (same, here, "本地同类"),
        (same, None, "全市同类"),
        (wider, here, "本地相近事项"),
        (wider, None, "全市相近事项"),
    ):
        rows = [
            row for row in counts if row["category"] in categories and (areas is None or row["area"] in areas)
        ]
        found = _parts(reference, rows, words, on)
        if found:
            return found
    return {}


def _around(reference: Reference, matter: str) -> str:
    """The second-level matter around a leaf; a matter of the first two levels stands for itself."""
    path = reference.path("category", matter)
    return str(path[min(1, len(path) - 1)]["code"]) if path else matter


def _parts(reference: Reference, rows: list[Row], words: str, on: date) -> dict[str, Finished]:
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        unit = dispatch.successor(reference, str(row["lead_unit"]))
        if unit and dispatch.in_force(reference.row("unit", unit) or {}, on):
            count, recent = sums.get(unit, (0, 0))
            sums[unit] = count + int(row["count"]), recent + int(row["recent"])
    if sum(count for count, _ in sums.values()) < ENOUGH:
        return {}
    total = sum(count + recent for count, recent in sums.values()) + CAUTION
    return {
        unit: Finished(unit, count, (count + recent) / total, f"近 {DAYS} 天 {count} 件{words}由其办结")
        for unit, (count, recent) in sums.items()
    }


def shown(
    reference: Reference, offered: list[Row], ticket: Mapping[str, Any], counts: Iterable[Row], on: date
) -> list[Row]:
    """The catalogue's candidates in the order for a person, each with `history` (a reason, or ""); or, where the
    catalogue has none, the units of history that may lead, marked by an empty `row`.

    offered: what candidates.for_ticket gave. ticket needs category, area and suggestion.
    """
    matter = matter_of(ticket)
    known = alike(reference, counts, matter, ticket["area"], on) if matter else {}
    if not offered:
        return _from_history(reference, known, matter, ticket["area"], on)
    with_reason = [
        {**row, "history": known[row["lead"]].reason if row["lead"] in known else ""} for row in offered
    ]
    first = next((row["score"] for row in offered if row["score"] is not None), 0.0)
    return sorted(with_reason, key=lambda row: -_standing(row, first, known))


def matter_of(ticket: Mapping[str, Any]) -> str:
    """The matter whose history counts: the chosen one, else the model's first thought."""
    thought = ticket["suggestion"].get("categories") or [{"code": ""}]
    return str(ticket["category"] or thought[0]["code"])


def _standing(row: Row, first: float, known: Mapping[str, Finished]) -> float:
    catalogue = row["score"] if row["score"] is not None else first * WIDER
    part = known[row["lead"]].part if row["lead"] in known else 0.0
    return (1 - WEIGHT) * catalogue + WEIGHT * part


def _from_history(
    reference: Reference, known: Mapping[str, Finished], matter: str, area: str, on: date
) -> list[Row]:
    best = sorted(known.values(), key=lambda one: (-one.part, one.unit))
    return [
        _candidate(reference, one, matter) for one in best if _may_lead(reference, one.unit, matter, area, on)
    ][:MOST]


def _may_lead(reference: Reference, unit: str, matter: str, area: str, on: date) -> bool:
    try:
        dispatch.guard(reference, unit, matter, area, on)
    except InvalidInput:
        return False
    return True


def _candidate(reference: Reference, one: Finished, matter: str) -> Row:
    return {
        "lead": one.unit,
        "name": reference.name("unit", one.unit),
        "assists": [],
        "assist_names": [],
        "row": "",
        "matter": matter,
        "matter_name": reference.path_name("category", matter),
        "scope_name": "",
        "basis": "",
        "note": "派单目录没有这一事项的单位，以下只是办理历史，供参考",
        "score": None,
        "duty_kind": "办理历史",
        "township_allowed": False,
        "evidence": [],
        "history": one.reason,
    }
