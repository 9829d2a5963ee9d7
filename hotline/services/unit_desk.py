"""The unit's desk: 今日要办 first, lists by state, one assignment with what may be done now and why the rest may not.

A unit sees the assignments of its own unit and of those below it, nothing else; what stands on a page is cut by
services/unit_reading. Nothing here tells who called in a secret matter.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hotline.domain import workflow
from hotline.domain.assignment import APPLICATIONS, Assignment
from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import NotFound
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, clock_changes, handling, queries, seen

Row = dict[str, Any]
PAGE = 50
DOING = (workflow.TO_SIGN, workflow.WORKING, workflow.SENT_BACK, workflow.TO_APPROVE)
TABS: dict[str, tuple[str, tuple[str, ...]]] = {
    "today": ("今日要办", DOING),
    "to_sign": ("待签收", (workflow.TO_SIGN,)),
    "working": ("办理中", (workflow.WORKING,)),
    "sent_back": ("退回修改", (workflow.SENT_BACK,)),
    "to_approve": ("待审批", (workflow.TO_APPROVE,)),
    "suspended": ("挂账", (workflow.SUSPENDED,)),
    "replied": ("已答复", (workflow.REPLIED,)),
    "done": ("已结束", (workflow.ACCEPTED, workflow.WITHDREW)),
}
ACTS = (
    ("sign", "签收"),
    ("pass_down", "转派"),
    ("contact", "首次联系"),
    ("apply_extension", "延期"),
    ("apply_return", "退单"),
    ("object", "异议"),
    ("apply_suspension", "挂账"),
    ("reply", "答复"),
    ("release", "审批放行"),
    ("send_back", "审批退回"),
    ("appeal", "申诉"),
)
_KINDS = {
    "apply_extension": "extension",
    "apply_return": "return",
    "object": "objection",
    "apply_suspension": "suspension",
    "appeal": "appeal",
}


def day_end(now: datetime) -> datetime:
    """The coming midnight of the city."""
    tomorrow = now.astimezone(LOCAL).date() + timedelta(days=1)
    return datetime.combine(tomorrow, datetime.min.time(), tzinfo=LOCAL)


def overview(uow: UnitOfWork, actor: Actor) -> Row:
    """{"tabs": tab -> count, "overdue", "today", "to_sign", "unit": the name}."""
    found = uow.views.unit_today(access.units_of(uow, actor), uow.now, day_end(uow.now))
    states = found["states"]
    tabs = {tab: sum(states.get(state, 0) for state in group) for tab, (_, group) in TABS.items()}
    return {
        "tabs": {**tabs, "today": found["todo"]},
        "overdue": found["overdue"],
        "today": found["today"],
        "to_sign": states.get(workflow.TO_SIGN, 0),
        "unit": uow.reference.name("unit", actor.unit),
    }


def work(
    uow: UnitOfWork,
    actor: Actor,
    tab: str,
    words: str = "",
    after: tuple[datetime | None, int] | None = None,
    limit: int = PAGE,
) -> Row:
    """A page of a tab, the nearest deadline first: {"items", "next"}."""
    if tab not in TABS:
        raise NotFound("tab.unknown", "没有这个列表")
    due_before = day_end(uow.now) if tab == "today" else None
    found = uow.views.unit_work(
        access.units_of(uow, actor), TABS[tab][1], after, limit, due_before, words.strip()[:100]
    )
    found["items"] = [queries.listed(uow.reference, row, uow.now) for row in found["items"]]
    return found


def assignment(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int) -> Row:
    """One assignment of one's own with its ticket; NotFound for anybody else's. What stands in the texts is found
    outside the transaction (`elements.read_requests`)."""
    whole = queries.ticket(uow, actor, no)
    own = access.units_of(uow, actor)
    mine = next(
        (row for row in whole["assignments"] if row["id"] == assignment_id and row["unit"] in own), None
    )
    if mine is None or whole["no"] != no:
        raise NotFound("assignment.not_found", "没有这个承办子单")
    children = [row for row in whole["assignments"] if row["parent_id"] == assignment_id]
    return {
        "whole": whole,
        "mine": mine,
        "children": children,
        "parent": next((row for row in whole["assignments"] if row["id"] == mine["parent_id"]), None),
        "acts": _acts(whole, mine, children, actor, uow.now),
        "applications": [row for row in whole["applications"] if row["assignment_id"] == assignment_id],
        "replies": [row for row in whole["replies"] if row["assignment_id"] == assignment_id],
        "clocks": [row for row in whole["clocks"] if row["assignment_id"] == assignment_id],
        "files": [row for row in whole["attachments"] if row["assignment_id"] == assignment_id],
        "evidence": [row for row in whole["attachments"] if row["assignment_id"] is None],
        "kept_back": _secret(whole),
        "below": units_below(uow, mine["unit"]),
        "reasons": {kind: uow.reference.reasons(kind) for kind in (*APPLICATIONS, "unresolved")},
        "longest": clock_changes.longest_extension(uow, uow.get(Ticket, whole["id"])),
        "seen": seen.last_step(whole),
    }


def _secret(whole: Row) -> bool:
    return whole["secret"] or any(request["secret"] for request in whole["requests"])


def units_below(uow: UnitOfWork, code: str) -> list[Row]:
    """Units that this one may pass a matter down to: below it in the tree, or guided by it in its trade."""
    tree = uow.reference.subtree("unit", code) - {code}
    rows = [row for row in uow.reference.all_of("unit") if row["code"] in tree or row.get("line") == code]
    return [row for row in rows if handling.may_pass(uow.reference, code, row) and not row.get("successor")]


def _acts(whole: Row, mine: Row, children: list[Row], actor: Actor, now: datetime) -> list[Row]:
    """Every act of the bar with why it is not possible now ("" when it is)."""
    return [
        {"name": name, "label": label, "why_not": _why_not(whole, mine, children, actor, now, name)}
        for name, label in ACTS
    ]


def _why_not(whole: Row, mine: Row, children: list[Row], actor: Actor, now: datetime, name: str) -> str:
    move = workflow.ASSIGNMENT_MOVES[name]
    if not actor.may(move.permission):
        return "需要审批人权限" if move.permission == "assignment.approve" else "需要经办人权限"
    if mine["state"] not in move.sources:
        return f"当前为“{mine['state_label']}”，不能{move.label}"
    kind = _KINDS.get(name)
    if kind and any(
        row["kind"] == kind and row["state"] == "pending" and row["assignment_id"] == mine["id"]
        for row in whole["applications"]
    ):
        return f"已有一份{APPLICATIONS[kind]}申请在审核中"
    return _why_not_now(whole, mine, children, now, name)


def _why_not_now(whole: Row, mine: Row, children: list[Row], now: datetime, name: str) -> str:
    open_below = any(
        row["state"] in workflow.ACTIVE_ASSIGNMENTS and row["state"] != workflow.REPLIED for row in children
    )
    late = mine["due_at"] is not None and now > mine["due_at"]
    unknown = whole["requests"] and not any(request["sees_caller"] for request in whole["requests"])
    reasons = {
        "reply": "下级单位尚未答复，等其答复或收回转派后再提交" if open_below else "",
        "apply_extension": "已超过办理期限，不能再申请延期" if late else "",
        "contact": "来电人保密或匿名，由热线联系，单位不直接联系" if unknown else "",
    }
    return reasons.get(name, "")


def newest(uow: UnitOfWork, actor: Actor, ticket_id: int) -> int:
    """The newest assignment that the actor's units have on a ticket; NotFound without any."""
    held = uow.find(Assignment, ticket_id=ticket_id, unit=access.units_of(uow, actor), order="-id", limit=1)
    if not held:
        raise NotFound("assignment.not_found", "没有这个承办子单")
    return held[0].id


def news(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, since: int) -> str:
    """What others did to the open assignment after step `since`, in one line; "" for nothing."""
    row = uow.views.ticket_row(no)
    if row is None or not since:
        return ""
    subject = access.readable_row(uow, actor, row["id"])
    return seen.told(seen.news(uow, actor, subject.id, since, assignment_id))


def exported(uow: UnitOfWork, actor: Actor, tab: str, words: str, most: int = 5000) -> list[Row]:
    """What a list shows, for a spreadsheet; audited. Masked like the list, without anything of callers."""
    rows: list[Row] = []
    after: tuple[datetime | None, int] | None = None
    while len(rows) < most:
        found = work(uow, actor, tab, words, after, 200)
        rows += found["items"]
        after = found["next"]
        if after is None:
            break
    uow.audit(actor, "unit.exported", actor.unit, tab=tab, rows=len(rows))
    return rows
