"""Every move of the workflow over the API: one table, move -> (what it takes, the use case that makes it).

The names are those of workflow.MOVES; tests hold this table against that one, and each model's fields against the
parameters of its use case. The workflow table and the use case decide who may move what; this module decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, RootModel, create_model

from hotline.domain import workflow
from hotline.domain.assignment import APPLICATIONS
from hotline.domain.drafts import LIMITS
from hotline.domain.errors import NotAllowed
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import applications, closing, dispatching, handling, intake, merging, supervising
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation


class Plain(s.Incoming):
    """只要操作名，不要别的。"""


class Remark(s.Incoming):
    note: s.Note = ""


class Why(s.Incoming):
    reason: s.Note


class MaybeWhy(s.Incoming):
    reason: s.Note = ""


class Direct(s.Incoming):
    reply: s.Paper
    solved: s.Flag = True


class Refusal(s.Incoming):
    reason_code: s.Code
    reply: s.Note = Field("", description="告知来电人的途径；不填时用理由自带的话")


class Question(s.Incoming):
    question: s.Note


class Words(s.Incoming):
    text: s.Note


class Changes(s.Incoming):
    """要更正的要素；没有写的不变。"""

    title: str | None = Field(None, max_length=LIMITS["title"])
    category: s.Code | None = None
    area: s.Code | None = None
    place: str | None = Field(None, max_length=LIMITS["place"])
    request_type: s.RequestType | None = None
    urgency: s.Urgency | None = None
    complexity: s.Complexity | None = None
    secret: s.Flag | None = None
    sensitive: list[s.Code] | None = Field(None, max_length=20, description="敏感标记的代码；空列表为没有")
    tags: list[s.Code] | None = Field(None, max_length=20)


class Edit(s.Incoming):
    changes: Changes


class Dispatch(s.Incoming):
    lead: s.Code
    assists: list[s.Code] = Field(default_factory=list, max_length=10)
    opinion: s.Note = ""


class Reassign(s.Incoming):
    assignment_id: s.RowId
    unit: s.Code
    reason: s.Note
    assists: list[s.Code] = Field(default_factory=list, max_length=10)


class Urge(s.Incoming):
    level: Literal["phone", "written", "criticism"]
    reason: s.Note
    assignment_id: s.RowId | None = None


class Supervise(s.Incoming):
    level: Literal["blue", "orange", "red"]
    reason: s.Note
    due_at: s.Moment | None = None


class Comment(s.Incoming):
    assignment_id: s.RowId
    comment: s.Note


class MaybeComment(s.Incoming):
    assignment_id: s.RowId
    comment: s.Note = ""


class FollowUp(s.Incoming):
    """一次回访；接通时三问都要回答。"""

    request_id: s.RowId
    reached: s.Flag
    contacted: Literal["", "yes", "no"] = ""
    solved: Literal["", "solved", "partly", "unsolved"] = ""
    satisfied: Literal["", "very", "satisfied", "basic", "dissatisfied", "very_bad"] = ""
    opinion: s.Note = ""
    unreasonable: s.Flag = False
    rehandle: s.Flag = False


class Withdraw(s.Incoming):
    reason: s.Note
    request_id: s.RowId | None = None


class Merge(s.Incoming):
    into: str = Field(min_length=1, max_length=40)
    reason: s.Note = ""


class OfAssignment(s.Incoming):
    assignment_id: s.RowId


class Contact(s.Incoming):
    assignment_id: s.RowId
    how: s.Note


class PassDown(s.Incoming):
    assignment_id: s.RowId
    unit: s.Code
    opinion: s.Note = ""
    due_at: s.Moment | None = Field(None, description="给下级的时限；不填则与本单位相同")


class Recall(s.Incoming):
    """收回转派；assignment_id 是转派出去的那个子单。"""

    assignment_id: s.RowId
    reason: s.Note


class Facts(s.Incoming):
    """办理事实；未解决时须写未解决原因的代码。"""

    true_report: s.Flag | None = None
    reasonable: s.Flag | None = None
    assessed: s.Flag | None = None
    contacted: s.Flag | None = None
    solved: s.Flag | None = None
    unsolved_reason: s.Code | None = None


class Reply(s.Incoming):
    assignment_id: s.RowId
    internal_note: s.Paper
    public_reply: s.Paper
    facts: Facts = Facts()


class Return(s.Incoming):
    assignment_id: s.RowId
    reason: s.Note
    reason_code: s.Code = Field(description="退单的理由类别（理由与代码中 return 一组）")
    basis: s.Note
    proposed_unit: s.Code = ""


class Objection(Return):
    reason_code: s.Code = ""


class Extension(s.Incoming):
    assignment_id: s.RowId
    reason: s.Note
    reason_code: s.Code = ""
    amount: int = Field(strict=True, ge=1, le=1000, description="工作日")


class Suspension(s.Incoming):
    assignment_id: s.RowId
    reason: s.Note
    reason_code: s.Code = ""
    until: s.Day


class Appeal(s.Incoming):
    assignment_id: s.RowId
    reason: s.Note
    reason_code: s.Code = ""
    basis: s.Note = ""


class Decision(s.Incoming):
    application_id: s.RowId
    granted: s.Flag
    note: s.Note = ""
    unit: s.Code = Field("", description="同意退单或异议时的新承办单位")
    amend: s.Flag = Field(False, description="裁定写入派单目录")


class Resume(s.Incoming):
    assignment_id: s.RowId
    reason: s.Note = ""


# Use cases that take an Outcome: the three ways out of a draft.
def submit(uow: UnitOfWork, actor: Actor, no: str) -> str:
    return intake.finish_draft(uow, actor, no, intake.Outcome("submit"))


def answer(uow: UnitOfWork, actor: Actor, no: str, reply: str, solved: bool = True) -> str:
    return intake.finish_draft(uow, actor, no, intake.Outcome("answer", reply, solved=solved))


def refuse(uow: UnitOfWork, actor: Actor, no: str, reason_code: str, reply: str = "") -> str:
    return intake.finish_draft(uow, actor, no, intake.Outcome("refuse", reply, reason_code))


@dataclass(frozen=True)
class Call:
    """What a move takes and who makes it; `fixed` are parameters that the move's name decides."""

    takes: type[s.Incoming]
    service: Callable[..., Any]
    fixed: Mapping[str, Any] = field(default_factory=dict)


