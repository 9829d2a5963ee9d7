"""What every use case leaves behind: a timeline entry, the ticket's time of change, an event."""

from __future__ import annotations

from typing import Any

from hotline.domain.events import TicketChanged
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket, TimelineEntry
from hotline.domain.workflow import MOVES
from hotline.ports import UnitOfWork


def record(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    kind: str,
    text: str = "",
    *,
    public: bool | None = None,
    assignment_id: int | None = None,
    **data: Any,
) -> TimelineEntry:
    """Appends to the timeline; `public` defaults to what the workflow table says of the move."""
    move = MOVES.get(kind)
    entry = TimelineEntry(
        id=uow.new_id(),
        ticket_id=ticket.id,
        at=uow.now,
        kind=kind,
        actor=actor.name,
        actor_id=actor.user_id,
        unit=actor.unit,
        assignment_id=assignment_id,
        state=ticket.state,
        text=text,
        public=bool(move and move.public) if public is None else public,
        data=data,
    )
    uow.add(entry)
    ticket.changed_at = uow.now
    return entry


def changed(uow: UnitOfWork, ticket: Ticket, move: str) -> None:
    """Tells subscribers that what is shown or searched of this ticket is different now."""
    uow.emit(TicketChanged(ticket.id, ticket.no, move))
