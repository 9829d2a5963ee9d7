"""The same matter again: which open tickets, and which lately closed ones, are about what is being told now, why they
are alike, and how sure that is.

What a ticket is about is kept as a sketch (classifiers.duplicates): its telling words and a print of its text. Words
alone do not make two complaints one; the place and the time decide:

    score = max(copy, words)            share of common text, cosine of the telling words
            + .08  both name the same place          x .85  both name places, and no common one
            + .03  the same area                     x .80  another area
            x (1 - .15 * days / 60)                  an old one is less likely meant

Tickets from ALIKE on are shown; from SAME on they are most likely one matter. A person decides in either case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from classifiers.duplicates import COPY, READ_CHARS, SAME, Likeness, Sketch, Sketcher, compare
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
CLOSED_DAYS = 30
"""Closed tickets are shown for so long: who calls again after a few days is answered from the ticket that was."""
ALIKE = 0.4
"""The least score that is worth an agent's look."""
SHOWN = 5
MOST_WORDS = 4
FOUND_STATES = workflow.OPEN_STATES | {workflow.CLOSED}
GONE_STATES = workflow.FINAL_STATES - FOUND_STATES
ROWS = 2_000
"""So many rows of the look-up are taken away in a transaction."""


@dataclass(frozen=True)
class Told:
    """What is compared: a message's sketch and the area where it happened ("" where nobody knows)."""

    sketch: Sketch
    area: str = ""


Said = tuple[str, ...]
"""What a ticket says, as it stands there: title, place, and the text of each request that came with it."""


def sketched(sketcher: Sketcher, said: Said) -> Sketch:
    """The sketch of what was said, made of its beginning; numbers of people are masked first. Takes milliseconds: not
    for a transaction, nor for the event loop."""
    return sketcher.sketch(mask_text("\n".join(said)[:READ_CHARS]))


def said_by(uow: UnitOfWork, ticket_id: int) -> Said | None:
    """What a ticket says; None when nobody is led to it (any more)."""
    ticket = uow.get(Ticket, ticket_id)
    shown = ticket if ticket.merged_into is None else uow.get(Ticket, ticket.merged_into)
    return said_of(uow, ticket) if shown.state in FOUND_STATES else None


def said_of(uow: UnitOfWork, ticket: Ticket) -> Said:
    """As `said_by`, whatever became of the ticket."""
    requests = uow.find(Request, home_ticket_id=ticket.id)
    return (ticket.title, ticket.place, *(request.text for request in requests))


def said_after(uow: UnitOfWork, after: int, limit: int = 200) -> list[tuple[int, Said]]:
    """The next tickets in id order that somebody may be led to, or to the one that they were merged into, with what they
    say; [] when all have been given."""
    rows = uow.views.texts_in(sorted(FOUND_STATES), after, limit)
    return [(row["id"], (row["title"], row["place"], *row["texts"])) for row in rows]


def remember(uow: UnitOfWork, made: Mapping[int, tuple[Said, Sketch]]) -> None:
    """Keeps what tickets are about, for those that come after them: ticket id -> (what it said, the sketch of that).

    A ticket is asked again under its lock. What says something else by now is passed over (the event of that change brings
    its own sketch), so is what nobody is led to any more; a closed one is kept among the closed ones. A merged one is
    kept where the ticket stands that it was merged into, which is held too: it may be closing at this moment.
    """
    held = [uow.ticket_by_id(key) for key in sorted(made)]
    shown = {
        one.id: one.state if one.merged_into is None else uow.ticket_by_id(one.merged_into).state
        for one in held
    }
    still = [one for one in held if shown[one.id] in FOUND_STATES and said_of(uow, one) == made[one.id][0]]
    closed = [one.id for one in still if shown[one.id] == workflow.CLOSED]
    uow.matters.put({one.id: made[one.id][1] for one in still}, closed)


def forget_gone(uow: UnitOfWork, after: int, limit: int = 200) -> int:
    """Takes the next tickets in id order that nobody is led to any more out of the look-up; where to go on, 0 when all
    have been looked at. Each is asked again under its lock: it may have been opened a moment ago."""
    ids = uow.views.ids_in(sorted(GONE_STATES), after, limit)
    held = [uow.ticket_by_id(key) for key in ids]
    uow.matters.drop([one.id for one in held if one.state in GONE_STATES])
    return int(ids[-1]) if ids else 0


def earlier_rows(uow: UnitOfWork) -> list[tuple[int, int]]:
    """Rows of the look-up that nothing reads any more, because the way of sketching has changed; [] when none is left."""
    return list(uow.matters.of_earlier_schemes(ROWS))


def take_rows(uow: UnitOfWork, rows: list[tuple[int, int]]) -> None:
    """Takes these rows out of the look-up."""
    uow.matters.take_rows(rows)


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
    """Tickets about the same, most alike first, only those that the actor may see: rows of a list with `score`, `same`
    (most likely one matter), `why` (in words), `finished` (closed in the last CLOSED_DAYS) and `same_caller` (one of its
    callers has one of these phones). `besides`: a ticket that is not to be found, being the one that asks. `category`:
    only tickets of this matter."""
    rated = _rated(uow, told, besides, days)
    ids = sorted(rated, key=lambda key: -rated[key]["score"])
    found = queries.by_hits(uow, actor, ids, {"category": category})
    rows = _seated([{**row, **rated[row["id"]]} for row in found], limit)
    own: Any = ()
    if phone_indexes and rows:
        own = uow.views.tickets_by_ids([row["id"] for row in rows], {"phone_indexes": phone_indexes})
    return [{**row, "same_caller": row["id"] in own} for row in rows]


def _seated(rows: list[Row], limit: int) -> list[Row]:
    """The first rows; finished ones take at most half of the seats while open ones wait for them."""
    finished = [row for row in rows if row["finished"]]
    going = [row for row in rows if not row["finished"]]
    finished = finished[: max(limit // 2, limit - len(going))]
    return sorted(going[: limit - len(finished)] + finished, key=lambda row: -row["score"])


def _rated(uow: UnitOfWork, told: Told, besides: int, days: int) -> dict[int, Row]:
    """Ticket id -> score and reasons of its best hit."""
    found: dict[int, Row] = {}
    since, closed_since = (uow.now - timedelta(days=span) for span in (days, CLOSED_DAYS))
    for row in uow.matters.near(told.sketch.keys, since, closed_since):
        likeness = compare(told.sketch, Sketch.loads(row["sketch"]))
        score = _score(likeness, _areas(uow.reference, told.area, row["said_area"]), uow.now - row["said_at"])
        if row["id"] != besides and score >= max(ALIKE, found.get(row["id"], {}).get("score", 0)):
            found[row["id"]] = {
                "score": round(score, 3),
                "same": score >= SAME,
                "finished": row["closed_at"] is not None,
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
    why.append(_ago(now - row["said_at"]))
    if row["closed_at"] is not None:
        why.append(f"{_ago(now - row['closed_at'])}办结")
    return why


def _ago(age: timedelta) -> str:
    return f"{age.days} 天前" if age.days > 0 else "24 小时内"
