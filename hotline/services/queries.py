"""The read side for people: lists and one ticket whole, cut to what the asker may see, codes turned into words.

Personal columns come as masks. Units never see any of a secret or anonymous caller, nor that the masks exist; the
text a unit reads has phone and ID numbers masked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from hotline.domain import deadlines, workflow
from hotline.domain.assignment import APPLICATION_STATES, APPLICATIONS, DUTIES, Assignment
from hotline.domain.errors import NotAllowed, NotFound, invalid_field
from hotline.domain.parties import CHANNELS, ROLES, Request
from hotline.domain.people import Actor
from hotline.domain.personal import normalise_phone, without_persons
from hotline.domain.reference import Reference
from hotline.domain.sla import COMPLEXITIES
from hotline.domain.ticket import LINK_KINDS, REQUEST_TYPES, URGENCIES, Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, reply_quality, unit_reading
from hotline.services.access import units_of

Row = dict[str, Any]
CALLER_FIELDS = ("name_masked", "phone_masked", "id_number_masked", "address_masked")
_NAMED = {"lead_unit": "unit", "unit": "unit", "area": "area", "category": "category", "hotline": "hotline"}
_LABELS: dict[str, dict[str, str]] = {
    "channel": CHANNELS,
    "request_type": REQUEST_TYPES,
    "urgency": URGENCIES,
    "complexity": COMPLEXITIES,
    "duty": DUTIES,
}


def scope(uow: UnitOfWork, actor: Actor) -> Row:
    """The filters that bound what this actor sees at all. NotAllowed without the right to read tickets."""
    if not actor.may("ticket.read"):
        raise NotAllowed("ticket.read", "您没有查看工单的权限")
    if actor.bound_to_unit:
        return {"units": units_of(uow, actor)}
    return {"centre": actor.centre}


def filters_of(uow: UnitOfWork, asked: Row) -> Row:
    """Filters as people give them -> as views take them: codes grow to their subtrees, a phone to its hash."""
    known = {
        "state",
        "hotline",
        "request_type",
        "urgency",
        "channel",
        "lead_unit",
        "secret",
        "source_no",
        "historical",
        "received_from",
        "received_to",
    }
    found = {name: value for name, value in asked.items() if name in known and value not in ("", None)}
    if asked.get("area"):
        uow.reference.require("area", asked["area"], "area")
        found["areas"] = uow.reference.subtree("area", asked["area"])
    if asked.get("category"):
        uow.reference.require("category", asked["category"], "category")
        found["categories"] = uow.reference.subtree("category", asked["category"])
    if asked.get("overdue"):
        found["overdue_at"] = uow.now
    if asked.get("phone"):
        found["phone_indexes"] = uow.indexes(normalise_phone(asked["phone"]).number, "phone")
    return found


def tickets(uow: UnitOfWork, actor: Actor, asked: Row, after: int | None = None, limit: int = 50) -> Row:
    """A keyset page of tickets: {"items": […], "next": cursor or None}."""
    if asked.get("phone") and not actor.may("ticket.reveal"):
        raise invalid_field("phone", "您没有按电话查询的权限")
    found = uow.views.tickets({**filters_of(uow, asked), **scope(uow, actor)}, after, limit)
    found["items"] = [listed(uow.reference, row, uow.now) for row in found["items"]]
    return found


def by_hits(uow: UnitOfWork, actor: Actor, ids: list[int], asked: Row) -> list[Row]:
    """Search hits held against the database: only what the actor may see, in the order of the hits."""
    rows = uow.views.tickets_by_ids(ids, {**filters_of(uow, asked), **scope(uow, actor)})
    return [listed(uow.reference, rows[key], uow.now) for key in ids if key in rows]


def audience(uow: UnitOfWork, ticket_id: int) -> Row:
    """Whose open pages may hear of a ticket: its operating centre's, and those of its units and the ones above."""
    held = uow.get(Ticket, ticket_id)
    units = {item.unit for item in uow.find(Assignment, ticket_id=ticket_id)}
    above = {str(row["code"]) for unit in units for row in uow.reference.path("unit", unit)}
    return {"centre": held.centre, "units": sorted(units | above)}


def hears(actor: Actor, to: Row) -> bool:
    """Whether this actor's pages may hear of a ticket with that audience."""
    if not actor.may("ticket.read"):
        return False
    if actor.bound_to_unit:
        return actor.unit in to["units"]
    return not (actor.centre and to["centre"]) or actor.centre == to["centre"]


