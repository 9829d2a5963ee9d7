"""Who may go where: the states and moves of tickets and of assignments, as two tables.

A ticket's state is its own until dispatch; after that it follows from the assignments of its current round.
Applications (return, objection, extension, suspension, appeal) are rows of their own and freeze nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass

from hotline.domain.errors import Conflict, NotAllowed, NotFound
from hotline.domain.people import Actor

DRAFT, REVIEW, NEED_INFO, TO_DISPATCH = "draft", "review", "need_info", "to_dispatch"
DELIBERATION, HANDLING, FOLLOW_UP = "deliberation", "handling", "follow_up"
CLOSED, ARCHIVED, REFUSED, MERGED, WITHDRAWN = "closed", "archived", "refused", "merged", "withdrawn"

TICKET_STATES = {
    DRAFT: "草稿",
    REVIEW: "待审核",
    NEED_INFO: "待补充",
    TO_DISPATCH: "待派单",
    DELIBERATION: "疑难会商",
    HANDLING: "承办中",
    FOLLOW_UP: "待回访",
    CLOSED: "办结",
    ARCHIVED: "归档",
    REFUSED: "不予受理",
    MERGED: "已并单",
    WITHDRAWN: "作废/撤回",
}
FINAL_STATES = frozenset({CLOSED, ARCHIVED, REFUSED, WITHDRAWN})
OPEN_STATES = frozenset({REVIEW, NEED_INFO, TO_DISPATCH, DELIBERATION, HANDLING, FOLLOW_UP})
BEFORE_CLOSING = frozenset({DRAFT}) | OPEN_STATES
BEFORE_DISPATCH = frozenset({DRAFT, REVIEW, NEED_INFO, TO_DISPATCH, DELIBERATION})

TO_SIGN, WORKING, TO_APPROVE, REPLIED, ACCEPTED = "to_sign", "working", "to_approve", "replied", "accepted"
SENT_BACK, SUSPENDED, WITHDREW = "sent_back", "suspended", "left"

ASSIGNMENT_STATES = {
    TO_SIGN: "待签收",
    WORKING: "办理中",
    TO_APPROVE: "待内部审批",
    REPLIED: "已答复",
    ACCEPTED: "通过",
    SENT_BACK: "退回修改",
    SUSPENDED: "挂账",
    WITHDREW: "已退出",
}
ACTIVE_ASSIGNMENTS = frozenset({TO_SIGN, WORKING, TO_APPROVE, REPLIED, SENT_BACK, SUSPENDED})


@dataclass(frozen=True)
class Move:
    """One row: from which states, to which (empty: the use case decides or nothing changes), by whose right.

    `records` names what the move leaves on the timeline and `public` whether the caller sees that it happened.
    """

    name: str
    label: str
    sources: frozenset[str]
    to: str
    permission: str
    records: str
    public: bool = False


def _move(
    name: str,
    label: str,
    sources: frozenset[str] | set[str],
    to: str,
    who: str,
    records: str,
    public: bool = False,
) -> Move:
    return Move(name, label, frozenset(sources), to, who, records, public)


TICKET_MOVES = {
    move.name: move
    for move in (
        _move("submit", "提交", {DRAFT}, "", "ticket.create", "提交人、是否免审及依据", True),
        _move("answer", "直接答复", {DRAFT}, "", "ticket.answer", "答复、引用知识", True),
        _move(
            "refuse",
            "不予受理",
            {DRAFT, REVIEW, TO_DISPATCH},
            REFUSED,
            "ticket.refuse",
            "理由、告知的途径",
            True,
        ),
        _move("approve", "审核通过", {REVIEW}, TO_DISPATCH, "ticket.review", "审核人"),
        _move("ask_info", "退回补充", {REVIEW, TO_DISPATCH}, NEED_INFO, "ticket.review", "要补充什么", True),
        _move("add_info", "补充", {NEED_INFO}, REVIEW, "ticket.note", "补充内容", True),
        _move("edit", "更正要素", BEFORE_CLOSING - {DRAFT}, "", "ticket.edit", "改前、改后"),
        _move(
            "dispatch",
            "派单",
            {TO_DISPATCH, DELIBERATION},
            HANDLING,
            "ticket.dispatch",
            "主办协办、目录版本、依据、候选与证据",
            True,
        ),
        _move("deliberate", "转疑难会商", {TO_DISPATCH}, DELIBERATION, "ticket.dispatch", "为何难定"),
        _move("reassign", "改派", {HANDLING}, "", "ticket.dispatch", "原单位、新单位、跳数", True),
        _move("note", "追加", BEFORE_CLOSING - {DRAFT}, "", "ticket.note", "追加内容", True),
        _move("urge", "催办", {HANDLING}, "", "ticket.urge", "级别、理由", True),
        _move("supervise", "督办", OPEN_STATES, "", "ticket.supervise", "级别、理由、时限"),
        _move("accept", "答复通过", {HANDLING}, "", "ticket.accept", "审核意见"),
        _move("reject", "答复退回", {HANDLING}, "", "ticket.accept", "退回原因"),
        _move("follow_up", "回访", {FOLLOW_UP}, "", "ticket.follow_up", "三问、是否接通", True),
        _move("rehandle", "重办", {FOLLOW_UP, CLOSED}, HANDLING, "ticket.follow_up", "重办原因、轮次", True),
        _move("reopen", "重新打开", {ARCHIVED}, HANDLING, "ticket.reopen", "原因、轮次", True),
        _move("withdraw", "撤回", BEFORE_CLOSING, WITHDRAWN, "ticket.withdraw", "谁、为何；告知单位", True),
        _move("merge", "并单", BEFORE_CLOSING - {DRAFT}, MERGED, "ticket.merge", "并入何单", True),
        _move("unmerge", "撤销并单", {MERGED}, "", "ticket.merge", "恢复的状态", True),
        _move("archive", "归档", {CLOSED, REFUSED, WITHDRAWN}, ARCHIVED, "ticket.archive", "归档时间"),
    )
}

ASSIGNMENT_MOVES = {
    move.name: move
    for move in (
        _move("sign", "签收", {TO_SIGN}, WORKING, "assignment.handle", "签收人", True),
        _move(
            "contact", "首次联系", {WORKING, SENT_BACK, SUSPENDED}, "", "assignment.handle", "联系时间、方式"
        ),
        _move("pass_down", "转派下级", {WORKING, SENT_BACK}, "", "assignment.handle", "下级单位、要求"),
        _move(
            "recall",
            "收回转派",
            {TO_SIGN, WORKING, TO_APPROVE, SENT_BACK, SUSPENDED},
            WITHDREW,
            "assignment.handle",
            "收回原因",
        ),
        _move(
            "reply",
            "答复",
            {WORKING, SENT_BACK},
            TO_APPROVE,
            "assignment.handle",
            "内部办理情况、公开答复、事实",
        ),
        _move("release", "审批通过", {TO_APPROVE}, REPLIED, "assignment.approve", "审批人", True),
        _move("send_back", "审批退回", {TO_APPROVE}, SENT_BACK, "assignment.approve", "退回意见"),
        _move(
            "apply_return", "申请退单", {TO_SIGN, WORKING}, "", "assignment.handle", "理由、依据、建议单位"
        ),
        _move("object", "派单异议", {TO_SIGN, WORKING}, "", "assignment.handle", "理由、依据、建议单位"),
        _move("apply_extension", "申请延期", {WORKING, SENT_BACK}, "", "assignment.handle", "理由、天数"),
        _move("apply_suspension", "申请挂账", {WORKING, SENT_BACK}, "", "assignment.handle", "理由、至何时"),
        _move("appeal", "考核申诉", {ACCEPTED, REPLIED}, "", "assignment.handle", "理由、依据"),
        _move("decide", "审批申请", ACTIVE_ASSIGNMENTS | {ACCEPTED}, "", "ticket.decide", "准驳、意见"),
        _move("rule", "异议裁定", ACTIVE_ASSIGNMENTS, "", "ticket.arbitrate", "裁定、目录变更"),
        _move("resume", "恢复办理", {SUSPENDED}, WORKING, "ticket.decide", "恢复原因"),
    )
}

MOVES = TICKET_MOVES | ASSIGNMENT_MOVES


def check(move_name: str, state: str, actor: Actor) -> Move:
    """The move, if this actor may make it from this state; else NotAllowed or Conflict in plain words."""
    move = MOVES.get(move_name)
    if move is None:
        raise NotFound("move.unknown", f"没有“{move_name}”这个操作")
    if not actor.may(move.permission):
        raise NotAllowed("move.not_allowed", f"您没有“{move.label}”的权限", {"permission": move.permission})
    if state not in move.sources:
        label = (TICKET_STATES | ASSIGNMENT_STATES).get(state, state)
        raise Conflict("move.wrong_state", f"当前状态为“{label}”，不能{move.label}", {"state": state})
    return move


def possible(table: dict[str, Move], state: str, actor: Actor) -> list[tuple[Move, str]]:
    """Every move of the table that the actor's roles carry, each with why it is not possible now ("" if it is)."""
    label = (TICKET_STATES | ASSIGNMENT_STATES).get(state, state)
    return [
        (move, "" if state in move.sources else f"当前状态为“{label}”，不能{move.label}")
        for move in table.values()
        if actor.may(move.permission)
    ]


def state_after_assignments(lead_states: list[str], assist_states: list[str]) -> str:
    """The ticket's state that follows from the current round: it ends when the lead is accepted and no assist is open."""
    if lead_states and all(state in (ACCEPTED, WITHDREW) for state in lead_states):
        done = ACCEPTED in lead_states and not any(state in ACTIVE_ASSIGNMENTS for state in assist_states)
        return FOLLOW_UP if done else HANDLING
    return HANDLING
