"""Parties (个人/法人档案) and contacts (来访): who spoke, and when, where and how they reached us.

Personal values are kept twice: sealed (encrypted) and masked (for every screen). The clear value exists only while
it is typed in or revealed. `*_index` is the keyed hash by which a party is found again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CHANNELS = {
    "phone": "电话",
    "web": "网站",
    "wechat": "微信",
    "app": "APP",
    "legacy": "专线系统",
    "province": "省平台",
    "supervision": "互联网+督查",
    "police": "110联动",
    "media": "媒体",
    "visit": "来访",
    "import": "历史导入",
}


ROLES = {"caller": "来电人", "contact": "联系人", "beneficiary": "受益人", "subject": "被反映主体"}
"""Roles on a request. The caller stands on the request itself, the others are rows of RequestParty; a subject is a
name as it was told, the rest are kept parties."""


@dataclass(kw_only=True, eq=False)
class Party:
    """A person or organisation. Sealed values are bound to the party's id and their field."""

    id: int
    kind: str = "person"
    name_sealed: str = ""
    name_masked: str = ""
    phone_sealed: str = ""
    phone_masked: str = ""
    phone_index: str | None = None
    id_number_sealed: str = ""
    id_number_masked: str = ""
    id_number_index: str | None = None
    address_sealed: str = ""
    address_masked: str = ""
    credit_code: str | None = None
    gender: str = ""
    flags: list[str]
    created_at: datetime
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Contact:
    """One call, form, message or legacy record. Several requests may come of it (see request_contacts)."""

    id: int
    channel: str
    hotline: str
    party_id: int | None = None
    dialled: str = ""
    source_system: str = ""
    source_no: str | None = None
    upstream_due_at: datetime | None = None
    call_id: str | None = None
    operator_id: int | None = None
    operator: str = ""
    centre: str = ""
    recording: str = ""
    received_at: datetime


@dataclass(kw_only=True, eq=False)
class Request:
    """诉求: what one party asks; secrecy, reply, follow-up and rating are its own, whatever ticket handles it."""

    id: int
    ticket_id: int
    home_ticket_id: int
    contact_id: int
    party_id: int | None = None
    text: str
    anonymous: bool = False
    secret: bool = False
    consent_publish: bool = False
    wants_reply: bool = True
    code_index: str = ""
    reply: str = ""
    replied_at: datetime | None = None
    follow_up: str = "none"
    contacted: str = ""
    solved: str = ""
    satisfied: str = ""
    first_satisfied: str = ""
    not_reached: int = 0
    withdrawn_at: datetime | None = None
    created_at: datetime
    version: int = 0


@dataclass(kw_only=True, eq=False)
class RequestParty:
    """A further party of a request in a role: contact, beneficiary, subject (被反映主体)."""

    id: int
    request_id: int
    party_id: int | None = None
    role: str
    name: str = ""


@dataclass(kw_only=True, eq=False)
class RequestContact:
    """That this request was raised, or asked after, in this contact."""

    request_id: int
    contact_id: int
