"""The memory of corrections: what people said about tickets that a model had read, kept as examples for the next ones.

Only the last statements count, as everywhere; a ticket whose answer people accepted is an example too, for it votes
against. The newest MOST tickets are enough: a house that changes its mind is followed within weeks.
"""

from __future__ import annotations

from typing import Any

from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import readings, truth

MOST = 5_000
RECALLED = "件人工改派相近"
"""How the first word of evidence ends when the memory put a matter first."""
FIELD, HOWS = "category", ("corrected", "confirmed", "ruled")


def newest(uow: UnitOfWork) -> int:
    """The last statement that the memory should know; 0 without any."""
    rows = uow.views.recently_labelled(FIELD, HOWS, 1)
    return int(rows[0]["id"]) if rows else 0


def spoken(uow: UnitOfWork) -> list[tuple[Any, str, bool]]:
    """(text, matter, whether the model's answer had to be corrected) of the newest tickets that people spoke of after
    a model had read them."""
    keys = {row["ticket_id"] for row in uow.views.recently_labelled(FIELD, HOWS, MOST)}
    said = truth.of(uow, keys, FIELD)
    tickets = [row for row in uow.find(Ticket, id=list(said)) if row.suggestion.get("categories")]
    texts = readings.texts_of(uow, tickets)
    return [(texts[row.id], said[row.id], _corrected(row.suggestion, said[row.id])) for row in tickets]


def _corrected(suggestion: dict[str, Any], said: str) -> bool:
    """Whether people and the model disagreed. What the memory itself had put first and people accepted goes on counting
    as a correction, or the memory would unlearn what it gets right."""
    recalled = any(word.endswith(RECALLED) for word in suggestion.get("evidence", ())[:1])
    return recalled or said != suggestion["categories"][0]["code"]


async def refresh(rt: Runtime) -> None:
    """A sweep: remembers anew when somebody has said something since."""
    until = await rt.read(newest)
    if until > await rt.call(lambda: rt.classifier.remembers_until):
        await rt.call(rt.classifier.remember, await rt.read(spoken), until)
