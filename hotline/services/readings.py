"""What a model answered for a ticket, kept beside what people say of it later."""

from __future__ import annotations

from collections.abc import Sequence

from classifiers.api import Prediction, Text
from hotline.domain.learning import Reading
from hotline.domain.parties import Request
from hotline.domain.personal import without_persons
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork


def keep(
    uow: UnitOfWork,
    ticket_id: int,
    prediction: Prediction,
    model: str,
    *,
    shadow: bool = False,
    auto: bool = False,
) -> None:
    """Stores one model's answer for one ticket."""
    first = prediction.categories[0].code if prediction.categories else ""
    uow.add(
        Reading(
            id=uow.new_id(),
            ticket_id=ticket_id,
            model=model,
            shadow=shadow,
            category=first,
            score=class_score(prediction),
            certain=prediction.certain,
            request_type=prediction.request_type,
            urgency=prediction.urgency,
            auto=auto,
            at=uow.now,
        )
    )


def class_score(prediction: Prediction) -> float:
    """The score of the first candidate's first-level class; 0 where there is no candidate."""
    if not prediction.categories:
        return 0.0
    root = prediction.categories[0].path[0]
    return next((found.score for found in prediction.classes if found.path[0] == root), 0.0)


def texts_of(uow: UnitOfWork, tickets: Sequence[Ticket]) -> dict[int, Text]:
    """The tickets' own texts without personal data, whether or not their requests stand under others now."""
    spoken: dict[int, list[Request]] = {}
    for request in uow.find(Request, home_ticket_id=[ticket.id for ticket in tickets]):
        spoken.setdefault(request.home_ticket_id, []).append(request)
    return {ticket.id: _text_of(ticket, spoken.get(ticket.id, ())) for ticket in tickets}


def _text_of(ticket: Ticket, requests: Sequence[Request]) -> Text:
    secret = ticket.secret or any(request.secret for request in requests)
    words = "\n".join(request.text for request in requests)
    return Text(without_persons(ticket.title, secret), without_persons(words, secret))
