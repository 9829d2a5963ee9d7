"""What several parts of the API share: bounded values, the error, pages, and the shape of a ticket in lists and whole.

Models of what comes in refuse unknown fields; models of what goes out name the stable fields and allow more, so that
a client never breaks over a new one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StrictBool

from hotline.domain import workflow
from hotline.domain.parties import CHANNELS
from hotline.domain.sla import COMPLEXITIES
from hotline.domain.ticket import LINK_KINDS, REQUEST_TYPES, URGENCIES

LARGEST_ID = 2**53 - 1
EARLIEST, LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _in_our_time(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError("日期应在 1980 年至 2199 年之间")
    return at


def _in_our_days(day: date) -> date:
    if not EARLIEST.date() <= day <= LATEST.date():
        raise ValueError("日期应在 1980 年至 2199 年之间")
    return day


RowId = Annotated[int, Field(strict=True, ge=1, le=LARGEST_ID)]
Cursor = Annotated[int, Field(ge=0, le=LARGEST_ID, description="上一页 next 的值")]
Limit = Annotated[int, Field(ge=1, le=200, description="每页条数")]
Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
Day = Annotated[date, AfterValidator(_in_our_days)]
Code = Annotated[str, Field(max_length=64)]
Note = Annotated[str, Field(max_length=2_000)]
Paper = Annotated[str, Field(max_length=10_000)]
Flag = StrictBool

if TYPE_CHECKING:
    TicketState: TypeAlias = str
    Channel: TypeAlias = str
    RequestType: TypeAlias = str
    Urgency: TypeAlias = str
    Complexity: TypeAlias = str
    LinkKind: TypeAlias = str
else:
    TicketState = Literal[tuple(workflow.TICKET_STATES)]
    Channel = Literal[tuple(CHANNELS)]
    RequestType = Literal[tuple(REQUEST_TYPES)]
    Urgency = Literal[tuple(URGENCIES)]
    Complexity = Literal[tuple(COMPLEXITIES)]
    LinkKind = Literal[tuple(LINK_KINDS)]


class Incoming(BaseModel):
    """What clients send: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Outgoing(BaseModel):
    """What clients get: more fields may come."""

    model_config = ConfigDict(extra="allow")


class Done(Outgoing):
    """做成了，没有别的要说。"""

    ok: Literal[True] = True


class Problem(Outgoing):
    """所有错误都是这个样子：message 给人看，code 给程序用，details.fields 逐个字段说明。"""

    ok: Literal[False]
    code: str
    message: str
    details: dict[str, Any]


class TicketRow(Outgoing):
    """列表中的一个工单；每个代码都带名称（…_name、…_label）。"""

    id: int
    no: str
    state: str
    state_label: str
    title: str
    hotline: str
    channel: str
    request_type: str
    urgency: str
    category: str
    area: str
    lead_unit: str
    secret: bool
    received_at: datetime
    due_at: datetime | None
    light: str


class TicketPage(Outgoing):
    """一页工单；next 为空表示没有下一页。"""

    items: list[TicketRow]
    next: int | None


class PossibleMove(Outgoing):
    """登录者有权做的一个操作；why_not 不为空时眼下不能做，写明原因。"""

    name: str
    label: str
    why_not: str


class TimelineRow(Outgoing):
    """工单经过的一步，只增不改。"""

    id: int
    at: datetime
    kind: str
    label: str
    actor: str
    unit: str
    text: str
    public: bool
    data: dict[str, Any]


class TimelineAnswer(Outgoing):
    """一个工单的全部经过，从早到晚。"""

    items: list[TimelineRow]


class TicketWhole(TicketRow):
    """一个工单的全部内容，按登录者的权限裁剪；个人信息只给掩码。"""

    version: int
    requests: list[dict[str, Any]]
    rounds: list[dict[str, Any]]
    assignments: list[dict[str, Any]]
    replies: list[dict[str, Any]]
    applications: list[dict[str, Any]]
    clocks: list[dict[str, Any]]
    timeline: list[TimelineRow]
    links: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    moves: list[PossibleMove]


class DeadlineStep(Outgoing):
    """计算的一步。"""

    text: str
    at: str


class DeadlineClock(Outgoing):
    """一个时限：从何时起、到何时、如何算出；replayed_due_at 是按当时的方案和日历重算的结果。"""

    purpose: str
    label: str
    state: str
    started_at: datetime
    due_at: datetime
    yellow_at: datetime
    light: str
    provisional: bool
    profile: str
    profile_version: int
    calendar_version: int
    steps: list[DeadlineStep]
    adjustments: list[dict[str, Any]]
    replayed_due_at: datetime


class DeadlineAnswer(Outgoing):
    """一个工单的全部时限。"""

    no: str
    clocks: list[DeadlineClock]
