"""What a classifier says about a message, and the contract every classifier keeps.

This module imports nothing heavy: services may read it without waking jieba, ONNX Runtime or transformers.
Codes are for machines and stay; the Chinese names in the tables below are for people. A classifier
proposes, a person decides: `Prediction.certain` is the only licence to skip that person, and it is given
sparingly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from classifiers.extraction.gazetteer import Gazetteer

REQUEST_TYPES = {
    "consult": "咨询",
    "help": "求助",
    "complaint": "投诉",
    "report": "举报",
    "suggestion": "建议",
    "praise": "表扬",
}
URGENCIES = {"critical": "特急", "urgent": "紧急", "normal": "普通"}
SENSITIVE = {
    "self_harm": "自伤轻生",
    "violence": "暴力威胁",
    "life": "生命危险",
    "minor": "涉未成年人",
    "mass": "群体事件",
    "petition": "集体上访",
    "secrecy": "要求保密",
    "media": "舆情扩散",
    "official": "涉公职人员",
    "safety": "公共安全",
}
ENTITY_KINDS = {
    "phone": "电话号码",
    "id_number": "身份证号",
    "credit_code": "统一社会信用代码",
    "plate": "车牌号",
    "email": "电子邮箱",
    "bank_card": "银行卡号",
    "amount": "金额",
    "age": "年龄",
    "time": "时间",
    "person": "人物",
    "organisation": "单位",
    "place": "地点",
}
PLACE_FORMS = {"area": "区域", "road": "道路", "crossing": "路口", "community": "小区村社", "site": "场所"}


class ClassifierUnavailable(Exception):
    """The classifier cannot work now; the message (Chinese) says why and the work can go on without it."""


@dataclass(frozen=True)
class Text:
    """A message as it came in; either field may be empty.

    `received_at` (local time) is what 昨天 is counted from, `gazetteer` the city's place names to be found in it; both
    may be left out and change nothing but the entities.
    """

    title: str
    detail: str
    received_at: datetime | None = None
    gazetteer: "Gazetteer | None" = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Category:
    """One node of the taxonomy that the caller hands in; `parent` is "" on the first level."""

    code: str
    parent: str
    name: str
    keywords: tuple[str, ...] = ()
    definition: str = ""


@dataclass(frozen=True)
class Candidate:
    """A category that may fit: its code, the names from the first level down, and a score in 0..1.

    The score of a first-level node is calibrated where the class was learned from labels; below that level
    it is the parent's score times the share of the keyword match, an order of preference and not a
    probability.
    """

    code: str
    path: tuple[str, ...]
    score: float


@dataclass(frozen=True)
class Entity:
    """Something found in the text at [start, end) of the string that was handed in, in code points."""

    kind: str
    text: str
    start: int
    end: int
    value: str = ""
    """What the words mean: ISO 8601 for a time, yuan for an amount, years for an age, a key of PLACE_FORMS for a place,
    "against" for an organisation complained about; "" where that cannot be told."""


@dataclass(frozen=True)
class Prediction:
    """What a classifier says about one message.

    `categories` holds at most three candidates, best first, and may be empty. `certain` is about
    `categories[0]`: False means that a person has to choose. `entities` carry offsets into `title + "\\n" +
    detail` (into the one that is there when the other is empty). `evidence` are the words that spoke for
    the answer, strongest first. `classes` are the best first-level categories, at most three, also where
    nothing is certain; their scores are probabilities where the class was learned.
    """

    request_type: str
    request_type_score: float
    categories: tuple[Candidate, ...] = ()
    certain: bool = False
    urgency: str = "normal"
    sensitive: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    evidence: tuple[str, ...] = ()
    classes: tuple[Candidate, ...] = ()


@runtime_checkable
class Classifier(Protocol):
    """A thing that reads messages. The constructor is light; `load()` does the heavy work, once.

    `name` and `version` say which model answered, and are stored with each answer.
    """

    @property
    def name(self) -> str:
        """The kind of model."""

    @property
    def version(self) -> str:
        """Which one of its kind."""

    def load(self) -> None:
        """Make ready to predict; a second call does nothing. Raises ClassifierUnavailable with the reason."""

    def use_taxonomy(self, taxonomy: Sequence[Category]) -> None:
        """Answer by another version of the taxonomy from the next prediction on; cheap, also while others predict.

        Raises ClassifierUnavailable, and keeps the old one, when the new one is no tree.
        """

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        """One prediction per text, in the same order; an empty batch gives an empty list.

        May be called from several threads at once. Odd texts (empty, very long, another language, emoji)
        give an answer that is not certain, never an error. Loads first if nobody has; raises
        ClassifierUnavailable then.
        """


def whole(text: Text) -> str:
    """Title and detail as one string: the one that entity offsets count in."""
    return "\n".join(part for part in (text.title, text.detail) if part)
