"""督办墙: what a supervisor must see from across the room, and the exceptions that somebody has to act on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hotline.domain import workflow
from hotline.domain.deadlines import local
from hotline.domain.errors import NotAllowed
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import queries

Row = dict[str, Any]
LIVE_CALLS = ("ringing", "talking", "held", "offered")
CALL_LASTS = timedelta(hours=2)
"""A call that seems to go on for longer has lost its end."""
MANY_HOPS = 2
MOST_EXCEPTIONS = 60
UNIT_DAYS = 30


def wall(uow: UnitOfWork, actor: Actor) -> Row:
    """Everything on the wall, within what the actor may see."""
    if not actor.may("desk.wall"):
        raise NotAllowed("desk.wall", "您没有查看督办墙的权限")
    bounds = queries.scope(uow, actor)
    midnight = day_start(uow.now)
    states = uow.views.state_counts(bounds)
    return {
        "states": states,
        "before": sum(states.get(state, 0) for state in (workflow.REVIEW, workflow.TO_DISPATCH)),
        "overdue": uow.views.ticket_count({**bounds, "overdue_at": uow.now}),
        "late_signatures": uow.views.late_signatures(uow.now, bounds),
        "today": uow.views.ticket_count({**bounds, "received_from": midnight, "historical": False}),
        "by_hotline": _by_hotline(uow, midnight, bounds),
        "calls": _calls(uow),
        "units": _units(uow, bounds),
        "exceptions": _exceptions(uow, bounds),
        "since": midnight,
    }


def day_start(now: datetime) -> datetime:
    """The city's last midnight."""
    return local(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _calls(uow: UnitOfWork) -> Row:
    found = uow.views.calls_now(LIVE_CALLS, uow.now - CALL_LASTS)
    waited = uow.now - found["since"] if found.get("since") else None
    return {**found, "waited_s": int(waited.total_seconds()) if waited else 0}


def _by_hotline(uow: UnitOfWork, since: datetime, bounds: Row) -> list[Row]:
    rows = uow.views.daily_counts("hotline", since, {**bounds, "historical": False})
    return [{**row, "name": uow.reference.name("hotline", row["key"])} for row in rows[:8]]


def _units(uow: UnitOfWork, bounds: Row) -> list[Row]:
    rows = uow.views.unit_table(uow.now - timedelta(days=UNIT_DAYS), uow.now, bounds)
    named = [{**row, "name": uow.reference.name("unit", row["unit"])} for row in rows]
    return sorted(named, key=lambda row: (-row["overdue"], -row["open"], row["name"]))


def _exceptions(uow: UnitOfWork, bounds: Row) -> list[Row]:
    rows = uow.views.exceptions(workflow.OPEN_STATES, uow.now, MANY_HOPS, bounds, MOST_EXCEPTIONS)
    return [{**queries.listed(uow.reference, row, uow.now), "why": _why(row)} for row in rows]


def _why(row: Row) -> list[str]:
    said = {"urgent": "紧急", "critical": "特急"}.get(row["urgency"], "")
    reasons = (
        (said, bool(said)),
        ("超期", row["overdue"]),
        (f"退单 {row['hops']} 次", row["hops"] >= MANY_HOPS),
        ("派单异议", row["disputed"]),
        (f"重办 {row['rehandles']} 次", row["rehandles"] > 0),
    )
    return [word for word, holds in reasons if holds]
