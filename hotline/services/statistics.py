"""Counts for supervisors and analysts, within what each may see; no person's name and no text stands in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hotline.domain.errors import NotAllowed
from hotline.domain.parties import CHANNELS
from hotline.domain.people import Actor
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.domain.workflow import TICKET_STATES
from hotline.ports import UnitOfWork
from hotline.services import queries

Row = dict[str, Any]
_NAMED = {"hotline": "hotline", "category": "category", "area": "area"}
_LABELS = {"request_type": REQUEST_TYPES, "urgency": URGENCIES, "channel": CHANNELS}


def overview(uow: UnitOfWork, actor: Actor, days: int) -> Row:
    """Tickets by state now, what is overdue, and what came in the last days by hotline, type, matter, place …"""
    bounds = _scope(uow, actor)
    since = uow.now - timedelta(days=days)
    states = uow.views.state_counts(bounds)
    return {
        "since": since,
        "states": [
            {"key": key, "name": label, "count": states.get(key, 0)} for key, label in TICKET_STATES.items()
        ],
        "overdue": uow.views.ticket_count({**bounds, "overdue_at": uow.now}),
        "received": uow.views.ticket_count({**bounds, "received_from": since}),
        "by": {column: _by(uow, column, since, bounds) for column in (*_NAMED, *_LABELS)},
    }


def units(uow: UnitOfWork, actor: Actor, days: int) -> Row:
    """Per lead unit: dispatched in the last days, and of these open, overdue, closed."""
    bounds = _scope(uow, actor)
    since = uow.now - timedelta(days=days)
    rows = uow.views.unit_table(since, uow.now, bounds)
    return {
        "since": since,
        "items": [{**row, "name": uow.reference.name("unit", row["unit"])} for row in rows],
    }


def _scope(uow: UnitOfWork, actor: Actor) -> Row:
    if not actor.may("desk.wall"):
        raise NotAllowed("desk.wall", "您没有查看统计的权限")
    return queries.scope(uow, actor)


def _by(uow: UnitOfWork, column: str, since: Any, bounds: Row) -> list[Row]:
    rows = uow.views.daily_counts(column, since, bounds)
    return [{**row, "name": _name(uow, column, row["key"])} for row in rows]


def _name(uow: UnitOfWork, column: str, key: str) -> str:
    if not key:
        return "未定"
    if column in _LABELS:
        return _LABELS[column].get(key, key)
    return uow.reference.path_name(_NAMED[column], key) or key
