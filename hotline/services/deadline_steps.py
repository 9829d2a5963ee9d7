"""Every 时限 of a ticket with the steps of its reckoning, cut to what the asker may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hotline.domain import deadlines
from hotline.domain.assignment import Assignment, Clock
from hotline.domain.people import Actor
from hotline.domain.sla import PURPOSES
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access
from hotline.services.clock_changes import replayed


def explain(uow: UnitOfWork, actor: Actor, no: str) -> dict[str, Any]:
    """Every clock of a ticket with its steps, and whether reckoning it again gives the same due time."""
    row = uow.views.ticket_row(no) or {}
    ticket = uow.get(Ticket, row.get("id", 0))
    access.check_readable(uow, actor, ticket)
    found: Sequence[Clock] = uow.find(Clock, ticket_id=ticket.id)
    if actor.bound_to_unit:
        own = {
            item.id for item in uow.find(Assignment, ticket_id=ticket.id, unit=access.units_of(uow, actor))
        }
        found = [clock for clock in found if clock.assignment_id in (None, *own)]
    return {"no": ticket.no, "clocks": [_explained(uow, clock) for clock in found]}


def _explained(uow: UnitOfWork, clock: Clock) -> dict[str, Any]:
    return {
        "purpose": clock.purpose,
        "label": PURPOSES.get(clock.purpose, clock.purpose),
        "assignment_id": clock.assignment_id,
        "state": clock.state,
        "profile": clock.profile,
        "profile_name": uow.reference.name("sla_profile", clock.profile),
        "profile_version": clock.profile_version,
        "calendar_version": clock.calendar_version,
        "limit": clock.limit,
        "started_at": clock.started_at.isoformat(),
        "due_at": clock.due_at.isoformat(),
        "yellow_at": clock.yellow_at.isoformat(),
        "met_at": clock.met_at.isoformat() if clock.met_at else None,
        "light": deadlines.light(uow.now, clock.due_at, clock.yellow_at, clock.met_at),
        "provisional": clock.provisional,
        "steps": clock.steps,
        "adjustments": clock.adjustments,
        "replayed_due_at": replayed(uow, clock).due_at.isoformat(),
    }
