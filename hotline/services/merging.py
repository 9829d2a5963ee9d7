"""并单: one handling for several callers, each keeping secrecy, reply and follow-up of their own; can be undone."""

from __future__ import annotations

from dataclasses import replace

from hotline.domain import workflow
from hotline.domain.errors import Conflict, NotAllowed, invalid_field
from hotline.domain.events import TicketMerged, TicketUnmerged
from hotline.domain.parties import Request
from hotline.domain.people import SYSTEM_ACTOR, Actor
from hotline.domain.ticket import LINK_KINDS, REPEAT, Link, Ticket, TimelineEntry
from hotline.ports import UnitOfWork
from hotline.services import access, clocks, closing
from hotline.services.dispatching import leave_all
from hotline.services.learning import labels
from hotline.services.recording import changed, record


def merge(uow: UnitOfWork, actor: Actor, no: str, into: str, reason: str = "") -> None:
    """Moves the requests of ticket `no` under ticket `into`. Both are locked, the older id first, so that two
    people merging in opposite directions cannot lock each other out."""
    if no == into:
        raise invalid_field("into", "不能并入自身")
    first, second = sorted((no, into))
    locked = {number: access.readable_ticket(uow, actor, number) for number in (first, second)}
    ticket, main = locked[no], locked[into]
    workflow.check("merge", ticket.state, actor)
    if main.state not in workflow.OPEN_STATES:
        label = workflow.TICKET_STATES[main.state]
        raise Conflict("merge.target_state", f"主单状态为“{label}”，不能并入", {"state": main.state})
    ticket.state_before, ticket.state, ticket.merged_into = ticket.state, workflow.MERGED, main.id
    leave_all(uow, ticket, "merged")
    moved = _move_requests(uow, ticket, main)
    main.secret = main.secret or ticket.secret
    main.request_count += len(moved)
    clocks.follow_upstream(uow, main)
    record(uow, actor, ticket, "merge", reason, into=main.no, requests=moved)
    record(uow, actor, main, "merged_in", reason, public=False, other=ticket.no, requests=moved)
    labels.merged(uow, actor, ticket, main)
    uow.emit(TicketMerged(ticket.id, ticket.no, main.id))
    changed(uow, main, "merged_in")


def _move_requests(uow: UnitOfWork, ticket: Ticket, main: Ticket) -> list[int]:
    """The requests go under the main ticket and wait for its reply, or for 回访 where that has come already."""
    requests = list(uow.find(Request, ticket_id=ticket.id))
    for request in requests:
        request.ticket_id, request.follow_up = main.id, "none"
        if main.state == workflow.FOLLOW_UP and request.withdrawn_at is None:
            request.reply, request.replied_at, request.follow_up = main.public_reply, uow.now, "pending"
    for inner in uow.find(Ticket, merged_into=ticket.id):
        inner.merged_into = main.id
    ticket.request_count = 0
    return [request.id for request in requests]


def unmerge(uow: UnitOfWork, actor: Actor, no: str, reason: str = "") -> None:
    """撤销并单: the requests that came from this ticket go back; it waits where it stood, or for dispatch again if
    its units had left."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("unmerge", ticket.state, actor)
    main = uow.ticket_by_id(ticket.merged_into or 0)
    if main.state not in workflow.OPEN_STATES:
        raise Conflict("unmerge.closed", "主单已经办结，不能撤销并单")
    back = list(uow.find(Request, home_ticket_id=ticket.id, ticket_id=main.id))
    _stand_again(uow, ticket, back)
    main.request_count -= len(back)
    for one in (ticket, main):
        clocks.follow_upstream(uow, one)
    record(uow, actor, ticket, "unmerge", reason, out_of=main.no, requests=[request.id for request in back])
    _say_again(uow, main, ticket, back)
    record(uow, actor, main, "unmerged_out", reason, public=False, other=ticket.no)
    labels.unmerged(uow, actor, ticket, main)
    uow.emit(TicketUnmerged(ticket.id, ticket.no, main.id))
    if not closing.close_if_asked_all(uow, actor, main):
        changed(uow, main, "unmerged_out")


def _say_again(uow: UnitOfWork, main: Ticket, ticket: Ticket, back: list[Request]) -> None:
    """What these callers added while merged stands on their own ticket too: its units and they themselves read it."""
    own = {request.id for request in back}
    for said in uow.find(TimelineEntry, ticket_id=main.id, kind=["note", "add_info"], order="id"):
        if said.data.get("request") in own:
            speaker = replace(SYSTEM_ACTOR, name=said.actor)
            record(uow, speaker, ticket, said.kind, said.text, public=said.public, **said.data)


def _stand_again(uow: UnitOfWork, ticket: Ticket, back: list[Request]) -> None:
    before = ticket.state_before
    answered = before == workflow.FOLLOW_UP
    ticket.state = workflow.TO_DISPATCH if before == workflow.HANDLING else before
    ticket.state_before, ticket.merged_into, ticket.request_count = "", None, len(back)
    for request in back:
        request.ticket_id = ticket.id
        asked = answered and request.withdrawn_at is None
        request.follow_up = "pending" if asked else "none"
        request.reply, request.replied_at = (ticket.public_reply, ticket.replied_at) if asked else ("", None)
    if all(request.withdrawn_at is not None for request in back):
        ticket.state, ticket.closed_at, ticket.closed_how = workflow.WITHDRAWN, uow.now, "withdrawn"
    elif answered:
        clocks.start(uow, ticket, "follow_up", uow.now)
    else:
        ticket.queue_reason = "unmerged"
        clocks.start(uow, ticket, "dispatch", uow.now)


def link(uow: UnitOfWork, actor: Actor, no: str, other: str, kind: str, note: str = "") -> None:
    """A typed link between two tickets (追加, 重复, 关联, 上级件); repeating it changes nothing."""
    if not actor.may("ticket.note"):
        raise NotAllowed("ticket.note", "您没有关联工单的权限")
    if kind not in LINK_KINDS:
        raise invalid_field("kind", f"关联类型应为 {'、'.join(LINK_KINDS.values())} 之一")
    ticket, target = access.readable_ticket(uow, actor, no), access.readable_ticket(uow, actor, other)
    if ticket.id == target.id:
        raise invalid_field("other", "不能关联自身")
    if uow.first(Link, ticket_id=ticket.id, other_id=target.id, kind=kind) is None:
        uow.add(
            Link(
                id=uow.new_id(),
                ticket_id=ticket.id,
                other_id=target.id,
                kind=kind,
                note=note[:200],
                made_by=actor.name,
                made_at=uow.now,
            )
        )
        record(uow, actor, ticket, "linked", note[:200], public=False, other=target.no, link=kind)
        if kind == REPEAT:
            labels.merged(uow, actor, ticket, target)
