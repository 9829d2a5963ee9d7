"""派单: from a reviewed ticket to assignments, by the catalogue or by a person who overrules it.

Every dispatch keeps the catalogue version, row and basis it used. The citizen's clock starts at the first dispatch
of a round and goes on through returns and reassignments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from classifiers.api import SENSITIVE
from hotline.domain import dispatch as catalogue
from hotline.domain import workflow
from hotline.domain.assignment import ASSIST, DUTIES, LEAD, Application, Assignment
from hotline.domain.drafts import LIMITS, clean, fault_of_tags, required
from hotline.domain.errors import Conflict, InvalidInput, invalid_field
from hotline.domain.events import AssignmentsEnded, TicketDispatched
from hotline.domain.people import Actor
from hotline.domain.sla import COMPLEXITIES
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES, Round, Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, candidates, clock_changes, clocks
from hotline.services.learning import labels
from hotline.services.recording import changed, record

MOST_ASSISTS = 10


def approve(uow: UnitOfWork, actor: Actor, no: str, note: str = "") -> None:
    """审核通过: the ticket may be dispatched."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("approve", ticket.state, actor)
    ticket.state = workflow.TO_DISPATCH
    record(uow, actor, ticket, "approve", clean(note))
    labels.accepted(uow, actor, ticket)
    changed(uow, ticket, "approve")


def ask_info(uow: UnitOfWork, actor: Actor, no: str, question: str) -> None:
    """退回补充: what is missing goes back to the agent (and is shown to the caller)."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("ask_info", ticket.state, actor)
    question = required(question, "question", "请写明需要补充什么")
    ticket.state = workflow.NEED_INFO
    record(uow, actor, ticket, "ask_info", question)
    changed(uow, ticket, "ask_info")


def deliberate(uow: UnitOfWork, actor: Actor, no: str, reason: str) -> None:
    """转疑难会商: no unit is plainly responsible; an arbitrator will rule."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("deliberate", ticket.state, actor)
    ticket.state, ticket.queue_reason = workflow.DELIBERATION, "deliberation"
    record(uow, actor, ticket, "deliberate", required(reason, "reason", "请写明为何难以确定承办单位"))
    changed(uow, ticket, "deliberate")


def dispatch(
    uow: UnitOfWork, actor: Actor, no: str, lead: str, assists: Sequence[str] = (), opinion: str = ""
) -> list[int]:
    """Opens a round with a lead and its assists; the ids of the assignments, the lead first.

    Raises Conflict for a wrong state, InvalidInput for unknown units or a duty pushed down to a township.
    """
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("dispatch", ticket.state, actor)
    return open_round(uow, actor, ticket, lead, assists, opinion)


def open_round(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    lead: str,
    assists: Sequence[str] = (),
    opinion: str = "",
    reason: str = "",
    kind: str = "dispatch",
) -> list[int]:
    """The common part of dispatch, rehandle and reopen: a new round with its assignments and clocks."""
    units = checked_units(uow, ticket, lead, assists)
    ticket.state, ticket.round_no = workflow.HANDLING, ticket.round_no + 1
    ticket.dispatched_at = ticket.dispatched_at or uow.now
    ticket.replied_at = ticket.closed_at = None
    ticket.queue_reason = ticket.closed_how = ""
    row = used_row(uow, ticket, lead)
    uow.add(
        Round(
            id=uow.new_id(),
            ticket_id=ticket.id,
            number=ticket.round_no,
            reason=reason,
            catalogue_version=uow.reference.versions.get("catalogue", 0),
            catalogue_row=row["id"] if row else "",
            basis=str(row.get("basis", "")) if row else "",
            started_at=uow.now,
        )
    )
    clocks.meet(uow, ticket, "dispatch")
    labels.sent_to(uow, actor, ticket, lead)
    made = [assign(uow, ticket, unit, LEAD if unit == lead else ASSIST, opinion) for unit in units]
    record(
        uow,
        actor,
        ticket,
        kind,
        clean(opinion) or reason,
        units=list(units),
        lead=lead,
        round=ticket.round_no,
        catalogue_version=uow.reference.versions.get("catalogue", 0),
        catalogue_row=row["id"] if row else "",
        suggested=_offered(uow, ticket),
    )
    uow.emit(TicketDispatched(ticket.id, ticket.no, tuple(item.id for item in made)))
    return [item.id for item in made]


def _offered(uow: UnitOfWork, ticket: Ticket) -> list[dict[str, Any]]:
    """The candidates as they stand for the matter and place that the ticket now has, with their evidence."""
    facts = {name: getattr(ticket, name) for name in ("category", "category_by", "area", "suggestion")}
    kept = ("lead", "assists", "row", "matter", "score", "evidence")
    offered = candidates.for_ticket(uow.reference, facts, uow.now.date())
    return [{name: unit[name] for name in kept} for unit in offered]


