"""Tickets over the API: register, list, search, read one, its timeline and deadlines, links, one clear value."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from pydantic import Field

from hotline.domain.drafts import LIMITS, MOST_TAGS, Person, TicketDraft
from hotline.domain.errors import InvalidInput
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import deadline_steps, intake, merging, parties, queries
from hotline.web.api import schemas as s
from hotline.web.api.searching import check_codes, ticket_hits
from hotline.web.api.spec import PREFIX, Api, Operation

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


def _text(name: str, default: str | None = "", **more: Any) -> Any:
    return (
        Field(default, max_length=LIMITS[name], **more)
        if default is not None
        else Field(max_length=LIMITS[name], **more)
    )


class Caller(s.Incoming):
    """来电人、联系人或受益人；姓名、电话、证件号、住址加密保存。"""

    name: str = _text("name")
    phone: str = _text("phone")
    id_number: str = _text("id_number")
    address: str = _text("address")
    gender: str = Field("", max_length=4)
    kind: str = Field(
        "person", pattern="^(person|organisation)$", description="person 个人，organisation 法人"
    )
    credit_code: str = _text("credit_code")


PEOPLE = ("caller", "contact", "beneficiary")


def people_of(body: s.Incoming) -> dict[str, Person]:
    """The people that a body names, as a draft takes them."""
    return {role: Person(**getattr(body, role).model_dump()) for role in PEOPLE}


class Ending(s.Incoming):
    """怎样结束登记：submit 提交，draft 存草稿，answer 直接答复，refuse 不予受理。"""

    kind: str = Field("submit", pattern="^(submit|draft|answer|refuse)$")
    reply: s.Paper = ""
    reason_code: s.Code = ""
    solved: s.Flag = True


class NewTicket(s.Incoming):
    """一条诉求。代码须是目录中有的；没有填的由系统建议。"""

    text: str = _text("text", None, min_length=1, description="诉求内容")
    title: str = _text("title")
    hotline: s.Code = "12345"
    channel: s.Channel = "phone"
    request_type: s.RequestType | None = None
    urgency: s.Urgency = "normal"
    complexity: s.Complexity | None = None
    tags: list[s.Code] = Field(
        default_factory=list, max_length=MOST_TAGS, description="标签代码（理由与代码中 tag 一组）"
    )
    category: s.Code = ""
    area: s.Code = ""
    place: str = _text("place")
    caller: Caller = Caller()
    contact: Caller = Field(Caller(), description="联系人：另有他人可联系时填写")
    beneficiary: Caller = Field(Caller(), description="受益人：代他人反映时填写")
    subject: str = _text("subject", description="被反映主体")
    anonymous: s.Flag = False
    secret: s.Flag | None = Field(None, description="不填时按规则：举报一律保密")
    enterprise: s.Flag = False
    wants_reply: s.Flag = True
    consent_publish: s.Flag = False
    dialled: str = Field("", max_length=40)
    call_id: str | None = Field(None, max_length=100)
    source_system: str = Field("", max_length=40)
    source_no: str | None = Field(None, max_length=LIMITS["source_no"])
    upstream_due_at: s.Moment | None = None
    received_at: s.Moment | None = None
    related_no: str = Field("", max_length=40, description="追加到哪个工单")
    outcome: Ending = Ending()

    def draft(self) -> TicketDraft:
        """The draft that every door builds."""
        values = self.model_dump(exclude={"outcome", "request_type", "complexity", "tags", *PEOPLE})
        return TicketDraft(
            **values,
            **people_of(self),
            request_type=self.request_type or "",
            complexity=self.complexity or "",
            tags=tuple(self.tags),
        )

    def ending(self) -> intake.Outcome:
        return intake.Outcome(**self.outcome.model_dump())


class RegisteredTicket(s.Outgoing):
    """登记结果。查询码 code 只在这里出现一次；already 为真表示以前登记过同一条。"""

    no: str
    code: str
    ticket_id: int
    state: str
    already: bool


class TicketQuery(s.Incoming):
    """列表条件；q 按内容检索，此时 next 是检索的位置。"""

    q: str = Field("", max_length=200, description="按内容检索")
    state: list[s.TicketState] = Field(default_factory=list, max_length=12)
    hotline: s.Code = ""
    request_type: s.RequestType | None = None
    urgency: s.Urgency | None = None
    channel: s.Channel | None = None
    lead_unit: s.Code = ""
    area: s.Code = ""
    category: s.Code = ""
    phone: str = Field("", max_length=40, description="来电号码（须有查看来电人的权限）")
    source_no: str = Field("", max_length=LIMITS["source_no"])
    secret: bool | None = None
    historical: bool | None = None
    overdue: bool = False
    received_from: s.Moment | None = None
    received_to: s.Moment | None = None
    cursor: s.Cursor | None = None
    limit: s.Limit = 50

    def asked(self) -> dict[str, Any]:
        """The filters as queries.filters_of takes them."""
        values = self.model_dump(exclude={"q", "cursor", "limit"})
        return {**values, "state": self.state or None}


class LinkBody(s.Incoming):
    """关联到另一个工单。"""

    other: str = Field(min_length=1, max_length=40)
    kind: s.LinkKind
    note: str = Field("", max_length=200)


class RevealBody(s.Incoming):
    """查看来电人（或联系人、受益人）的一项信息；理由记入审计。"""

    request_id: s.RowId
    field: str = Field(pattern="^(name|phone|id_number|address)$")
    reason: str = Field(min_length=2, max_length=200)
    role: str = Field(
        "caller",
        pattern="^(caller|contact|beneficiary)$",
        description="caller 来电人，contact 联系人，beneficiary 受益人",
    )


class Revealed(s.Outgoing):
    """一项明文信息。"""

    value: str


def listed(uow: UnitOfWork, actor: Actor, asked: dict[str, Any], after: int | None, limit: int) -> Any:
    """queries.tickets, refusing unknown codes."""
    check_codes(uow, asked)
    return queries.tickets(uow, actor, asked, after, limit)


def fingerprint(body: dict[str, Any]) -> str:
    """What makes two requests the same under one Idempotency-Key."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


