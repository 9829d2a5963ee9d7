"""What people taught the models and how the models fare: labels, readings, model versions, weekly scores.

No row holds a caller's words. A label or a reading names its ticket; the text is read there, masked, when a model is
trained.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FIELDS = {
    "category": "事项分类",
    "request_type": "诉求类型",
    "urgency": "紧急程度",
    "sensitive": "敏感标记",
    "area": "区域",
    "place": "地点",
    "unit": "承办单位",
    "duplicate": "同一件事",
}
HOWS = {
    "chosen": "登记时选定",
    "corrected": "更正",
    "confirmed": "认可",
    "objected": "单位异议",
    "ruled": "裁定",
}
CLAIM = "objected"
"""A unit's claim is kept, but it is not the truth about a ticket: the ruling on it is."""
MODEL_STATES = {"candidate": "候选", "shadow": "影子运行", "serving": "使用中", "retired": "已停用"}


@dataclass(frozen=True)
class Choice:
    """A model that shall serve; `stamp` is when it was chosen, so that choosing it anew is another choice, `digest` what
    its folder was registered with. No name: the model of the setting."""

    name: str = ""
    stamp: str = ""
    digest: str = ""


@dataclass(frozen=True)
class CheckedModel:
    """A model in the registry's folder that was opened just now and answered: its version, kind, digest and the figures
    of its training. Acts of the registry take this and no mere name."""

    name: str
    kind: str
    digest: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spoken:
    """A ticket that people spoke of after a model had read it: its texts as they stand in the database, whether its
    caller is secret, the matter that people say it is, and whether they had to correct the model."""

    title: str = field(repr=False)
    words: str = field(repr=False)
    secret: bool
    code: str
    corrected: bool


@dataclass(kw_only=True, eq=False)
class Label:
    """One statement of a person about a ticket. Appended, never edited; statements that disagree are all kept.

    `said` and `said_score` are what the model had answered for this field ("" when it had not read the ticket yet),
    `model` which one that was. `against` is the unit that a claim is made by or about, of a merge that was undone the
    ticket that this one is not the same as. A place is kept without personal data, sensitive marks as their codes with
    blanks between, a duplicate as the number of the other ticket. `taxonomy_version` is that of the areas where the
    label is about one.
    """

    id: int
    ticket_id: int
    field: str
    value: str
    how: str
    author: str
    author_id: int
    role: str
    unit: str = ""
    against: str = ""
    taxonomy_version: int = 0
    model: str = ""
    said: str = ""
    said_score: float = 0.0
    at: datetime


@dataclass(kw_only=True, eq=False)
class Reading:
    """What one model answered for one ticket. `score` is that of the whole first-level class, `auto` whether the
    house dispatched on it by itself."""

    id: int
    ticket_id: int
    model: str
    shadow: bool = False
    category: str = ""
    score: float = 0.0
    certain: bool = False
    request_type: str = ""
    urgency: str = ""
    auto: bool = False
    at: datetime


@dataclass(kw_only=True, eq=False)
class ModelVersion:
    """One model of the registry. `name` is the version that its folder states; `before` what served when it took over
    ("": the one of the setting). `shadow_cursor` is the last reading before it began to read along, `shadow_failures` how
    many it failed on when it last did; while it does, both stand in its ShadowRun."""

    id: int
    name: str
    kind: str
    folder: str
    digest: str
    figures: dict[str, Any] = field(default_factory=dict)
    labels: int = 0
    made_by: str
    made_at: datetime
    state: str = "candidate"
    state_by: str = ""
    state_at: datetime
    before: str = ""
    fault: str = ""
    fault_at: datetime | None = None
    shadow_cursor: int = 0
    shadow_failures: int = 0
    version: int = 0


@dataclass(kw_only=True, eq=False)
class ShadowRun:
    """How far a shadow has come; its id is the version's. A row of its own, for it is written every few seconds and the
    version by people. One process reads along at a time: `held_by`, until `held_until`."""

    id: int
    cursor: int = 0
    shadow_failures: int = 0
    held_by: str = ""
    held_until: datetime | None = None
    version: int = 0


@dataclass(kw_only=True, eq=False)
class LabelCount:
    """How many labels there were of a field and kind when somebody last counted."""

    id: int
    field: str
    how: str
    labels: int = 0
    counted_at: datetime


@dataclass(kw_only=True, eq=False)
class ModelLesson:
    """What a version was trained on: the tickets and labels of the house, and digests of the texts of base data.
    Its id is the version's."""

    id: int
    tickets: list[int] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class ScoreWeek:
    """The figures of one model in one week (Monday's date) against what people said by `made_at`."""

    id: int
    week: str
    model: str
    shadow: bool = False
    figures: dict[str, Any] = field(default_factory=dict)
    made_at: datetime
