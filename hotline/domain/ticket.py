"""工单: the matter that is handled, its rounds, its links and its timeline."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

URGENCIES = {"normal": "普通", "urgent": "紧急", "critical": "特急"}
REQUEST_TYPES = {
    "consult": "咨询",
    "help": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "praise": "表扬",
}
REPEAT = "repeat"
LINK_KINDS = {"addition": "追加", REPEAT: "重复", "related": "关联", "upstream": "上级件"}


@dataclass(kw_only=True, eq=False)
class Ticket:
    """工单. `state` is the ticket's own until dispatch and then follows from the current round's assignments."""

    id: int
    no: str
    state: str
    title: str
    hotline: str
    channel: str
    centre: str = ""
    request_type: str = ""
    urgency: str = "normal"
    complexity: str = ""
    category: str = ""
    category_version: int = 0
    category_by: str = ""
    area: str = ""
    place: str = ""
    lead_unit: str = ""
    round_no: int = 0
    hops: int = 0
    rehandles: int = 0
    urges: int = 0
    request_count: int = 1
    secret: bool = False
    enterprise: bool = False
    certain: bool = False
    sensitive: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    suggestion: dict[str, Any] = field(default_factory=dict)
    signature: str = ""
    queue_reason: str = ""
    received_at: datetime
    submitted_at: datetime | None = None
    dispatched_at: datetime | None = None
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    yellow_at: datetime | None = None
    public_reply: str = ""
    closed_how: str = ""
    refusal: str = ""
    merged_into: int | None = None
    state_before: str = ""
    historical: bool = False
    source_system: str = ""
    source_no: str | None = None
    changed_at: datetime
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Round:
    """办理轮次: the first handling and then each 重办; keeps the catalogue version that the dispatch used."""

    id: int
    ticket_id: int
    number: int
    reason: str = ""
    catalogue_version: int = 0
    catalogue_row: str = ""
    basis: str = ""
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""


@dataclass(kw_only=True, eq=False)
class Link:
    """A typed link between two tickets; `ticket_id` is the later one."""

    id: int
    ticket_id: int
    other_id: int
    kind: str
    note: str = ""
    made_by: str = ""
    made_at: datetime


@dataclass(kw_only=True, eq=False)
class TimelineEntry:
    """One thing that happened. Appended, never edited. `public` entries are what a caller sees when tracking."""

    id: int
    ticket_id: int
    at: datetime
    kind: str
    actor: str
    actor_id: int | None = None
    unit: str = ""
    assignment_id: int | None = None
    state: str = ""
    text: str = ""
    public: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class Claim:
    """占有人: who holds an item that stands in a queue; absent means 公共池."""

    queue: str
    subject_id: int
    holder_id: int
    holder: str
    at: datetime
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Attachment:
    """A photo or document, stored under its digest outside the database."""

    id: int
    ticket_id: int | None
    request_id: int | None = None
    assignment_id: int | None = None
    kind: str = "evidence"
    name: str
    media_type: str
    size: int
    digest: str
    public: bool = False
    added_by: str = ""
    added_at: datetime
