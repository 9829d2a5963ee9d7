"""Calls as the telephony source tells them: kept once each, numbers sealed; missed calls wait to be called back.

Events come at least once and may repeat; a call keeps the highest sequence number it has seen.
"""

from __future__ import annotations

from typing import Any

from hotline.domain import personal
from hotline.domain.errors import HotlineError, invalid_field
from hotline.domain.hotlines import by_dialled
from hotline.domain.parties import Party
from hotline.domain.people import Actor
from hotline.domain.records import Call
from hotline.ports import UnitOfWork
from telephony_bridge.api import CallEvent, EventName

_STATES = {
    EventName.OFFERED: "offered",
    EventName.QUEUED: "queued",
    EventName.RINGING: "ringing",
    EventName.ANSWERED: "talking",
    EventName.HELD: "held",
    EventName.RESUMED: "talking",
    EventName.TRANSFERRED: "talking",
    EventName.ABANDONED: "ended",
    EventName.ENDED: "ended",
}
_MISSED = frozenset({"abandoned", "no_answer"})
CALLBACKS = {"due": "待回拨", "done": "已回拨", "gave_up": "无法接通"}


def record_event(uow: UnitOfWork, event: CallEvent) -> bool:
    """Keeps what an event says of its call; False for a repeat or an event that is about no call."""
    if not event.call_id:
        return False
    call = uow.first(Call, call_id=event.call_id)
    if call is not None and event.seq <= call.last_seq:
        return False
    if call is None:
        call = _new(uow, event)
    call.last_seq = event.seq
    call.state = _STATES.get(event.name, call.state)
    call.agent = event.agent or call.agent
    call.queue = event.queue or call.queue
    call.answered_at = call.answered_at or event.answered_at
    if event.name == EventName.ENDED:
        call.ended_at, call.reason = event.at, event.reason
        if event.reason in _MISSED and call.caller_index:
            call.callback = "due"
    return True


def _new(uow: UnitOfWork, event: CallEvent) -> Call:
    number = clear_number(event)
    call = Call(
        id=uow.new_id(),
        call_id=event.call_id,
        source=event.source,
        hotline=by_dialled(uow.reference, event.hotline),
        state="offered",
        started_at=event.offered_at or event.at,
    )
    call.caller_sealed = uow.seal(number, f"call.caller:{call.id}")
    call.caller_masked = personal.mask_phone(number) if number else "号码未知"
    call.caller_index = uow.index(number, "phone")
    uow.add(call)
    return call


def clear_number(event: CallEvent) -> str:
    """The caller's number in the form that parties are found by; "" when withheld."""
    try:
        return personal.normalise_phone(event.caller or event.caller_raw).number
    except HotlineError:
        return ""


def screen_pop(uow: UnitOfWork, actor: Actor, call_id: str) -> dict[str, Any]:
    """What opens on the agent's desk: who calls (masked), from which line, what they brought before, what is open."""
    call = uow.first(Call, call_id=call_id)
    if call is None:
        raise invalid_field("call_id", "没有这通电话")
    known = uow.indexes(_number(uow, call), "phone")
    parties = list(uow.find(Party, phone_index=known, limit=5)) if known else []
    tickets = (
        uow.views.tickets({"phone_indexes": known, "centre": actor.centre}, None, 10)["items"]
        if known
        else []
    )
    return {
        "call_id": call.call_id,
        "state": call.state,
        "caller_masked": call.caller_masked,
        "hotline": call.hotline,
        "hotline_name": uow.reference.name("hotline", call.hotline),
        "names": sorted({party.name_masked for party in parties if party.name_masked}),
        "flags": sorted({flag for party in parties for flag in party.flags}),
        "started_at": call.started_at,
        "tickets": tickets,
    }


def caller_number(uow: UnitOfWork, call_id: str) -> str:
    """The clear number of a call, for registering its ticket; never shown, "" when withheld."""
    call = uow.first(Call, call_id=call_id)
    return _number(uow, call) if call else ""


def _number(uow: UnitOfWork, call: Call) -> str:
    return uow.open(call.caller_sealed, f"call.caller:{call.id}")


def settle_callback(uow: UnitOfWork, actor: Actor, call_pk: int, outcome: str) -> None:
    """漏接电话回拨: the call was made, or nobody could be reached."""
    if outcome not in ("done", "gave_up"):
        raise invalid_field("outcome", "回拨结果应为已回拨或无法接通")
    call = uow.get(Call, call_pk)
    call.callback = outcome
    uow.audit(actor, "call.callback", call.call_id, outcome=outcome)
