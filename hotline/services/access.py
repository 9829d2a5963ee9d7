"""Who may see which ticket. Asked by every use case that shows or touches one; an unseen ticket is "not found".

The hotline's people see all tickets of their operating centre (all, when they have none); unit people see tickets
in which their unit, or one below it, has or had an assignment. The caller of a secret request is never shown to a
unit, on any path.
"""

from __future__ import annotations

from hotline.domain.assignment import Assignment
from hotline.domain.errors import NotAllowed, NotFound
from hotline.domain.parties import Request
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.domain.workflow import WITHDREW
from hotline.ports import UnitOfWork

_HIDDEN = NotFound("ticket.not_found", "没有这个工单")


def units_of(uow: UnitOfWork, actor: Actor) -> frozenset[str]:
    """The codes of the actor's unit and everything below it; empty without a unit."""
    return uow.reference.subtree("unit", actor.unit) if actor.unit else frozenset()


def readable_ticket(uow: UnitOfWork, actor: Actor, no: str) -> Ticket:
    """The ticket, locked for this transaction, if the actor may see it; NotFound otherwise."""
    ticket = uow.ticket(no)
    check_readable(uow, actor, ticket)
    return ticket


def readable_row(uow: UnitOfWork, actor: Actor, ticket_id: int) -> Ticket:
    """As `readable_ticket`, by id and without locking: for reading."""
    ticket = uow.get(Ticket, ticket_id)
    check_readable(uow, actor, ticket)
    return ticket


def check_readable(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> None:
    """NotAllowed without the right to read tickets; NotFound when this one is out of scope."""
    if not actor.may("ticket.read") and not actor.roles & {"system", "citizen", "legacy"}:
        raise NotAllowed("ticket.read", "您没有查看工单的权限")
    if actor.bound_to_unit:
        if uow.first(Assignment, ticket_id=ticket.id, unit=units_of(uow, actor)) is None:
            raise _HIDDEN
    elif actor.centre and ticket.centre and actor.centre != ticket.centre:
        raise _HIDDEN


def own_assignment(uow: UnitOfWork, actor: Actor, ticket: Ticket, assignment_id: int) -> Assignment:
    """An assignment of the ticket that the actor's unit answers for; NotFound otherwise."""
    assignment = assignment_of(uow, ticket, assignment_id)
    if assignment.unit not in units_of(uow, actor):
        raise NotFound("assignment.not_found", "没有这个承办子单")
    return assignment


def assignment_of(uow: UnitOfWork, ticket: Ticket, assignment_id: int) -> Assignment:
    assignment = uow.get(Assignment, assignment_id)
    if assignment.ticket_id != ticket.id:
        raise NotFound("assignment.not_found", "没有这个承办子单")
    return assignment


def sees_caller(actor: Actor, ticket: Ticket, request: Request) -> bool:
    """Whether masked values of the caller may be shown at all; never to units on a secret or anonymous request."""
    return not (actor.bound_to_unit and (request.secret or request.anonymous or ticket.secret))


def check_reveal(uow: UnitOfWork, actor: Actor, ticket: Ticket, request: Request) -> None:
    """NotAllowed unless the actor may see a clear value of this request's caller."""
    if not actor.may("ticket.reveal"):
        raise NotAllowed("reveal.not_allowed", "您没有查看来电人信息的权限")
    if not sees_caller(actor, ticket, request):
        raise NotAllowed("reveal.secret", "保密诉求：承办单位不能查看来电人信息，请通过热线联系")
    if actor.bound_to_unit and not _still_in_charge(uow, actor, ticket):
        raise NotAllowed("reveal.left", "本单位已不再承办这个工单，不能查看来电人信息")


def _still_in_charge(uow: UnitOfWork, actor: Actor, ticket: Ticket) -> bool:
    held = uow.find(Assignment, ticket_id=ticket.id, unit=units_of(uow, actor))
    return any(assignment.state != WITHDREW for assignment in held)