def checked_units(
    uow: UnitOfWork, ticket: Ticket, lead: str, assists: Sequence[str], duty: str = LEAD
) -> tuple[str, ...]:
    """Lead and assists, each known, in force and once; the guard against pushing duties down holds for a lead.

    `duty` is what the first unit will do: an assist that is replaced leads nothing.
    """
    units = (lead, *assists)
    if len(assists) > MOST_ASSISTS:
        raise invalid_field("assists", f"协办单位最多 {MOST_ASSISTS} 个")
    for unit in units:
        row = uow.reference.require("unit", unit, "lead" if unit == lead else "assists")
        if not catalogue.in_force(row, uow.now.date()):
            raise invalid_field("lead" if unit == lead else "assists", f"{row['name']}已撤并，请选择承继单位")
    if len(set(units)) != len(units):
        raise invalid_field("assists", "同一单位不能重复出现在主办和协办中")
    if duty == LEAD:
        catalogue.guard(uow.reference, lead, ticket.category, ticket.area, uow.now.date())
    return units


def used_row(uow: UnitOfWork, ticket: Ticket, lead: str) -> dict[str, Any] | None:
    """The catalogue row that gives this lead for the ticket's matter and area; None when a person chose otherwise."""
    if not ticket.category:
        return None
    for proposal in catalogue.propose(uow.reference, ticket.category, ticket.area, uow.now.date()):
        if proposal.lead == lead:
            return uow.reference.row("catalogue", proposal.row)
    return None


def assign(
    uow: UnitOfWork, ticket: Ticket, unit: str, duty: str, opinion: str = "", parent: Assignment | None = None
) -> Assignment:
    """One assignment with its clocks. A lead's reply clock counts from the start of the round."""
    assignment = Assignment(
        id=uow.new_id(),
        ticket_id=ticket.id,
        round_no=ticket.round_no,
        unit=unit,
        duty=duty,
        state=workflow.TO_SIGN,
        parent_id=parent.id if parent else None,
        opinion=clean(opinion)[: LIMITS["note"]],
        dispatched_at=uow.now,
    )
    uow.add(assignment)
    if duty == LEAD and parent is None:
        ticket.lead_unit = unit
    clocks.start_for_assignment(uow, ticket, assignment)
    return assignment


