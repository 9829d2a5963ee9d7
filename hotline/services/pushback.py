"""双号并行: how a matter ended goes back to the old system it came from, once, in its own numbering."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hotline.domain.hotlines import PARALLEL, local_mode
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.records import PushBack
from hotline.domain.ticket import Ticket
from hotline.domain.workflow import TICKET_STATES
from hotline.ports import UnitOfWork
from hotline.services.recording import record

RETRY_MINUTES = 5
LONGEST_RETRY_MINUTES = 12 * 60


def plan(uow: UnitOfWork, ticket_id: int) -> None:
    """Writes the rows to be pushed: of the ticket and of those merged into it, which ended with it."""
    ticket = uow.get(Ticket, ticket_id)
    for source in (ticket, *uow.find(Ticket, merged_into=ticket.id)):
        _plan(uow, source, ticket)


def _plan(uow: UnitOfWork, ticket: Ticket, outcome: Ticket) -> None:
    """One row, if the hotline runs in parallel and the ticket came from its system. `outcome` is the ticket that
    was handled: itself, or the one it was merged into."""
    parallel = local_mode(uow.reference, ticket.hotline, uow.now.date()) == PARALLEL
    if ticket.historical or not ticket.source_no or not parallel:
        return
    uow.add(
        PushBack(
            id=uow.new_id(),
            ticket_id=ticket.id,
            hotline=ticket.hotline,
            source_no=ticket.source_no,
            due_at=uow.now,
            payload={
                "source_no": ticket.source_no,
                "ticket_no": ticket.no,
                "state": TICKET_STATES[outcome.state],
                "reply": outcome.public_reply,
                "closed_at": outcome.closed_at.isoformat() if outcome.closed_at else "",
            },
        )
    )


def take_due(uow: UnitOfWork, limit: int = 20) -> list[tuple[int, str, dict[str, Any]]]:
    """(id, hotline, payload) of what is due; the next try is already set, in case this one dies."""
    taken = []
    for push_id in uow.views.push_backs_due(uow.now, limit):
        row = uow.get(PushBack, push_id)
        wait = min(RETRY_MINUTES * 2 ** min(row.attempts, 10), LONGEST_RETRY_MINUTES)
        row.attempts += 1
        row.due_at = uow.now + timedelta(minutes=wait)
        taken.append((row.id, row.hotline, dict(row.payload)))
    return taken


def settle(uow: UnitOfWork, push_id: int, refusal: str) -> None:
    """The old system took it, or refused it for good; either lands on the timeline."""
    row = uow.get(PushBack, push_id)
    if row.state != "pending":
        return
    row.state, row.answer, row.sent_at = "refused" if refusal else "sent", refusal, uow.now
    ticket = uow.ticket_by_id(row.ticket_id)
    text = f"原系统拒收：{refusal}" if refusal else "结果已回推原系统"
    record(uow, SYSTEM_ACTOR, ticket, "pushed_back", text, public=False, source_no=row.source_no)