_SAMPLE = {
    "text": "清河路 18 号小区门口路灯三盏不亮，晚上出行不便，请尽快修复。",
    "hotline": "12345",
    "channel": "phone",
    "request_type": "help",
    "place": "清河路 18 号",
    "caller": {"name": "林小满", "phone": "13900000000"},
}


class TicketsApi(Api):
    path = f"{PREFIX}/tickets"
    operations = {
        "get": Operation(
            "listTickets", "工单", "工单列表与检索", "ticket.read", s.TicketPage, query=TicketQuery
        ),
        "post": Operation(
            "createTicket",
            "工单",
            "登记诉求",
            "ticket.create",
            RegisteredTicket,
            status=201,
            other_status=200,
            body=NewTicket,
            errors=(404, 409),
            keyed=True,
            about="同一个 Idempotency-Key 重复提交只登记一次，第二次起答 200。",
            samples={"路灯不亮": _SAMPLE},
        ),
    }

    async def get(self) -> None:
        query = self.read_query(TicketQuery)
        if query.q.strip():
            self.answer(
                await ticket_hits(self.runtime, self.who(), query.q, query.asked(), query.cursor, query.limit)
            )
            return
        self.answer(await self.runtime.read(listed, self.who(), query.asked(), query.cursor, query.limit))

    async def post(self) -> None:
        body = self.read_body(NewTicket)
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            made = await self.runtime.run(intake.register, self.who(), body.draft(), body.ending())
        else:
            made = await self.runtime.run(
                intake.register_once,
                self.who(),
                body.draft(),
                body.ending(),
                _checked_key(key),
                fingerprint(self.json_body()),
            )
        self.set_header("Location", f"{PREFIX}/tickets/{made.no}")
        self.answer(made.to_dict(), 200 if made.already else 201)


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise InvalidInput("idempotency.key", "Idempotency-Key 应为 1–200 个可见的 ASCII 字符")
    return key


class TicketApi(Api):
    path = f"{PREFIX}/tickets/{{no}}"
    operations = {
        "get": Operation(
            "readTicket", "工单", "一个工单的全部内容", "ticket.read", s.TicketWhole, errors=(404,)
        )
    }

    async def get(self, no: str) -> None:
        whole = await self.runtime.read(queries.ticket, self.who(), no)
        self.answer({name: value for name, value in whole.items() if name != "signature"})


class TimelineApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/timeline"
    operations = {
        "get": Operation("readTimeline", "工单", "工单的经过", "ticket.read", s.TimelineAnswer, errors=(404,))
    }

    async def get(self, no: str) -> None:
        self.answer({"items": await self.runtime.read(queries.timeline, self.who(), no)})


class DeadlineApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/deadline"
    operations = {
        "get": Operation(
            "readDeadline", "工单", "时限与计算步骤", "ticket.read", s.DeadlineAnswer, errors=(404,)
        )
    }

    async def get(self, no: str) -> None:
        self.answer(await self.runtime.read(deadline_steps.explain, self.who(), no))


class LinksApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/links"
    operations = {
        "post": Operation(
            "linkTicket",
            "工单",
            "关联另一个工单",
            "ticket.note",
            s.Done,
            status=201,
            body=LinkBody,
            errors=(404, 409),
        )
    }

    async def post(self, no: str) -> None:
        body = self.read_body(LinkBody)
        await self.runtime.run(merging.link, self.who(), no, **body.model_dump())
        self.answer({"ok": True}, 201)


class RevealApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/reveal"
    operations = {
        "post": Operation(
            "revealCaller",
            "工单",
            "查看来电人的一项信息（记入审计）",
            "ticket.reveal",
            Revealed,
            body=RevealBody,
            errors=(404,),
        )
    }

    async def post(self, no: str) -> None:
        body = self.read_body(RevealBody)
        value = await self.runtime.run(parties.reveal, self.who(), no, **body.model_dump())
        self.answer({"value": value})


HANDLERS = (TicketsApi, TicketApi, TimelineApi, DeadlineApi, LinksApi, RevealApi)