def counts(uow: UnitOfWork, actor: Actor) -> dict[str, int]:
    """Tickets by state within the actor's scope."""
    return uow.views.state_counts(scope(uow, actor))


def listed(reference: Reference, row: Row, now: datetime) -> Row:
    """A row of a list with its labels, names and light."""
    named = named_row(reference, row)
    named["state_label"] = (workflow.TICKET_STATES | workflow.ASSIGNMENT_STATES).get(
        row["state"], row["state"]
    )
    named["light"] = light_of(row, now)
    for field in ("title", "place"):
        named[field] = without_persons(row.get(field) or "", bool(row.get("secret")))
    named["category_path"] = reference.path_name("category", row.get("category") or "")
    return named


def named_row(reference: Reference, row: Row) -> Row:
    """Adds `<code>_name` and `<code>_label` for every code that a person should not have to read."""
    extra: Row = {}
    for column, kind in _NAMED.items():
        if row.get(column):
            found = reference.row(kind, row[column])
            extra[f"{column}_name"] = (found.get("short") or found["name"]) if found else row[column]
    for column, labels in _LABELS.items():
        if column in row:
            extra[f"{column}_label"] = labels.get(row[column], row[column] or "")
    return {**row, **extra}


def light_of(row: Row, now: datetime) -> str:
    """The light of a ticket or assignment by its reply deadline; "" when none runs."""
    if not row.get("due_at"):
        return ""
    met = row.get("replied_at") or row.get("closed_at")
    return deadlines.light(now, row["due_at"], row.get("yellow_at") or row["due_at"], met)


def ticket(uow: UnitOfWork, actor: Actor, no: str) -> Row:
    """One ticket whole, by its number or an old system's: header, requests, assignments, clocks, timeline, moves."""
    row = uow.views.ticket_row(no)
    if row is None:
        raise NotFound("ticket.not_found", "没有这个工单")
    held = uow.get(Ticket, row["id"])
    access.check_readable(uow, actor, held)
    parts = uow.views.ticket_parts(row["id"])
    shown = listed(uow.reference, row, uow.now)
    own = units_of(uow, actor)
    others = parts["request_parties"]
    whole = {
        **shown,
        "tag_names": [uow.reference.name("reason", code) for code in row["tags"]],
        "requests": [_request(uow.reference, actor, held, row, others) for row in parts["requests"]],
        "rounds": parts["rounds"],
        "assignments": [_assignment(uow, actor, own, held, item) for item in parts["assignments"]],
        "replies": _replies(parts["replies"], parts["reply_assessments"]),
        "applications": [application_row(uow.reference, item) for item in parts["applications"]],
        "clocks": [_clock(item, uow.now) for item in parts["clocks"]],
        "timeline": [_entry(uow.reference, item) for item in parts["timeline"]],
        "links": [{**item, "label": LINK_KINDS[item["kind"]]} for item in parts["links"]],
        "moves": _moves(workflow.TICKET_MOVES, held.state, actor),
    }
    for name in ("urges", "supervisions", "follow_ups", "attachments", "merged"):
        whole[name] = parts[name]
    return unit_reading.cut(whole, own) if actor.bound_to_unit else whole


def _request(reference: Reference, actor: Actor, held: Ticket, row: Row, others: list[Row]) -> Row:
    request = Request(
        id=row["id"],
        ticket_id=row["ticket_id"],
        home_ticket_id=row["home_ticket_id"],
        contact_id=row["contact_id"],
        text="",
        secret=row["secret"],
        anonymous=row["anonymous"],
        created_at=row["created_at"],
    )
    shown = named_row(reference, {key: value for key, value in row.items() if key != "code_index"})
    shown["sees_caller"] = access.sees_caller(actor, held, request)
    if not (shown["sees_caller"] and actor.may("ticket.reveal")):
        shown["text"] = without_persons(row["text"], bool(row["secret"]))
    mine = [other for other in others if other["request_id"] == row["id"]]
    shown["subject"] = "、".join(other["name"] for other in mine if other["role"] == "subject")
    shown["parties"] = [_other_party(other) for other in mine if other["role"] != "subject"]
    if not shown["sees_caller"]:
        shown["parties"] = []
        shown |= dict.fromkeys((*CALLER_FIELDS, "operator", "gender", "party_kind"), "")
        shown["party_id"] = None
    return shown


