"""From a text to a matter and a unit: what the model proposes, what the catalogue makes of it, who decides.

Sure -> the house reviews and dispatches by itself; unsure -> the queue shows the candidates with their evidence to a
person. A person's choice is never overwritten, and urgency is only ever raised. Automatic dispatch goes by the catalogue
alone; the history of final units (`unit_history`) only orders what a person is shown.
"""

from __future__ import annotations

import unicodedata
from dataclasses import asdict
from typing import Any

from classifiers.api import Prediction, Text
from hotline.domain import dispatch, personal, workflow
from hotline.domain.errors import InvalidInput
from hotline.domain.parties import Request
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.places import locate
from hotline.domain.reference import Reference
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import clock_changes, dispatching, elements
from hotline.services.learning import readings
from hotline.services.learning.remembering import RECALLED
from hotline.services.recording import changed, record

CANDIDATES = 3
SURE = 0.8
"""The least score of a proposal, matter times place, that is dispatched without a person."""
_URGENCY_ORDER = ("normal", "urgent", "critical")


def text_of(uow: UnitOfWork, ticket_id: int) -> Text | None:
    """What the classifier reads of a ticket; None when it no longer waits for triage."""
    ticket = uow.get(Ticket, ticket_id)
    if ticket.state not in workflow.BEFORE_DISPATCH or ticket.suggestion:
        return None
    requests = list(uow.find(Request, ticket_id=ticket_id))
    secret = ticket.secret or any(request.secret for request in requests)
    words = personal.without_persons("\n".join(request.text for request in requests), secret)
    title = personal.without_persons(ticket.title, secret)
    return elements.message(uow.reference, title, words, ticket.received_at)


def suggest(reference: Reference, prediction: Prediction, area: str, today: Any) -> dict[str, Any]:
    """A prediction joined with the catalogue, as plain data for screens, API and storage."""
    units: list[dict[str, Any]] = []
    for candidate in prediction.categories:
        for proposal in dispatch.propose(reference, candidate.code, area, today, candidate.score):
            if proposal.lead not in {unit["lead"] for unit in units}:
                units.append({**proposal.to_dict(), "evidence": list(prediction.evidence[:8])})
    units.sort(key=lambda unit: -unit["score"])
    return {
        "request_type": prediction.request_type,
        "request_type_score": round(prediction.request_type_score, 4),
        "categories": [
            {"code": c.code, "path": list(c.path), "score": round(c.score, 4)}
            for c in prediction.categories[:CANDIDATES]
        ],
        "certain": prediction.certain,
        "urgency": prediction.urgency,
        "sensitive": list(prediction.sensitive),
        "evidence": list(prediction.evidence[:12]),
        "entities": [asdict(entity) for entity in prediction.entities[:50]],
        "area": area,
        "units": units[:CANDIDATES],
    }


def record_prediction(
    uow: UnitOfWork, ticket_id: int, text: Text, prediction: Prediction, model: str
) -> None:
    """Keeps the suggestion, fills what nobody has chosen, then reviews and dispatches where all of it is sure."""
    ticket = uow.ticket_by_id(ticket_id)
    if ticket.state not in workflow.BEFORE_DISPATCH or ticket.suggestion:
        return
    whole = f"{ticket.title}\n{ticket.place}\n{text.detail}"
    located = locate(uow.reference, whole)
    ticket.area = ticket.area or located
    ticket.suggestion = {
        **suggest(uow.reference, prediction, ticket.area, uow.now.date()),
        "located": located,
        "model": model,
    }
    _fill(uow, ticket, prediction)
    if ticket.secret:
        ticket.suggestion = _without_masks(ticket.suggestion, _hidden(uow, ticket))
    clock_changes.fit(uow, ticket)
    record(
        uow,
        SYSTEM_ACTOR,
        ticket,
        "classified",
        public=False,
        model=model,
        categories=ticket.suggestion["categories"],
        evidence=ticket.suggestion["evidence"],
        certain=prediction.certain,
    )
    auto = _dispatch_if_sure(uow, ticket)
    readings.keep(uow, ticket.id, prediction, model, auto=auto)
    if not auto:
        ticket.queue_reason = _why_not(ticket)
        changed(uow, ticket, "classified")


def _without_masks(suggestion: dict[str, Any], hidden: str) -> dict[str, Any]:
    """What the model made secret was read with a surname and last digits in its masks: not even these are kept, bare
    ("1234") or masked, but only what stands in the `hidden` text. What was remembered quotes nobody."""

    def kept(words: list[str]) -> list[str]:
        return [word for word in words if _plain(word) in hidden or word.endswith(RECALLED)]

    return suggestion | {
        "evidence": kept(suggestion["evidence"]),
        "entities": [found for found in suggestion["entities"] if _plain(found["text"]) in hidden],
        "units": [{**unit, "evidence": kept(unit["evidence"])} for unit in suggestion["units"]],
    }


def _hidden(uow: UnitOfWork, ticket: Ticket) -> str:
    """The words of a ticket without their persons."""
    told = [ticket.title, *(request.text for request in uow.find(Request, ticket_id=ticket.id))]
    return _plain(personal.hide_text("\n".join(told)))


def _plain(text: str) -> str:
    """In the width and case in which a model writes its words of evidence."""
    return unicodedata.normalize("NFKC", text).casefold()


def _fill(uow: UnitOfWork, ticket: Ticket, prediction: Prediction) -> None:
    ticket.request_type = ticket.request_type or prediction.request_type
    ticket.sensitive = sorted({*ticket.sensitive, *prediction.sensitive})
    ticket.secret = ticket.secret or ticket.request_type == "report"
    ticket.urgency = max(ticket.urgency, prediction.urgency, key=_URGENCY_ORDER.index)
    ticket.certain = prediction.certain
    if not ticket.category and prediction.certain and prediction.categories:
        ticket.category, ticket.category_by = prediction.categories[0].code, "model"
        ticket.category_version = uow.reference.versions.get("category", 0)


def _dispatch_if_sure(uow: UnitOfWork, ticket: Ticket) -> bool:
    if not (uow.reference.row("setting", "intake") or {}).get("auto_dispatch"):
        return False
    units = ticket.suggestion["units"]
    best: dict[str, Any] | None = next(
        (
            unit
            for unit in units
            if not ticket.category or unit["matter"] == ticket.category[: len(unit["matter"])]
        ),
        None,
    )
    calm = ticket.urgency == "normal" and not ticket.sensitive
    if best is None or best["score"] < SURE or not ticket.certain or not calm:
        return False
    if not _can_take(uow, ticket, best):
        return False
    if ticket.state == workflow.REVIEW:
        dispatching.approve(uow, SYSTEM_ACTOR, ticket.no, "分类与承办单位均有把握，自动审核")
    if ticket.state != workflow.TO_DISPATCH:
        return False
    dispatching.open_round(uow, SYSTEM_ACTOR, ticket, best["lead"], best["assists"], "按派单目录自动派单")
    return True


def _can_take(uow: UnitOfWork, ticket: Ticket, best: dict[str, Any]) -> bool:
    """Whether the units are in force and may lead; otherwise a person chooses."""
    try:
        dispatching.checked_units(uow, ticket, best["lead"], best["assists"])
    except InvalidInput:
        return False
    return True


def _why_not(ticket: Ticket) -> str:
    if ticket.urgency != "normal":
        return "urgent"
    if ticket.sensitive:
        return "sensitive"
    if not ticket.suggestion["units"]:
        return "no_owner"
    return "unsure"
