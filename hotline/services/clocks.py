"""时限 of tickets and assignments: started, met, run again, cancelled.

One row for each purpose, with the versions of profile and calendar that made it. services/clock_changes extends and
pauses them, services/lighting announces them, services/deadline_steps explains them.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from hotline.domain import deadlines, sla, workflow
from hotline.domain.assignment import LEAD, Assignment, Clock
from hotline.domain.calendar import Calendar
from hotline.domain.calendar import parse as parse_calendar
from hotline.domain.deadlines import Due
from hotline.domain.parties import Contact, Request
from hotline.domain.reference import Reference
from hotline.domain.ticket import Round, Ticket
from hotline.ports import UnitOfWork

GIVEN_BY_UNIT = "上级单位转派时限定"
GIVEN_UPSTREAM = "上级平台交办时限"


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
    limit = limit_for(profile, ticket, purpose)
    return deadlines.reckon(at, limit, profile, calendar) if limit else None


def limit_for(profile: sla.Profile, ticket: Ticket, *purposes: str) -> sla.Limit | None:
    """The limit of the first purpose that the profile has one for."""
    facts = (ticket.request_type, ticket.urgency, ticket.category, ticket.complexity)
    return next(filter(None, (profile.select(purpose, *facts) for purpose in purposes)), None)


def start(
    uow: UnitOfWork,
    ticket: Ticket,
    purpose: str,
    at: datetime,
    assignment: Assignment | None = None,
    *limits: str,
) -> Clock | None:
    """Starts a clock if the profile has a limit for the purpose (or for the first of `limits` that it knows)."""
    profile, calendar = rules_of(uow.reference)
    limit = limit_for(profile, ticket, *(limits or (purpose,)))
    if limit is None:
        return None
    due = deadlines.reckon(at, limit, profile, calendar)
    return _new(uow, ticket, purpose, at, limit, due, profile, assignment)


def start_given(
    uow: UnitOfWork,
    ticket: Ticket,
    purpose: str,
    at: datetime,
    due_at: datetime,
    basis: str,
    assignment: Assignment | None = None,
) -> Clock:
    """A clock to a given moment, as a limit in minutes, so that it can be replayed like any other."""
    profile, calendar = rules_of(uow.reference)
    minutes = min(max(1, int((due_at - at).total_seconds() // 60)), sla.MOST["minute"])
    limit = sla.Limit(purpose, minutes, "minute", basis=basis)
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
        steps=steps_of(due),
    )
    uow.add(clock)
    return clock


def steps_of(due: Due) -> list[dict[str, Any]]:
    return [{"text": step.text, "at": step.at.isoformat() if step.at else ""} for step in due.steps]


def start_for_assignment(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """Clocks of a new assignment. The reply clock of a unit that leads or assists counts from the round's start,
    so a return gives nobody more of the citizen's time; what is passed down shares its parent's deadline."""
    for purpose in ("sign", "first_contact", "return_window"):
        start(uow, ticket, purpose, uow.now, assignment)
    if assignment.parent_id is not None:
        parent = uow.get(Assignment, assignment.parent_id)
        assignment.due_at, assignment.yellow_at = parent.due_at, parent.yellow_at
        return
    opened = uow.first(Round, ticket_id=ticket.id, number=ticket.round_no)
    began = opened.started_at if opened else uow.now
    clock = start(uow, ticket, "reply", began, assignment, *_reply_limits(opened))
    if clock is not None:
        show(uow, ticket, assignment, clock)


def _reply_limits(opened: Round | None) -> tuple[str, ...]:
    """重办 has a limit of its own where the profile knows one; its rounds are those opened for a reason."""
    return ("rehandle", "reply") if opened and opened.reason else ("reply",)


def start_own(uow: UnitOfWork, ticket: Ticket, child: Assignment, due_at: datetime) -> None:
    """The deadline that an upper unit gives to the one below."""
    clock = start_given(uow, ticket, "reply", uow.now, due_at, GIVEN_BY_UNIT, child)
    child.due_at, child.yellow_at = clock.due_at, clock.yellow_at


def start_upstream(uow: UnitOfWork, ticket: Ticket, since: datetime, due_at: datetime) -> None:
    """上级办结: the deadline that a matter brought along from the platform above."""
    start_given(uow, ticket, "upstream", since, due_at, GIVEN_UPSTREAM)


def follow_upstream(uow: UnitOfWork, ticket: Ticket) -> None:
    """Makes the upstream clock that of the most pressing request which the ticket has now (after 并单, withdrawals)."""
    uow.flush()
    requests = uow.find(Request, ticket_id=ticket.id, withdrawn_at=None)
    contacts = [uow.get(Contact, request.contact_id) for request in requests]
    dues = [(c.upstream_due_at, c.received_at) for c in contacts if c.upstream_due_at is not None]
    for clock in running(uow, ticket, None, "upstream"):
        clock.state = "cancelled"
    if dues and ticket.state in workflow.OPEN_STATES:
        due_at, since = min(dues)
        start_upstream(uow, ticket, since, due_at)


def show(uow: UnitOfWork, ticket: Ticket, assignment: Assignment, clock: Clock) -> None:
    """Copies the reply deadline to where lists look for it: the assignment, what was passed down from it without a
    deadline of its own, and for a lead the ticket. A clock that rests shows none."""
    due_at, yellow_at = (clock.due_at, clock.yellow_at) if clock.state != "paused" else (None, None)
    _share(uow, assignment, due_at, yellow_at)
    if assignment.duty == LEAD and assignment.parent_id is None:
        ticket.due_at, ticket.yellow_at = due_at, yellow_at


def _share(
    uow: UnitOfWork, assignment: Assignment, due_at: datetime | None, yellow_at: datetime | None
) -> None:
    for child in uow.find(Assignment, parent_id=assignment.id, due_at=assignment.due_at):
        _share(uow, child, due_at, yellow_at)
    assignment.due_at, assignment.yellow_at = due_at, yellow_at


def running(
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
    for clock in running(uow, ticket, assignment, purpose):
        clock.state, clock.met_at = "met", uow.now


def finish(uow: UnitOfWork, ticket: Ticket) -> None:
    """The ticket has come to an end: what its own clocks waited for is done."""
    for clock in running(uow, ticket):
        if clock.assignment_id is None:
            clock.state, clock.met_at = "met", uow.now


def run_again(uow: UnitOfWork, ticket: Ticket, purpose: str, assignment: Assignment | None = None) -> None:
    """What had been met turned out not to be (a reply was rejected): the same deadline holds again."""
    for clock in running(uow, ticket, assignment, purpose, state="met"):
        clock.state, clock.met_at = "running", None


def cancel(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """Ends the clocks of one assignment without a result."""
    for state in ("running", "paused"):
        for clock in running(uow, ticket, assignment, state=state):
            clock.state = "cancelled"


def cancel_all(uow: UnitOfWork, ticket: Ticket) -> None:
    """Ends every clock of the ticket without a result."""
    for state in ("running", "paused"):
        for clock in running(uow, ticket, state=state):
            clock.state = "cancelled"
    ticket.due_at = ticket.yellow_at = None


def is_late(uow: UnitOfWork, ticket: Ticket, purpose: str, assignment: Assignment) -> bool:
    """Whether the time for this purpose is over (e.g. the return window)."""
    return any(clock.due_at < uow.now for clock in running(uow, ticket, assignment, purpose))
