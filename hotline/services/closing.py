"""How rounds and tickets end: acceptance, 回访 with its three questions, 重办, withdrawal, archiving."""

from __future__ import annotations

from hotline.domain import workflow
from hotline.domain.assignment import LEAD, Assignment, FollowUp, Reply
from hotline.domain.dispatch import successor
from hotline.domain.drafts import clean
from hotline.domain.errors import Conflict, InvalidInput, NotFound
from hotline.domain.events import TicketClosed, TicketReplied
from hotline.domain.parties import Request
from hotline.domain.people import Actor
from hotline.domain.ticket import Round, Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, clocks
from hotline.services.dispatching import leave_all, open_round, required
from hotline.services.recording import changed, record

CONTACTED = {"yes": "已联系", "no": "未联系"}
SOLVED = {"solved": "已解决", "partly": "基本解决", "unsolved": "未解决"}
SATISFIED = {
    "very": "非常满意",
    "satisfied": "满意",
    "basic": "基本满意",
    "dissatisfied": "不满意",
    "very_bad": "非常不满意",
}
UNHAPPY = frozenset({"dissatisfied", "very_bad"})
NOT_REACHED_LIMIT = 3
NOT_SOLVED = "回访时来电人反映没有办好"


def accept(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, comment: str = "") -> None:
    """答复通过. When the lead is accepted and no assist is open, the round ends and the callers get the reply."""
    ticket, assignment = _replied(uow, actor, no, assignment_id, "accept")
    _decide_reply(uow, actor, assignment, "accepted", comment)
    assignment.state, assignment.accepted_at, assignment.ended_at = workflow.ACCEPTED, uow.now, uow.now
    record(uow, actor, ticket, "accept", clean(comment), assignment_id=assignment.id)
    if not end_round_if_done(uow, actor, ticket):
        changed(uow, ticket, "accept")


def reject(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, comment: str) -> None:
    """答复退回: the reply does not answer the request; the unit writes it again, its clock runs on."""
    ticket, assignment = _replied(uow, actor, no, assignment_id, "reject")
    comment = required(comment, "comment", "请写明退回原因")
    _decide_reply(uow, actor, assignment, "rejected", comment)
    assignment.state, assignment.replied_at = workflow.SENT_BACK, None
    clocks.run_again(uow, ticket, "reply", assignment)
    record(uow, actor, ticket, "reject", comment, assignment_id=assignment.id)
    changed(uow, ticket, "reject")


def _replied(
    uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, move: str
) -> tuple[Ticket, Assignment]:
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check(move, ticket.state, actor)
    assignment = access.assignment_of(uow, ticket, assignment_id)
    if assignment.state != workflow.REPLIED:
        raise Conflict("assignment.not_replied", "该子单还没有经单位审批的答复")
    return ticket, assignment


def _decide_reply(uow: UnitOfWork, actor: Actor, assignment: Assignment, decision: str, comment: str) -> None:
    for reply in uow.find(Reply, assignment_id=assignment.id, order="-id", limit=1):
        reply.decision, reply.decided_by, reply.decided_at = decision, actor.name, uow.now
        reply.comment = clean(comment) or reply.comment


