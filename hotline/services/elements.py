"""What a text says of whom, when, where, what and what is wanted: marks for reading it, the five elements, a title.

Read anew whenever a text is shown, from the very words that are shown: of a text that was masked for its reader nothing more
can come out than stands there, and nothing is kept. It takes milliseconds a text: not for a transaction, nor for the event
loop (Runtime.call); of an endless text the beginning is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from classifiers.api import ENTITY_KINDS, PLACE_FORMS, Entity, Text
from classifiers.extraction import Gazetteer, find
from classifiers.summary import ELEMENTS, Element, summarise, title
from hotline.domain.drafts import title_of
from hotline.domain.personal import find_personal, hide_text
from hotline.domain.reckoning import LOCAL
from hotline.domain.reference import Reference

Row = dict[str, Any]
MOST_REQUESTS = 20
"""Of a ticket with more callers the first ones are marked; the others tell the same."""
READ_CHARS = 5_000
_NUMBERS = frozenset({"phone", "id_number", "credit_code", "plate", "email", "bank_card"})
_ELEMENT_KINDS = {"who": "person", "when": "time", "where": "place", "what": "", "wants": ""}


@lru_cache(maxsize=4)
def gazetteer(reference: Reference) -> Gazetteer:
    """The city's areas with their short names, and the roads, estates and landmarks known in them."""
    rows = list(reference.all_of("area"))
    return Gazetteer(
        [str(name) for row in rows for name in (row["name"], *row.get("aliases", []))],
        [str(place) for row in rows for place in row.get("places", [])],
    )


def message(reference: Reference, title: str, detail: str, received_at: datetime) -> Text:
    """A message for the classifier with the city's names and its own day."""
    return Text(title, detail, received_at.astimezone(LOCAL), gazetteer(reference))


def entities(reference: Reference, text: str, received_at: datetime) -> tuple[Entity, ...]:
    """What stands in the text; relative days are counted from the day it came, in local time."""
    return find(text, received_at.astimezone(LOCAL), gazetteer(reference))


def marks(found: Sequence[Entity]) -> list[Row]:
    """Spans for the page's marks: {"start", "end", "kind", "title"}."""
    return [{"start": one.start, "end": one.end, "kind": kind_of(one), "title": said(one)} for one in found]


def kind_of(entity: Entity) -> str:
    """The look of a mark: numbers that point at somebody look alike."""
    return "number" if entity.kind in _NUMBERS else entity.kind


def said(entity: Entity) -> str:
    """What a mark tells on hover: the kind, and what the words mean where that is more than they say."""
    label, value = ENTITY_KINDS[entity.kind], entity.value
    if entity.kind == "organisation":
        return "被反映单位" if value else label
    if entity.kind == "place":
        value = PLACE_FORMS.get(value, "")
    if entity.kind == "amount" and value:
        value = f"{value.replace('/', ' 至 ')} 元"
    return f"{label}：{readable(value)}" if value else label


def readable(value: str) -> str:
    """An ISO time or span for people: 2026-03-11T22:00/2026-03-12 -> 2026-03-11 22:00 至 2026-03-12."""
    return value.lstrip("T").replace("/T", " 至 ").replace("/", " 至 ").replace("T", " ")


def summary(text: str, found: Sequence[Entity]) -> list[Row]:
    """The five elements that the text has: {"name", "label", "pieces": [{"text", "kind", "value"}]}."""
    shortly = summarise(text, found)
    rows = []
    for name, label in ELEMENTS.items():
        pieces = [_piece(name, piece) for piece in getattr(shortly, name)]
        if pieces:
            rows.append({"name": name, "label": label, "pieces": pieces})
    return rows


def _piece(name: str, piece: Element) -> Row:
    against = name == "who" and piece.value == "against"
    value = "被反映" if against else readable(piece.value) if name == "when" else ""
    return {"text": piece.text, "kind": "organisation" if against else _ELEMENT_KINDS[name], "value": value}


def title_for(text: str, found: Sequence[Entity]) -> str:
    """A title out of the text's own words; where it has none to offer, its first clause."""
    return title(text, found) or title_of(text)


def place_for(found: Sequence[Entity]) -> str:
    """The place to propose for the form: the first that is finer than a district."""
    return next((one.text for one in found if one.kind == "place" and one.value not in ("", "area")), "")


def read_requests(reference: Reference, whole: Row, shown_as: str = "text") -> None:
    """Puts "marks" and "elements" beside each request of a ticket, of the words that stand under `shown_as`; marks that
    stand there already stay."""
    for number, request in enumerate(whole["requests"]):
        request["elements"] = []
        request.setdefault("marks", [])
        if number < MOST_REQUESTS:
            text = request[shown_as][:READ_CHARS]
            found = entities(reference, text, request.get("received_at") or whole["received_at"])
            request["marks"] = marks(found) + request["marks"]
            request["elements"] = summary(text, found)


NOTHING: Row = {"title": "", "place": "", "elements": [], "words": {}}
"""What is proposed of no text."""


def for_desk(reference: Reference, text: str, now: datetime) -> Row:
    """What the desk proposes and marks while a text is typed: {"title", "place", "elements", "words"}.

    Title, place and elements come from the text without personal data; "words" are the wordings to be marked, with the
    numbers that nobody else will see.
    """
    hidden = hide_text(text)
    found = entities(reference, hidden, now)
    return {
        "title": title_for(hidden, found) if text.strip() else "",
        "place": place_for(found),
        "elements": summary(hidden, found),
        "words": {one.text: kind_of(one) for one in found if len(one.text) > 1}
        | {text[span.start : span.end]: span.kind for span in find_personal(text)},
    }
