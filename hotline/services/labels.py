"""What people say about a ticket becomes labels: written with the act itself, by `stated` and by nothing else.

Choosing, correcting, accepting, claiming and ruling all count, each marked as what it was. The house itself, old
systems and citizens state nothing here: only a person with an account teaches a model. The truth about a ticket is
the last statement that is not a mere claim; all of them are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hotline.domain.learning import FIELDS, Label
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork

_READ = ("category", "request_type", "urgency")
"""The fields that a model fills on the ticket itself; the unit stands on assignments."""


def stated(
    uow: UnitOfWork, actor: Actor, ticket: Ticket, field: str, value: str, how: str, against: str = ""
) -> None:
    """Keeps one statement of a person beside what the model had said of the same field."""
    if actor.user_id is None or field not in FIELDS:
        return
    said, score = said_of(ticket.suggestion, field)
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
            taxonomy_version=uow.reference.versions.get("category", 0),
            model=str(ticket.suggestion.get("model", "")),
            said=said,
            said_score=score,
            at=uow.now,
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
    return str(suggestion.get(field, "")), float(suggestion.get(f"{field}_score") or 0.0)


def chosen(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> None:
    """What was chosen at the door: the matter, the type, and an urgency above the usual."""
    for field in _READ:
        value = str(getattr(ticket, field))
        if value and (field, value) != ("urgency", "normal"):
            stated(uow, actor, ticket, field, value, "chosen")


def corrected(uow: UnitOfWork, actor: Actor, ticket: Ticket, changed: Iterable[str]) -> None:
    """The changed fields of a ticket as they are now. Setting what the model had said is a confirmation."""
    for field in _READ:
        if field in changed:
            value = str(getattr(ticket, field))
            agrees = bool(value) and value == said_of(ticket.suggestion, field)[0]
            stated(uow, actor, ticket, field, value, "confirmed" if agrees else "corrected")


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
