"""The intake form: its fields as a browser sends them, what they mean, and the trees it offers level by level.

Everything is text and nothing is refused here but sheer size: the limits of a request are checked in one place
(domain/drafts.py), and a half-filled form must survive as a draft.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.reference import Reference
from hotline.services.desk_help import Typed
from hotline.services.intake import Outcome

KEY = r"[a-z0-9-]{8,40}"
Line = Annotated[str, Field(max_length=2_000)]
Long = Annotated[str, Field(max_length=100_000)]
TREES = {"area": ("区县", "街道乡镇", "社区村"), "category": ("一级事项", "二级事项", "三级事项")}


def new_key() -> str:
    """The key of one form: its draft is kept under it, and it becomes one ticket at most."""
    return secrets.token_hex(10)


class IntakeForm(BaseModel):
    """The fields by name. `touched`: those that a person has set, so that suggestions leave them alone."""

    key: Annotated[str, Field(pattern=f"^{KEY}$")] = Field(default_factory=new_key)
    act: Line = ""
    touched: Line = ""
    call_id: Line = ""
    channel: Line = "phone"
    hotline: Line = "12345"
    kind: Line = "person"
    name: Line = ""
    phone: Line = ""
    id_number: Line = ""
    credit_code: Line = ""
    address: Line = ""
    anonymous: Line = ""
    wants_reply: Line = ""
    consent_publish: Line = ""
    request_type: Line = ""
    title: Line = ""
    text: Long = ""
    area_1: Line = ""
    area_2: Line = ""
    area_3: Line = ""
    place: Line = ""
    subject: Line = ""
    secret: Line = ""
    enterprise: Line = ""
    urgency: Line = "normal"
    category: Line = ""
    category_path_1: Line = ""
    category_path_2: Line = ""
    category_path_3: Line = ""
    unit: Line = ""
    related_no: Line = ""
    reply: Long = ""
    solved: Line = ""
    reason_code: Line = ""
    told: Line = ""

    @property
    def blank(self) -> bool:
        """Whether nothing worth keeping has been typed."""
        typed = (self.text, self.title, self.name, self.phone, self.place, self.subject, self.reply)
        return not any(value.strip() for value in typed)

    @property
    def set_by_hand(self) -> frozenset[str]:
        return frozenset(self.touched.split(","))

    def area(self, reference: Reference) -> str:
        return deepest(reference, "area", (self.area_1, self.area_2, self.area_3))

    def matter(self, reference: Reference) -> str:
        """What was picked level by level goes before a candidate."""
        path = (self.category_path_1, self.category_path_2, self.category_path_3)
        return deepest(reference, "category", path) or self.category

    def kept(self) -> dict[str, str]:
        """The fields of a draft."""
        return {
            name: value for name, value in self.model_dump().items() if value and name not in ("key", "act")
        }

    def typed(self, reference: Reference) -> Typed:
        """What the help is reckoned from; a field nobody has touched is advised on anew."""
        touched = self.set_by_hand
        return Typed(
            text=self.text,
            title=self.title if "title" in touched else "",
            place=self.place,
            request_type=self.request_type,
            urgency=self.urgency,
            category=self.matter(reference) if "category" in touched else "",
            area=self.area(reference) if "area" in touched else "",
            phone=self.phone,
            call_id=self.call_id,
            touched=touched,
        )

    def draft(self, reference: Reference) -> TicketDraft:
        """The request as a door of the house hands it in; unchecked."""
        return TicketDraft(
            text=self.text,
            title=self.title,
            hotline=self.hotline,
            channel=self.channel,
            request_type=self.request_type,
            urgency=self.urgency,
            category=self.matter(reference),
            area=self.area(reference),
            place=self.place,
            caller=self._caller(),
            subject=self.subject,
            anonymous=bool(self.anonymous),
            secret=True if self.secret else None,
            enterprise=bool(self.enterprise),
            wants_reply=bool(self.wants_reply),
            consent_publish=bool(self.consent_publish),
            call_id=self.call_id or None,
            related_no=self.related_no.strip(),
        )

    def _caller(self) -> Person:
        if self.anonymous:
            return Person()
        return Person(
            name=self.name,
            phone=self.phone,
            id_number=self.id_number,
            address=self.address,
            kind=self.kind,
            credit_code=self.credit_code,
        )

    def outcome(self) -> Outcome:
        """How the form ends, by the button that was pressed."""
        if self.act == "answer":
            return Outcome("answer", self.reply, solved=self.solved != "0")
        if self.act == "refuse":
            return Outcome("refuse", self.told, self.reason_code)
        return Outcome("submit")


def deepest(reference: Reference, kind: str, codes: tuple[str, ...]) -> str:
    """The last code of a chain of levels; a level that does not hang on the one before it is left over and dropped."""
    chosen = ""
    for code in codes:
        row = reference.row(kind, code) if code else None
        if row is None or (chosen and row.get("parent") != chosen):
            break
        chosen = code
    return chosen


def levels_of(reference: Reference, kind: str, code: str) -> list[dict[str, Any]]:
    """The levels of a tree as the cascade shows them: chosen ones, and the next one to choose from."""
    path = [str(row["code"]) for row in reference.path(kind, code)]
    parent = ""
    if kind == "area":
        parent = next((str(row["code"]) for row in reference.children("area")), "")
        path = path[1:]
    levels = []
    for depth, label in enumerate(TREES[kind]):
        options = [(row["code"], row["name"]) for row in reference.children(kind, parent)]
        if not options:
            break
        value = path[depth] if depth < len(path) else ""
        levels.append({"label": label, "value": value, "options": options})
        if not value:
            break
        parent = value
    return levels


def with_area(form: IntakeForm, reference: Reference, code: str) -> IntakeForm:
    """The form with the levels of an area filled in."""
    path = [str(row["code"]) for row in reference.path("area", code)][1:]
    levels = {f"area_{number}": path[number - 1] if number <= len(path) else "" for number in (1, 2, 3)}
    return form.model_copy(update=levels)
