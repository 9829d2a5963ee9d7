"""归档 by age: what has been finished for long enough leaves the working lists by itself.

Runs as a sweep, one batch a pass, so that a centre's first one (years of closed tickets) delays no light. Each ticket
is looked at again under its lock: it may have been opened for another round a moment ago.
"""

from __future__ import annotations

from datetime import timedelta

from hotline.domain import workflow
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from hotline.services import closing

BATCH = 200
USUAL_DAYS = 90
MOST_DAYS = 3650


def days(reference: Reference) -> int:
    """After how many days a finished ticket is archived: the centre's setting `archive_after_days`."""
    held = reference.row("setting", "intake") or {}
    return int(held.get("archive_after_days") or USUAL_DAYS)


def archive_old(uow: UnitOfWork) -> int:
    """Archives the next batch of tickets that were closed, refused or withdrawn long enough ago; how many."""
    before = uow.now - timedelta(days=days(uow.reference))
    found = [uow.ticket_by_id(key) for key in uow.views.tickets_to_archive(before, BATCH)]
    due = [ticket for ticket in found if ticket.state in workflow.TICKET_MOVES["archive"].sources]
    for ticket in due:
        closing.archive_ticket(uow, SYSTEM_ACTOR, ticket)
    uow.matters.drop([ticket.id for ticket in due])
    return len(due)