def reassign(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    assignment_id: int,
    unit: str,
    reason: str,
    assists: Sequence[str] = (),
) -> int:
    """改派: ends one assignment and gives its duty to another unit; the new assignment's id. The clock goes on."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("reassign", ticket.state, actor)
    old = access.assignment_of(uow, ticket, assignment_id)
    new = replace_assignment(
        uow, actor, ticket, old, unit, required(reason, "reason", "请写明改派原因"), assists
    )
    if old.duty == LEAD and old.parent_id is None:
        labels.stated(uow, actor, ticket, "unit", unit, "corrected", against=old.unit)
    return new


def replace_assignment(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    old: Assignment,
    unit: str,
    reason: str,
    assists: Sequence[str] = (),
) -> int:
    """Ends `old` (and what was passed down from it) and assigns its duty to `unit`; counts the hop.

    An assisting unit may become the lead and leaves its assist for it; assists that are at work already stay.
    """
    if old.state not in workflow.ACTIVE_ASSIGNMENTS:
        raise Conflict("assignment.ended", "这个承办子单已经结束，不能改派")
    if unit == old.unit:
        raise invalid_field("unit", "新单位与原单位相同")
    beside = _beside(uow, ticket, old)
    fresh = [assist for assist in assists if assist not in beside]
    checked_units(uow, ticket, unit, fresh, old.duty)
    if unit in beside:
        if old.duty != LEAD:
            raise invalid_field("unit", "该单位已经在办理这个工单")
        leave(uow, ticket, beside[unit])
    leave(uow, ticket, old)
    ticket.hops += 1
    parent = uow.get(Assignment, old.parent_id) if old.parent_id else None
    new = assign(uow, ticket, unit, old.duty, reason, parent)
    clock_changes.hand_over(uow, ticket, old, new)
    made = [new, *(assign(uow, ticket, assist, ASSIST, reason) for assist in fresh)]
    record(
        uow,
        actor,
        ticket,
        "reassign",
        reason,
        assignment_id=new.id,
        before=old.unit,
        after=unit,
        duty=DUTIES[old.duty],
        hops=ticket.hops,
        catalogue_version=uow.reference.versions.get("catalogue", 0),
    )
    uow.emit(TicketDispatched(ticket.id, ticket.no, tuple(item.id for item in made)))
    return new.id


def _beside(uow: UnitOfWork, ticket: Ticket, old: Assignment) -> dict[str, Assignment]:
    """Unit -> its assignment, of those at work in the same place of the round: the others of the hotline's own
    dispatch, or the others that the same unit passed it down to."""
    return {
        item.unit: item
        for item in uow.find(
            Assignment, ticket_id=ticket.id, round_no=ticket.round_no, parent_id=old.parent_id
        )
        if item.id != old.id and item.state in workflow.ACTIVE_ASSIGNMENTS
    }


def leave(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> None:
    """Ends an assignment without a result, and everything passed down from it; what it had applied for lapses.
    The units are told."""
    ended = _leave(uow, ticket, assignment)
    if ended:
        uow.emit(AssignmentsEnded(ticket.id, ticket.no, tuple(ended)))


def leave_all(uow: UnitOfWork, ticket: Ticket, outcome: str) -> None:
    """Ends the round, every assignment and every clock of a ticket that is not handled any longer."""
    ended: list[int] = []
    for assignment in uow.find(Assignment, ticket_id=ticket.id):
        ended += _leave(uow, ticket, assignment)
    clocks.cancel_all(uow, ticket)
    current = uow.first(Round, ticket_id=ticket.id, number=ticket.round_no)
    if current is not None and current.ended_at is None:
        current.ended_at, current.outcome = uow.now, outcome
    if ended:
        uow.emit(AssignmentsEnded(ticket.id, ticket.no, tuple(ended)))


def _leave(uow: UnitOfWork, ticket: Ticket, assignment: Assignment) -> list[int]:
    ended = [
        key for child in uow.find(Assignment, parent_id=assignment.id) for key in _leave(uow, ticket, child)
    ]
    lapse(uow, assignment)
    if assignment.state in workflow.ACTIVE_ASSIGNMENTS:
        assignment.state, assignment.ended_at = workflow.WITHDREW, uow.now
        clocks.cancel(uow, ticket, assignment)
        ended.append(assignment.id)
    return ended


def lapse(uow: UnitOfWork, assignment: Assignment, *kinds: str) -> None:
    """What the assignment had applied for (of these kinds; all, when none is named) needs no decision any more."""
    for application in uow.find(Application, assignment_id=assignment.id, state="pending"):
        if not kinds or application.kind in kinds:
            application.state, application.decided_at = "lapsed", uow.now


def edit(uow: UnitOfWork, actor: Actor, no: str, changes: dict[str, Any]) -> None:
    """更正要素: category, area, place, type, urgency, complexity, sensitive marks, tags, title; what it was before stays on
    the timeline."""
    ticket = access.readable_ticket(uow, actor, no)
    workflow.check("edit", ticket.state, actor)
    apply_changes(uow, actor, ticket, changes)
    changed(uow, ticket, "edit")


_EDITABLE = frozenset(
    {
        "title",
        "category",
        "area",
        "place",
        "request_type",
        "urgency",
        "complexity",
        "secret",
        "sensitive",
        "tags",
    }
)
_CODES = {
    "request_type": {"": ""} | REQUEST_TYPES,
    "urgency": URGENCIES,
    "complexity": {"": ""} | COMPLEXITIES,
    "secret": (True, False),
}


def apply_changes(uow: UnitOfWork, actor: Actor, ticket: Ticket, changes: dict[str, Any]) -> None:
    """Sets fields after checking their codes; a report can be made secret but never open again by an edit."""
    unknown = set(changes) - _EDITABLE
    if unknown:
        raise InvalidInput("edit.field", f"不能更正这些字段：{'、'.join(sorted(unknown))}")
    for field, kind in (("category", "category"), ("area", "area")):
        if changes.get(field):
            uow.reference.require(kind, changes[field], field)
    for field in ("title", "place"):
        if field in changes:
            changes[field] = required(changes[field], field, "不能为空", LIMITS[field])
    for field, known in _CODES.items():
        if field in changes and changes[field] not in known:
            raise invalid_field(field, f"没有“{str(changes[field])[:20]}”这个代码")
    if fault := fault_of_tags(uow.reference, changes.get("tags") or ()):
        raise invalid_field("tags", fault)
    if "sensitive" in changes:
        changes["sensitive"] = sorted(set(changes["sensitive"]))
        if set(changes["sensitive"]) - set(SENSITIVE):
            raise invalid_field("sensitive", f"敏感标记应为 {'、'.join(SENSITIVE.values())} 之中的")
    if changes.get("secret") is False and changes.get("request_type", ticket.request_type) == "report":
        raise invalid_field("secret", "举报工单一律保密")
    before = {name: getattr(ticket, name) for name in changes if getattr(ticket, name) != changes[name]}
    for name in before:
        setattr(ticket, name, changes[name])
    if changes.get("request_type") == "report":
        ticket.secret = True
    if "category" in before:
        ticket.category_by = "person"
        ticket.category_version = uow.reference.versions.get("category", 0)
    if before:
        after = {name: changes[name] for name in before}
        record(uow, actor, ticket, "edit", before=before, after=after)
        labels.corrected(uow, actor, ticket, before)
        clock_changes.fit(uow, ticket)
