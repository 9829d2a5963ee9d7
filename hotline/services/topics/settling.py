"""预警 as people work with them: listed, looked into, acknowledged or dismissed with a note, counted on the walls.

Tickets of a warning are shown as far as the reader may see them; its counts tell no more than the statistics do.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, invalid_field
from hotline.domain.events import WarningSettled
from hotline.domain.people import Actor
from hotline.domain.records import Notice
from hotline.domain.reference import Reference
from hotline.domain.topics import WARNING_STATES, BurstWarning
from hotline.ports import UnitOfWork
from hotline.services import queries
from hotline.services.notices import watchers
from hotline.services.topics import bursts, usual

Row = dict[str, Any]
SETTLED = ("acknowledged", "dismissed")
PAST = (*SETTLED, "ended")
SHOWN_DAYS = 28
LEAST_NOTE = 4


def check_reader(actor: Actor) -> None:
    if not actor.may("warning.read"):
        raise NotAllowed("warning.read", "您没有查看预警的权限")


def listed(uow: UnitOfWork, actor: Actor, states: tuple[str, ...], after: int | None, limit: int = 50) -> Row:
    """A page of warnings, newest first: {"items", "next"}."""
    check_reader(actor)
    found = uow.views.warnings(actor.centre, states, after, limit)
    return {**found, "items": [_shown(uow.reference, row) for row in found["items"]]}


def silent_until(uow: UnitOfWork, actor: Actor) -> date | None:
    """The day from which there are warnings, while the history is too short for any."""
    check_reader(actor)
    return bursts.ready_from(uow)


def standing(uow: UnitOfWork, actor: Actor) -> Row:
    """How many are open, and the newest three of them, for banners."""
    check_reader(actor)
    count = uow.views.open_warnings(actor.centre)
    rows = uow.views.warnings(actor.centre, ("open",), None, 3)["items"] if count else []
    return {"count": count, "items": [_shown(uow.reference, row) for row in rows]}


def one(uow: UnitOfWork, actor: Actor, warning_id: int) -> Row:
    """One warning with its days and those of its tickets that the reader may see."""
    check_reader(actor)
    held = _visible(uow, actor, warning_id)
    values = {name: value for name, value in vars(held).items() if not name.startswith("_")}
    tickets = queries.by_hits(uow, actor, held.tickets, {})
    return {
        **_shown(uow.reference, values),
        "tickets": tickets,
        "ticket_count": len(held.tickets),
        "hidden": len(held.tickets) - len(tickets),
        "days": usual.with_usual(held.days, SHOWN_DAYS, bursts.rests_of(uow.reference)),
    }


def settle(uow: UnitOfWork, actor: Actor, warning_id: int, state: str, note: str) -> None:
    """A person has looked into it: acknowledged, or dismissed as a false alarm; with a note, on the audit."""
    if not actor.may("warning.settle"):
        raise NotAllowed("warning.settle", "您没有处置预警的权限")
    if state not in SETTLED:
        raise invalid_field("state", "请选择“确认”或“误报”")
    if len(note.strip()) < LEAST_NOTE:
        raise InvalidInput("note.short", "请写明核实情况（至少 4 个字）", {"fields": {"note": "至少 4 个字"}})
    held = _visible(uow, actor, warning_id)
    if held.state == "ended":
        raise Conflict("warning.ended", "这次突增已经平息，预警已自动结束")
    if held.state != "open":
        raise Conflict(
            "warning.settled", f"这条预警已由 {held.settled_by} 处置为“{WARNING_STATES[held.state]}”"
        )
    held.state, held.note = state, note.strip()[:500]
    held.settled_by, held.settled_at = actor.name, uow.now
    facts = {"area": held.area, "category": held.category, "observed": held.observed}
    uow.audit(actor, f"warning.{state}", str(held.id), **facts)
    uow.emit(WarningSettled(held.id))


def tell(uow: UnitOfWork, warning_id: int) -> None:
    """The notice of a burst that was raised or has grown; a settled one tells nobody."""
    held = uow.get(BurstWarning, warning_id)
    if held.state != "open":
        return
    shown = _shown(
        uow.reference, {"area": held.area, "category": held.category, "day": held.day, "span": held.span}
    )
    text = f"突发预警：{shown['area_name']} {shown['category_name']} {shown['when']} {held.observed} 件，平时约 {held.expected:.1f} 件"
    uow.add(
        Notice(
            id=uow.new_id(),
            to_unit=watchers(held.centre),
            kind="burst",
            text=text,
            state="sent",
            created_at=uow.now,
            sent_at=uow.now,
        )
    )


def _visible(uow: UnitOfWork, actor: Actor, warning_id: int) -> BurstWarning:
    held = uow.first(BurstWarning, id=warning_id)
    if held is None or held.centre != actor.centre:
        raise NotFound("warning.not_found", "没有这条预警")
    return held


def _shown(reference: Reference, row: Row) -> Row:
    """A warning with its codes in words; `times` says how many times the expected number it is."""
    day = date.fromisoformat(row["day"])
    first = day - timedelta(days=row["span"] - 1)
    when = f"{day.month}月{day.day}日"
    extra: Row = {
        "area_name": reference.name("area", row["area"]) if row["area"] else "全市",
        "category_name": reference.name("category", row["category"]),
        "category_path": reference.path_name("category", row["category"]),
        "when": when if row["span"] == 1 else f"{first.month}月{first.day}日至{when}",
        "since": first.isoformat(),
    }
    if "state" in row:
        extra["state_label"] = WARNING_STATES[row["state"]]
        extra["times"] = round(row["observed"] / max(row["expected"], 0.1), 1)
    return {**{name: value for name, value in row.items() if name not in ("tickets", "days")}, **extra}