def end_round_if_done(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> bool:
    """Ends the round when the workflow table says so; True then."""
    uow.flush()
    current = [
        a for a in uow.find(Assignment, ticket_id=ticket.id, round_no=ticket.round_no) if a.parent_id is None
    ]
    leads = [a for a in current if a.duty == LEAD]
    assists = [a.state for a in current if a.duty != LEAD]
    if workflow.state_after_assignments([a.state for a in leads], assists) != workflow.FOLLOW_UP:
        return False
    answer = next(a.public_reply for a in leads if a.state == workflow.ACCEPTED)
    ticket.state, ticket.replied_at, ticket.public_reply = workflow.FOLLOW_UP, uow.now, answer
    ended = uow.first(Round, ticket_id=ticket.id, number=ticket.round_no)
    if ended is not None:
        ended.ended_at, ended.outcome = uow.now, "replied"
    for request in uow.find(Request, ticket_id=ticket.id, withdrawn_at=None):
        request.reply, request.replied_at, request.follow_up = answer, uow.now, "pending"
    clocks.start(uow, ticket, "follow_up", uow.now)
    record(uow, actor, ticket, "replied", answer, public=True)
    uow.emit(TicketReplied(ticket.id, ticket.no))
    return True


def follow_up(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    request_id: int,
    reached: bool,
    *,
    contacted: str = "",
    solved: str = "",
    satisfied: str = "",
    opinion: str = "",
    unreasonable: bool = False,
    rehandle: bool = False,
) -> str:
    """One attempt of 回访 on one request. Not reached three times closes with that mark; an unhappy caller with a
    reasonable case (`rehandle`) opens the next round. The ticket's new state."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("follow_up", ticket.state, actor)
    request = _request_of(uow, ticket, request_id)
    if reached:
        check_answers(contacted, solved, satisfied)
    opinion = clean(opinion)[:2000]
    uow.add(
        FollowUp(
            id=uow.new_id(),
            request_id=request.id,
            ticket_id=ticket.id,
            round_no=ticket.round_no,
            reached=reached,
            contacted=contacted,
            solved=solved,
            satisfied=satisfied,
            opinion=opinion,
            unreasonable=unreasonable,
            by=actor.name,
            via=actor.via,
            at=uow.now,
        )
    )
    _keep_answers(request, reached, contacted, solved, satisfied)
    record(
        uow,
        actor,
        ticket,
        "follow_up",
        opinion if reached else "未接通",
        public=reached,
        request=request.id,
        reached=reached,
        solved=solved,
        satisfied=satisfied,
        not_reached=request.not_reached,
    )
    if reached and rehandle:
        opinion = required(opinion, "opinion", "请写明重办原因")
        rehandle_ticket(uow, actor, ticket, NOT_SOLVED if _secret(uow, ticket) else opinion)
    elif not close_if_asked_all(uow, actor, ticket):
        changed(uow, ticket, "follow_up")
    return ticket.state


def _secret(uow: UnitOfWork, ticket: Ticket) -> bool:
    return ticket.secret or uow.first(Request, ticket_id=ticket.id, secret=True) is not None


def _request_of(uow: UnitOfWork, ticket: Ticket, request_id: int) -> Request:
    request = uow.get(Request, request_id)
    if request.ticket_id != ticket.id:
        raise NotFound("request.not_found", "没有这条诉求")
    if request.follow_up != "pending":
        raise Conflict("follow_up.done", "这条诉求已经回访过了")
    return request


def check_answers(contacted: str, solved: str, satisfied: str) -> None:
    """InvalidInput that names every one of the three questions without a known answer."""
    asked = (
        ("contacted", "是否联系过", contacted, CONTACTED),
        ("solved", "问题是否解决", solved, SOLVED),
        ("satisfied", "是否满意", satisfied, SATISFIED),
    )
    faults = {
        field: f"请选择{question}：{'、'.join(known.values())}"
        for field, question, value, known in asked
        if value not in known
    }
    if faults:
        raise InvalidInput("follow_up.unanswered", "；".join(faults.values()), {"fields": faults})


def _keep_answers(request: Request, reached: bool, contacted: str, solved: str, satisfied: str) -> None:
    if not reached:
        request.not_reached += 1
        request.follow_up = "not_reached" if request.not_reached >= NOT_REACHED_LIMIT else "pending"
        return
    request.follow_up = "done"
    request.contacted, request.solved, request.satisfied = contacted, solved, satisfied
    request.first_satisfied = request.first_satisfied or satisfied


def close_if_asked_all(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> bool:
    """Closes a ticket that waits for 回访 when no caller is left to be asked; True then."""
    uow.flush()
    waiting = uow.first(Request, ticket_id=ticket.id, follow_up="pending", withdrawn_at=None)
    if ticket.state != workflow.FOLLOW_UP or waiting is not None:
        return False
    close(uow, actor, ticket, "followed_up")
    return True


def close(uow: UnitOfWork, actor: Actor, ticket: Ticket, how: str) -> None:
    """办结: every caller has been asked, or could not be reached."""
    ticket.state, ticket.closed_at, ticket.closed_how = workflow.CLOSED, uow.now, how
    clocks.finish(uow, ticket)
    ended = uow.first(Round, ticket_id=ticket.id, number=ticket.round_no)
    if ended is not None:
        ended.outcome, ended.ended_at = "closed", ended.ended_at or uow.now
    uow.matters.finish(ticket.id)
    record(uow, actor, ticket, "closed", public=True, how=how)
    uow.emit(TicketClosed(ticket.id, ticket.no, workflow.CLOSED))


def rehandle(uow: UnitOfWork, actor: Actor, no: str, reason: str) -> None:
    """重办 by decision, from follow-up or after closing; archived tickets are reopened by a supervisor."""
    ticket = access.readable_ticket(uow, actor, no)
    move = "reopen" if ticket.state == workflow.ARCHIVED else "rehandle"
    workflow.check(move, ticket.state, actor)
    rehandle_ticket(uow, actor, ticket, required(reason, "reason", "请写明重办原因"), move)


def rehandle_ticket(
    uow: UnitOfWork, actor: Actor, ticket: Ticket, reason: str, move: str = "rehandle"
) -> None:
    """Opens the next round with the units of the last one, or their successors; own deadline, replies, approvals.
    A ticket that no unit has handled (a direct answer) goes to the dispatchers instead."""
    ticket.rehandles += 1
    uow.matters.open_again(ticket.id)
    clocks.meet(uow, ticket, "follow_up")
    clocks.run_again(uow, ticket, "upstream")
    for request in uow.find(Request, ticket_id=ticket.id, withdrawn_at=None):
        request.follow_up, request.not_reached = "none", 0
        request.contacted = request.solved = request.satisfied = ""
    lead, assists = _units_again(uow, ticket)
    if lead:
        open_round(uow, actor, ticket, lead, assists, reason, reason=reason, kind=move)
        return
    ticket.state, ticket.queue_reason = workflow.TO_DISPATCH, "rehandle"
    ticket.replied_at, ticket.closed_at, ticket.closed_how = None, None, ""
    clocks.start(uow, ticket, "dispatch", uow.now)
    record(uow, actor, ticket, move, reason)
    changed(uow, ticket, move)


def _units_again(uow: UnitOfWork, ticket: Ticket) -> tuple[str, list[str]]:
    """The lead ("" without any) and the assists of the last round, each followed to its successor."""
    last = [
        a
        for a in uow.find(Assignment, ticket_id=ticket.id, round_no=ticket.round_no)
        if a.parent_id is None and a.state == workflow.ACCEPTED
    ]
    lead = successor(uow.reference, next((a.unit for a in last if a.duty == LEAD), ticket.lead_unit))
    assists = [successor(uow.reference, a.unit) for a in last if a.duty != LEAD]
    return lead, [unit for unit in dict.fromkeys(assists) if unit and unit != lead]


def withdraw(uow: UnitOfWork, actor: Actor, no: str, reason: str, request_id: int | None = None) -> str:
    """撤回/作废. A caller withdraws their own request; the ticket goes with the last one. Units are told."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("withdraw", ticket.state, actor)
    reason = required(reason, "reason", "请写明撤回原因")
    requests = list(uow.find(Request, ticket_id=ticket.id, withdrawn_at=None))
    leaving = [request for request in requests if request_id in (None, request.id)]
    if request_id is not None and not leaving:
        raise Conflict("request.withdrawn", "这条诉求已经撤回，或不在该工单下")
    for request in leaving:
        request.withdrawn_at, request.follow_up = uow.now, "none"
    if len(leaving) < len(requests):
        record(uow, actor, ticket, "request_withdrawn", reason, public=False, request=request_id)
        clocks.follow_upstream(uow, ticket)
        if not close_if_asked_all(uow, actor, ticket):
            changed(uow, ticket, "request_withdrawn")
        return ticket.state
    ticket.state, ticket.closed_at, ticket.closed_how = workflow.WITHDRAWN, uow.now, "withdrawn"
    leave_all(uow, ticket, "withdrawn")
    uow.matters.drop([ticket.id])
    record(uow, actor, ticket, "withdraw", reason)
    uow.emit(TicketClosed(ticket.id, ticket.no, workflow.WITHDRAWN))
    return ticket.state


def archive(uow: UnitOfWork, actor: Actor, no: str) -> None:
    """归档: finished for good; only a supervisor opens it again."""
    ticket = access.readable_ticket(uow, actor, no)
    archive_ticket(uow, actor, ticket)
    uow.matters.drop([ticket.id])


def archive_ticket(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> None:
    """As `archive`, for a ticket that is held already; the caller takes it out of the look-up of matters."""
    workflow.check("archive", ticket.state, actor)
    ticket.state_before, ticket.state = ticket.state, workflow.ARCHIVED
    record(uow, actor, ticket, "archive")
    changed(uow, ticket, "archive")
