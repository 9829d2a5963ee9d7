"""承办子单, its replies and its applications; clocks; urges, supervisions and warnings beside the ticket."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LEAD, ASSIST = "lead", "assist"
DUTIES = {LEAD: "主办", ASSIST: "协办"}
APPLICATIONS = {
    "return": "退单",
    "objection": "派单异议",
    "extension": "延期",
    "suspension": "挂账",
    "appeal": "考核申诉",
}
APPLICATION_STATES = {"pending": "待定", "granted": "已同意", "refused": "已驳回", "lapsed": "已失效"}


@dataclass(kw_only=True, eq=False)
class Assignment:
    """What one unit has to do in one round; `parent_id` is the assignment that was passed down to it."""

    id: int
    ticket_id: int
    round_no: int
    unit: str
    duty: str
    state: str
    parent_id: int | None = None
    opinion: str = ""
    dispatched_at: datetime
    signed_at: datetime | None = None
    contacted_at: datetime | None = None
    replied_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    internal_note: str = ""
    public_reply: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    state_before: str = ""
    suspended_until: datetime | None = None
    extensions: int = 0
    due_at: datetime | None = None
    yellow_at: datetime | None = None
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Reply:
    """One submitted reply: 内部办理情况 and 公开答复 are two fields, each decision on it is kept."""

    id: int
    assignment_id: int
    ticket_id: int
    internal_note: str
    public_reply: str
    author: str
    at: datetime
    decision: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    comment: str = ""


@dataclass(kw_only=True, eq=False)
class Application:
    """申请 of one assignment (return, objection, extension, suspension, appeal); freezes nobody else's work."""

    id: int
    ticket_id: int
    assignment_id: int
    kind: str
    state: str = "pending"
    reason_code: str = ""
    reason: str
    basis: str = ""
    proposed_unit: str = ""
    amount: int = 0
    unit: str = ""
    applied_by: str
    applied_unit: str
    applied_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    decision_note: str = ""
    ruling: dict[str, Any] = field(default_factory=dict)
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Clock:
    """时限: one row per purpose, with the versions that made it and the steps of its reckoning.

    state: running, paused, met, cancelled. light: none, yellow, red: what the sweep has already announced.
    `limit` is the limit as reckoned (amount and unit), `adjustments` the extensions and pauses in order.
    """

    id: int
    ticket_id: int
    assignment_id: int | None = None
    purpose: str
    state: str = "running"
    profile: str
    profile_version: int
    calendar_version: int
    started_at: datetime
    due_at: datetime
    yellow_at: datetime
    met_at: datetime | None = None
    light: str = "none"
    provisional: bool = False
    limit: dict[str, Any] = field(default_factory=dict)
    adjustments: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Urge:
    """催办: by a person, or by the sweep when a light changes."""

    id: int
    ticket_id: int
    assignment_id: int | None = None
    level: str
    reason: str
    by: str
    at: datetime
    answered_at: datetime | None = None
    answer: str = ""


@dataclass(kw_only=True, eq=False)
class Supervision:
    """督办: a supervisor's or leader's case on a ticket, with a life of its own."""

    id: int
    ticket_id: int
    level: str
    reason: str
    state: str = "open"
    by: str
    at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None
    result: str = ""


@dataclass(kw_only=True, eq=False)
class FollowUp:
    """回访: one attempt on one request: reached or not, and the three questions (联系, 解决, 满意)."""

    id: int
    request_id: int
    ticket_id: int
    round_no: int
    reached: bool
    contacted: str = ""
    solved: str = ""
    satisfied: str = ""
    opinion: str = ""
    unreasonable: bool = False
    by: str
    via: str
    at: datetime
