"""The memory of corrections: what people said about tickets that a model had read, kept as examples for the next ones.

Only the last statements count, as everywhere; a ticket whose answer people accepted is an example too, for it votes
against. The newest MOST tickets are enough: a house that changes its mind is followed within weeks. It is written anew
every PAUSE at most, for ENOUGH new statements or for one that has waited for PATIENCE.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from hotline.domain.learning import Label, Spoken
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services.learning import truth

MOST, PAGE = 5_000, 500
PAUSE, PATIENCE = timedelta(minutes=5), timedelta(minutes=10)
ENOUGH = 20
RECALLED = "件人工改派相近"
"""How the first word of evidence ends when the memory put a matter first."""
FIELD, HOWS = "category", ("corrected", "confirmed", "ruled")


def due(uow: UnitOfWork, known: int) -> int:
    """The last statement that the memory should know, where it knows `known`; 0 while writing it is not worth it.

    In a busy house the last statement known is as old as the memory, so its age keeps the pause."""
    fresh = uow.views.labelled_after(FIELD, HOWS, known, ENOUGH)
    last = uow.first(Label, id=known)
    if not fresh or (last is not None and uow.now - last.at < PAUSE):
        return 0
    if len(fresh) < ENOUGH and uow.now - fresh[0]["at"] < PATIENCE:
        return 0
    return int(uow.views.recently_labelled(FIELD, HOWS, 1)[0]["id"])


def recent(uow: UnitOfWork) -> list[int]:
    """The newest tickets that people spoke of."""
    return sorted({row["ticket_id"] for row in uow.views.recently_labelled(FIELD, HOWS, MOST)})


def spoken(uow: UnitOfWork, tickets: Collection[int]) -> list[Spoken]:
    """Those of the tickets that a model had read, with the last word of people. Not masked: who indexes them does that."""
    said = truth.of(uow, tickets, FIELD)
    return [
        Spoken(
            row["title"],
            row["words"],
            row["secret"],
            said[row["id"]],
            _corrected(row["suggestion"], said[row["id"]]),
        )
        for row in uow.views.told(list(said))
        if row["suggestion"].get("categories")
    ]


def _corrected(suggestion: dict[str, Any], said: str) -> bool:
    """Whether people and the model disagreed. What the memory itself had put first and people accepted goes on counting
    as a correction, or the memory would unlearn what it gets right."""
    recalled = any(word.endswith(RECALLED) for word in suggestion.get("evidence", ())[:1])
    return recalled or said != suggestion["categories"][0]["code"]


async def refresh(rt: Runtime) -> None:
    """Remembers anew when people have said enough since. Read in short transactions, written by a child."""
    until = await rt.read(due, await rt.call(lambda: rt.classifier.remembers_until))
    if not until:
        return
    tickets = await rt.read(recent)
    found: list[Spoken] = []
    for start in range(0, len(tickets), PAGE):
        found += await rt.read(spoken, tickets[start : start + PAGE])
    await rt.classifier.remember(found, until)
