"""The same matter again: which open tickets are about what is being told now, why they are alike, and how sure that is.

What a ticket is about is kept as a sketch (classifiers.duplicates): its telling words and a print of its text. Words
alone do not make two complaints one; the place and the time decide:

    score = max(copy, words)            share of common text, cosine of the telling words
            + .08  both name the same place          x .85  both name places, and no common one
            + .03  the same area                     x .80  another area
            x (1 - .15 * days / 60)                  an old one is less likely meant

Tickets from ALIKE on are shown; from SAME on they are most likely one matter. A person decides in either case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from classifiers.duplicates import COPY, SAME, Likeness, Sketch, compare
from hotline.domain import workflow
from hotline.domain.parties import Request
from hotline.domain.people import Actor
from hotline.domain.personal import mask_text
from hotline.domain.reference import Reference
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import queries

Row = dict[str, Any]

DAYS = 60
ALIKE = 0.4
"""The least score that is worth an agent's look."""
SHOWN = 5
MOST_WORDS = 4


@dataclass(frozen=True)
class Told:
    """What is compared: a message's sketch and the area where it happened ("" where nobody knows)."""

    sketch: Sketch
    area: str = ""


def whole_text(title: str, place: str, *texts: str) -> str:
    """The one string that a sketch is made of; numbers of people are masked first."""
    return mask_text("\n".join((title, place, *texts)))


def text_of(uow: UnitOfWork, ticket_id: int) -> str | None:
    """What a ticket's sketch is made of; None when it is not open (any more)."""
    ticket = uow.get(Ticket, ticket_id)
    if ticket.state not in workflow.OPEN_STATES:
        return None
    requests = uow.find(Request, home_ticket_id=ticket_id)
    return whole_text(ticket.title, ticket.place, *(request.text for request in requests))


def texts_after(uow: UnitOfWork, after: int, limit: int = 500) -> list[tuple[int, str]]:
    """The next open tickets in id order with what their sketches are made of; [] when all have been given."""
    return [
        (row["id"], whole_text(row["title"], row["place"], *row["texts"]))
        for row in uow.views.open_texts(after, limit)
    ]


def remember(uow: UnitOfWork, ticket_id: int, sketch: Sketch) -> None:
    """Keeps what a ticket is about, for those that come after it."""
    uow.matters.put({ticket_id: sketch})


def alike(
    uow: UnitOfWork,
    actor: Actor,
    told: Told,
    *,
    besides: int = 0,
    phone_indexes: tuple[str, ...] = (),
    days: int = DAYS,
    category: str = "",
    limit: int = SHOWN,
) -> list[Row]:
    """Open tickets about the same, most alike first, only those that the actor may see: rows of a list with `score`,
    `same` (most likely one matter), `why` (in words) and `same_caller` (one of its callers has one of these phones).
    `besides`: a ticket that is not to be found, being the one that asks. `category`: only tickets of this matter."""
    rated = _rated(uow, told, besides, days)
    asked = {"category": category}
    rows = queries.by_hits(uow, actor, sorted(rated, key=lambda key: -rated[key]["score"]), asked)[:limit]
    own: Any = ()
    if phone_indexes and rows:
        own = uow.views.tickets_by_ids([row["id"] for row in rows], {"phone_indexes": phone_indexes})
    return [{**row, **rated[row["id"]], "same_caller": row["id"] in own} for row in rows]


def _rated(uow: UnitOfWork, told: Told, besides: int, days: int) -> dict[int, Row]:
    """Ticket id -> score and reasons of its best hit."""
    found: dict[int, Row] = {}
    for row in uow.matters.near(told.sketch.keys, uow.now - timedelta(days=days)):
        likeness = compare(told.sketch, Sketch.loads(row["sketch"]))
        score = _score(likeness, _areas(uow.reference, told.area, row["said_area"]), uow.now - row["said_at"])
        if row["id"] != besides and score >= max(ALIKE, found.get(row["id"], {}).get("score", 0)):
            found[row["id"]] = {
                "score": round(score, 3),
                "same": score >= SAME,
                "why": _why(uow.reference, told, likeness, row, uow.now),
            }
    return found


def _score(likeness: Likeness, same_area: bool | None, age: timedelta) -> float:
    score = likeness.score
    if same_area is not None:
        score = score + 0.03 if same_area else score * 0.8
    return min(1.0, score * (1 - 0.15 * min(1.0, max(0.0, age / timedelta(days=DAYS)))))


def _areas(reference: Reference, one: str, other: str) -> bool | None:
    """Whether one area lies in the other; None where one is unknown or the whole city."""
    paths = [[str(row["code"]) for row in reference.path("area", code)] for code in (one, other)]
    if min(map(len, paths)) < 2:
        return None
    return one in paths[1] or other in paths[0]


def _why(reference: Reference, told: Told, likeness: Likeness, row: Row, now: datetime) -> list[str]:
    """The reasons in words that an agent can judge at a glance."""
    why = []
    if likeness.copy >= COPY:
        why.append("文字几乎相同")
    spelled = told.sketch.spelled
    named = [spelled[word] for word in likeness.common if word in spelled][:MOST_WORDS]
    if named:
        why.append(f"都说到{'、'.join(named)}")
    elif likeness.common:
        why.append(f"{len(likeness.common)} 个关键词相同")
    if likeness.same_place:
        why.append("同一地点")
    elif likeness.same_place is False:
        why.append("地点不同")
    same_area = _areas(reference, told.area, row["said_area"])
    if same_area is not None:
        why.append(f"同在{reference.name('area', row['said_area'])}" if same_area else "区域不同")
    days = (now - row["said_at"]).days
    why.append(f"{days} 天前" if days > 0 else "24 小时内")
    return why
