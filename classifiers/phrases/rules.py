"""What phrases alone can tell: the request type, how urgent it is, and the signals that need a careful hand.

The tables and their engines: `request_type` (what is wanted), `alarm_table` and `alarms` (danger and signals), `hearing`
(whether a phrase is meant). Every answer carries the phrases that gave it, and alarms their place in the text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from classifiers.phrases.alarm_table import ALARMS, Alarm
from classifiers.phrases.alarms import LEVELS, READ_CHARS, Hit, listen
from classifiers.phrases.request_type import FALLBACK, FALLBACK_SCORE, TYPE_PHRASES, weigh

__all__ = [
    "ALARMS", "READ_CHARS", "TYPE_PHRASES", "Alarm", "Hit", "Judged",
    "alarms", "request_type", "sensitive", "signals_of", "urgency", "urgency_of",
]  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """An answer of the rules: its code, a score in 0..1, and the phrases that spoke for it in order."""

    code: str
    score: float
    evidence: tuple[str, ...]


def request_type(title: str, detail: str) -> Judged:
    """咨询, 求助, 投诉, 举报, 建议 or 表扬, by weighed phrases; what stands in the title counts double.

    With no phrase at all it is a plea for help at a score of .2: the type that promises least about blame.
    """
    sums, spoken = weigh(title, detail)
    best = max(sums, key=lambda code: sums[code])
    if not sums[best]:
        return Judged(FALLBACK, FALLBACK_SCORE, ())
    return Judged(best, round(sums[best] / (sum(sums.values()) + 2.0), 3), _once(spoken[best]))


def urgency(text: str, kind: str = "") -> Judged:
    """critical, urgent or normal, with the phrases that raised it; normal when nothing did.

    `kind` is the request type where it is known: a danger that is only asked about or praised raises nothing.
    """
    return urgency_of(alarms(text, kind))


def sensitive(text: str, kind: str = "") -> tuple[Judged, ...]:
    """The signals of `api.SENSITIVE` that the text gives, each once, with their phrases."""
    return signals_of(alarms(text, kind))


def urgency_of(hits: Sequence[Hit]) -> Judged:
    """As `urgency`, from alarms that were found already."""
    code = max((hit.urgency for hit in hits), key=LEVELS.index, default="normal")
    if code == "normal":
        return Judged(code, 1.0, ())
    return Judged(code, 0.9, _once(hit.phrase for hit in hits if hit.urgency == code))


def signals_of(hits: Sequence[Hit]) -> tuple[Judged, ...]:
    """As `sensitive`, from alarms that were found already."""
    found: dict[str, list[str]] = {}
    for hit in hits:
        if hit.sensitive:
            found.setdefault(hit.sensitive, []).append(hit.phrase)
    return tuple(Judged(code, 0.9, _once(phrases)) for code, phrases in found.items())


def alarms(text: str, kind: str = "") -> list[Hit]:
    """Every phrase of the alarm tables that is meant, at the step its surroundings leave it."""
    return listen(text, kind)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
