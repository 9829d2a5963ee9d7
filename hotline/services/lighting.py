"""What time does to clocks and suspensions: lights are announced once, 催办 goes out, 挂账 ends by itself.

Runs as a sweep. What was announced is a column of the clock, so a restart repeats nothing.
"""

from __future__ import annotations

from hotline.domain import deadlines, workflow
from hotline.domain.assignment import Assignment, Clock
from hotline.domain.events import ClockLit
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.sla import PURPOSES
from hotline.ports import UnitOfWork
from hotline.services import clock_changes, supervising
from hotline.services.recording import changed, record

BATCH = 100
_URGED = frozenset({"sign", "reply"})


def announce(uow: UnitOfWork) -> bool:
    """Announces clocks whose light has changed and urges their units; True when there may be more."""
    lit = uow.views.clocks_to_light(uow.now, BATCH)
    for clock_id, ticket_id in lit:
        _announce(uow, clock_id, ticket_id)
    return len(lit) == BATCH


def _announce(uow: UnitOfWork, clock_id: int, ticket_id: int) -> None:
    ticket = uow.ticket_by_id(ticket_id)
    clock = uow.get(Clock, clock_id)
    clock.light = deadlines.light(uow.now, clock.due_at, clock.yellow_at)
    text = f"{PURPOSES[clock.purpose]}{'临近时限' if clock.light == 'yellow' else '已超过时限'}"
    if clock.purpose in _URGED and ticket.state == workflow.HANDLING:
        supervising.urge_ticket(uow, SYSTEM_ACTOR, ticket, clock.light, text, clock.assignment_id)
    else:
        record(
            uow,
            SYSTEM_ACTOR,
            ticket,
            "lit",
            text,
            public=False,
            assignment_id=clock.assignment_id,
            clock=clock.id,
            light=clock.light,
        )
    uow.emit(ClockLit(ticket.id, ticket.no, clock.id, clock.light))


def end_suspensions(uow: UnitOfWork) -> int:
    """Suspended assignments whose day has come go on; how many."""
    due = uow.views.suspensions_over(uow.now, BATCH)
    for assignment_id, ticket_id in due:
        ticket = uow.ticket_by_id(ticket_id)
        assignment = uow.get(Assignment, assignment_id)
        assignment.state, assignment.suspended_until = assignment.state_before or workflow.WORKING, None
        clock_changes.resume(uow, ticket, assignment)
        record(uow, SYSTEM_ACTOR, ticket, "resume", "挂账到期，恢复办理", assignment_id=assignment.id)
        changed(uow, ticket, "resume")
    return len(due)
