"""What a citizen does without an account: a request is opened by its number and tracking code together.

The public view shows what happened and the reply, never names, other callers, or what colleagues wrote to each other.
After a merge the citizen goes on with the number they were given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hotline.domain import workflow
from hotline.domain.drafts import Upload
from hotline.domain.errors import Conflict, NotFound, invalid_field
from hotline.domain.parties import Request
from hotline.domain.people import PORTAL_ACTOR
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import closing, intake, supervising
from hotline.services.recording import changed, record

_WRONG = NotFound("track.not_found", "没有找到这件诉求，请核对编号和查询码")
_SPOKEN = frozenset({"replied", "answer", "refuse", "ask_info"})
"""Kinds of entries whose words were meant for the caller."""
_WORDS = {
    "registered": "我们收到了您的诉求",
    "submit": "已提交",
    "dispatch": "已转给{units}办理",
    "reassign": "已改由{units}办理",
    "rehandle": "已发回{units}重新办理",
    "reopen": "已重新打开，由{units}办理",
    "sign": "{unit}已接收，正在办理",
    "release": "{unit}已提交答复，正在审核",
    "replied": "给您的答复",
    "answer": "给您的答复",
    "refuse": "不予受理",
    "ask_info": "请您补充",
    "add_info": "补充了内容",
    "note": "追加了内容",
    "urge": "已催办",
    "follow_up": "已回访",
    "rated": "您已评价",
    "closed": "已办结",
    "withdraw": "已撤回",
    "merge": "与同一件事的其他诉求一并办理",
    "unmerge": "恢复单独办理",
}
URGE_PAUSE_HOURS = 24


def find(uow: UnitOfWork, no: str, code: str) -> int:
    """The id of the request behind number and code. The same NotFound whatever was wrong."""
    plain = "".join(sign for sign in code.upper() if sign.isalnum())[:20]
    indexes = uow.indexes(plain, "tracking")
    row = uow.views.by_code(no.strip()[:40], indexes) if indexes else None
    if row is None:
        raise _WRONG
    return int(row["id"])


def _held(uow: UnitOfWork, request_id: int) -> tuple[Request, Ticket]:
    request = uow.get(Request, request_id)
    return request, uow.ticket_by_id(request.ticket_id)


def track(uow: UnitOfWork, request_id: int) -> dict[str, Any]:
    """Everything a citizen sees of their request: state, what happened, what comes next, what they may do."""
    request = uow.get(Request, request_id)
    ticket, home = uow.get(Ticket, request.ticket_id), uow.get(Ticket, request.home_ticket_id)
    entries = _entries(uow, ticket, home, request.id)
    withdrawn = request.withdrawn_at is not None
    return {
        "no": home.no,
        "title": home.title,
        "text": request.text,
        "state": "已撤回" if withdrawn else _public_state(ticket),
        "closed": withdrawn or ticket.state in workflow.FINAL_STATES,
        "due_at": ticket.due_at if ticket.state == workflow.HANDLING else None,
        "next": None if withdrawn else _next(ticket, request),
        "reply": request.reply,
        "outdated": ticket.state == workflow.HANDLING and ticket.round_no > 1,
        "replied_at": request.replied_at,
        "entries": entries,
        "callers": ticket.request_count,
        "may": {
            "add": not withdrawn and ticket.state in workflow.BEFORE_CLOSING - {workflow.DRAFT},
            "withdraw": not withdrawn and ticket.state in workflow.BEFORE_CLOSING,
            "urge": not withdrawn and _may_urge(entries, ticket, uow.now),
            "rate": not withdrawn and _may_rate(request, ticket),
        },
        "asked": ticket.state == workflow.NEED_INFO,
        "rating": closing.SATISFIED.get(request.satisfied, ""),
    }


def _public_state(ticket: Ticket) -> str:
    names = {
        workflow.REVIEW: "已受理",
        workflow.TO_DISPATCH: "正在转办",
        workflow.DELIBERATION: "正在确定承办单位",
    }
    return names.get(ticket.state, workflow.TICKET_STATES[ticket.state])


def _next(ticket: Ticket, request: Request) -> dict[str, Any] | None:
    """What comes next and by when, in a citizen's words; None when nothing does."""
    if ticket.state == workflow.HANDLING:
        return {"what": "给您答复", "due": ticket.due_at}
    if ticket.state == workflow.NEED_INFO:
        return {"what": "等您补充情况，补充后继续办理"}
    if ticket.state in workflow.BEFORE_DISPATCH:
        return {"what": "转给负责的单位办理"}
    asking = ticket.state == workflow.FOLLOW_UP and request.follow_up == "pending"
    return {"what": "回访，问问您是否满意"} if asking else None


