"""催办 and 督办: beside the ticket, with lives of their own."""

from __future__ import annotations

from datetime import datetime

from hotline.domain import workflow
from hotline.domain.assignment import Supervision, Urge
from hotline.domain.drafts import clean, required
from hotline.domain.errors import Conflict, invalid_field
from hotline.domain.events import TicketUrged
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access
from hotline.services.recording import changed, record

URGE_LEVELS = {
    "phone": "电话催办",
    "written": "书面催办",
    "criticism": "通报批评",
    "yellow": "黄灯提醒",
    "red": "红灯催办",
}
_BY_THE_SWEEP = frozenset({"yellow", "red"})
SUPERVISION_LEVELS = {"blue": "蓝色督办", "orange": "橙色督办", "red": "红色督办"}


def urge(
    uow: UnitOfWork, actor: Actor, no: str, level: str, reason: str, assignment_id: int | None = None
) -> int:
    """催办 by a person (or the caller); the urge's id."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("urge", ticket.state, actor)
    if level not in URGE_LEVELS or level in _BY_THE_SWEEP:
        raise invalid_field("level", "没有这一级催办")
    if assignment_id is not None:
        access.assignment_of(uow, ticket, assignment_id)
    return urge_ticket(uow, actor, ticket, level, required(reason, "reason", "请写明催办理由"), assignment_id)


def urge_ticket(
    uow: UnitOfWork, actor: Actor, ticket: Ticket, level: str, reason: str, assignment_id: int | None
) -> int:
    """Writes the urge and tells the units; also used by the sweep."""
    row = Urge(
        id=uow.new_id(),
        ticket_id=ticket.id,
        assignment_id=assignment_id,
        level=level,
        reason=reason,
        by=actor.name,
        at=uow.now,
    )
    uow.add(row)
    ticket.urges += 1
    record(
        uow,
        actor,
        ticket,
        "urge",
        reason,
        assignment_id=assignment_id,
        level=level,
        public=actor.via != "system",
    )
    uow.emit(TicketUrged(ticket.id, ticket.no, level, assignment_id))
    return row.id


def supervise(
    uow: UnitOfWork, actor: Actor, no: str, level: str, reason: str, due_at: datetime | None = None
) -> int:
    """督办: opens a supervision on a ticket; its id."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("supervise", ticket.state, actor)
    if level not in SUPERVISION_LEVELS:
        raise invalid_field("level", "没有这一级督办")
    if due_at is not None and due_at <= uow.now:
        raise invalid_field("due_at", "督办时限应晚于现在")
    row = Supervision(
        id=uow.new_id(),
        ticket_id=ticket.id,
        level=level,
        reason=required(reason, "reason", "请写明督办理由"),
        by=actor.name,
        at=uow.now,
        due_at=due_at,
    )
    uow.add(row)
    record(uow, actor, ticket, "supervise", row.reason, level=level, supervision=row.id)
    changed(uow, ticket, "supervise")
    return row.id


def close_supervision(uow: UnitOfWork, actor: Actor, no: str, supervision_id: int, result: str) -> None:
    """督办办结."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("supervise", workflow.HANDLING, actor)
    row = uow.get(Supervision, supervision_id)
    if row.ticket_id != ticket.id or row.state != "open":
        raise Conflict("supervision.closed", "该督办已经结束")
    row.state, row.closed_at = "closed", uow.now
    row.result = required(result, "result", "请写明督办结果")
    record(uow, actor, ticket, "supervision_closed", clean(result), public=False, supervision=row.id)
