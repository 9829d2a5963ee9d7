"""What an agent does at the desk: a call becomes a ticket, joins one, or is noted on the one it is about.

The caller's clear number never reaches the browser: the form carries the call's id, and the number is filled in here
when the agent typed none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hotline.domain import workflow
from hotline.domain.drafts import TicketDraft, clean, required
from hotline.domain.errors import HotlineError, NotAllowed, NotFound
from hotline.domain.parties import Party, Request
from hotline.domain.people import Actor
from hotline.domain.personal import normalise_phone
from hotline.domain.records import Call
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import (
    access,
    calls,
    closing,
    dispatching,
    drafting,
    intake,
    merging,
    queries,
    supervising,
)
from hotline.services.recording import record

LIVE_CALL = timedelta(hours=2)
"""A call that seems to go on for longer has lost its end."""
CALLED_AGAIN = "来电人再次来电，反映没有办好"
_ON_THE_LINE = ("ringing", "talking", "held")
_HISTORY = 10


def register(
    uow: UnitOfWork,
    actor: Actor,
    draft: TicketDraft,
    outcome: intake.Outcome,
    key: str,
    *,
    unit: str = "",
    into: str = "",
    beside: str = "",
) -> intake.Registered:
    """Registers what the form holds, once per form (`key`), and throws its draft away.

    `into`: the ticket that already handles the same matter; the new one is merged into it. `beside`: a ticket that
    it has to do with; the two are linked. `unit`: the unit that the
    agent thinks responsible: dispatched to by those who may dispatch, told to the dispatcher by the others.
    """
    draft = replace(draft, caller=_with_number(uow, actor, draft))
    made = intake.register_once(uow, actor, draft, outcome, key, key)
    drafting.drop(uow, actor, key)
    if made.already or outcome.kind != "submit":
        return made
    if into:
        merging.merge(uow, actor, made.no, into, "登记时并入：不同来电人反映同一件事")
    elif unit:
        _propose(uow, actor, made.no, unit)
    if beside:
        merging.link(uow, actor, made.no, beside, "related", "登记时关联")
    return replace(made, state=uow.ticket(made.no).state)


def _with_number(uow: UnitOfWork, actor: Actor, draft: TicketDraft) -> Any:
    if not draft.call_id or draft.anonymous or draft.caller.phone:
        return draft.caller
    own_call(uow, actor, draft.call_id)
    return replace(draft.caller, phone=calls.caller_number(uow, draft.call_id))


def _propose(uow: UnitOfWork, actor: Actor, no: str, unit: str) -> None:
    ticket = access.readable_ticket(uow, actor, no)
    name = uow.reference.require("unit", unit, "unit")["name"]
    if actor.may("ticket.dispatch") and ticket.state == workflow.TO_DISPATCH:
        dispatching.dispatch(uow, actor, no, unit)
        return
    record(uow, actor, ticket, "proposed", str(name), public=False, proposed=unit)


def own_call(uow: UnitOfWork, actor: Actor, call_id: str) -> Call:
    """The call, if it rang at the actor's extension or waits to be called back; NotFound, NotAllowed otherwise."""
    call = uow.first(Call, call_id=call_id)
    if call is None:
        raise NotFound("call.not_found", "没有这通电话")
    if call.agent and call.agent != actor.extension and not call.callback and not actor.may("desk.wall"):
        raise NotAllowed("call.not_own", "这通电话不在您的分机上")
    return call


def caller_card(uow: UnitOfWork, actor: Actor, call_id: str) -> dict[str, Any]:
    """The screen pop of a call that the actor takes, its tickets named and held against the actor's rights."""
    call = own_call(uow, actor, call_id)
    card = calls.screen_pop(uow, actor, call_id)
    rows = queries.by_hits(uow, actor, [row["id"] for row in card["tickets"]], {})
    return {**card, "answered_at": call.answered_at, "ended_at": call.ended_at, "tickets": rows}


def history_of(uow: UnitOfWork, actor: Actor, phone: str) -> list[dict[str, Any]]:
    """Earlier tickets of a number as an agent types it; nothing while it is not a whole number yet."""
    try:
        number = normalise_phone(phone).number
    except HotlineError:
        return []
    return list(queries.tickets(uow, actor, {"phone": number}, None, _HISTORY)["items"])


