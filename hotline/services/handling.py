"""What a unit does with its assignment: sign, contact, pass down, reply, and let its own approver release it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hotline.domain import workflow
from hotline.domain.assignment import ASSIST, LEAD, Assignment, Reply
from hotline.domain.drafts import LIMITS
from hotline.domain.errors import Conflict, InvalidInput, NotFound, invalid_field
from hotline.domain.events import AssignmentAnswered, ReplySubmitted, TicketDispatched
from hotline.domain.people import Actor
from hotline.domain.personal import find_personal
from hotline.domain.reference import Reference
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, clocks
from hotline.services.dispatching import assign, checked_units, lapse, leave, required
from hotline.services.recording import changed, record

FACTS = {
    "true_report": "属实",
    "reasonable": "合理",
    "assessed": "计入考核",
    "contacted": "已联系诉求人",
    "solved": "已解决",
}
LEVEL_ORDER = ("city", "county", "town", "village")


def _mine(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, move: str) -> tuple[Ticket, Assignment]:
    ticket = access.readable_ticket(uow, actor, no)
    assignment = access.own_assignment(uow, actor, ticket, assignment_id)
    workflow.check(move, assignment.state, actor)
    return ticket, assignment


def sign(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int) -> None:
    """签收: the unit takes the assignment on."""
    ticket, assignment = _mine(uow, actor, no, assignment_id, "sign")
    assignment.state, assignment.signed_at = workflow.WORKING, uow.now
    clocks.meet(uow, ticket, "sign", assignment)
    record(uow, actor, ticket, "sign", assignment_id=assignment.id)
    changed(uow, ticket, "sign")


def contact(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, how: str) -> None:
    """首次联系 (先行联系): the unit has spoken with the caller."""
    ticket, assignment = _mine(uow, actor, no, assignment_id, "contact")
    assignment.contacted_at = assignment.contacted_at or uow.now
    assignment.facts = {**assignment.facts, "contacted": True}
    clocks.meet(uow, ticket, "first_contact", assignment)
    record(
        uow,
        actor,
        ticket,
        "contact",
        required(how, "how", "请写明联系方式和情况"),
        assignment_id=assignment.id,
    )
    changed(uow, ticket, "contact")


def pass_down(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    assignment_id: int,
    unit: str,
    opinion: str = "",
    due_at: datetime | None = None,
) -> int:
    """转派下级: a unit below takes it over; the upper unit stays answerable. The child's id.

    The child shares the deadline of the upper unit, or has an earlier one of its own (`due_at`).
    """
    ticket, assignment = _mine(uow, actor, no, assignment_id, "pass_down")
    below = uow.reference.require("unit", unit, "unit")
    if not may_pass(uow.reference, assignment.unit, below):
        raise invalid_field("unit", f"只能转派给{uow.reference.name('unit', assignment.unit)}的下级单位")
    checked_units(uow, ticket, unit, (), assignment.duty)
    for child in uow.find(Assignment, parent_id=assignment.id, unit=unit):
        if child.state in workflow.ACTIVE_ASSIGNMENTS:
            raise Conflict("assignment.already_passed", f"已经转派给{below['name']}")
    if due_at is not None and not uow.now < due_at <= (assignment.due_at or due_at):
        raise invalid_field("due_at", "给下级的时限应晚于现在，且不晚于本单位的时限")
    child = assign(uow, ticket, unit, LEAD if assignment.duty == LEAD else ASSIST, opinion, parent=assignment)
    if due_at is not None:
        clocks.start_own(uow, ticket, child, due_at)
    record(
        uow,
        actor,
        ticket,
        "pass_down",
        child.opinion,
        assignment_id=assignment.id,
        unit_after=unit,
        child=child.id,
    )
    uow.emit(TicketDispatched(ticket.id, ticket.no, (child.id,)))
    return child.id


def recall(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, reason: str) -> None:
    """收回转派: the unit that passed it down takes it back; `assignment_id` is the child's."""
    ticket = access.readable_ticket(uow, actor, no)
    child = access.assignment_of(uow, ticket, assignment_id)
    if child.parent_id is None:
        raise NotFound("assignment.not_passed", "这个承办子单不是转派下来的")
    parent = access.own_assignment(uow, actor, ticket, child.parent_id)
    workflow.check("recall", child.state, actor)
    reason = required(reason, "reason", "请写明收回原因")
    leave(uow, ticket, child)
    record(uow, actor, ticket, "recall", reason, assignment_id=parent.id, child=child.id)
    changed(uow, ticket, "recall")


def may_pass(reference: Reference, upper: str, below: dict[str, Any]) -> bool:
    """Whether a unit stands below another: in its tree or guided by it in its trade, and never at a higher level."""
    own, code = reference.require("unit", upper), str(below["code"])
    guided = code in reference.subtree("unit", upper) or below.get("line") == upper
    deeper = not _leveled(below, own) or LEVEL_ORDER.index(below["level"]) >= LEVEL_ORDER.index(own["level"])
    return code != upper and guided and deeper


def _leveled(*units: dict[str, Any]) -> bool:
    return all(unit.get("level") in LEVEL_ORDER for unit in units)


