"""Attachments of a ticket: adding them to the matter or to a unit's handling, and who may open which.

What a secret or anonymous caller sent reaches a unit as a cleaned picture without its name (the pixels were written
anew when it came in); a document, which may tell its author, stays with the hotline.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from hotline.domain import workflow
from hotline.domain.assignment import Assignment
from hotline.domain.drafts import Upload
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from hotline.domain.parties import Request
from hotline.domain.people import Actor
from hotline.domain.ticket import Attachment, Ticket
from hotline.ports import UnitOfWork
from hotline.services import access
from hotline.services.recording import changed, record

MOST_FILES = 50
_GONE = NotFound("attachment.not_found", "没有这个附件")


def attach(
    uow: UnitOfWork, actor: Actor, no: str, uploads: Sequence[Upload], assignment_id: int | None = None
) -> list[dict[str, Any]]:
    """Adds stored files to an open ticket, or to the actor's own assignment; what was added."""
    ticket = access.readable_ticket(uow, actor, no)
    _check_adding(uow, actor, ticket, assignment_id)
    if len(uow.find(Attachment, ticket_id=ticket.id)) + len(uploads) > MOST_FILES:
        raise InvalidInput("attachment.many", f"一个工单最多 {MOST_FILES} 个附件")
    request = uow.first(Request, ticket_id=ticket.id)
    rows = [
        Attachment(
            id=uow.new_id(),
            ticket_id=ticket.id,
            request_id=request.id if request and assignment_id is None else None,
            assignment_id=assignment_id,
            kind="evidence" if assignment_id is None else "handling",
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            digest=upload.digest,
            added_by=actor.name,
            added_at=uow.now,
        )
        for upload in uploads
    ]
    uow.add(*rows)
    record(uow, actor, ticket, "attached", assignment_id=assignment_id, public=False, files=len(rows))
    changed(uow, ticket, "attached")
    return [shown(row) for row in rows]


def _check_adding(uow: UnitOfWork, actor: Actor, ticket: Ticket, assignment_id: int | None) -> None:
    if ticket.state not in workflow.BEFORE_CLOSING:
        raise Conflict("attachment.closed", "工单已经办结，不能再加附件", {"state": ticket.state})
    if assignment_id is not None:
        if not actor.may("assignment.handle"):
            raise NotAllowed("assignment.handle", "只有承办单位可以给子单加附件")
        assignment = access.own_assignment(uow, actor, ticket, assignment_id)
        if assignment.state not in workflow.ACTIVE_ASSIGNMENTS:
            raise Conflict("assignment.ended", "这个承办子单已经结束")
    elif not actor.may("ticket.note"):
        raise NotAllowed("ticket.note", "您没有给工单加附件的权限")


def shown(row: Attachment) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "media_type": row.media_type,
        "size": row.size,
        "assignment_id": row.assignment_id,
        "added_by": row.added_by,
        "added_at": row.added_at,
    }


def opened(uow: UnitOfWork, actor: Actor, no: str, attachment_id: int) -> dict[str, Any]:
    """Where an attachment is stored ("digest") and how to call it, if the actor may open it; NotFound otherwise."""
    ticket = uow.first(Ticket, no=no)
    if ticket is None:
        raise NotFound("ticket.not_found", "没有这个工单")
    access.check_readable(uow, actor, ticket)
    row = uow.first(Attachment, id=attachment_id, ticket_id=ticket.id)
    if row is None or not _own_or_open(uow, actor, row):
        raise _GONE
    if not _from_hidden_caller(uow, actor, ticket, row):
        return {**shown(row), "digest": row.digest}
    if not row.media_type.startswith("image/"):
        raise NotAllowed("attachment.secret", "保密诉求的文件由热线保管，请通过热线联系")
    name = f"材料{PurePosixPath(row.name).suffix}"
    return {**shown(row), "name": name, "added_by": "", "digest": row.digest}


def _own_or_open(uow: UnitOfWork, actor: Actor, row: Attachment) -> bool:
    """Units open what callers sent and what their own assignments carry."""
    if not actor.bound_to_unit or row.assignment_id is None:
        return True
    return uow.get(Assignment, row.assignment_id).unit in access.units_of(uow, actor)


def _from_hidden_caller(uow: UnitOfWork, actor: Actor, ticket: Ticket, row: Attachment) -> bool:
    if row.assignment_id is not None or row.public:
        return False
    request = uow.get(Request, row.request_id) if row.request_id else None
    return actor.bound_to_unit and (
        ticket.secret if request is None else not access.sees_caller(actor, ticket, request)
    )
