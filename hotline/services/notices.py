"""Who is told what at which event. A notice is a row first and is sent afterwards, with its id as the channel's
idempotency key; a refusal by the channel lands on the ticket's timeline.

Notices carry numbers and states, never the text of a request and never a person's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from hotline.domain import events, workflow
from hotline.domain.assignment import APPLICATIONS, Application, Assignment
from hotline.domain.parties import Party, Request
from hotline.domain.people import SYSTEM_ACTOR, Actor
from hotline.domain.records import Notice
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services.access import units_of
from hotline.services.recording import record
from hotline.services.supervising import URGE_LEVELS

CENTRE = "centre"
"""The address of the hotline's own people in `Notice.to_unit`."""
WATCHERS = "watchers"
"""The address of those of them whom burst warnings concern, with the operating centre after a colon."""
MOST_TRIES = 12
RETRY_SECONDS = 30
LONGEST_RETRY_SECONDS = 2 * 3600


def on_event(uow: UnitOfWork, event: events.TicketEvent) -> None:
    """Writes the notices that an event calls for."""
    ticket = uow.get(Ticket, event.ticket_id)
    for to_unit, kind, text in _for_colleagues(uow, ticket, event):
        uow.add(
            Notice(
                id=uow.new_id(),
                ticket_id=ticket.id,
                to_unit=to_unit,
                kind=kind,
                text=text,
                state="sent",
                created_at=uow.now,
                sent_at=uow.now,
            )
        )
    told = _for_callers(event)
    if told:
        _tell_callers(uow, ticket, event.topic(), told)


def _for_colleagues(
    uow: UnitOfWork, ticket: Ticket, event: events.TicketEvent
) -> Iterable[tuple[str, str, str]]:
    head = f"工单 {ticket.no}"
    if isinstance(event, events.TicketDispatched):
        for assignment in uow.find(Assignment, id=list(event.assignments)):
            yield assignment.unit, "dispatched", f"{head} 已派到贵单位，请及时签收"
    elif isinstance(event, events.AssignmentsEnded):
        for unit in {a.unit for a in uow.find(Assignment, id=list(event.assignments))}:
            yield unit, "ended", f"{head} 的承办任务已结束（{_why_ended(ticket)}），贵单位不必再办理"
    elif isinstance(event, events.AssignmentAnswered):
        child = uow.get(Assignment, event.assignment_id)
        who = uow.reference.name("unit", child.unit)
        yield (
            uow.get(Assignment, child.parent_id).unit,
            "answered",
            f"{head} 转派给{who}的部分已答复，请查看并汇总答复",
        )
    elif isinstance(event, events.TicketUrged):
        for unit in _open_units(uow, ticket, event.assignment_id):
            yield unit, "urged", f"{head} {URGE_LEVELS.get(event.level, '催办')}，请抓紧办理"
    elif isinstance(event, events.ApplicationFiled):
        yield CENTRE, "application", f"{head} 有一份{APPLICATIONS[event.kind]}申请待审"
    elif isinstance(event, events.ApplicationDecided):
        application = uow.get(Application, event.application_id)
        outcome = "已同意" if event.state == "granted" else "未获同意"
        yield application.applied_unit, "decided", f"{head} 的{APPLICATIONS[event.kind]}申请{outcome}"


def _why_ended(ticket: Ticket) -> str:
    words = {workflow.WITHDRAWN: "诉求已撤回", workflow.MERGED: "已并入其他工单"}
    return words.get(ticket.state, "已改派或收回")


def _open_units(uow: UnitOfWork, ticket: Ticket, assignment_id: int | None) -> set[str]:
    """The units at work in the round; of one assignment its own and those it was passed down to."""
    found = uow.find(Assignment, ticket_id=ticket.id, round_no=ticket.round_no)
    wanted = {a.id for a in found} if assignment_id is None else {assignment_id}
    for assignment in found:
        if assignment.parent_id in wanted:
            wanted.add(assignment.id)
    return {a.unit for a in found if a.id in wanted and a.state in workflow.ACTIVE_ASSIGNMENTS}


