"""Help while an agent types: type, matter, place, units, deadline, knowledge and tickets about the same.

All of it is advice. A field that a person has touched is not advised on, and help that is late or fails is left out:
nothing here is needed to register a ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from classifiers.api import SENSITIVE, Prediction
from classifiers.duplicates import Sketch
from hotline.domain.people import Actor
from hotline.domain.places import locate
from hotline.domain.reference import Reference
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import candidates, clocks, desk, elements, knowledge, matters, triage, unit_history
from kb.api import Filter
from kb.documents import EVERYWHERE, readable_filters
from kb.suggest import Suggestion

Row = dict[str, Any]


@dataclass(frozen=True)
class Typed:
    """What stands in the form. `touched` are the fields that a person has set."""

    text: str
    title: str = ""
    place: str = ""
    request_type: str = ""
    urgency: str = "normal"
    category: str = ""
    area: str = ""
    phone: str = ""
    call_id: str = ""
    touched: frozenset[str] = frozenset()


def where_to_look(reference: Reference, today: date, typed: Typed) -> tuple[str, dict[str, Filter]]:
    """The area that the text names (or was chosen), and the filters of the articles that hold there."""
    area = typed.area or locate(reference, f"{typed.place}\n{typed.title}\n{typed.text}")
    filters = readable_filters(on=today, public_only=False)
    if area:
        filters["area"] = [*(str(row["code"]) for row in reference.path("area", area)), EVERYWHERE]
    return area, filters


def help_for(
    uow: UnitOfWork,
    actor: Actor,
    typed: Typed,
    area: str,
    prediction: Prediction | None,
    articles: Sequence[Suggestion] | None,
    sketch: Sketch | None = None,
    told: Row = elements.NOTHING,
) -> Row:
    """Everything the desk shows beside the form, as plain data; None where a part is not available now. `told` is what
    elements.for_desk finds in the text."""
    found = triage.suggest(uow.reference, prediction, area, uow.now.date()) if prediction else {}
    request_type = _own(typed, "request_type") or str(found.get("request_type", ""))
    urgency = _own(typed, "urgency") or str(found.get("urgency", "normal"))
    category = typed.category or _sure(found)
    matter = {
        "category": category,
        "category_by": "agent" if typed.category else "model",
        "area": area,
        "suggestion": found,
    }
    return {
        "classified": prediction is not None,
        "request_type": request_type,
        "title": told["title"],
        "place": told["place"],
        "elements": told["elements"],
        "urgency": urgency,
        "area": area,
        "area_name": uow.reference.path_name("area", area) if area else "",
        "category": category,
        "categories": _categories(uow, typed.category, found),
        "units": unit_history.for_person(
            uow, candidates.for_ticket(uow.reference, matter, uow.now.date()), matter
        ),
        "sensitive": [SENSITIVE.get(word, word) for word in found.get("sensitive", [])],
        "entities": _entities(typed.text, found, told["words"]),
        "deadline": deadline_words(uow, request_type, urgency, category),
        "articles": None if articles is None else articles_of(uow, articles),
        "similar": similar(uow, actor, typed, area, sketch),
        "history": desk.history_of(uow, actor, typed.phone) if actor.may("ticket.reveal") else [],
    }


def _own(typed: Typed, name: str) -> str:
    return str(getattr(typed, name)) if name in typed.touched else ""


def _sure(found: Row) -> str:
    """The model's matter where it is certain; a person chooses otherwise."""
    best = (found.get("categories") or [None])[0]
    return str(best["code"]) if best and found.get("certain") else ""


def _categories(uow: UnitOfWork, chosen: str, found: Row) -> list[Row]:
    """Candidates for the picker; what a person has chosen stands first."""
    evidence = found.get("evidence", [])[:4]
    items = [
        {"id": row["code"], "name": " › ".join(row["path"]), "score": row["score"], "words": evidence}
        for row in found.get("categories", [])
    ]
    for item in items[1:]:
        item["words"] = []
    if chosen and chosen not in {item["id"] for item in items}:
        name = uow.reference.path_name("category", chosen)
        items = [{"id": chosen, "name": name, "words": [], "note": "人工选择"}, *items[:2]]
    return items


def _entities(text: str, found: Row, told: dict[str, str]) -> list[Row]:
    """What is marked in the text as it is typed, each wording once: the model's evidence, and what the text tells."""
    words = {word: "evidence" for word in found.get("evidence", []) if len(word) > 1} | told
    return [{"text": word, "kind": kind} for word, kind in words.items() if word in text]


def deadline_words(uow: UnitOfWork, request_type: str, urgency: str, category: str) -> Row | None:
    """The reply deadline that a dispatch now would give: {"limit": "5 个工作日", "due_at", "provisional"}."""
    profile, _ = clocks.rules_of(uow.reference)
    limit = profile.select("reply", request_type, urgency, category)
    if limit is None:
        return None
    sample = Ticket(
        id=0,
        no="",
        state="",
        title="",
        hotline="",
        channel="",
        request_type=request_type,
        urgency=urgency,
        category=category,
        received_at=uow.now,
        changed_at=uow.now,
    )
    due = clocks.preview(uow.reference, sample, "reply", uow.now)
    return {"limit": limit.words, "due_at": due.due_at, "provisional": due.provisional} if due else None


def articles_of(uow: UnitOfWork, found: Sequence[Suggestion]) -> list[Row]:
    """Suggested articles, held against the database."""
    readable = uow.articles.readable([int(one.id) for one in found])
    return [
        {**knowledge.summary(uow.reference, readable[int(one.id)]), "terms": list(one.terms)}
        for one in found
        if int(one.id) in readable
    ]


def similar(
    uow: UnitOfWork, actor: Actor, typed: Typed, area: str, sketch: Sketch | None
) -> list[Row] | None:
    """Tickets about the same, most alike first, only those that the actor may see; None when nobody could look."""
    if sketch is None:
        return None
    phones = desk.known_as(uow, actor, typed.phone, typed.call_id)
    return matters.alike(uow, actor, matters.Told(sketch, area), phone_indexes=phones)
