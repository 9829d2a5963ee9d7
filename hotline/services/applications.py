"""申请 of units: return, objection, extension, suspension, appeal. Each belongs to one assignment and freezes nobody.

A return is a request with review (派单异议审核制度), never a free action. A settled objection amends the catalogue, so
that the same quarrel is not had twice.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from hotline.domain import workflow
from hotline.domain.assignment import APPLICATIONS, LEAD, Application, Assignment
from hotline.domain.deadlines import LOCAL
from hotline.domain.drafts import LIMITS, clean
from hotline.domain.errors import Conflict, NotAllowed, invalid_field
from hotline.domain.events import ApplicationDecided, ApplicationFiled
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, amendments, clock_changes, clocks
from hotline.services.dispatching import checked_units, leave, replace_assignment, required
from hotline.services.handling import may_pass
from hotline.services.learning import labels
from hotline.services.recording import changed, record

_MOVES = {
    "return": "apply_return",
    "objection": "object",
    "extension": "apply_extension",
    "suspension": "apply_suspension",
    "appeal": "appeal",
}
LONGEST_SUSPENSION_DAYS = 365


def apply(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    assignment_id: int,
    kind: str,
    reason: str,
    *,
    reason_code: str = "",
    basis: str = "",
    proposed_unit: str = "",
    amount: int = 0,
    until: date | None = None,
) -> int:
    """Files an application; its id. A return needs its basis and a reason of the list, and is marked late when the return window has closed;
    an extension needs its working days; a suspension the day until which it shall rest. A unit that was passed
    a matter down may only give it back: the rest is between the hotline and the unit above."""
    if kind not in APPLICATIONS:
        raise invalid_field("kind", "没有这种申请")
    ticket = access.readable_ticket(uow, actor, no)
    assignment = access.own_assignment(uow, actor, ticket, assignment_id)
    workflow.check(_MOVES[kind], assignment.state, actor)
    if assignment.parent_id is not None and kind != "return":
        raise Conflict("application.passed_down", f"转派下来的工单请由上级单位提出{APPLICATIONS[kind]}")
    if uow.first(Application, assignment_id=assignment.id, kind=kind, state="pending"):
        raise Conflict("application.pending", f"已有一份{APPLICATIONS[kind]}申请在审核中")
    application = Application(
        id=uow.new_id(),
        ticket_id=ticket.id,
        assignment_id=assignment.id,
        kind=kind,
        reason_code=_reason_code(uow, kind, reason_code),
        reason=required(reason, "reason", "请填写申请理由"),
        basis=clean(basis)[: LIMITS["note"]],
        proposed_unit=proposed_unit if kind in ("return", "objection") else "",
        applied_by=actor.name,
        applied_unit=assignment.unit,
        applied_at=uow.now,
    )
    _CHECKS[kind](uow, ticket, assignment, application, amount, until)
    uow.add(application)
    if kind in _ABOUT_UNIT and _leads(assignment):
        labels.stated(
            uow, actor, ticket, "unit", application.proposed_unit, "objected", against=assignment.unit
        )
    record(
        uow,
        actor,
        ticket,
        _MOVES[kind],
        application.reason,
        assignment_id=assignment.id,
        application=application.id,
        proposed=application.proposed_unit,
        late=bool(application.ruling.get("late")),
    )
    uow.emit(ApplicationFiled(ticket.id, ticket.no, application.id, kind))
    return application.id


_ABOUT_UNIT = frozenset({"return", "objection"})


def _leads(assignment: Assignment) -> bool:
    """Whether it is the hotline's own dispatch to a lead: what a unit passes down says nothing of whose matter it is."""
    return assignment.duty == LEAD and assignment.parent_id is None


def _reason_code(uow: UnitOfWork, kind: str, code: str) -> str:
    """A reason of the published list of this kind; only a return must give one."""
    if not code:
        if kind == "return":
            raise invalid_field("reason_code", "请选择退单的理由类别")
        return ""
    row = uow.reference.require("reason", code, "reason_code")
    if row.get("group") != kind:
        raise invalid_field("reason_code", f"请选择{APPLICATIONS[kind]}的理由")
    return code


def _check_return(
    uow: UnitOfWork, ticket: Ticket, assignment: Assignment, application: Application, *_: Any
) -> None:
    if not application.basis:
        raise invalid_field("basis", "请写明依据（权责清单、三定规定或法律条款）")
    if application.proposed_unit == assignment.unit:
        raise invalid_field("proposed_unit", "建议的单位就是本单位")
    if application.proposed_unit:
        checked_units(uow, ticket, application.proposed_unit, (), assignment.duty)
    application.ruling = {"late": clocks.is_late(uow, ticket, "return_window", assignment)}


def _check_extension(
    uow: UnitOfWork,
    ticket: Ticket,
    assignment: Assignment,
    application: Application,
    amount: int,
    _until: date | None,
) -> None:
    most = clock_changes.longest_extension(uow, ticket)
    if not 1 <= amount <= most:
        raise invalid_field("amount", f"延期应为 1–{most} 个工作日")
    if assignment.due_at and uow.now > assignment.due_at:
        raise Conflict("extension.too_late", "已超过办理期限，不能再申请延期")
    application.amount, application.unit = amount, "working_day"


def _check_suspension(
    uow: UnitOfWork,
    _ticket: Ticket,
    _assignment: Assignment,
    application: Application,
    _amount: int,
    until: date | None,
) -> None:
    today = uow.now.date()
    if until is None or not today < until <= today + timedelta(days=LONGEST_SUSPENSION_DAYS):
        raise invalid_field("until", f"请填写挂账至哪一天（一年以内，晚于 {today}）")
    application.ruling = {"until": until.isoformat()}


