"""The acts of a ticket's page: what each move of the workflow asks a person, and how the answers become its data.

The use cases behind the moves are those of the API (web/api/moves.py); here stand only the questions. Which of them
are possible now is the workflow table's business; the moves of units stand on the units' own desk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifiers.api import SENSITIVE
from hotline.domain import workflow
from hotline.domain.dispatch import in_force
from hotline.domain.drafts import LIMITS, clean
from hotline.domain.errors import NotFound, invalid_field
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.sla import COMPLEXITIES
from hotline.domain.ticket import LINK_KINDS, REQUEST_TYPES, URGENCIES
from hotline.ports import UnitOfWork
from hotline.services import merging
from hotline.services.closing import CONTACTED, SATISFIED, SOLVED
from hotline.services.supervising import SUPERVISION_LEVELS, URGE_LEVELS
from hotline.web.api import moves
from hotline.web.rendering import LOCAL

Row = dict[str, Any]
_BY_HAND = ("phone", "written", "criticism")


@dataclass(frozen=True)
class Ask:
    """One question of an act. kind: line, text, check, moment, or the name of a list of OPTIONS."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    hint: str = ""

    @property
    def most(self) -> int:
        return LIMITS.get(self.name, LIMITS["note"])


def _reason(label: str = "理由", required: bool = True) -> Ask:
    return Ask("reason", label, required=required)


_PART = Ask("assignment_id", "承办子单", "assignment")
_DECISION = (
    Ask("application_id", "哪一份申请", "application"),
    Ask("granted", "结论", "decision"),
    Ask("unit", "新的承办单位", "unit", False, "同意退单或异议时选；不选则用申请建议的单位"),
    Ask("note", "意见", required=False, hint="驳回须写明理由"),
)
ACTS: dict[str, tuple[Ask, ...]] = {
    "submit": (),
    "answer": (Ask("reply", "答复内容"), Ask("solved", "来电人认可，当场办结", "check", False)),
    "refuse": (
        Ask("reason_code", "理由", "refusal"),
        Ask("reply", "告知来电人的话", required=False, hint="不填时用理由自带的话术"),
    ),
    "approve": (Ask("note", "审核意见", required=False),),
    "ask_info": (Ask("question", "要补充什么", hint="会告诉诉求人"),),
    "add_info": (Ask("text", "补充内容"),),
    "edit": (
        Ask("title", "标题", "line"),
        Ask("request_type", "类型", "request_type", False),
        Ask("urgency", "紧急程度", "urgency"),
        Ask("complexity", "复杂程度", "complexity", False),
        Ask("category", "事项", "category", False),
        Ask("area", "区域", "area", False),
        Ask("place", "详细地点", "line", False),
        Ask("sensitive", "敏感标记", "marks", False),
        Ask("secret", "保密", "check", False),
    ),
    "dispatch": (
        Ask("lead", "主办单位", "unit"),
        Ask("assists", "协办单位", "units", False),
        Ask("opinion", "派单意见", required=False),
    ),
    "deliberate": (_reason("为何难以确定承办单位"),),
    "reassign": (_PART, Ask("unit", "新的承办单位", "unit"), _reason("改派原因")),
    "note": (Ask("text", "追加内容"),),
    "urge": (Ask("level", "方式", "urge"), _reason("催办理由")),
    "supervise": (
        Ask("level", "级别", "supervision"),
        _reason("督办理由"),
        Ask("due_at", "督办时限", "moment", False),
    ),
    "accept": (Ask("assignment_id", "哪一份答复", "replied"), Ask("comment", "审核意见", required=False)),
    "reject": (Ask("assignment_id", "哪一份答复", "replied"), Ask("comment", "退回原因")),
    "follow_up": (
        Ask("request_id", "哪一位诉求人", "request"),
        Ask("reached", "是否接通", "reached"),
        Ask("contacted", "单位联系了吗", "contacted", False),
        Ask("solved", "问题解决了吗", "solved", False),
        Ask("satisfied", "满意吗", "satisfied", False),
        Ask("opinion", "意见", required=False),
        Ask("rehandle", "诉求合理而未解决：重办", "check", False),
    ),
    "rehandle": (_reason("重办原因"),),
    "reopen": (_reason("重新打开的原因"),),
    "withdraw": (_reason("谁、为何撤回或作废"),),
    "merge": (Ask("into", "并入的工单编号", "line"), _reason("为什么是同一件事", False)),
    "unmerge": (_reason("撤销并单的原因", False),),
    "archive": (),
    "decide": _DECISION,
    "rule": (*_DECISION, Ask("amend", "把裁定写入派单目录", "check", False)),
    "resume": (Ask("assignment_id", "承办子单", "suspended"), _reason("恢复原因", False)),
    "link": (
        Ask("other", "另一件工单的编号", "line"),
        Ask("kind", "关联类型", "link"),
        Ask("note", "说明", "line", False),
    ),
}
_MAIN = frozenset({"submit", "approve", "add_info", "dispatch", "accept", "decide", "rule", "follow_up"})
_LINK = workflow.Move("link", "关联", frozenset(workflow.TICKET_STATES), "", "ticket.note", "关联类型")