def _may_rate(request: Request, ticket: Ticket) -> bool:
    """Once a round, while it waits for 回访."""
    waiting = ticket.state == workflow.FOLLOW_UP and request.follow_up == "pending"
    return waiting and not request.satisfied


def _entries(uow: UnitOfWork, ticket: Ticket, home: Ticket, request_id: int) -> list[dict[str, Any]]:
    """What happened to the matter and to this request of it; what other callers said or were asked stays theirs."""
    rows = uow.views.timeline(home.id, public_only=True)
    if ticket.id != home.id:
        merged_at = max((row["at"] for row in rows if row["kind"] == "merge"), default=home.received_at)
        rows += [row for row in uow.views.timeline(ticket.id, public_only=True) if row["at"] >= merged_at]
    own = (None, request_id)
    return [_entry(uow, row) for row in rows if row["kind"] in _WORDS and row["data"].get("request") in own]


def _entry(uow: UnitOfWork, row: dict[str, Any]) -> dict[str, Any]:
    data = row["data"]
    units = data.get("units") or [data[name] for name in ("after", "lead") if data.get(name)][:1]
    names = "、".join(uow.reference.name("unit", code) for code in units) or "承办单位"
    unit = uow.reference.name("unit", row["unit"]) if row["unit"] else "承办单位"
    return {
        "kind": row["kind"],
        "at": row["at"],
        "what": _WORDS[row["kind"]].format(units=names, unit=unit),
        "note": row["text"] if row["kind"] in _SPOKEN else "",
    }


def _may_urge(entries: list[dict[str, Any]], ticket: Ticket, now: datetime) -> bool:
    last = max((entry["at"] for entry in entries if entry["kind"] == "urge"), default=None)
    rested = last is None or (now - last).total_seconds() >= URGE_PAUSE_HOURS * 3600
    return ticket.state == workflow.HANDLING and rested


def add(uow: UnitOfWork, request_id: int, text: str, uploads: tuple[Upload, ...] = ()) -> None:
    """补充 by the citizen, with photos if any."""
    request, ticket = _held(uow, request_id)
    if request.withdrawn_at is not None:
        raise Conflict("request.withdrawn", "这条诉求已经撤回")
    intake.note_on(uow, PORTAL_ACTOR, ticket, text, uploads, request)


def withdraw(uow: UnitOfWork, request_id: int, reason: str) -> None:
    """The citizen takes their own request back; the ticket goes with the last one."""
    _, ticket = _held(uow, request_id)
    closing.withdraw(uow, PORTAL_ACTOR, ticket.no, reason or "诉求人撤回", request_id)


def urge(uow: UnitOfWork, request_id: int, reason: str) -> None:
    """催办 by the citizen, once a day."""
    request, _ = _held(uow, request_id)
    if not track(uow, request.id)["may"]["urge"]:
        raise Conflict("urge.too_soon", f"{URGE_PAUSE_HOURS} 小时内已经催办过，或现在不能催办")
    _, ticket = _held(uow, request_id)
    supervising.urge(uow, PORTAL_ACTOR, ticket.no, "phone", reason or "诉求人催办")


def rate(uow: UnitOfWork, request_id: int, contacted: str, solved: str, satisfied: str, opinion: str) -> str:
    """好差评 by the citizen instead of a call; an unhappy one goes to a follow-up clerk, who may open 重办."""
    request, ticket = _held(uow, request_id)
    if not _may_rate(request, ticket):
        raise Conflict("rate.closed", "现在不能评价，或您已经评价过了")
    if satisfied in closing.UNHAPPY and not opinion.strip():
        raise invalid_field("opinion", "请告诉我们哪里不满意，便于重新核实")
    if satisfied in closing.UNHAPPY:
        closing.check_answers(contacted, solved, satisfied)
        record(
            uow,
            PORTAL_ACTOR,
            ticket,
            "rated",
            opinion[:2000],
            public=True,
            satisfied=satisfied,
            request=request.id,
        )
        request.contacted, request.solved, request.satisfied = contacted, solved, satisfied
        request.first_satisfied = request.first_satisfied or satisfied
        changed(uow, ticket, "rated")
        return ticket.state
    return closing.follow_up(
        uow,
        PORTAL_ACTOR,
        ticket.no,
        request.id,
        True,
        contacted=contacted,
        solved=solved,
        satisfied=satisfied,
        opinion=opinion,
    )


def heard_today(uow: UnitOfWork, since: datetime) -> list[dict[str, Any]]:
    """What the city is hearing about: the commonest matters, by name and count only, from five upwards."""
    rows = uow.views.daily_counts("category", since, {})
    named = [
        {"name": uow.reference.name("category", row["key"]), "count": row["count"]}
        for row in rows
        if row["key"] and row["count"] >= 5
    ]
    return named[:6]