def _for_callers(event: events.TicketEvent) -> str:
    """What callers are told, with room for the number that they were given."""
    if isinstance(event, events.TicketRegistered):
        return "您的诉求已受理，工单号 {no}，可凭工单号和查询码查询进度。"
    if isinstance(event, events.TicketReplied):
        return "您的诉求（{no}）已有答复，请登录网站或拨打 12345 查询，稍后我们会回访。"
    if isinstance(event, events.TicketClosed):
        label = workflow.TICKET_STATES.get(event.state, "办结")
        return f"您的诉求（{{no}}）状态更新为：{label}。"
    return ""


def _tell_callers(uow: UnitOfWork, ticket: Ticket, kind: str, words: str) -> None:
    """One message for each caller who wants to hear, has a number to be reached at, and has not withdrawn."""
    for request in uow.find(Request, ticket_id=ticket.id, wants_reply=True, withdrawn_at=None):
        if request.party_id and uow.get(Party, request.party_id).phone_sealed:
            home = ticket if request.home_ticket_id == ticket.id else uow.get(Ticket, request.home_ticket_id)
            text = words.format(no=home.no)
            uow.add(
                Notice(
                    id=uow.new_id(),
                    ticket_id=ticket.id,
                    to_party_id=request.party_id,
                    channel="sms",
                    kind=kind,
                    text=text,
                    due_at=uow.now,
                    created_at=uow.now,
                )
            )


@dataclass(frozen=True)
class Outgoing:
    """A notice ready to leave: the clear address exists only here."""

    id: int
    channel: str
    address: str
    text: str


def take_outgoing(uow: UnitOfWork, limit: int = 20) -> list[Outgoing]:
    """Opens the addresses of the next notices. The next try is already set, in case this one dies or fails; after
    the last one the notice counts as refused."""
    taken = []
    for notice_id in uow.views.notices_due(uow.now, limit):
        notice = uow.get(Notice, notice_id)
        if notice.attempts >= MOST_TRIES:
            _settle(uow, notice, "多次发送未成功")
            continue
        wait = min(RETRY_SECONDS * 2**notice.attempts, LONGEST_RETRY_SECONDS)
        notice.state, notice.attempts = "sending", notice.attempts + 1
        notice.due_at = uow.now + timedelta(seconds=wait)
        party = uow.get(Party, notice.to_party_id)
        phone = uow.open(party.phone_sealed, f"party.phone:{party.id}")
        taken.append(Outgoing(notice.id, notice.channel, phone, notice.text))
    return taken


def settle(uow: UnitOfWork, notice_id: int, refusal: str) -> None:
    """The channel took the notice, or refused it for good; said once, however often it is told."""
    notice = uow.get(Notice, notice_id)
    if notice.due_at is not None:
        _settle(uow, notice, refusal)


def _settle(uow: UnitOfWork, notice: Notice, refusal: str) -> None:
    notice.state, notice.answer, notice.sent_at = "refused" if refusal else "sent", refusal, uow.now
    notice.due_at = None
    if refusal and notice.ticket_id:
        ticket = uow.ticket_by_id(notice.ticket_id)
        record(uow, SYSTEM_ACTOR, ticket, "notice_refused", f"短信未送达：{refusal}", public=False)


def addresses(uow: UnitOfWork, actor: Actor) -> frozenset[str]:
    """Under which addresses in-app notices reach this person."""
    if actor.bound_to_unit:
        return units_of(uow, actor)
    return frozenset({CENTRE} | ({watchers(actor.centre)} if actor.may("warning.read") else set()))


def watchers(centre: str) -> str:
    return f"{WATCHERS}:{centre}"


def mark_read(uow: UnitOfWork, actor: Actor, up_to: int) -> None:
    """Everything shown up to this notice has been read."""
    for notice in uow.find(Notice, to_unit=addresses(uow, actor), read_at=None, limit=500):
        if notice.id <= up_to:
            notice.read_at = uow.now
