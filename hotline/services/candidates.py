"""The units that a dispatcher is offered for a ticket, best first, each with its catalogue row and the words that
speak for it.

Reckoned when asked for, not kept: correcting the matter or the place changes them at once. A matter that a person
chose stands before all that the model thought. By the catalogue alone: what a person is shown also hears the history of
final units (`unit_history`), what the house dispatches by itself or in a batch does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from hotline.domain import dispatch
from hotline.domain.reference import Reference

Row = dict[str, Any]
MOST = 3
SCOPES = {"city": "全市", "county": "各区县", "town": "各乡镇街道"}


def for_ticket(reference: Reference, ticket: Row, on: date) -> list[Row]:
    """At most three: lead, assists, row, matter, basis, score, evidence, and their names. Only the row that fits a
    matter best has a score; what its wider rows would give stands without one.

    `ticket` needs category, category_by, area and suggestion.
    """
    evidence = list(ticket["suggestion"].get("evidence", []))[:8]
    found: dict[str, Row] = {}
    for code, score in _matters(ticket):
        for place, proposal in enumerate(dispatch.propose(reference, code, ticket["area"], on, score)):
            offered = _named(reference, proposal, evidence)
            found.setdefault(proposal.lead, offered if not place else {**offered, "score": None})
    return list(found.values())[:MOST]


def first(reference: Reference, ticket: Row, on: date) -> Row | None:
    """The best candidate alone, for lists: {"lead", "name", "score"}; None without any."""
    for code, score in _matters(ticket):
        for proposal in dispatch.propose(reference, code, ticket["area"], on, score):
            return {
                "lead": proposal.lead,
                "name": reference.name("unit", proposal.lead),
                "score": proposal.score,
            }
    return None


def _matters(ticket: Row) -> Iterator[tuple[str, float]]:
    thought = {row["code"]: float(row["score"]) for row in ticket["suggestion"].get("categories", [])}
    if ticket["category"]:
        yield (
            ticket["category"],
            1.0 if ticket["category_by"] != "model" else thought.get(ticket["category"], 1.0),
        )
    for code, score in sorted(thought.items(), key=lambda pair: -pair[1]):
        if code != ticket["category"]:
            yield code, score


def _named(reference: Reference, proposal: dispatch.Proposal, evidence: list[str]) -> Row:
    row = reference.row("catalogue", proposal.row) or {}
    scope = str(row.get("area_scope", "city"))
    return {
        **proposal.to_dict(),
        "name": reference.name("unit", proposal.lead),
        "assist_names": [reference.name("unit", unit) for unit in proposal.assists],
        "matter_name": reference.path_name("category", proposal.matter),
        "scope_name": SCOPES.get(scope) or reference.name("area", scope),
        "township_allowed": bool(row.get("township_allowed")),
        "duty_kind": "属地管理" if row.get("duty_kind") == "territorial" else "部门职能",
        "note": str(row.get("note", "")),
        "evidence": evidence,
    }


def marks(text: str, evidence: list[str]) -> list[Row]:
    """Where the evidence words stand in a text, for marking them."""
    spans: list[Row] = []
    for word in sorted({word for word in evidence if len(word) > 1}, key=len, reverse=True):
        start = text.find(word)
        while start >= 0:
            spans.append({"start": start, "end": start + len(word), "kind": "", "title": "依据词"})
            start = text.find(word, start + len(word))
    return spans
