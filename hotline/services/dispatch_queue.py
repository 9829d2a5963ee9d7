"""What waits on the dispatch desk, in the order in which it is worked, and acts on items that one holds.

Urgent first, then oldest. Opening an item claims it; an act is refused while somebody else holds the item or has
moved the ticket since it was shown. Every item of a batch is a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from hotline.domain import workflow
from hotline.domain.assignment import APPLICATIONS
from hotline.domain.errors import Conflict, InvalidInput, NotFound
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import access, candidates, claims, dispatching, queries, seen

Row = dict[str, Any]
STATES = {
    "review": (workflow.REVIEW,),
    "dispatch": (workflow.TO_DISPATCH,),
    "hard": (workflow.DELIBERATION,),
}
PAGE = 50


def summary(uow: UnitOfWork, actor: Actor) -> Row:
    """{"tabs": how many items wait under each, "reasons": tab -> reason -> how many}."""
    scope = queries.scope(uow, actor)
    reasons: dict[str, dict[str, int]] = {tab: {} for tab in STATES}
    tab_of = {state: tab for tab, group in STATES.items() for state in group}
    for state, reason, count in uow.views.waiting_counts(list(tab_of), scope):
        held = reasons[tab_of[state]]
        held[reason] = held.get(reason, 0) + count
    reasons["applications"] = uow.views.application_counts(scope)
    tabs = {tab: sum(counted.values()) for tab, counted in reasons.items()}
    tabs["replies"] = uow.views.replies_waiting(scope)
    return {"tabs": tabs, "reasons": {**reasons, "replies": {}}}


def waiting(
    uow: UnitOfWork,
    actor: Actor,
    tab: str,
    reason: str = "",
    after: tuple[int, int] | None = None,
    limit: int = PAGE,
) -> Row:
    """A page of a tab: {"items": rows with their claim, "next"}."""
    scope = queries.scope(uow, actor)
    if tab in STATES:
        found = uow.views.waiting_tickets(STATES[tab], [reason] if reason else [], scope, after, limit)
        return _held(uow, "dispatch", found, "id")
    cursor = after[1] if after else None
    if tab == "applications":
        kinds = [reason] if reason in APPLICATIONS else list(APPLICATIONS)
        found = uow.views.waiting_applications(kinds, scope, cursor, limit)
        found["next"] = (0, found["next"]) if found["next"] else None
        return _held(uow, "application", found, "id")
    if tab == "replies":
        found = uow.views.waiting_replies(scope, cursor, limit)
        found["next"] = (0, found["next"]) if found["next"] else None
        return _held(uow, "reply", found, "id")
    raise NotFound("tab.unknown", "没有这个队列")


def _held(uow: UnitOfWork, queue: str, found: Row, key: str) -> Row:
    held = claims.holders(uow, queue, [row[key] for row in found["items"]])
    items = []
    for row in found["items"]:
        shown = queries.listed(uow.reference, row, uow.now)
        shown["claim"] = held.get(row[key])
        if "kind" in row:
            shown["kind_label"] = APPLICATIONS[row["kind"]]
            shown["applied_unit_name"] = uow.reference.name("unit", row["applied_unit"])
        if row.get("dispatch_due"):
            shown["dispatch_light"] = _light(uow, row)
        items.append(shown)
    return {**found, "items": items}


def _light(uow: UnitOfWork, row: Row) -> str:
    return queries.light_of({"due_at": row["dispatch_due"], "yellow_at": row["dispatch_yellow"]}, uow.now)


def following(uow: UnitOfWork, actor: Actor, tab: str, reason: str, rank: int, item_id: int) -> Row | None:
    """The item to go on with after one: the next in order that nobody else holds, else the first such."""
    for after in ((rank, item_id), None):
        for row in waiting(uow, actor, tab, reason, after, 20)["items"]:
            free = row["claim"] is None or row["claim"]["holder_id"] == actor.user_id
            if row["id"] != item_id and free:
                return row
    return None


_RANKS = {"critical": 0, "urgent": 1}


def rank_of(row: Row) -> int:
    """Where an item stands before its id counts: critical, urgent, the rest."""
    return _RANKS.get(row.get("urgency") or "", 2)


def act(
    uow: UnitOfWork,
    actor: Actor,
    queue: str,
    subject_id: int,
    no: str,
    since: int,
    work: Callable[[UnitOfWork], Any],
) -> Any:
    """Does `work` on an item, unless somebody else holds it or moved its ticket since step `since`; ends the claim."""
    subject = access.readable_ticket(uow, actor, no)
    claims.check(uow, actor, queue, subject_id)
    seen.check(uow, actor, subject, since)
    result = work(uow)
    claims.release(uow, actor, queue, subject_id)
    return result


def new_numbers(uow: UnitOfWork, actor: Actor, tab: str, numbers: Collection[str]) -> list[str]:
    """Which of these tickets stand under a tab now."""
    scope = queries.scope(uow, actor)
    if tab in STATES:
        return uow.views.numbers_in(numbers, {**scope, "state": STATES[tab]})
    rows = waiting(uow, actor, tab, limit=200)["items"]
    return sorted({row["no"] for row in rows} & set(numbers))


def dispatch_best(uow: UnitOfWork, actor: Actor, no: str, lead: str = "") -> str:
    """Dispatches to the best candidate as it stands now; its name. `lead` is the unit that the person saw: another
    one by now is a Conflict."""
    subject = access.readable_ticket(uow, actor, no)
    claims.check(uow, actor, "dispatch", subject.id)
    facts = {name: getattr(subject, name) for name in ("category", "category_by", "area", "suggestion")}
    offered = candidates.for_ticket(uow.reference, facts, uow.now.date())
    if not offered:
        raise InvalidInput("dispatch.no_candidate", "没有候选单位，请逐件处理")
    if lead and offered[0]["lead"] != lead:
        raise Conflict("dispatch.changed", f"首选单位已变为{offered[0]['name']}，请逐件核对")
    dispatching.dispatch(uow, actor, no, offered[0]["lead"], offered[0]["assists"], "批量派单：按首选单位")
    claims.release(uow, actor, "dispatch", subject.id)
    return str(offered[0]["name"])
