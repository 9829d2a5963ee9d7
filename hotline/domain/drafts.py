"""What comes in at any door before it is a ticket: plain values with limits, checked in one place.

Every door (desk, portal, API, signed intake, file import) builds a TicketDraft; bad input stops here, all faults
of a draft together, each with its field and a Chinese sentence.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotline.domain.errors import HotlineError, InvalidInput, invalid_field
from hotline.domain.parties import CHANNELS, ROLES
from hotline.domain.personal import (
    HIDDEN,
    hide_text,
    normalise_credit_code,
    normalise_id_number,
    normalise_phone,
)
from hotline.domain.reference import Reference
from hotline.domain.sla import COMPLEXITIES
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES

LIMITS = {
    "title": 100,
    "text": 20_000,
    "place": 200,
    "name": 60,
    "phone": 40,
    "id_number": 30,
    "address": 200,
    "credit_code": 30,
    "subject": 100,
    "source_no": 100,
    "source_system": 100,
    "dialled": 40,
    "call_id": 100,
    "related_no": 40,
    "reply": 10_000,
    "note": 2_000,
}
TITLE_LENGTH = 30
MOST_TAGS = 20
LABELS = {
    "title": "标题",
    "text": "诉求内容",
    "place": "事发地点",
    "subject": "被反映主体",
    "name": "姓名",
    "phone": "电话",
    "id_number": "证件号码",
    "address": "地址",
    "credit_code": "统一社会信用代码",
    "source_no": "来源编号",
    "source_system": "来源系统",
    "dialled": "被叫号码",
    "call_id": "通话编号",
    "related_no": "关联工单号",
    "hotline": "热线",
    "category": "事项分类",
    "area": "区域",
    "request_type": "诉求类型",
    "urgency": "紧急程度",
    "channel": "渠道",
    "complexity": "复杂程度",
    "tags": "标签",
}
OTHERS = ("contact", "beneficiary")
"""Whom a draft may name beside its caller, each to be kept as a party of the request in that role."""
_LINES = ("title", "place", "subject")
_CODES = ("source_no", "source_system", "dialled", "call_id", "related_no")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 and C1 without tab and line end
    r"\u200b\u2060\ufeff"  # invisible blanks, which strip() leaves
    r"\u202a-\u202e\u2066-\u2069"  # turn the reading direction round, also of what stands beside the text
    r"\ud800-\udfff\ufffe\uffff]"
)
_FOLDED = re.compile(r"\s+")


def clean(text: str) -> str:
    """Text without invisible controls and stray surrogates; line ends made one form; outer blanks gone.

    Joiners and variation selectors stay: emoji and rare characters need them.
    """
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(text: str) -> str:
    """Clean text with every run of blanks and line ends made one blank."""
    return _FOLDED.sub(" ", clean(text))


def required(text: str, field: str, message: str, limit: int = LIMITS["note"]) -> str:
    """The cleaned text of a field that must be there; InvalidInput names the field otherwise."""
    text = clean(text)
    if not text:
        raise invalid_field(field, message)
    if len(text) > limit:
        raise invalid_field(field, f"最多 {limit} 个字，现有 {len(text)} 个字")
    return text


def title_of(text: str) -> str:
    """A title for a text that has none: its first clause, at most 30 characters, cut at a comma where one is."""
    clauses = (one_line(clause) for clause in re.split(r"[。！？!?；;\n]", text))
    folded = next(filter(None, clauses), "（无标题）")
    if len(folded) <= TITLE_LENGTH:
        return folded
    comma = max(folded.rfind(sign, 0, TITLE_LENGTH + 1) for sign in "，,")
    return folded[:comma] if comma >= _LEAST_CLAUSE else folded[: TITLE_LENGTH - 1] + "…"


_LEAST_CLAUSE = 12
"""Characters; what is shorter before a comma (“您好，我想反映”) says too little for a title."""


@dataclass(frozen=True)
class Person:
    """A party as given: clear values, on their way to be sealed. `kind`: person or organisation."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    address: str = ""
    gender: str = ""
    kind: str = "person"
    credit_code: str = ""

    @property
    def empty(self) -> bool:
        return not (self.name or self.phone or self.id_number or self.credit_code)


@dataclass(frozen=True)
class Upload:
    """A file that the store already holds under its digest."""

    name: str
    media_type: str
    size: int
    digest: str


