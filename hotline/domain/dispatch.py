"""派单目录: from a matter and the place of the event to the unit that leads, with the row and the basis that say so.

The more exact row wins: a third-level matter before its second level, an area before its city. Rows name a unit
outright or by pattern (see hotline/data/catalogue.toml). The guard keeps departmental duties from being led by a
township (国办函〔2025〕66号: 职能部门的事项不得推给乡镇街道).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from hotline.domain.errors import InvalidInput
from hotline.domain.reference import Reference

_TOWNSHIP_LEVELS = frozenset({"town", "village"})
GUESSED_PLACE = 0.5
"""What a proposal is worth when its row needs the event's county and nobody knows it."""
_SCOPES = {"city": 0, "county": 1, "town": 2, "village": 3}


@dataclass(frozen=True)
class Proposal:
    """One way to dispatch: units, and why. `score` orders proposals of different matters, 0..1."""

    lead: str
    assists: tuple[str, ...]
    row: str
    matter: str
    basis: str
    score: float
    evidence: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {**self.__dict__, "assists": list(self.assists), "evidence": list(self.evidence)}


def propose(reference: Reference, matter: str, area: str, on: date, score: float = 1.0) -> list[Proposal]:
    """The catalogue's proposals for a matter at a place, best first; empty when no row fits (无主)."""
    found: list[Proposal] = []
    for row in _rows_for(reference, matter, on):
        if not _in_scope(reference, row, area):
            continue
        lead = unit_for(reference, str(row["lead"]), area)
        if lead and not pushed_down(reference, lead, row):
            worth = score if _place_known(reference, row, area) else score * GUESSED_PLACE
            found.append(_proposal(reference, row, lead, area, worth))
    best: dict[str, Proposal] = {}
    for proposal in found:
        best.setdefault(proposal.lead, proposal)
    return list(best.values())


def _proposal(reference: Reference, row: dict[str, Any], lead: str, area: str, score: float) -> Proposal:
    units = (unit_for(reference, pattern, area) for pattern in row.get("assists", []))
    centre = _with_role(
        reference, "热线中心", next((str(top["code"]) for top in reference.children("area")), "")
    )
    assists = tuple(dict.fromkeys(unit for unit in units if unit and unit not in (lead, centre)))
    return Proposal(
        lead, assists, str(row["id"]), str(row["matter"]), str(row.get("basis", "")), round(score, 4)
    )


def _rows_for(reference: Reference, matter: str, on: date) -> Iterator[dict[str, Any]]:
    for node in reversed(reference.path("category", matter)):
        rows = [
            row
            for row in reference.all_of("catalogue")
            if row["matter"] == node["code"] and in_force(row, on)
        ]
        yield from sorted(rows, key=partial(_exactness, reference), reverse=True)


def _exactness(reference: Reference, row: dict[str, Any]) -> int:
    """An area code before every pattern, and the smaller area before the one around it."""
    scope = str(row.get("area_scope", "city"))
    return _SCOPES[scope] if scope in _SCOPES else len(_SCOPES) + len(reference.path("area", scope))


def in_force(row: dict[str, Any], on: date) -> bool:
    """Whether the row's validity (inclusive days) covers the day."""
    start, end = str(row.get("valid_from") or ""), str(row.get("valid_to") or "9999")
    return start <= on.isoformat() <= end


def _in_scope(reference: Reference, row: dict[str, Any], area: str) -> bool:
    scope = str(row.get("area_scope", "city"))
    if scope in ("city", "county"):
        return True
    if scope == "town":
        return bool(reference.area_at(area, "town"))
    return any(node["code"] == scope for node in reference.path("area", area))


def _place_known(reference: Reference, row: dict[str, Any], area: str) -> bool:
    """Whether the place is known as closely as the row needs it; a county's row without a county is a guess."""
    return row.get("area_scope") != "county" or bool(reference.area_at(area, "county"))


