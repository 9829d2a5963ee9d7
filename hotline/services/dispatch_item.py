"""One item of the dispatch desk with all that its decision needs: a ticket, an application, a reply.

The request stands there as the unit will read it, with the words that speak for a unit marked.
"""

from __future__ import annotations

from typing import Any

from classifiers.duplicates import Sketch
from hotline.domain import personal, workflow
from hotline.domain.assignment import Application, Assignment
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import candidates, matters, queries, seen, unit_history
from hotline.services.handling import FACTS
from hotline.services.unit_reading import request_text

Row = dict[str, Any]
PRECEDENT_KINDS = ("return", "objection")


def ticket(uow: UnitOfWork, actor: Actor, no: str) -> Row:
    """One ticket for reviewing and dispatching: as the unit will read it, with candidates, evidence and warnings. What
    stands in its texts is found outside the transaction (`elements.read_requests`)."""
    whole = queries.ticket(uow, actor, no)
    offered = candidates.for_ticket(uow.reference, whole, uow.now.date())
    whole["candidates"] = unit_history.for_person(uow, offered, whole)
    whole["seen"] = seen.last_step(whole)
    evidence = list(whole["suggestion"].get("evidence", []))[:12]
    for request in whole["requests"]:
        request["unit_text"] = request_text(request["text"], request["secret"] or whole["secret"])
        request["personal"] = sorted(
            {personal.KINDS[span.kind] for span in personal.find_personal(request["text"])}
        )
        request["marks"] = candidates.marks(request["unit_text"], evidence)
    whole["similar"] = _similar(uow, actor, whole)
    return whole


def _similar(uow: UnitOfWork, actor: Actor, whole: Row) -> list[Row]:
    """Open tickets about the same matter at the same place: what this one may be merged into."""
    if whole["state"] not in workflow.BEFORE_DISPATCH or not whole["requests"]:
        return []
    told = matters.Told(Sketch.loads(whole["signature"]), whole["area"])
    return matters.alike(uow, actor, told, besides=whole["id"])


def application(uow: UnitOfWork, actor: Actor, application_id: int) -> Row:
    """One application with both sides' arguments, the hops so far, and how such things were decided before."""
    held = uow.get(Application, application_id)
    whole = queries.ticket(uow, actor, uow.get(Ticket, held.ticket_id).no)
    row = next(item for item in whole["applications"] if item["id"] == application_id)
    assignment = next(item for item in whole["assignments"] if item["id"] == held.assignment_id)
    round_ = next((r for r in whole["rounds"] if r["number"] == assignment["round_no"]), None)
    proposed = uow.reference.row("unit", row["proposed_unit"]) or {}
    for request in whole["requests"]:
        request["unit_text"] = request_text(request["text"], request["secret"] or whole["secret"])
        request["marks"] = []
    return {
        "application": row,
        "whole": whole,
        "assignment": assignment,
        "unit": uow.reference.row("unit", row["applied_unit"]) or {},
        "proposed": proposed,
        "round": round_,
        "catalogue_row": _row_at(uow, round_),
        "hops": [_hop(uow, entry) for entry in whole["timeline"] if entry["kind"] in _HOPS],
        "earlier": [item for item in whole["applications"] if item["id"] < application_id],
        "precedents": _precedents(uow, whole, row),
        "candidates": candidates.for_ticket(uow.reference, whole, uow.now.date()),
        "seen": seen.last_step(whole),
    }


_HOPS = frozenset({"dispatch", "reassign", "rehandle", "reopen", "apply_return", "object", "decide", "rule"})


def _hop(uow: UnitOfWork, entry: Row) -> Row:
    to = entry["data"].get("after") or entry["data"].get("lead") or ""
    return {**entry, "to": uow.reference.name("unit", to) if to else ""}


def _row_at(uow: UnitOfWork, round_: Row | None) -> Row:
    """The catalogue row that the round was dispatched by, as it was then."""
    if not round_ or not round_["catalogue_row"]:
        return {}
    version, key = round_["catalogue_version"], round_["catalogue_row"]
    if uow.reference.versions.get("catalogue") == version:
        return uow.reference.row("catalogue", key) or {}
    return uow.views.reference_at("catalogue", version).get(key, {})


def _precedents(uow: UnitOfWork, whole: Row, row: Row) -> list[Row]:
    if not whole["category"]:
        return []
    kinds = PRECEDENT_KINDS if row["kind"] in PRECEDENT_KINDS else (row["kind"],)
    found = uow.views.precedents(whole["category"], kinds, row["id"])
    return [
        {
            **queries.application_row(uow.reference, item),
            "no": item["no"],
            "title": personal.mask_text(item["title"]),
            "ruled_unit": uow.reference.name("unit", item["ruling"]["unit"])
            if item["ruling"].get("unit")
            else "",
        }
        for item in found
    ]


def reply(uow: UnitOfWork, actor: Actor, assignment_id: int) -> Row:
    """One released reply with its ticket, to be accepted or sent back."""
    held = uow.get(Assignment, assignment_id)
    whole = queries.ticket(uow, actor, uow.get(Ticket, held.ticket_id).no)
    assignment = next(item for item in whole["assignments"] if item["id"] == assignment_id)
    for request in whole["requests"]:
        request["unit_text"] = request_text(request["text"], request["secret"] or whole["secret"])
        request["marks"] = []
    return {
        "whole": whole,
        "assignment": assignment,
        "replies": [row for row in whole["replies"] if row["assignment_id"] == assignment_id],
        "facts_said": facts_of(uow, assignment["facts"]),
        "files": [row for row in whole["attachments"] if row["assignment_id"] == assignment_id],
        "seen": seen.last_step(whole),
    }


def facts_of(uow: UnitOfWork, facts: Row) -> list[tuple[str, str]]:
    """办理事实 in words."""
    said = [
        (label, "是" if facts[name] else "否") for name, label in FACTS.items() if facts.get(name) is not None
    ]
    if facts.get("unsolved_reason"):
        said.append(("未解决原因", uow.reference.name("reason", facts["unsolved_reason"])))
    return said
