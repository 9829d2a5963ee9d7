"""The quality of replies over the API: a draft judged before it is submitted, and units compared.

What was kept of a submitted reply comes with the ticket: `replies[].quality`, null until it is there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from hotline.services import reply_quality
from hotline.web.api import schemas as s
from hotline.web.api.spec import PREFIX, Api, Operation
from hotline.web.reply_judging import judged


class DraftReply(s.Incoming):
    """要评的公开答复；不保存。"""

    assignment_id: s.RowId
    public_reply: s.Paper


class Passage(s.Outgoing):
    """答复中的一段，位置按字符计。"""

    start: int
    end: int
    kind: str
    note: str


class QualityPart(s.Outgoing):
    name: str
    label: str
    score: int | None = Field(description="百分；null 表示没法判断")
    reason: str
    marks: list[Passage]


class QualityGap(s.Outgoing):
    name: str
    label: str
    advice: str
    snippet: str


class QualityWarning(s.Outgoing):
    code: str
    text: str
    marks: list[Passage]


class ReplyQuality(s.Outgoing):
    """答复质量：总分、各项得分和理由、缺的要件、提醒。只供参考，不影响提交。"""

    score: int
    grade: str
    rules: str
    at: datetime
    parts: list[QualityPart]
    gaps: list[QualityGap]
    warnings: list[QualityWarning]


class DraftQuality(s.Outgoing):
    """quality 为 null 表示这次没有评出来，照常提交即可。"""

    quality: ReplyQuality | None


class Span(s.Incoming):
    since: str = Field("", max_length=10, description="提交日期从，YYYY-MM-DD；不填为近 30 天")
    until: str = Field("", max_length=10, description="到（含）")


class UnitQuality(s.Outgoing):
    """一个单位的平均分（百分）。"""

    unit: str
    name: str
    replies: int
    leaks: int
    score: int
    relevance: int | None
    completeness: int | None
    explainability: int | None
    tone: int | None
    commitment: int | None
    timeliness: int | None
    weakest: str


class UnitsQuality(s.Outgoing):
    items: list[UnitQuality]
    since: str
    until: str


class DraftQualityApi(Api):
    path = f"{PREFIX}/tickets/{{no}}/reply-quality"
    operations = {
        "post": Operation(
            "judgeReply",
            "工单",
            "评一份还没提交的公开答复",
            "assignment.handle",
            DraftQuality,
            body=DraftReply,
            errors=(404,),
            about="什么也不保存。已提交的答复的评分在读工单时的 replies[].quality 里。",
        )
    }

    async def post(self, no: str) -> None:
        body = self.read_body(DraftReply)
        quality = await judged(self.runtime, self.who(), no, body.assignment_id, body.public_reply)
        self.answer({"quality": quality})


class UnitsQualityApi(Api):
    path = f"{PREFIX}/stats/reply-quality"
    operations = {
        "get": Operation(
            "statsReplyQuality", "统计", "各单位的答复质量", "quality.read", UnitsQuality, query=Span
        )
    }

    async def get(self) -> None:
        span = self.read_query(Span)
        report: dict[str, Any] = await self.runtime.read(
            reply_quality.by_unit, self.who(), span.since, span.until
        )
        self.answer({name: report[name] for name in ("items", "since", "until")})


HANDLERS = (DraftQualityApi, UnitsQualityApi)