def unit_for(reference: Reference, pattern: str, area: str) -> str:
    """The unit that a pattern means at a place, followed to its successor; "" when there is none.

    A unit code: that unit. "<level>:ROLE": the unit of the event's area at that level with the role, else the
    city's. "<level>:*": the government there, or the next above it; the hotline centre where no county is known.
    """
    level, _, role = pattern.partition(":")
    if not role:
        return successor(reference, pattern)
    city = next((str(row["code"]) for row in reference.children("area")), "")
    if role == "*":
        return _territory(reference, level, area) or _with_role(reference, "热线中心", city)
    return _with_role(reference, role, reference.area_at(area, level)) or _with_role(reference, role, city)


def _with_role(reference: Reference, role: str, area: str) -> str:
    units = (row for row in reference.all_of("unit") if row.get("area") == area and not row.get("successor"))
    return next((str(unit["code"]) for unit in units if area and role in unit.get("roles", [])), "")


def _territory(reference: Reference, level: str, area: str) -> str:
    """The territorial unit of the area at `level`, or of the next area above it that is at least a county."""
    for node in reversed(reference.path("area", area)):
        if node["level"] == "city" or _SCOPES[node["level"]] > _SCOPES[level]:
            continue
        for unit in reference.all_of("unit"):
            if unit.get("area") == node["code"] and unit.get("kind") == "territory":
                return str(unit["code"])
    return ""


def successor(reference: Reference, code: str) -> str:
    """The unit that has the duties of this one today; "" for an unknown code."""
    seen: set[str] = set()
    while (unit := reference.row("unit", code)) and unit.get("successor") and code not in seen:
        seen.add(code)
        code = str(unit["successor"])
    return code if reference.row("unit", code) else ""


def pushed_down(reference: Reference, lead: str, row: dict[str, Any]) -> bool:
    """Whether this lead would be a township with a department's duty on it."""
    unit = reference.row("unit", lead) or {}
    functional = row.get("duty_kind", "functional") == "functional" and not row.get("township_allowed", False)
    return functional and unit.get("level") in _TOWNSHIP_LEVELS


def guard(reference: Reference, lead: str, matter: str, area: str, on: date) -> None:
    """Refuses a township as lead of a matter whose catalogue rows are all departmental duties."""
    unit = reference.row("unit", lead) or {}
    if unit.get("level") not in _TOWNSHIP_LEVELS or not matter:
        return
    rows = [row for row in _rows_for(reference, matter, on) if _in_scope(reference, row, area)]
    if rows and all(pushed_down(reference, lead, row) for row in rows):
        bureau = unit_for(reference, str(rows[0]["lead"]), area)
        raise InvalidInput(
            "dispatch.pushed_down",
            f"该事项属职能部门职责，不得派由乡镇街道主办；目录建议由{reference.name('unit', bureau)}主办",
            {"suggested": bureau, "row": rows[0]["id"]},
        )


VERDICTS = {
    "first": "采用",
    "further": "备选",
    "same": "与前面的行同一单位",
    "elsewhere": "不在适用区域",
    "nobody": "找不到承办单位",
    "pushed_down": "部门职能，不得由乡镇街道主办",
}


def considered(
    reference: Reference, matter: str, area: str, on: date
) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Every row in force that speaks of the matter, in the order of asking, as (row, lead, key of VERDICTS).

    The rows that `propose` takes, and why it passes the others over.
    """
    leads: set[str] = set()
    for row in _rows_for(reference, matter, on):
        lead = unit_for(reference, str(row["lead"]), area) if _in_scope(reference, row, area) else ""
        if not _in_scope(reference, row, area):
            yield row, "", "elsewhere"
        elif not lead:
            yield row, "", "nobody"
        elif pushed_down(reference, lead, row):
            yield row, lead, "pushed_down"
        else:
            yield row, lead, "same" if lead in leads else "further" if leads else "first"
            leads.add(lead)
