"""The door of legacy systems: signed instead of logged in, idempotent on the number that the old system gave.

The signature is looked at before the body is read, and again, with its nonce, in the transaction that registers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from hotline.domain.drafts import LIMITS, TicketDraft
from hotline.services import signing
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation
from hotline.web.api.tickets import PEOPLE, Caller, people_of
from hotline.web.base import PUBLIC

ExternalNo = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^/\x00-\x20]+$")]


class IntakeBody(s.Incoming):
    """专线系统转来的一条诉求；external_no 是原系统编号，重复提交得到同一个工单。"""

    external_no: ExternalNo
    text: str = Field(min_length=1, max_length=LIMITS["text"])
    title: str = Field("", max_length=LIMITS["title"])
    request_type: s.RequestType | None = None
    urgency: s.Urgency = "normal"
    category: s.Code = Field("", description="我们的事项代码")
    source_category: str = Field("", max_length=200, description="原系统的分类，按对照表换成我们的")
    area: s.Code = ""
    place: str = Field("", max_length=LIMITS["place"])
    caller: Caller = Caller()
    contact: Caller = Field(Caller(), description="联系人")
    beneficiary: Caller = Field(Caller(), description="受益人")
    subject: str = Field("", max_length=LIMITS["subject"])
    anonymous: s.Flag = False
    secret: s.Flag | None = None
    enterprise: s.Flag = False
    wants_reply: s.Flag = True
    received_at: s.Moment | None = None
    upstream_due_at: s.Moment | None = None

    def draft(self) -> TicketDraft:
        values = self.model_dump(exclude={"external_no", "source_category", "request_type", *PEOPLE})
        return TicketDraft(
            **values,
            **people_of(self),
            request_type=self.request_type or "",
            source_no=self.external_no,
        )


class TakenIn(s.Outgoing):
    """登记结果；查询码只在第一次给出。"""

    external_no: str
    no: str
    code: str
    state: str
    already: bool


class HandedOver(s.Outgoing):
    """转来的诉求现在怎样。"""

    hotline: str
    external_no: str
    no: str
    state: str
    state_label: str
    merged_into: str
    public_reply: str
    due_at: datetime | None
    replied_at: datetime | None
    closed_at: datetime | None
    changed_at: datetime


class CategoryMap(s.Incoming):
    """原系统分类 -> 我们的事项代码。"""

    map: dict[Annotated[str, Field(min_length=1, max_length=200)], s.Code] = Field(max_length=5_000)


class SignedApi(Api):
    """Reads the signature headers; the use cases verify them."""

    def check_xsrf_cookie(self) -> None:
        """The signature is the proof; cookies play no part."""

    def signed(self) -> signing.Signed:
        headers = self.request.headers
        return signing.Signed(
            method=self.request.method or "",
            target=self.request.uri or "",
            key_id=headers.get("X-Hotline-Key", "")[:100],
            timestamp=headers.get("X-Hotline-Timestamp", "")[:20],
            nonce=headers.get("X-Hotline-Nonce", "")[:200],
            signature=headers.get("X-Hotline-Signature", "")[:200],
            body=self.request.body,
        )


class IntakeApi(SignedApi):
    path = f"{PREFIX}/intake/{{hotline}}"
    operations = {
        "post": Operation(
            "takeIn",
            "专线接入",
            "专线系统转来一条诉求",
            PUBLIC,
            TakenIn,
            status=201,
            other_status=200,
            body=IntakeBody,
            errors=(401, 409),
            signed=True,
            about="同一个 external_no 只登记一次，第二次起答 200。签名用过即废，重试须换随机数重新签名。",
            samples={
                "噪声扰民": {
                    "external_no": "HB-2026-000187",
                    "text": "夜间十一点以后工地仍在浇筑，噪声很大。",
                    "source_category": "噪声/建筑施工",
                    "place": "望江路工地",
                    "caller": {"name": "何青", "phone": "13900000001"},
                }
            },
        )
    }

    async def post(self, hotline: str) -> None:
        signed = self.signed()
        await self.runtime.read(signing.verify, hotline, signed)
        body = self.read_body(IntakeBody)
        made = await self.runtime.run(signing.receive, hotline, signed, body.draft(), body.source_category)
        answer = {
            "external_no": body.external_no,
            "no": made.no,
            "code": made.code,
            "state": made.state,
            "already": made.already,
        }
        self.answer(answer, 200 if made.already else 201)


class IntakeStateApi(SignedApi):
    path = f"{PREFIX}/intake/{{hotline}}/{{external_no}}"
    operations = {
        "get": Operation(
            "lookUpIntake",
            "专线接入",
            "专线系统查询自己转来的诉求",
            PUBLIC,
            HandedOver,
            errors=(401, 404, 409),
            signed=True,
        )
    }

    async def get(self, hotline: str, external_no: str) -> None:
        self.answer(await self.runtime.run(signing.look_up, hotline, self.signed(), external_no))


class CategoryMapApi(Api):
    path = f"{PREFIX}/category-maps/{{hotline}}"
    operations = {
        "get": Operation("readCategoryMap", "专线接入", "专线的分类对照表", "reference.read", CategoryMap),
        "put": Operation(
            "changeCategoryMap",
            "专线接入",
            "更换专线的分类对照表",
            "reference.write",
            s.Done,
            body=CategoryMap,
            samples={"环保": {"map": {"噪声/建筑施工": "0901"}}},
        ),
    }

    async def get(self, hotline: str) -> None:
        self.answer({"map": await self.runtime.read(signing.category_map, hotline)})

    async def put(self, hotline: str) -> None:
        body = self.read_body(CategoryMap)
        version: Any = await self.runtime.run(signing.change_category_map, self.who(), hotline, body.map)
        self.answer({"ok": True, "version": version})


HANDLERS = (IntakeApi, IntakeStateApi, CategoryMapApi)
