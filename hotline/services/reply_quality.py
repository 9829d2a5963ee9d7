"""The quality of replies: what is judged of a reply, what is kept of the judgement, and how units fare.

The judging itself happens outside any transaction (Runtime.assessor). It reads the request as the unit reads it, masked, so
nothing of the caller can come out in a reason. What may surprise: nothing here refuses anything. A reply without an
assessment is a reply like any other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hotline.domain.assignment import Assignment, Reply
from hotline.domain.deadlines import local
from hotline.domain.errors import InvalidInput, NotAllowed, NotFound
from hotline.domain.parties import Request
from hotline.domain.people import Actor
from hotline.domain.reply_quality import PARTS, ReplyAssessment
from hotline.domain.spans import read_day
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, clocks
from hotline.services.unit_reading import request_text

Row = dict[str, Any]
_KEPT = ("grade", "parts", "gaps", "warnings")
SPAN_DAYS, LONGEST_DAYS = 30, 366


def submitted(uow: UnitOfWork, reply_id: int) -> Row | None:
    """What the assessor needs of a submitted reply; None when it is gone."""
    reply = uow.first(Reply, id=reply_id)
    if reply is None:
        return None
    assignment, ticket = uow.get(Assignment, reply.assignment_id), uow.get(Ticket, reply.ticket_id)
    return _asked(uow, ticket, assignment, reply.public_reply, reply.at)


def typed(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, text: str) -> Row:
    """The same of a reply that is being written, as if it were handed in now. NotFound for anybody else's assignment."""
    row = uow.views.ticket_row(no)
    if row is None:
        raise NotFound("ticket.not_found", "没有这个工单")
    ticket = access.readable_row(uow, actor, row["id"])
    assignment = access.own_assignment(uow, actor, ticket, assignment_id)
    return _asked(uow, ticket, assignment, text, uow.now)


def _asked(uow: UnitOfWork, ticket: Ticket, assignment: Assignment, text: str, at: datetime) -> Row:
    requests = uow.find(Request, ticket_id=ticket.id, withdrawn_at=None)
    secret = ticket.secret or any(request.secret for request in requests)
    calendar = clocks.rules_of(uow.reference)[1]
    return {
        "title": request_text(ticket.title, secret),
        "detail": "\n".join(request_text(request.text, secret) for request in requests),
        "reply": text,
        "asked_at": local(assignment.dispatched_at),
        "replied_at": local(at),
        "due_at": local(assignment.due_at) if assignment.due_at else None,
        "is_workday": calendar.is_working_day,
        "request_type": ticket.request_type,
    }


def keep(uow: UnitOfWork, reply_id: int, found: Row) -> None:
    """Keeps an assessment; a second one by the same rules changes nothing."""
    reply = uow.first(Reply, id=reply_id)
    if reply is None or uow.first(ReplyAssessment, reply_id=reply_id, rules=found["rules"]) is not None:
        return
    unit = uow.get(Assignment, reply.assignment_id).unit
    scores = {part["name"]: _percent(part["score"]) for part in found["parts"] if part["name"] in PARTS}
    uow.add(
        ReplyAssessment(
            id=uow.new_id(),
            reply_id=reply.id,
            ticket_id=reply.ticket_id,
            assignment_id=reply.assignment_id,
            unit=unit,
            submitted_at=reply.at,
            at=uow.now,
            rules=found["rules"],
            score=_percent(found["score"]) or 0,
            leaks=any(warned["code"].startswith("leak.") for warned in found["warnings"]),
            found={
                **{name: found[name] for name in _KEPT},
                "gaps": _filled(found["gaps"], uow.reference.name("unit", unit), reply.at),
            },
            **scores,
        )
    )


def _percent(score: float | None) -> int | None:
    return None if score is None else round(100 * score)


def shown(row: Row) -> Row:
    """An assessment as pages and the API show it: {"score", "grade", "rules", "at", "parts", "gaps", "warnings"}."""
    parts = [{**part, "score": _percent(part["score"])} for part in row["found"]["parts"]]
    kept = {name: row["found"][name] for name in _KEPT}
    return {**kept, "score": row["score"], "rules": row["rules"], "at": row["at"], "parts": parts}


def fresh(found: Row, unit: str, now: datetime) -> Row:
    """An assessment of what is being typed, as `shown`."""
    said = {**found, "gaps": _filled(found["gaps"], unit, now)}
    return shown({"score": _percent(found["score"]), "rules": found["rules"], "at": now, "found": said})


def _filled(gaps: list[Row], unit: str, at: datetime) -> list[Row]:
    """The snippets with the unit's name and the day in them."""
    day = local(at)
    words = {"unit": unit, "day": f"{day.year}年{day.month}月{day.day}日"}
    return [{**gap, "snippet": gap["snippet"].format(**words)} for gap in gaps]


# --- how units fare ---


def by_unit(uow: UnitOfWork, actor: Actor, since: str = "", until: str = "") -> Row:
    """Averages per unit over the submissions of a period (days of the city, both included), the lowest first.

    {"items": [{"unit", "name", "replies", "score", part: average or None, "weakest", "leaks"}], "whole", "since", "until"}.
    """
    if not actor.may("quality.read"):
        raise NotAllowed("quality.read", "您没有查看答复质量的权限")
    first, last = period(uow.now, since, until)
    found = uow.views.reply_quality(first, last + timedelta(days=1), actor.centre)
    for row in found:
        row["name"] = uow.reference.name("unit", row["unit"])
        row["weakest"] = _weakest(row)
    return {
        "items": sorted(found, key=lambda row: (row["score"], row["unit"])),
        "whole": _whole(found),
        "since": first.date().isoformat(),
        "until": last.date().isoformat(),
    }


def period(now: datetime, since: str, until: str) -> tuple[datetime, datetime]:
    """The midnights of the first and the last day; by default the last 30 days. InvalidInput for days out of order."""
    today = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    last = read_day(until, "until") if until else today
    first = read_day(since, "since") if since else last - timedelta(days=SPAN_DAYS - 1)
    if first > last or (last - first).days >= LONGEST_DAYS:
        message = "起止日期应先后相接，最长一年"
        raise InvalidInput("period.invalid", message, {"fields": {"since": message}})
    return first, last


def _weakest(row: Row) -> str:
    """The part with the lowest average, in words; "" where nothing was judged."""
    judged = {name: row[name] for name in PARTS if row[name] is not None}
    return PARTS[min(judged, key=lambda name: judged[name])] if judged else ""


def _whole(rows: list[Row]) -> Row:
    """All units together, each reply counted once."""
    count = sum(row["replies"] for row in rows)
    whole: Row = {"replies": count, "leaks": sum(row["leaks"] for row in rows)}
    for name in ("score", *PARTS):
        judged = [row for row in rows if row[name] is not None]
        weight = sum(row["replies"] for row in judged)
        whole[name] = round(sum(row[name] * row["replies"] for row in judged) / weight) if weight else None
    return whole