def _other_party(row: Row) -> Row:
    masks = {name: row[name] or "" for name in CALLER_FIELDS}
    return {"role": row["role"], "role_label": ROLES[row["role"]], "kind": row["kind"] or "", **masks}


def _assignment(uow: UnitOfWork, actor: Actor, own: frozenset[str], held: Ticket, row: Row) -> Row:
    shown = named_row(uow.reference, row)
    shown["state_label"] = workflow.ASSIGNMENT_STATES[row["state"]]
    shown["light"] = light_of(row, uow.now)
    shown["mine"] = row["unit"] in own
    shown["moves"] = (
        _moves(workflow.ASSIGNMENT_MOVES, row["state"], actor) if held.state == workflow.HANDLING else []
    )
    return shown


def _replies(rows: list[Row], assessments: list[Row]) -> list[Row]:
    """Each submitted reply with the newest assessment of its quality, None where there is none (yet)."""
    newest = {row["reply_id"]: reply_quality.shown(row) for row in assessments}
    return [{**row, "quality": newest.get(row["id"])} for row in rows]


def application_row(reference: Reference, row: Row) -> Row:
    """An application with its codes in words."""
    names = {
        "kind_label": APPLICATIONS[row["kind"]],
        "state_label": APPLICATION_STATES[row["state"]],
        "applied_unit_name": reference.name("unit", row["applied_unit"]),
        "proposed_unit_name": reference.name("unit", row["proposed_unit"]) if row["proposed_unit"] else "",
        "reason_name": reference.name("reason", row["reason_code"]) if row["reason_code"] else "",
    }
    return {**row, **names}


def _clock(row: Row, now: datetime) -> Row:
    light = deadlines.light(now, row["due_at"], row["yellow_at"], row["met_at"])
    return {**row, "light": light if row["state"] in ("running", "met") else ""}


def _entry(reference: Reference, row: Row) -> Row:
    """A timeline entry with its label."""
    return {
        **row,
        "label": step_label(row["kind"]),
        "unit_name": reference.name("unit", row["unit"]) if row["unit"] else "",
    }


def step_label(kind: str) -> str:
    """What a step of the timeline is called; its kind where it has no name."""
    return workflow.MOVES[kind].label if kind in workflow.MOVES else _ENTRY_LABELS.get(kind, kind)


_ENTRY_LABELS = {
    "registered": "受理",
    "imported": "历史导入",
    "old_record": "原系统记录",
    "classified": "智能分类",
    "replied": "答复诉求人",
    "closed": "办结",
    "merged_in": "并入其他工单",
    "unmerged_out": "并单撤销",
    "linked": "关联工单",
    "proposed": "话务员建议承办",
    "attached": "添加附件",
    "lit": "时限提醒",
    "clock_adjusted": "时限调整",
    "request_withdrawn": "诉求撤回",
    "contacted_again": "再次来电",
    "notice_refused": "通知未送达",
    "pushed_back": "回推原系统",
    "supervision_closed": "督办办结",
    "rated": "评价",
}


def _moves(table: dict[str, workflow.Move], state: str, actor: Actor) -> list[Row]:
    return [
        {"name": move.name, "label": move.label, "why_not": why_not}
        for move, why_not in workflow.possible(table, state, actor)
    ]


def timeline(uow: UnitOfWork, actor: Actor, no: str) -> list[Row]:
    """The timeline of one ticket, oldest first, cut to what the asker may see."""
    row = uow.views.ticket_row(no)
    if row is None:
        raise NotFound("ticket.not_found", "没有这个工单")
    held = uow.get(Ticket, row["id"])
    access.check_readable(uow, actor, held)
    entries = [_entry(uow.reference, item) for item in uow.views.timeline(row["id"])]
    if not actor.bound_to_unit:
        return entries
    mine = {item.id for item in uow.find(Assignment, ticket_id=held.id, unit=units_of(uow, actor))}
    secret = held.secret or uow.first(Request, ticket_id=held.id, secret=True) is not None
    return unit_reading.steps_for_unit(entries, mine, secret)


def queue(uow: UnitOfWork, actor: Actor, view: Callable[..., Any], *args: Any) -> Any:
    """Runs a desk's view within the actor's scope and names its rows."""
    found = view(*args)
    rows = found["items"] if isinstance(found, dict) else found
    shown = [
        listed(uow.reference, row, uow.now) if "title" in row and "state" in row else row for row in rows
    ]
    return {**found, "items": shown} if isinstance(found, dict) else shown
