"""时限 of tickets and assignments: started, met, extended, paused and resumed; announced by a sweep.

Every change of a clock is an adjustment kept on its row, so that the due time can be reckoned again from the start
under the versions of profile and calendar that made it (`replayed`).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from hotline.domain import deadlines, sla, workflow
from hotline.domain.assignment import LEAD, Assignment, Clock
from hotline.domain.calendar import Calendar
from hotline.domain.calendar import parse as parse_calendar
from hotline.domain.deadlines import LOCAL, Due
from hotline.domain.events import ClockLit
from hotline.domain.people import SYSTEM_ACTOR, Actor
from hotline.domain.reference import Reference
from hotline.domain.sla import PURPOSES
from hotline.domain.ticket import Round, Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, supervising
from hotline.services.recording import record

__all__ = ["LOCAL"]

DEFAULT_EXTENSION_DAYS = 10
_ASSIGNMENT_PURPOSES = ("sign", "first_contact", "return_window", "reply")
_SWEEP_BATCH = 200


@lru_cache(maxsize=8)
def rules_of(reference: Reference) -> tuple[sla.Profile, Calendar]:
    """The centre's profile and the calendar in force."""
    setting = reference.row("setting", "intake") or {}
    profile = reference.require("sla_profile", str(setting.get("home_sla_profile", "")))
    calendar = reference.require("calendar", "statutory")
    return (
        sla.parse(profile, str(reference.versions.get("sla_profile", 0))),
        parse_calendar(calendar),
    )


def preview(reference: Reference, ticket: Ticket, purpose: str, at: datetime) -> Due | None:
    """The deadline that a purpose would get now; None when the profile sets none."""
    profile, calendar = rules_of(reference)
    limit = profile.select(purpose, ticket.request_type, ticket.urgency, ticket.category)
    return deadlines.reckon(at, limit, profile, calendar) if limit else None


def start(
    uow: UnitOfWork, ticket: Ticket, purpose: str, at: datetime, assignment: Assignment | None = None
) -> Clock | None:
    """Starts a clock if the profile has a limit for the purpose."""
    profile, calendar = rules_of(uow.reference)
    limit = profile.select(purpose, ticket.request_type, ticket.urgency, ticket.category)
    if limit is None:
        return None
    due = deadlines.reckon(at, limit, profile, calendar)
    return _new(uow, ticket, purpose, at, limit, due, profile, assignment)


def _new(
    uow: UnitOfWork,
    ticket: Ticket,
    purpose: str,
    at: datetime,
    limit: sla.Limit,
    due: Due,
    profile: sla.Profile,
    assignment: Assignment | None,
) -> Clock:
    clock = Clock(
        id=uow.new_id(),
        ticket_id=ticket.id,
        assignment_id=assignment.id if assignment else None,
        purpose=purpose,
        profile=profile.code,
        profile_version=uow.reference.versions.get("sla_profile", 0),
        calendar_version=uow.reference.versions.get("calendar", 0),
        started_at=at,
        due_at=due.due_at,
        yellow_at=due.yellow_at,
        provisional=due.provisional,
        limit=limit.to_dict(),
        steps=_steps(due),
    )
    uow.add(clock)
    return clock


def _steps(due: Due) -> list[dict[str, Any]]:
    return [{"text": step.text, "at": step.at.isoformat() if step.at else ""} for step in due.steps]