def reply(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    assignment_id: int,
    internal_note: str,
    public_reply: str,
    facts: dict[str, Any] | None = None,
) -> int:
    """答复, to the unit's approver: 内部办理情况 and 公开答复 are two papers. The reply's id.

    An unsolved matter needs its reason (facts["unsolved_reason"], a code of group "unresolved"); phone and ID
    numbers may not stand in the public reply; everything passed down must have ended.
    """
    ticket, assignment = _mine(uow, actor, no, assignment_id, "reply")
    internal_note = required(internal_note, "internal_note", "请填写内部办理情况", LIMITS["reply"])
    public_reply = required(public_reply, "public_reply", "请填写公开答复", LIMITS["reply"])
    _check_public(public_reply)
    facts = _checked_facts(uow, facts or {})
    if any(child.state in _UNFINISHED for child in uow.find(Assignment, parent_id=assignment.id)):
        raise Conflict("reply.children_open", "下级单位尚未答复，请等其答复或撤回转派后再提交")
    assignment.state = workflow.TO_APPROVE
    assignment.internal_note, assignment.public_reply = internal_note, public_reply
    assignment.facts = {**assignment.facts, **facts}
    draft = Reply(
        id=uow.new_id(),
        assignment_id=assignment.id,
        ticket_id=ticket.id,
        internal_note=internal_note,
        public_reply=public_reply,
        author=actor.name,
        at=uow.now,
    )
    uow.add(draft)
    record(uow, actor, ticket, "reply", assignment_id=assignment.id, reply=draft.id, facts=assignment.facts)
    uow.emit(ReplySubmitted(ticket.id, ticket.no, draft.id))
    changed(uow, ticket, "reply")
    return draft.id


_UNFINISHED = workflow.ACTIVE_ASSIGNMENTS - {workflow.REPLIED}


def _check_public(text: str) -> None:
    found = [
        span
        for span in find_personal(text)
        if span.kind in ("id_number", "bank_card", "phone") and _is_private(span)
    ]
    if found:
        raise InvalidInput(
            "reply.personal",
            "公开答复中含有手机号、身份证号或银行卡号，请删去后再提交",
            {"fields": {"public_reply": "含有个人信息"}, "spans": [[span.start, span.end] for span in found]},
        )


def _is_private(span: Any) -> bool:
    digits = "".join(sign for sign in span.text if sign.isdigit())
    return span.kind != "phone" or (len(digits) == 11 and digits.startswith("1"))


def _checked_facts(uow: UnitOfWork, facts: dict[str, Any]) -> dict[str, Any]:
    unknown = set(facts) - set(FACTS) - {"unsolved_reason"}
    if unknown:
        raise invalid_field("facts", f"不认识的办理事实：{'、'.join(sorted(unknown))}")
    if facts.get("solved") is False:
        code = str(facts.get("unsolved_reason") or "")
        row = uow.reference.row("reason", code)
        if not row or row.get("group") != "unresolved":
            raise invalid_field("unsolved_reason", "未解决的诉求必须选择未解决原因")
    return facts


def _open_reply(uow: UnitOfWork, assignment: Assignment) -> Reply:
    latest = uow.find(Reply, assignment_id=assignment.id, order="-id", limit=1)
    return latest[0]


def release(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, comment: str = "") -> None:
    """审批通过: the reply leaves the unit. A child's reply goes to the unit that passed it down. What was applied for
    on the way to the reply has lost its object."""
    ticket, assignment = _mine(uow, actor, no, assignment_id, "release")
    answer = _open_reply(uow, assignment)
    answer.decision, answer.decided_by, answer.decided_at, answer.comment = (
        "released",
        actor.name,
        uow.now,
        comment,
    )
    assignment.state, assignment.replied_at = workflow.REPLIED, uow.now
    clocks.meet(uow, ticket, "reply", assignment)
    for purpose in ("first_contact", "return_window"):
        clocks.meet(uow, ticket, purpose, assignment)
    if assignment.parent_id is not None:
        assignment.state, assignment.accepted_at = workflow.ACCEPTED, uow.now
        assignment.ended_at = uow.now
        uow.emit(AssignmentAnswered(ticket.id, ticket.no, assignment.id))
    lapse(uow, assignment, "return", "objection", "extension", "suspension")
    record(uow, actor, ticket, "release", assignment_id=assignment.id, public=assignment.parent_id is None)
    changed(uow, ticket, "release")


def send_back(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int, comment: str) -> None:
    """审批退回: the unit's own approver wants it written again."""
    ticket, assignment = _mine(uow, actor, no, assignment_id, "send_back")
    comment = required(comment, "comment", "请写明退回意见")
    answer = _open_reply(uow, assignment)
    answer.decision, answer.decided_by, answer.decided_at, answer.comment = (
        "sent_back",
        actor.name,
        uow.now,
        comment,
    )
    assignment.state = workflow.SENT_BACK
    record(uow, actor, ticket, "send_back", comment, assignment_id=assignment.id)
    changed(uow, ticket, "send_back")
