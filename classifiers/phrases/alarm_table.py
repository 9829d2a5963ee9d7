"""What sounds an alarm: phrases by subject, with the signal they give and how urgent they are (`data/alarms.txt`).

Written for people who know the work: a phrase stands where its meaning is. `.{0,8}` bridges a few words of one
sentence. What lowers or silences a phrase is in `classifiers.phrases.hearing` and not here. Standards behind the steps: dispatch
within an hour for emergencies, unrest, public health and danger to life, within two hours for water, power, gas, heat and
extreme weather, within a day for the rest (DB11/T 2021-2022).
"""

import re
from importlib import resources
from typing import NamedTuple

from classifiers.phrases.alarm_words import CROWD, NEAR, PERSON

_SECTION = re.compile(r"\[(\S+) (critical|urgent|normal)\]")
_SHARED = {"<CROWD>": CROWD, "<NEAR>": NEAR, "<PERSON>": PERSON}
_NEAR_CHILD = "near-child"
"""The section whose phrases count only beside a young person: neither says it alone."""


class Alarm(NamedTuple):
    """One section of the table: the signal it gives ("" for none), how urgent it is, and its phrases joined by "|"."""

    sensitive: str
    urgency: str
    phrases: str


def _read() -> tuple[Alarm, ...]:
    sections: list[tuple[str, str, list[str]]] = []
    source = resources.files("classifiers") / "data" / "alarms.txt"
    for line in source.read_text(encoding="utf-8").splitlines():
        if head := _SECTION.fullmatch(line):
            sections.append(("" if head[1] == "-" else head[1], head[2], []))
        elif line and not line.startswith("# ") and line != "#":
            sections[-1][2].append(_spelt_out(line))
    return tuple(Alarm(signal, urgency, "|".join(phrases)) for signal, urgency, phrases in sections)


def _spelt_out(phrase: str) -> str:
    for name, words in _SHARED.items():
        phrase = phrase.replace(name, words)
    return phrase


_TABLE = _read()
ALARMS = tuple(alarm for alarm in _TABLE if alarm.sensitive != _NEAR_CHILD)
CHILD_IN_DANGER, CHILD_HARMED = (
    "|".join(alarm.phrases for alarm in _TABLE if alarm[:2] == (_NEAR_CHILD, urgency))
    for urgency in ("critical", "urgent")
)
