"""Registering a request: the one way in for desk, portal, API, signed legacy systems and imports.

Needs the database and nothing else. What may fail later (classification, index, notices) is done by subscribers of
TicketRegistered.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hotline.domain import workflow
from hotline.domain.drafts import LIMITS, OTHERS, TicketDraft, Upload, clean
from hotline.domain.errors import InvalidInput, invalid_field
from hotline.domain.events import TicketClosed, TicketImported, TicketRegistered, TicketReplied
from hotline.domain.parties import Contact, Request, RequestContact, RequestParty
from hotline.domain.people import Actor
from hotline.domain.ticket import Attachment, Link, Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, clocks, parties
from hotline.services.learning import labels
from hotline.services.recording import changed, record

LOCAL = ZoneInfo("Asia/Shanghai")
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8
OUTCOMES = ("submit", "draft", "answer", "refuse")


@dataclass(frozen=True)
class Registered:
    """What the caller is told: the number, the tracking code (shown once, kept only as a hash), the state."""

    no: str
    code: str
    ticket_id: int
    state: str
    already: bool = False

    def to_dict(self) -> dict[str, Any]:
        return dict(self.__dict__)


@dataclass(frozen=True)
class Outcome:
    """How the agent ends the form: submit, keep as draft, answer directly or refuse with the route told."""

    kind: str = "submit"
    reply: str = ""
    reason_code: str = ""
    solved: bool = True


def register(uow: UnitOfWork, actor: Actor, draft: TicketDraft, outcome: Outcome | None = None) -> Registered:
    """Makes a request and its ticket. A (source system, number) seen before answers with the ticket it became.

    Raises InvalidInput naming every faulty field, NotAllowed.
    """
    workflow.check("submit", workflow.DRAFT, actor)
    draft = draft.checked(uow.reference)
    earlier = _earlier(uow, draft)
    if earlier is not None:
        return Registered(earlier.no, "", earlier.id, earlier.state, already=True)
    ticket, code = add_open(uow, actor, draft, outcome or Outcome())
    return Registered(ticket.no, code, ticket.id, ticket.state)


def add_open(uow: UnitOfWork, actor: Actor, draft: TicketDraft, outcome: Outcome) -> tuple[Ticket, str]:
    """The ticket and tracking code of a checked draft whose number is not here yet; `register` without its checks."""
    ticket, code = _new_ticket(uow, actor, draft)
    record(
        uow, actor, ticket, "registered", "受理", public=True, channel=draft.channel, hotline=draft.hotline
    )
    if outcome.kind != "draft":
        _finish(uow, actor, ticket, outcome)
    if draft.upstream_due_at is not None and ticket.state in workflow.OPEN_STATES:
        clocks.start_upstream(uow, ticket, ticket.received_at, draft.upstream_due_at)
    uow.audit(actor, "ticket.registered", ticket.no, outcome=outcome.kind)
    return ticket, code


def register_once(
    uow: UnitOfWork, actor: Actor, draft: TicketDraft, outcome: Outcome | None, key: str, fingerprint: str
) -> Registered:
    """As `register`, giving the same answer to a repeated Idempotency-Key."""
    owner = f"{actor.via}:{actor.login or actor.name}"
    context = f"tracking.code:{owner}:{key}"
    if earlier := uow.remembered(owner, key, fingerprint):
        code = uow.open(earlier["code"], context)
        return Registered(**{**earlier, "code": code, "already": True})
    answer = register(uow, actor, draft, outcome)
    uow.remember(owner, key, fingerprint, {**answer.to_dict(), "code": uow.seal(answer.code, context)})
    return answer


def finish_draft(uow: UnitOfWork, actor: Actor, no: str, outcome: Outcome) -> str:
    """Submits, answers or refuses a ticket that was kept as a draft; the new state."""
    ticket = access.readable_ticket(uow, actor, no)
    _finish(uow, actor, ticket, outcome)
    clocks.follow_upstream(uow, ticket)
    return ticket.state


def _finish(uow: UnitOfWork, actor: Actor, ticket: Ticket, outcome: Outcome) -> None:
    if outcome.kind == "submit":
        _submit(uow, actor, ticket)
    elif outcome.kind == "answer":
        answer_directly(uow, actor, ticket, outcome.reply, outcome.solved)
    elif outcome.kind == "refuse":
        refuse(uow, actor, ticket, outcome.reason_code, outcome.reply)
    else:
        raise invalid_field("outcome", f"办理方式应为 {'、'.join(OUTCOMES)} 之一")


def _submit(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> None:
    """To 待派单 where the centre lets this actor skip the review, else to 待审核. The dispatch clock starts."""
    workflow.check("submit", ticket.state, actor)
    ticket.state = workflow.TO_DISPATCH if _skips_review(uow, actor, ticket) else workflow.REVIEW
    ticket.submitted_at = uow.now
    record(uow, actor, ticket, "submit", skipped_review=ticket.state == workflow.TO_DISPATCH)
    clocks.start(uow, ticket, "dispatch", uow.now)
    uow.emit(TicketRegistered(ticket.id, ticket.no))


def _skips_review(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> bool:
    rule = (uow.reference.row("setting", "intake") or {}).get("skip_review", "classified")
    chosen = bool(ticket.category and ticket.area and ticket.category_by == "agent")
    return actor.may("ticket.review") or (
        rule == "always" or (rule == "classified" and chosen and actor.via == "desk")
    )


def answer_directly(uow: UnitOfWork, actor: Actor, ticket: Ticket, reply: str, solved: bool) -> None:
    """直接答复: closed at once when the caller is content, else it goes to follow-up."""
    workflow.check("answer", ticket.state, actor)
    reply = clean(reply)
    if not reply or len(reply) > LIMITS["reply"]:
        raise invalid_field("reply", f"请填写答复内容（最多 {LIMITS['reply']} 字）")
    ticket.state = workflow.CLOSED if solved else workflow.FOLLOW_UP
    ticket.public_reply, ticket.replied_at, ticket.closed_how = reply, uow.now, "direct"
    ticket.submitted_at = uow.now
    for request in uow.find(Request, ticket_id=ticket.id):
        request.reply, request.replied_at = reply, uow.now
        request.follow_up = "none" if solved else "pending"
    record(uow, actor, ticket, "answer", reply)
    changed(uow, ticket, "answer")
    if solved:
        ticket.closed_at = uow.now
        uow.emit(TicketClosed(ticket.id, ticket.no, workflow.CLOSED))
    else:
        uow.emit(TicketReplied(ticket.id, ticket.no))


def refuse(uow: UnitOfWork, actor: Actor, ticket: Ticket, reason_code: str, told: str) -> None:
    """不予受理 with a reason of the published list and the route that the caller was told."""
    workflow.check("refuse", ticket.state, actor)
    reason = uow.reference.require("reason", reason_code, "reason_code")
    if reason.get("group") != "refusal":
        raise invalid_field("reason_code", "请选择不予受理的理由")
    told = clean(told) or str(reason.get("told") or reason.get("route") or "")
    if not told or len(told) > LIMITS["note"]:
        raise invalid_field("reply", "请填写告知来电人的途径")
    ticket.state, ticket.refusal, ticket.closed_at = workflow.REFUSED, reason_code, uow.now
    ticket.closed_how, ticket.public_reply = "refused", told
    for request in uow.find(Request, ticket_id=ticket.id):
        request.reply, request.replied_at = told, uow.now
    clocks.finish(uow, ticket)
    uow.matters.drop([ticket.id])
    record(uow, actor, ticket, "refuse", f"{reason['name']}：{told}", reason=reason_code)
    uow.emit(TicketClosed(ticket.id, ticket.no, workflow.REFUSED))


@dataclass(frozen=True)
class HistoricalRecord:
    """A finished matter of an old system: taken over as it was; it starts no clock and tells nobody."""

    draft: TicketDraft
    reply: str = ""
    unit: str = ""
    closed_at: datetime | None = None


def register_historical(uow: UnitOfWork, actor: Actor, old: HistoricalRecord) -> Registered:
    """Takes a final record over, found afterwards by its old number."""
    draft = old.draft.checked(uow.reference)
    earlier = _earlier(uow, draft)
    if earlier is not None:
        return Registered(earlier.no, "", earlier.id, earlier.state, already=True)
    ticket, code = add_finished(uow, actor, draft, old)
    return Registered(ticket.no, code, ticket.id, ticket.state)


def add_finished(
    uow: UnitOfWork, actor: Actor, draft: TicketDraft, old: HistoricalRecord
) -> tuple[Ticket, str]:
    """As `add_open`, for a finished record; `draft` is its draft after the checks."""
    ticket, code = _new_ticket(uow, actor, draft)
    ticket.historical, ticket.state, ticket.closed_how = True, workflow.ARCHIVED, "imported"
    ticket.public_reply, ticket.lead_unit = clean(old.reply), old.unit
    ticket.closed_at = old.closed_at or ticket.received_at
    record(uow, actor, ticket, "imported", "历史工单导入", source=draft.source_system)
    uow.emit(TicketImported(ticket.id, ticket.no))
    return ticket, code


def _earlier(uow: UnitOfWork, draft: TicketDraft) -> Ticket | None:
    if not draft.source_no:
        return None
    return uow.first(Ticket, source_system=draft.source_system, source_no=draft.source_no)


def _new_ticket(uow: UnitOfWork, actor: Actor, draft: TicketDraft) -> tuple[Ticket, str]:
    received = min(draft.received_at or uow.now, uow.now)
    day = received.astimezone(LOCAL).strftime("%Y%m%d")
    ticket = Ticket(
        id=uow.new_id(),
        no=f"{day}-{uow.next_number(day):05d}",
        state=workflow.DRAFT,
        title=draft.title,
        hotline=draft.hotline,
        channel=draft.channel,
        centre=actor.centre,
        request_type=draft.request_type,
        urgency=draft.urgency,
        complexity=draft.complexity,
        tags=list(draft.tags),
        category=draft.category,
        category_version=uow.reference.versions.get("category", 0),
        category_by="agent" if draft.category else "",
        area=draft.area,
        place=draft.place,
        secret=bool(draft.secret),
        enterprise=draft.enterprise,
        received_at=received,
        source_system=draft.source_system,
        source_no=draft.source_no or None,
        changed_at=uow.now,
    )
    contact = _contact(uow, actor, draft, received)
    request, code = _request(uow, draft, ticket, contact)
    uow.add(ticket, contact, request, *_attachments(uow, actor, ticket, request, draft.attachments))
    _add_others(uow, draft, request)
    if not draft.source_system:
        labels.chosen(uow, actor, ticket)
    if draft.related_no:
        related = access.readable_ticket(uow, actor, draft.related_no)
        uow.add(
            Link(
                id=uow.new_id(),
                ticket_id=ticket.id,
                other_id=related.id,
                kind="addition",
                made_by=actor.name,
                made_at=uow.now,
            )
        )
    return ticket, code


def _add_others(uow: UnitOfWork, draft: TicketDraft, request: Request) -> None:
    """The parties of a request beside its caller. One person in two roles is one party."""
    if draft.subject:
        uow.add(RequestParty(id=uow.new_id(), request_id=request.id, role="subject", name=draft.subject))
    for role in OTHERS:
        person = getattr(draft, role)
        if not person.empty:
            uow.flush()
            party = parties.find_or_add(uow, person)
            uow.add(RequestParty(id=uow.new_id(), request_id=request.id, role=role, party_id=party.id))


def _contact(uow: UnitOfWork, actor: Actor, draft: TicketDraft, received: datetime) -> Contact:
    return Contact(
        id=uow.new_id(),
        channel=draft.channel,
        hotline=draft.hotline,
        dialled=draft.dialled or draft.hotline,
        source_system=draft.source_system,
        source_no=draft.source_no or None,
        upstream_due_at=draft.upstream_due_at,
        call_id=draft.call_id,
        operator_id=actor.user_id,
        operator=actor.name,
        centre=actor.centre,
        received_at=received,
    )


def _request(uow: UnitOfWork, draft: TicketDraft, ticket: Ticket, contact: Contact) -> tuple[Request, str]:
    party = parties.find_or_add(uow, draft.caller)
    code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    contact.party_id = party.id if party else None
    request = Request(
        id=uow.new_id(),
        ticket_id=ticket.id,
        home_ticket_id=ticket.id,
        contact_id=contact.id,
        party_id=contact.party_id,
        text=draft.text,
        anonymous=draft.anonymous or party is None,
        secret=bool(draft.secret),
        consent_publish=draft.consent_publish and not draft.secret,
        wants_reply=draft.wants_reply,
        code_index=uow.index(code, "tracking") or "",
        created_at=uow.now,
    )
    return request, code


def _attachments(
    uow: UnitOfWork, actor: Actor, ticket: Ticket, request: Request, uploads: tuple[Upload, ...]
) -> list[Attachment]:
    return [
        Attachment(
            id=uow.new_id(),
            ticket_id=ticket.id,
            request_id=request.id,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.size,
            digest=upload.digest,
            added_by=actor.name,
            added_at=uow.now,
        )
        for upload in uploads
    ]


def add_note(uow: UnitOfWork, actor: Actor, no: str, text: str, uploads: tuple[Upload, ...] = ()) -> None:
    """追加: more from a caller or a colleague on an open ticket; a ticket that waits for information goes on."""
    ticket = access.readable_ticket(uow, actor, no)
    note_on(uow, actor, ticket, text, uploads)


def note_on(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    text: str,
    uploads: tuple[Upload, ...] = (),
    request: Request | None = None,
) -> None:
    """As `add_note`, on a ticket that is held already. `request` is that of the caller who speaks: files go to it and
    keep its secrecy; a colleague's go to the first."""
    move = "add_info" if ticket.state == workflow.NEED_INFO else "note"
    workflow.check(move, ticket.state, actor)
    text = clean(text)
    if not text or len(text) > LIMITS["note"]:
        raise invalid_field("text", f"请填写追加内容（最多 {LIMITS['note']} 字）")
    if move == "add_info":
        ticket.state = workflow.REVIEW
    spoken = request or uow.first(Request, ticket_id=ticket.id)
    if spoken is not None:
        uow.add(*_attachments(uow, actor, ticket, spoken, uploads))
    whose = {"request": request.id} if request else {}
    record(uow, actor, ticket, move, text, files=len(uploads), **whose)
    changed(uow, ticket, move)


def add_contact(
    uow: UnitOfWork, actor: Actor, no: str, request_id: int, channel: str, call_id: str | None
) -> int:
    """Another contact of the same request (a caller asks again); the contact's id."""
    ticket = access.readable_ticket(uow, actor, no)
    request = uow.get(Request, request_id)
    if request.ticket_id != ticket.id:
        raise InvalidInput("request.other_ticket", "这条诉求不在该工单下")
    contact = Contact(
        id=uow.new_id(),
        channel=channel,
        hotline=ticket.hotline,
        party_id=request.party_id,
        call_id=call_id,
        operator_id=actor.user_id,
        operator=actor.name,
        centre=actor.centre,
        received_at=uow.now,
    )
    uow.add(contact, RequestContact(request_id=request.id, contact_id=contact.id))
    record(uow, actor, ticket, "contacted_again", "再次来电询问", public=False)
    return contact.id