def _apply(takes: type[s.Incoming], kind: str) -> Call:
    assert kind in APPLICATIONS
    return Call(takes, applications.apply, {"kind": kind})


CALLS: dict[str, Call] = {
    "submit": Call(Plain, submit),
    "answer": Call(Direct, answer),
    "refuse": Call(Refusal, refuse),
    "approve": Call(Remark, dispatching.approve),
    "ask_info": Call(Question, dispatching.ask_info),
    "add_info": Call(Words, intake.add_note),
    "edit": Call(Edit, dispatching.edit),
    "dispatch": Call(Dispatch, dispatching.dispatch),
    "deliberate": Call(Why, dispatching.deliberate),
    "reassign": Call(Reassign, dispatching.reassign),
    "note": Call(Words, intake.add_note),
    "urge": Call(Urge, supervising.urge),
    "supervise": Call(Supervise, supervising.supervise),
    "accept": Call(MaybeComment, closing.accept),
    "reject": Call(Comment, closing.reject),
    "follow_up": Call(FollowUp, closing.follow_up),
    "rehandle": Call(Why, closing.rehandle),
    "reopen": Call(Why, closing.rehandle),
    "withdraw": Call(Withdraw, closing.withdraw),
    "merge": Call(Merge, merging.merge),
    "unmerge": Call(MaybeWhy, merging.unmerge),
    "archive": Call(Plain, closing.archive),
    "sign": Call(OfAssignment, handling.sign),
    "contact": Call(Contact, handling.contact),
    "pass_down": Call(PassDown, handling.pass_down),
    "recall": Call(Recall, handling.recall),
    "reply": Call(Reply, handling.reply),
    "release": Call(MaybeComment, handling.release),
    "send_back": Call(Comment, handling.send_back),
    "apply_return": _apply(Return, "return"),
    "object": _apply(Objection, "objection"),
    "apply_extension": _apply(Extension, "extension"),
    "apply_suspension": _apply(Suspension, "suspension"),
    "appeal": _apply(Appeal, "appeal"),
    "decide": Call(Decision, applications.decide),
    "rule": Call(Decision, applications.decide),
    "resume": Call(Resume, applications.resume),
}


def _body(name: str, call: Call) -> type[s.Incoming]:
    """The request body of one move: its data and its name, side by side."""
    words = "".join(part.title() for part in name.split("_"))
    about = f"{workflow.MOVES[name].label}：留下{workflow.MOVES[name].records}"
    return create_model(
        f"Move{words}",
        __base__=call.takes,
        __doc__=about,
        move=(Literal[name], Field(description=workflow.MOVES[name].label)),  # type: ignore[valid-type, arg-type]
    )


BODIES: dict[str, type[s.Incoming]] = {name: _body(name, call) for name, call in CALLS.items()}


class MoveBody(RootModel[Annotated[reduce(or_, BODIES.values()), Field(discriminator="move")]]):  # type: ignore[misc]
    """流转操作：move 写操作名，其余字段随操作而定。"""

    model_config = ConfigDict(title="MoveBody")


class Moved(s.Outgoing):
    """操作之后工单的状态；result 是新产生的记录编号（如有）。"""

    no: str
    move: str
    state: str
    state_label: str
    result: int | str | list[int] | None


def make(uow: UnitOfWork, actor: Actor, no: str, name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Makes one move in this transaction; what the API answers. Raises what the use case raises."""
    if not actor.may(workflow.MOVES[name].permission):
        raise NotAllowed("move.not_allowed", f"您没有“{workflow.MOVES[name].label}”的权限")
    call = CALLS[name]
    result = call.service(uow, actor, no, **{**data, **call.fixed})
    state = uow.ticket(no).state
    return {
        "no": no,
        "move": name,
        "state": state,
        "state_label": workflow.TICKET_STATES[state],
        "result": result,
    }


class MovesApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/moves"
    operations = {
        "post": Operation(
            "moveTicket",
            "工单",
            "流转一个工单（派单、签收、答复、退单、回访……）",
            "ticket.read",
            Moved,
            body=MoveBody,
            errors=(404, 409),
            about="操作名与权限见工作流表；眼下能做哪些，读工单时的 moves 会说明。",
            samples={
                "派单": {"move": "dispatch", "lead": "LZ01-CGJ", "opinion": "请尽快修复路灯"},
                "签收": {"move": "sign", "assignment_id": 3520000000001},
            },
        )
    }

    async def post(self, no: str) -> None:
        body = self.read_body(MoveBody).root
        data = body.model_dump(exclude={"move"})
        for name in ("changes", "facts"):
            if name in data:
                data[name] = {key: value for key, value in data[name].items() if value is not None}
        self.answer(await self.runtime.run(make, self.who(), no, body.move, data))


HANDLERS = (MovesApi,)