def start_for_assignment(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """Clocks of a new assignment. The reply clock of a unit that leads or assists counts from the round's start,
    so a return gives nobody more of the citizen's time; what is passed down shares its parent's deadline."""
    round_start = uow.now
    if assignment.parent_id is None:
        opened = uow.first(Round, ticket_id=ticket.id, number=ticket.round_no)
        round_start = opened.started_at if opened else uow.now
    for purpose in _ASSIGNMENT_PURPOSES:
        if assignment.parent_id is not None and purpose == "reply":
            continue
        began = round_start if purpose == "reply" else uow.now
        clock = start(uow, ticket, _purpose(ticket, purpose), began, assignment)
        if clock is not None:
            clock.purpose = purpose
        if clock is not None and purpose == "reply":
            _show(uow, ticket, assignment, clock)
    if assignment.parent_id is not None:
        parent = uow.get(Assignment, assignment.parent_id)
        assignment.due_at, assignment.yellow_at = parent.due_at, parent.yellow_at


def start_own(uow: UnitOfWork, ticket: Ticket, child: Assignment, due_at: datetime) -> None:
    """The deadline that an upper unit gives to the one below, as a clock in minutes so that it can be replayed."""
    profile, calendar = rules_of(uow.reference)
    minutes = max(1, int((due_at - uow.now).total_seconds() // 60))
    limit = sla.Limit("reply", minutes, "minute", basis="上级单位转派时限定")
    due = deadlines.reckon(uow.now, limit, profile, calendar)
    clock = _new(uow, ticket, "reply", uow.now, limit, due, profile, child)
    child.due_at, child.yellow_at = clock.due_at, clock.yellow_at


def _purpose(ticket: Ticket, purpose: str) -> str:
    return "rehandle" if purpose == "reply" and ticket.round_no > 1 else purpose


def _show(uow: UnitOfWork, ticket: Ticket, assignment: Assignment, clock: Clock) -> None:
    """Copies the reply deadline to where lists look for it: the assignment, its children that have none of their
    own, and for a lead the ticket."""
    for child in uow.find(Assignment, parent_id=assignment.id, due_at=assignment.due_at):
        child.due_at, child.yellow_at = clock.due_at, clock.yellow_at
    assignment.due_at, assignment.yellow_at = clock.due_at, clock.yellow_at
    if assignment.duty == LEAD and assignment.parent_id is None:
        ticket.due_at, ticket.yellow_at = clock.due_at, clock.yellow_at


def _running(
    uow: UnitOfWork,
    ticket: Ticket,
    assignment: Assignment | None = None,
    *purposes: str,
    state: str = "running",
) -> list[Clock]:
    wanted: dict[str, Any] = {"ticket_id": ticket.id, "state": state}
    wanted |= {"purpose": list(purposes)} if purposes else {}
    wanted |= {"assignment_id": assignment.id} if assignment else {}
    return list(uow.find(Clock, **wanted))


def meet(uow: UnitOfWork, ticket: Ticket, purpose: str, assignment: Assignment | None = None) -> None:
    """What the clock waited for has happened."""
    for clock in _running(uow, ticket, assignment, purpose):
        clock.state, clock.met_at = "met", uow.now


def run_again(uow: UnitOfWork, ticket: Ticket, purpose: str, assignment: Assignment) -> None:
    """What had been met turned out not to be (a reply was rejected): the same deadline holds again."""
    for clock in _running(uow, ticket, assignment, purpose, state="met"):
        clock.state, clock.met_at = "running", None


def cancel(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """Ends the clocks of one assignment without a result."""
    for state in ("running", "paused"):
        for clock in _running(uow, ticket, assignment, state=state):
            clock.state = "cancelled"


def cancel_all(uow: UnitOfWork, ticket: Ticket) -> None:
    """Ends every clock of the ticket without a result."""
    for state in ("running", "paused"):
        for clock in _running(uow, ticket, state=state):
            clock.state = "cancelled"
    ticket.due_at = ticket.yellow_at = None


def is_late(uow: UnitOfWork, ticket: Ticket, purpose: str, assignment: Assignment) -> bool:
    """Whether the time for this purpose is over (e.g. the return window)."""
    return any(clock.due_at < uow.now for clock in _running(uow, ticket, assignment, purpose))


def longest_extension(uow: UnitOfWork, ticket: Ticket) -> int:
    """The most working days that one extension may bring, from the profile."""
    profile, _ = rules_of(uow.reference)
    limit = profile.select("extension", ticket.request_type, ticket.urgency, ticket.category)
    return limit.amount if limit and limit.unit == "working_day" else DEFAULT_EXTENSION_DAYS


def extend(uow: UnitOfWork, ticket: Ticket, assignment: Assignment, amount: int) -> None:
    """Adds working days to the reply clock of one assignment."""
    for clock in _running(uow, ticket, assignment, "reply"):
        _adjust(uow, ticket, assignment, clock, {"kind": "extend", "amount": amount, "unit": "working_day"})


def pause(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """挂账: the reply clock rests; what remains of it is kept."""
    for clock in _running(uow, ticket, assignment, "reply"):
        _adjust(uow, ticket, assignment, clock, {"kind": "pause", "at": uow.now.isoformat()})
        clock.state = "paused"


def resume(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """The rest of the time runs again."""
    for clock in _running(uow, ticket, assignment, "reply", state="paused"):
        clock.state = "running"
        _adjust(uow, ticket, assignment, clock, {"kind": "resume", "at": uow.now.isoformat()})


def _adjust(
    uow: UnitOfWork, ticket: Ticket, assignment: Assignment, clock: Clock, adjustment: dict[str, Any]
) -> None:
    clock.adjustments = [*clock.adjustments, adjustment]
    due = replayed(uow, clock)
    clock.due_at, clock.yellow_at, clock.provisional = due.due_at, due.yellow_at, due.provisional
    clock.steps, clock.light = _steps(due), deadlines.light(uow.now, due.due_at, due.yellow_at)
    _show(uow, ticket, assignment, clock)
    record(
        uow,
        SYSTEM_ACTOR,
        ticket,
        "clock_adjusted",
        public=False,
        assignment_id=assignment.id,
        clock=clock.id,
        adjustment=adjustment,
        due_at=clock.due_at.isoformat(),
    )


def replayed(uow: UnitOfWork, clock: Clock) -> Due:
    """The due time reckoned again from the start, under the versions that made the clock."""
    profile = sla.parse(_at(uow, "sla_profile", clock.profile_version)[clock.profile])
    calendar = parse_calendar(_at(uow, "calendar", clock.calendar_version)["statutory"])
    limit = sla.parse_limit(clock.limit)
    return deadlines.replay(clock.started_at, limit, profile, calendar, clock.adjustments)


def _at(uow: UnitOfWork, kind: str, version: int) -> dict[str, Any]:
    current = uow.reference.versions.get(kind) == version
    return uow.reference.rows[kind] if current else uow.views.reference_at(kind, version)


def explain(uow: UnitOfWork, actor: Actor, no: str) -> dict[str, Any]:
    """Every clock of a ticket with its steps, and whether reckoning it again gives the same due time."""
    row = uow.views.ticket_row(no) or {}
    ticket = uow.get(Ticket, row.get("id", 0))
    access.check_readable(uow, actor, ticket)
    return {
        "no": ticket.no,
        "clocks": [_explained(uow, clock) for clock in uow.find(Clock, ticket_id=ticket.id)],
    }


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


def sweep(uow: UnitOfWork) -> bool:
    """Announces clocks whose light has changed and urges their units; True when there may be more."""
    lit = uow.views.clocks_to_light(uow.now, _SWEEP_BATCH)
    for clock_id, ticket_id in lit:
        clock, ticket = uow.get(Clock, clock_id), uow.ticket_by_id(ticket_id)
        clock.light = deadlines.light(uow.now, clock.due_at, clock.yellow_at)
        label = PURPOSES.get(clock.purpose, clock.purpose)
        word = "临近时限" if clock.light == "yellow" else "已超过时限"
        if clock.purpose in ("sign", "reply") and ticket.state == workflow.HANDLING:
            supervising.urge_ticket(
                uow, SYSTEM_ACTOR, ticket, clock.light, f"{label}{word}", clock.assignment_id
            )
        else:
            record(
                uow,
                SYSTEM_ACTOR,
                ticket,
                "lit",
                f"{label}{word}",
                public=False,
                clock=clock.id,
                light=clock.light,
            )
        uow.emit(ClockLit(ticket.id, ticket.no, clock.id, clock.light))
    return len(lit) == _SWEEP_BATCH


def end_suspensions(uow: UnitOfWork) -> int:
    """Suspended assignments whose day has come go on; how many."""
    due = [row for row in uow.find(Assignment, state=workflow.SUSPENDED) if _over(row, uow.now)]
    for assignment in due:
        ticket = uow.ticket_by_id(assignment.ticket_id)
        assignment.state, assignment.suspended_until = assignment.state_before or workflow.WORKING, None
        resume(uow, ticket, assignment)
        record(uow, SYSTEM_ACTOR, ticket, "resume", "挂账到期，恢复办理", assignment_id=assignment.id)
    return len(due)


def _over(assignment: Assignment, now: datetime) -> bool:
    return assignment.suspended_until is not None and assignment.suspended_until <= now