def on_the_line(uow: UnitOfWork, actor: Actor) -> dict[str, Any] | None:
    """The call that stands at the actor's extension now, without its number; None when the line is free."""
    if not actor.extension:
        return None
    for call in uow.find(Call, agent=actor.extension, state=_ON_THE_LINE, order="-started_at", limit=1):
        if uow.now - call.started_at < LIVE_CALL:
            return _line(uow, call)
    return None


def _line(uow: UnitOfWork, call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "call_id": call.call_id,
        "state": call.state,
        "caller": call.caller_masked,
        "hotline": call.hotline,
        "hotline_name": uow.reference.name("hotline", call.hotline),
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
    }


def callbacks(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Missed calls that wait to be called back, the longest waiting first."""
    return [_line(uow, call) for call in uow.find(Call, callback="due", order="started_at", limit=200)]


def call_again(uow: UnitOfWork, actor: Actor, no: str, text: str, phone: str, call_id: str | None) -> None:
    """同一人再次来电: another contact of the request that this caller has under the ticket, and what was added.

    Without a number that is known there, the contact is the first request's. Raises Conflict where the ticket is
    closed and something new was said: that is a request of its own, linked to the old one.
    """
    ticket = access.readable_ticket(uow, actor, no)
    request = _request_of(uow, ticket, _indexes(uow, actor, phone, call_id))
    intake.add_contact(uow, actor, no, request.id, "phone", call_id)
    if clean(text):
        intake.note_on(uow, actor, ticket, text)


def call_to_urge(uow: UnitOfWork, actor: Actor, no: str, text: str, phone: str, call_id: str | None) -> None:
    """来电催办: the call is noted as in `call_again`, and the units are urged. Conflict where nobody handles it now."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("urge", ticket.state, actor)
    call_again(uow, actor, no, text, phone, call_id)
    supervising.urge(uow, actor, no, "phone", "来电人再次来电催办")


def call_to_rehandle(
    uow: UnitOfWork, actor: Actor, no: str, text: str, phone: str, call_id: str | None
) -> None:
    """办结后再次来电: the call is noted and the units handle the closed ticket once more, for what the caller says now.
    What was said is kept as the caller's words, which units do not read of a secret one; the reason is ours.
    Conflict where it is not closed; NotAllowed for those who may not decide that."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("rehandle", ticket.state, actor)
    text = required(text, "text", "请写明哪里没有办好")
    request = _request_of(uow, ticket, _indexes(uow, actor, phone, call_id))
    record(uow, actor, ticket, "note", text, public=False, files=0, request=request.id)
    intake.add_contact(uow, actor, no, request.id, "phone", call_id)
    closing.rehandle(uow, actor, no, CALLED_AGAIN)


def known_as(uow: UnitOfWork, actor: Actor, phone: str, call_id: str) -> tuple[str, ...]:
    """The keyed hashes of the caller's number, typed or on the line; () while there is none that the actor may ask by."""
    if not (clean(phone) and actor.may("ticket.reveal")) and not call_id:
        return ()
    try:
        return tuple(filter(None, _indexes(uow, actor, phone, call_id or None)))
    except HotlineError:
        return ()


def _indexes(uow: UnitOfWork, actor: Actor, phone: str, call_id: str | None) -> tuple[str, ...]:
    if clean(phone):
        return uow.indexes(normalise_phone(phone).number, "phone")
    return (own_call(uow, actor, call_id).caller_index or "",) if call_id else ()


def _request_of(uow: UnitOfWork, ticket: Ticket, phone_indexes: tuple[str, ...]) -> Request:
    requests = list(uow.find(Request, ticket_id=ticket.id, withdrawn_at=None))
    if not requests:
        raise NotFound("request.not_found", "这件工单下没有诉求")
    for request in requests:
        party = uow.first(Party, id=request.party_id) if request.party_id else None
        if party is not None and party.phone_index and party.phone_index in phone_indexes:
            return request
    return requests[0]