def possible_acts(whole: Row, actor: Actor) -> list[Row]:
    """The acts that the actor's rights carry: {name, label, href, why_not, tone}, those possible now first."""
    if actor.bound_to_unit:
        return []
    found = [{**move, "why_not": move["why_not"] or _lacks(whole, move["name"])} for move in whole["moves"]]
    for name in ("decide", "rule", "resume"):
        move = workflow.ASSIGNMENT_MOVES[name]
        if actor.may(move.permission):
            found.append({"name": name, "label": move.label, "why_not": _lacks(whole, name)})
    if actor.may(_LINK.permission):
        found.append({"name": "link", "label": _LINK.label, "why_not": ""})
    acts = [_act(whole, move) for move in found if move["name"] in ACTS]
    return sorted(acts, key=lambda act: (bool(act["why_not"]), act["tone"] != "main"))


def _act(whole: Row, move: Row) -> Row:
    tone = "main" if move["name"] in _MAIN else ""
    return {**move, "href": f"/tickets/{whole['no']}/acts/{move['name']}", "tone": tone}


def _lacks(whole: Row, name: str) -> str:
    """Why a move that concerns a part of the ticket finds none."""
    if name in ("accept", "reject") and not _assignments(whole, (workflow.REPLIED,)):
        return "没有等待审核的答复"
    if name == "resume" and not _assignments(whole, (workflow.SUSPENDED,)):
        return "没有挂账的承办子单"
    if name in ("decide", "rule") and not _pending(whole, name):
        return "没有待审批的申请" if name == "decide" else "没有待裁定的派单异议"
    return ""


def _assignments(whole: Row, states: Any) -> list[tuple[Any, str]]:
    return [
        (item["id"], f"{item['unit_name']}（{item['duty_label']} · {item['state_label']}）")
        for item in whole["assignments"]
        if item["state"] in states and item["round_no"] == whole["round_no"]
    ]


def _pending(whole: Row, name: str) -> list[tuple[Any, str]]:
    return [
        (item["id"], f"{item['applied_unit_name']} {item['kind_label']}：{item['reason'][:40]}")
        for item in whole["applications"]
        if item["state"] == "pending" and (item["kind"] == "objection") == (name == "rule")
    ]


def _requests(whole: Row) -> list[tuple[Any, str]]:
    return [
        (item["id"], f"{item['name_masked'] or '来电人'} {item['phone_masked']}：{item['text'][:30]}")
        for item in whole["requests"]
        if item["follow_up"] == "pending"
    ]


def _units(reference: Reference, on: Any) -> list[Row]:
    groups = {"city": "市级", "county": "区县", "town": "乡镇街道", "village": "村社区"}
    return [
        {"value": row["code"], "label": row["name"], "group": groups.get(str(row.get("level")), "其他")}
        for level in groups
        for row in reference.all_of("unit")
        if row.get("level") == level and not row.get("successor") and in_force(row, on)
    ]


def _leaves(reference: Reference, kind: str) -> list[Row]:
    return [
        {
            "value": row["code"],
            "label": row["name"],
            "group": reference.path_name(kind, str(row.get("parent") or "")),
        }
        for row in reference.all_of(kind)
        if row.get("parent")
    ]


