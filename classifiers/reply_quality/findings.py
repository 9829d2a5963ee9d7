"""What an assessment says: plain data that can be shown, stored and compared. Offsets count code points of the reply."""

from dataclasses import asdict, dataclass, field
from typing import Any

from classifiers.reply_quality.weights import FAIR, GOOD, RULES


@dataclass(frozen=True)
class Mark:
    """A passage of the reply at [start, end) and what it is: a kind for machines, a note for people."""

    start: int
    end: int
    kind: str
    note: str


@dataclass(frozen=True)
class Part:
    """One part of the score, 0..1, or None where it cannot be judged; `reason` tells why, `marks` where."""

    name: str
    label: str
    score: float | None
    reason: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Gap:
    """A piece that a complete reply has and this one has not; `snippet` is a sentence to put in, 〔…〕 to be filled."""

    name: str
    label: str
    advice: str
    snippet: str


@dataclass(frozen=True)
class Warned:
    """Something that should not leave the house unseen: a code, what is wrong, where."""

    code: str
    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class ReplyQuality:
    """The whole assessment; `score` 0..1, `rules` the version of the rules that made it."""

    score: float
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...] = ()
    warnings: tuple[Warned, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    rules: str = RULES

    def part(self, name: str) -> Part:
        """One part by its name."""
        return next(part for part in self.parts if part.name == name)

    @property
    def grade(self) -> str:
        """The score in a word."""
        return "良好" if self.score >= GOOD else "一般" if self.score >= FAIR else "待改进"

    def to_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {**asdict(self), "grade": self.grade}
