"""What changes a running 时限: extension, suspension, another unit, another matter; and how it is reckoned again.

Every change is an adjustment kept on the clock's row, so that the due time can be reckoned again from the start under
the versions of profile and calendar that made it (`replayed`).
"""

from __future__ import annotations

from typing import Any

from hotline.domain import deadlines, sla
from hotline.domain.assignment import Assignment, Clock
from hotline.domain.calendar import parse as parse_calendar
from hotline.domain.deadlines import Due
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services.clocks import (
    GIVEN_BY_UNIT,
    GIVEN_UPSTREAM,
    limit_for,
    rules_of,
    running,
    show,
    steps_of,
)
from hotline.services.recording import record

DEFAULT_EXTENSION_DAYS = 10


def longest_extension(uow: UnitOfWork, ticket: Ticket) -> int:
    """The most working days that one extension may bring, from the profile."""
    profile, _ = rules_of(uow.reference)
    limit = limit_for(profile, ticket, "extension")
    return limit.amount if limit and limit.unit == "working_day" else DEFAULT_EXTENSION_DAYS


def extend(uow: UnitOfWork, ticket: Ticket, assignment: Assignment, amount: int) -> None:
    """Adds working days to the reply clock of one assignment."""
    for clock in running(uow, ticket, assignment, "reply"):
        _adjust(uow, ticket, assignment, clock, {"kind": "extend", "amount": amount, "unit": "working_day"})


def has_own(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> bool:
    """Whether a reply clock runs for this assignment itself; what was passed down mostly shares its parent's."""
    return bool(running(uow, ticket, assignment, "reply"))


def pause(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """挂账: the reply clock rests; what remains of it is kept."""
    for clock in running(uow, ticket, assignment, "reply"):
        clock.state = "paused"
        _adjust(uow, ticket, assignment, clock, {"kind": "pause", "at": uow.now.isoformat()})


def resume(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """The rest of the time runs again."""
    for clock in running(uow, ticket, assignment, "reply", state="paused"):
        clock.state = "running"
        _adjust(uow, ticket, assignment, clock, {"kind": "resume", "at": uow.now.isoformat()})


def hand_over(uow: UnitOfWork, ticket: Ticket, old: Assignment, new: Assignment) -> None:
    """改派: what was granted to the unit that leaves (延期, 挂账) stays with the matter; its rest ends now."""
    uow.flush()
    kept = list(uow.find(Clock, ticket_id=ticket.id, assignment_id=old.id, purpose="reply"))
    adjustments = kept[-1].adjustments if kept else []
    if adjustments and adjustments[-1]["kind"] == "pause":
        adjustments = [*adjustments, {"kind": "resume", "at": uow.now.isoformat()}]
    for clock in running(uow, ticket, new, "reply") if adjustments else []:
        _adjust(uow, ticket, new, clock, *adjustments)
    new.extensions = old.extensions


def fit(uow: UnitOfWork, ticket: Ticket) -> None:
    """Fits the open clocks to what the ticket is now said to be: another urgency or matter may have another limit.
    Each goes on counting from its own start; a limit that somebody gave by name stays."""
    profile, _ = rules_of(uow.reference)
    for state in ("running", "paused"):
        for clock in running(uow, ticket, state=state):
            known = ("rehandle", "reply") if clock.limit.get("purpose") == "rehandle" else (clock.purpose,)
            limit = limit_for(profile, ticket, *known)
            given = clock.limit.get("basis") in (GIVEN_BY_UNIT, GIVEN_UPSTREAM)
            if limit is not None and not given and limit.to_dict() != clock.limit:
                clock.limit = limit.to_dict()
                _adjust(uow, ticket, _of(uow, clock), clock)


def _of(uow: UnitOfWork, clock: Clock) -> Assignment | None:
    return uow.get(Assignment, clock.assignment_id) if clock.assignment_id else None


def _adjust(
    uow: UnitOfWork,
    ticket: Ticket,
    assignment: Assignment | None,
    clock: Clock,
    *adjustments: dict[str, Any],
) -> None:
    """Keeps the adjustments and reckons anew. A light goes out at once and is lit by the sweep, which tells people."""
    clock.adjustments = [*clock.adjustments, *adjustments]
    due = replayed(uow, clock)
    clock.due_at, clock.yellow_at, clock.provisional = due.due_at, due.yellow_at, due.provisional
    clock.steps = steps_of(due)
    now_lit = deadlines.light(uow.now, due.due_at, due.yellow_at)
    clock.light = min(clock.light, now_lit, key=_BRIGHTNESS.index)
    if assignment is not None and clock.purpose == "reply":
        show(uow, ticket, assignment, clock)
    record(
        uow,
        SYSTEM_ACTOR,
        ticket,
        "clock_adjusted",
        public=False,
        assignment_id=clock.assignment_id,
        clock=clock.id,
        purpose=clock.purpose,
        adjustments=list(adjustments),
        limit=clock.limit,
        due_at=clock.due_at.isoformat(),
    )


_BRIGHTNESS = ("none", "yellow", "red")


def replayed(uow: UnitOfWork, clock: Clock) -> Due:
    """The due time reckoned again from the start, under the versions that made the clock."""
    profile = sla.parse(_at(uow, "sla_profile", clock.profile_version)[clock.profile])
    calendar = parse_calendar(_at(uow, "calendar", clock.calendar_version)["statutory"])
    limit = sla.parse_limit(clock.limit)
    return deadlines.replay(clock.started_at, limit, profile, calendar, clock.adjustments)


def _at(uow: UnitOfWork, kind: str, version: int) -> dict[str, Any]:
    current = uow.reference.versions.get(kind) == version
    return uow.reference.rows[kind] if current else uow.views.reference_at(kind, version)