_FIXED: dict[str, list[tuple[str, str]]] = {
    "decision": [("1", "同意"), ("0", "驳回")],
    "request_type": list(REQUEST_TYPES.items()),
    "urgency": list(URGENCIES.items()),
    "complexity": list(COMPLEXITIES.items()),
    "urge": [(level, URGE_LEVELS[level]) for level in _BY_HAND],
    "supervision": list(SUPERVISION_LEVELS.items()),
    "reached": [("1", "接通"), ("0", "未接通")],
    "contacted": list(CONTACTED.items()),
    "solved": list(SOLVED.items()),
    "satisfied": list(SATISFIED.items()),
    "link": list(LINK_KINDS.items()),
}


def options_for(uow: UnitOfWork, whole: Row, act: str) -> dict[str, Any]:
    """The choices of an act's lists, by kind."""
    today = uow.now.date()
    makers: dict[str, Callable[[], Any]] = {
        "unit": lambda: _units(uow.reference, today),
        "units": lambda: _units(uow.reference, today),
        "marks": lambda: [{"value": code, "label": label} for code, label in SENSITIVE.items()],
        "category": lambda: _leaves(uow.reference, "category"),
        "area": lambda: _leaves(uow.reference, "area"),
        "refusal": lambda: [(row["code"], row["name"]) for row in uow.reference.reasons("refusal")],
        "assignment": lambda: _assignments(whole, workflow.ACTIVE_ASSIGNMENTS),
        "replied": lambda: _assignments(whole, (workflow.REPLIED,)),
        "suspended": lambda: _assignments(whole, (workflow.SUSPENDED,)),
        "application": lambda: _pending(whole, act),
        "request": lambda: _requests(whole),
    }
    kinds = {ask.kind for ask in ACTS[act]}
    return {kind: makers[kind]() if kind in makers else _FIXED.get(kind, []) for kind in kinds}


def starting_values(whole: Row, act: str) -> Row:
    """What an act's form shows at first: the ticket's own values, a choice that is the only one, the best candidate."""
    if act == "edit":
        return {ask.name: whole.get(ask.name) or "" for ask in ACTS["edit"]}
    values: Row = {"solved": "1"} if act == "answer" else {}
    if act == "dispatch" and whole["suggestion"].get("units"):
        best = whole["suggestion"]["units"][0]
        values |= {"lead": best["lead"], "assists": best.get("assists", [])}
    return values


def take(uow: UnitOfWork, actor: Actor, no: str, act: str, given: Row) -> None:
    """Makes the move with what a person answered. Raises what the use case raises, naming the field."""
    if act not in ACTS:
        raise NotFound("act.unknown", "没有这个操作")
    data = {ask.name: _value(ask, given.get(ask.name)) for ask in ACTS[act]}
    if act == "link":
        merging.link(uow, actor, no, data["other"], data["kind"], data["note"])
        return
    if act == "edit":
        data = {"changes": _changes(uow, no, data)}
    moves.make(uow, actor, no, act, {name: value for name, value in data.items() if value is not None})


def _changes(uow: UnitOfWork, no: str, data: Row) -> Row:
    """Only what differs: an empty choice leaves a field as it is."""
    ticket = uow.ticket(no)
    changes = {
        name: value
        for name, value in data.items()
        if value not in ("", None) and value != getattr(ticket, name)
    }
    if not changes:
        raise invalid_field("title", "没有改动")
    return changes


MANY = frozenset({"units", "marks"})
"""Kinds of questions that may be answered with several choices."""
_IDS = frozenset({"assignment", "replied", "suspended", "application", "request"})
_FLAGS = frozenset({"decision", "reached", "check"})


def _value(ask: Ask, given: Any) -> Any:
    if ask.kind == "marks" and given is None:  # its hidden field was not sent: nothing was asked
        return None
    if ask.kind in MANY:
        return [code for code in given or [] if code]
    text = clean(str((given[-1] if isinstance(given, list) else given) or ""))
    if len(text) > ask.most:
        raise invalid_field(ask.name, f"最多 {ask.most} 个字，现有 {len(text)} 个字")
    if not text and ask.required and ask.kind != "check":
        raise invalid_field(ask.name, f"请填写{ask.label}")
    if ask.kind in _FLAGS:
        return text == "1"
    if ask.kind in _IDS:
        return _number(ask, text)
    return _moment(ask, text) if ask.kind == "moment" else text


def _number(ask: Ask, text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise invalid_field(ask.name, f"请选择{ask.label}")
    return int(text)


def _moment(ask: Ask, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=LOCAL)
    except ValueError:
        raise invalid_field(ask.name, "应为日期时间") from None