def _check_nothing(*_: Any) -> None:
    return None


_CHECKS = {
    "return": _check_return,
    "objection": _check_return,
    "extension": _check_extension,
    "suspension": _check_suspension,
    "appeal": _check_nothing,
}


def decide(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    application_id: int,
    granted: bool,
    note: str = "",
    *,
    unit: str = "",
    amend: bool = False,
) -> None:
    """Grants or refuses. A granted return or objection reassigns to `unit` (or the proposed one), what was passed
    down goes back to the unit above where none is named; an objection is the arbitrator's and may amend the catalogue
    (`amend`). A refusal needs its reason."""
    ticket = access.readable_ticket(uow, actor, no)
    application = uow.get(Application, application_id)
    assignment = access.assignment_of(uow, ticket, application.assignment_id)
    workflow.check("rule" if application.kind == "objection" else "decide", assignment.state, actor)
    if application.state != "pending":
        raise Conflict("application.decided", "这份申请已经有了结论")
    if actor.unit and actor.bound_to_unit:
        raise NotAllowed("application.own", "不能审批本单位的申请")
    note = clean(note) if granted else required(note, "note", "驳回须写明理由")
    application.state = "granted" if granted else "refused"
    application.decided_by, application.decided_at, application.decision_note = actor.name, uow.now, note
    record(
        uow,
        actor,
        ticket,
        "rule" if application.kind == "objection" else "decide",
        note,
        assignment_id=assignment.id,
        application=application.id,
        application_kind=application.kind,
        granted=granted,
    )
    if granted:
        _GRANTS[application.kind](uow, actor, ticket, assignment, application, unit, amend)
    elif application.kind == "objection" and amend:
        amendments.amend(uow, actor, ticket, application, assignment.unit)
    if application.kind in _ABOUT_UNIT and _leads(assignment):
        ruled = application.ruling.get("unit") or assignment.unit
        labels.stated(uow, actor, ticket, "unit", ruled, "ruled", against=assignment.unit)
    uow.emit(ApplicationDecided(ticket.id, ticket.no, application.id, application.kind, application.state))


def _grant_return(
    uow: UnitOfWork,
    actor: Actor,
    ticket: Ticket,
    assignment: Assignment,
    application: Application,
    unit: str,
    amend: bool,
) -> None:
    if assignment.parent_id is not None and not unit:
        leave(uow, ticket, assignment)
        changed(uow, ticket, "decide")
        return
    unit = unit or application.proposed_unit
    if not unit:
        raise invalid_field("unit", "同意退单须同时选定新的承办单位")
    _check_below(uow, assignment, unit)
    new_id = replace_assignment(uow, actor, ticket, assignment, unit, application.reason)
    application.ruling = {**application.ruling, "unit": unit, "assignment": new_id}
    if amend and application.kind == "objection":
        amendments.amend(uow, actor, ticket, application, unit)


def _check_below(uow: UnitOfWork, assignment: Assignment, unit: str) -> None:
    """What was passed down may only go to another unit below the one that passed it."""
    if assignment.parent_id is None:
        return
    above = uow.get(Assignment, assignment.parent_id).unit
    if not may_pass(uow.reference, above, uow.reference.require("unit", unit, "unit")):
        raise invalid_field(
            "unit", f"只能改派给{uow.reference.name('unit', above)}的下级单位，或退回上级单位"
        )


def _grant_extension(
    uow: UnitOfWork, _actor: Actor, ticket: Ticket, assignment: Assignment, application: Application, *_: Any
) -> None:
    if assignment.state == workflow.SUSPENDED:
        raise Conflict("extension.suspended", "挂账期间不计时，请在恢复办理后再审批延期")
    clock_changes.extend(uow, ticket, assignment, application.amount)
    assignment.extensions += 1


def _grant_suspension(
    uow: UnitOfWork, _actor: Actor, ticket: Ticket, assignment: Assignment, application: Application, *_: Any
) -> None:
    until = date.fromisoformat(application.ruling["until"])
    assignment.state_before, assignment.state = assignment.state, workflow.SUSPENDED
    assignment.suspended_until = datetime.combine(until, datetime.min.time(), tzinfo=LOCAL).astimezone(
        uow.now.tzinfo
    )
    clock_changes.pause(uow, ticket, assignment)


def _grant_appeal(
    _uow: UnitOfWork,
    _actor: Actor,
    _ticket: Ticket,
    assignment: Assignment,
    _application: Application,
    *_: Any,
) -> None:
    assignment.facts = {**assignment.facts, "assessed": False}


_GRANTS = {
    "return": _grant_return,
    "objection": _grant_return,
    "extension": _grant_extension,
    "suspension": _grant_suspension,
    "appeal": _grant_appeal,
}


def resume(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, reason: str = "") -> None:
    """恢复办理 (销账): the rest of the time that was left runs again."""
    ticket = access.readable_ticket(uow, actor, no)
    assignment = access.assignment_of(uow, ticket, assignment_id)
    workflow.check("resume", assignment.state, actor)
    assignment.state, assignment.suspended_until = assignment.state_before or workflow.WORKING, None
    clock_changes.resume(uow, ticket, assignment)
    record(uow, actor, ticket, "resume", clean(reason), assignment_id=assignment.id)
    changed(uow, ticket, "resume")
