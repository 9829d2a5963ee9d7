"""What people say about a ticket becomes labels: written with the act itself, by `stated` and by nothing else.

Choosing, correcting, accepting, claiming, ruling, merging and undoing a merge all count, each marked as what it was. The
house itself, old systems and citizens state nothing here: only a person with an account teaches a model. The truth about a
ticket is the last statement that is not a mere claim; all of them are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from classifiers.api import Entity
from classifiers.duplicates import SAME, SCHEME, Sketch, compare
from hotline.domain.learning import FIELDS, Label
from hotline.domain.people import Actor
from hotline.domain.personal import without_persons
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import elements

_READ = ("category", "request_type", "urgency")
"""The fields that a model fills on the ticket itself; the unit stands on assignments."""
_CORRECTED = (*_READ, "sensitive", "area", "place")
_TAXONOMIES = {"area": "area"}
"""Which reference data's version a label keeps; the matters' where nothing else is said."""


def stated(
    uow: UnitOfWork, actor: Actor, ticket: Ticket, field: str, value: str, how: str, against: str = ""
) -> None:
    """Keeps one statement of a person beside what the model had said of the same field."""
    said, score = said_of(ticket.suggestion, field)
    model = str(ticket.suggestion.get("model", ""))
    _keep(uow, actor, ticket, field, value, how, against, model=model, said=said, said_score=score)


def _keep(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    field: str,
    value: str,
    how: str,
    against: str,
    **heard: Any,
) -> None:
    if actor.user_id is None or field not in FIELDS:
        return
    uow.add(
        Label(
            id=uow.new_id(),
            ticket_id=ticket.id,
            field=field,
            value=value,
            how=how,
            author=actor.name,
            author_id=actor.user_id,
            role="+".join(sorted(actor.roles)),
            unit=actor.unit,
            against=against,
            taxonomy_version=uow.reference.versions.get(_TAXONOMIES.get(field, "category"), 0),
            at=uow.now,
            **heard,
        )
    )


def said_of(suggestion: dict[str, Any], field: str) -> tuple[str, float]:
    """What a kept suggestion says of a field, and how surely; ("", 0) where it says nothing."""
    if field == "category":
        first: dict[str, Any] = next(iter(suggestion.get("categories") or ()), {})
        return str(first.get("code", "")), float(first.get("score", 0.0))
    if field == "unit":
        first = next(iter(suggestion.get("units") or ()), {})
        return str(first.get("lead", "")), float(first.get("score") or 0.0)
    if field == "area":
        return str(suggestion.get("located", "")), 0.0
    if field == "place":
        return elements.place_for([Entity(**found) for found in suggestion.get("entities", ())]), 0.0
    if field == "sensitive":
        return " ".join(suggestion.get("sensitive", ())), 0.0
    return str(suggestion.get(field, "")), float(suggestion.get(f"{field}_score") or 0.0)


def chosen(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> None:
    """What was chosen at the door: the matter, the type, and an urgency above the usual."""
    for field in _READ:
        value = str(getattr(ticket, field))
        if value and (field, value) != ("urgency", "normal"):
            stated(uow, actor, ticket, field, value, "chosen")


def corrected(uow: UnitOfWork, actor: Actor, ticket: Ticket, changed: Iterable[str]) -> None:
    """The changed fields of a ticket as they are now. Setting what the model had said is a confirmation."""
    for field in _CORRECTED:
        if field in changed:
            value = _value(ticket, field)
            agrees = bool(value) and value == said_of(ticket.suggestion, field)[0]
            stated(uow, actor, ticket, field, value, "confirmed" if agrees else "corrected")


def _value(ticket: Ticket, field: str) -> str:
    if field == "sensitive":
        return " ".join(ticket.sensitive)
    if field == "place":
        return without_persons(ticket.place, ticket.secret)
    return str(getattr(ticket, field))


def merged(uow: UnitOfWork, actor: Actor, ticket: Ticket, other: Ticket) -> None:
    """A person said that two tickets are about the same."""
    likeness = _likeness(ticket, other)
    if likeness is None:
        how = "chosen"
    else:
        how = "confirmed" if likeness >= SAME else "corrected"
    _of_two(uow, actor, ticket, other, other.no, how, likeness)


def unmerged(uow: UnitOfWork, actor: Actor, ticket: Ticket, other: Ticket) -> None:
    """A person said that they are not: what was said before is taken back, and of which ticket is kept."""
    _of_two(uow, actor, ticket, other, "", "corrected", _likeness(ticket, other), against=other.no)


def _of_two(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    other: Ticket,
    value: str,
    how: str,
    likeness: float | None,
    against: str = "",
) -> None:
    heard: dict[str, Any] = {}
    if likeness is not None:
        said = other.no if likeness >= SAME else ""
        heard = {"model": f"sketch/{SCHEME}", "said": said, "said_score": round(likeness, 4)}
    _keep(uow, actor, ticket, "duplicate", value, how, against, **heard)


def _likeness(ticket: Ticket, other: Ticket) -> float | None:
    """What the finder of duplicates says of the two by their texts; None where one has not been sketched, as at the
    desk, where a call is registered and merged in one step: then it has said nothing that could be wrong."""
    one, another = Sketch.loads(ticket.signature), Sketch.loads(other.signature)
    return None if one.empty or another.empty else compare(one, another).score


def accepted(uow: UnitOfWork, actor: Actor, ticket: Ticket, fields: Iterable[str] = _READ) -> None:
    """A person let pass what stands on the ticket."""
    for field in fields:
        if value := str(getattr(ticket, field)):
            stated(uow, actor, ticket, field, value, "confirmed")


def sent_to(uow: UnitOfWork, actor: Actor, ticket: Ticket, unit: str) -> None:
    """A person dispatched to this lead, and so accepted the matter too."""
    agrees = unit == said_of(ticket.suggestion, "unit")[0]
    stated(uow, actor, ticket, "unit", unit, "confirmed" if agrees else "corrected")
    accepted(uow, actor, ticket, ("category",))
