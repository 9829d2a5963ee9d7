"""What a model answered for a ticket, kept beside what people say of it later."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from classifiers.api import Prediction, Text
from hotline.domain.learning import Reading
from hotline.domain.personal import without_persons
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
    """Stores one model's answer for one ticket; its first one stands, or a week would count the ticket twice."""
    if uow.first(Reading, ticket_id=ticket_id, model=model, shadow=shadow) is not None:
        return
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


def texts_of(uow: UnitOfWork, tickets: Collection[int]) -> dict[int, Text]:
    """The tickets' own texts without personal data, whether or not their requests stand under others now."""
    return {row["id"]: masked(row) for row in uow.views.told(tickets)}


def masked(told: dict[str, Any]) -> Text:
    """What was told of a ticket as a machine may read it."""
    return Text(
        without_persons(told["title"], told["secret"]), without_persons(told["words"], told["secret"])
    )