@dataclass(frozen=True)
class TicketDraft:
    """One request at the door. `secret` None means: by the rule (reports are secret). Codes may be empty."""

    text: str
    title: str = ""
    hotline: str = "12345"
    channel: str = "phone"
    request_type: str = ""
    urgency: str = "normal"
    complexity: str = ""
    tags: tuple[str, ...] = ()
    category: str = ""
    area: str = ""
    place: str = ""
    caller: Person = field(default_factory=Person)
    contact: Person = field(default_factory=Person)
    beneficiary: Person = field(default_factory=Person)
    subject: str = ""
    anonymous: bool = False
    secret: bool | None = None
    enterprise: bool = False
    wants_reply: bool = True
    consent_publish: bool = False
    dialled: str = ""
    call_id: str | None = None
    source_system: str = ""
    source_no: str | None = None
    upstream_due_at: datetime | None = None
    received_at: datetime | None = None
    related_no: str = ""
    attachments: tuple[Upload, ...] = ()

    def checked(self, reference: Reference) -> TicketDraft:
        """The draft in one form. Raises InvalidInput that names every faulty field."""
        faults: dict[str, str] = {}
        values: dict[str, Any] = {"text": clean(self.text)}
        values |= {name: one_line(getattr(self, name)) for name in _LINES}
        values |= {name: one_line(given) if (given := getattr(self, name)) else given for name in _CODES}
        _check_lengths(values, faults)
        if not values["text"]:
            faults["text"] = "诉求内容不能为空"
        self._check_codes(reference, faults)
        caller = _checked_person(self.caller, faults)
        others = {role: _checked_other(role, getattr(self, role), faults) for role in OTHERS}
        if faults:
            raise InvalidInput("draft.invalid", "填写有误：" + "；".join(faults.values()), {"fields": faults})
        secret = self._is_secret()
        if secret:
            values |= {name: _without_name(values[name], caller.name, LIMITS[name]) for name in _WORDS}
        values["title"] = values["title"] or title_of(hide_text(values["text"]))
        return _replace(self, **values, caller=caller, **others, secret=secret)

    def _is_secret(self) -> bool:
        return (
            self.request_type == "report"
            if self.secret is None
            else self.secret or self.request_type == "report"
        )

    def _check_codes(self, reference: Reference, faults: dict[str, str]) -> None:
        for name, value, known in (
            ("request_type", self.request_type, REQUEST_TYPES),
            ("urgency", self.urgency, URGENCIES),
            ("channel", self.channel, CHANNELS),
            ("complexity", self.complexity, COMPLEXITIES),
        ):
            if value and value not in known:
                faults[name] = f"{LABELS[name]}中没有“{clean(value)[:20]}”这个代码"
        for name, kind in (("hotline", "hotline"), ("category", "category"), ("area", "area")):
            value = getattr(self, name)
            if value and reference.row(kind, value) is None:
                faults[name] = f"没有代码为“{clean(value)[:20]}”的{LABELS[name]}"
        if fault := fault_of_tags(reference, self.tags):
            faults["tags"] = fault


def fault_of_tags(reference: Reference, tags: Collection[str]) -> str:
    """What is wrong with the tags of a ticket ("" for nothing): each once, and of the published list."""
    if len(tags) > MOST_TAGS or len(set(tags)) < len(tags):
        return f"标签最多 {MOST_TAGS} 个，且不能重复"
    known = {row["code"] for row in reference.reasons("tag")}
    unknown = "、".join(clean(tag)[:20] for tag in tags if tag not in known)
    return f"没有代码为“{unknown}”的标签" if unknown else ""


def _check_lengths(values: dict[str, Any], faults: dict[str, str]) -> None:
    for name, value in values.items():
        if value and len(value) > LIMITS[name]:
            faults[name] = f"{LABELS[name]}最多 {LIMITS[name]} 个字，现有 {len(value)} 个字"


_WORDS = ("title", "text")
"""What units read of a caller's words: a secret caller's own name does not stand there; it is kept sealed."""


def _without_name(text: str, name: str, limit: int) -> str:
    return text.replace(name, HIDDEN)[:limit] if len(name) > 1 else text


def _replace(draft: TicketDraft, **values: Any) -> TicketDraft:
    return TicketDraft(**{**draft.__dict__, **values})


def _checked_other(role: str, person: Person, faults: dict[str, str]) -> Person:
    """As the caller; the faults carry the role in their key and words: contact.phone, 联系人：…"""
    own: dict[str, str] = {}
    checked = _checked_person(person, own)
    if checked.address and checked.empty:
        own["name"] = "请填写姓名或电话"
    faults |= {f"{role}.{name}": f"{ROLES[role]}：{fault}" for name, fault in own.items()}
    return checked


def _checked_person(person: Person, faults: dict[str, str]) -> Person:
    values = {
        name: one_line(getattr(person, name))
        for name in ("name", "phone", "id_number", "address", "credit_code")
    }
    _check_lengths(values, faults)
    forms = {
        "phone": lambda text: normalise_phone(text).number,
        "id_number": normalise_id_number,
        "credit_code": normalise_credit_code,
    }
    for name, form in forms.items():
        if values[name] and name not in faults:
            try:
                values[name] = form(values[name])
            except HotlineError as error:
                faults[name] = error.message
    if person.kind not in ("person", "organisation"):
        faults["kind"] = "应为个人或法人"
    return Person(**values, gender=clean(person.gender)[:4], kind=person.kind)
