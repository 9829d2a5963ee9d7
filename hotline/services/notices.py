"""Who is told what at which event. A notice is a row first and is sent afterwards, with its id as the channel's
idempotency key; a refusal by the channel lands on the ticket's timeline.

Notices carry numbers and states, never the text of a request and never a person's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
MOST_TRIES = 8


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
                created_at=uow.now,
            )
        )
    told = _for_callers(ticket, event)
    if told:
        _tell_callers(uow, ticket, event.topic(), told)


def _for_colleagues(
    uow: UnitOfWork, ticket: Ticket, event: events.TicketEvent
) -> Iterable[tuple[str, str, str]]:
    head = f"工单 {ticket.no}"
    if isinstance(event, events.TicketDispatched):
        for assignment in uow.find(Assignment, id=list(event.assignments)):
            yield assignment.unit, "dispatched", f"{head} 已派到贵单位，请及时签收"
    elif isinstance(event, events.TicketUrged):
        for unit in _open_units(uow, ticket, event.assignment_id):
            yield unit, "urged", f"{head} {URGE_LEVELS.get(event.level, '催办')}，请抓紧办理"
    elif isinstance(event, events.ApplicationFiled):
        yield CENTRE, "application", f"{head} 有一份{APPLICATIONS[event.kind]}申请待审"
    elif isinstance(event, events.ApplicationDecided):
        application = uow.get(Application, event.application_id)
        outcome = "已同意" if event.state == "granted" else "未获同意"
        yield application.applied_unit, "decided", f"{head} 的{APPLICATIONS[event.kind]}申请{outcome}"
    elif isinstance(event, events.TicketClosed) and event.state == workflow.WITHDRAWN:
        for unit in {assignment.unit for assignment in uow.find(Assignment, ticket_id=ticket.id)}:
            yield unit, "withdrawn", f"{head} 已撤回，不再办理"


def _open_units(uow: UnitOfWork, ticket: Ticket, assignment_id: int | None) -> set[str]:
    wanted = {"id": assignment_id} if assignment_id else {"ticket_id": ticket.id, "round_no": ticket.round_no}
    found = uow.find(Assignment, **wanted)
    return {assignment.unit for assignment in found if assignment.state in workflow.ACTIVE_ASSIGNMENTS}


def _for_callers(ticket: Ticket, event: events.TicketEvent) -> str:
    if isinstance(event, events.TicketRegistered):
        return f"您的诉求已受理，工单号 {ticket.no}，可凭工单号和查询码查询进度。"
    if isinstance(event, events.TicketReplied):
        return f"您的诉求（{ticket.no}）已有答复，请登录网站或拨打 12345 查询，稍后我们会回访。"
    if isinstance(event, events.TicketClosed):
        label = workflow.TICKET_STATES.get(event.state, "办结")
        return f"您的诉求（{ticket.no}）状态更新为：{label}。"
    return ""


def _tell_callers(uow: UnitOfWork, ticket: Ticket, kind: str, text: str) -> None:
    for request in uow.find(Request, ticket_id=ticket.id):
        if request.party_id and request.wants_reply and request.withdrawn_at is None:
            uow.add(
                Notice(
                    id=uow.new_id(),
                    ticket_id=ticket.id,
                    to_party_id=request.party_id,
                    channel="sms",
                    kind=kind,
                    text=text,
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
    """Marks the next notices as being sent (so that a crash repeats under the same key) and opens their address."""
    taken = []
    for notice in [
        n for n in uow.find(Notice, state=["pending", "sending"], limit=limit * 5) if n.channel != "inbox"
    ][:limit]:
        party = uow.get(Party, notice.to_party_id)
        phone = uow.open(party.phone_sealed, f"party.phone:{party.id}")
        if not phone or notice.attempts >= MOST_TRIES:
            notice.state, notice.answer = "refused", "没有可用的联系电话" if not phone else "多次发送未成功"
            continue
        notice.state, notice.attempts = "sending", notice.attempts + 1
        taken.append(Outgoing(notice.id, notice.channel, phone, notice.text))
    return taken


def settle(uow: UnitOfWork, notice_id: int, refusal: str) -> None:
    """The channel took the notice, or refused it for good."""
    notice = uow.get(Notice, notice_id)
    notice.state, notice.answer, notice.sent_at = "refused" if refusal else "sent", refusal, uow.now
    if refusal and notice.ticket_id:
        ticket = uow.get(Ticket, notice.ticket_id)
        record(uow, SYSTEM_ACTOR, ticket, "notice_refused", f"短信未送达：{refusal}", public=False)


def addresses(uow: UnitOfWork, actor: Actor) -> frozenset[str]:
    """Under which addresses in-app notices reach this person."""
    return units_of(uow, actor) if actor.bound_to_unit else frozenset({CENTRE})


def mark_read(uow: UnitOfWork, actor: Actor, up_to: int) -> None:
    """Everything shown up to this notice has been read."""
    for notice in uow.find(Notice, to_unit=addresses(uow, actor), read_at=None, limit=500):
        if notice.id <= up_to:
            notice.read_at = uow.now
