"""What sounds an alarm: phrases by subject, with the signal they give and how urgent they are (`data/alarms.txt`).

Written for people who know the work: a phrase stands where its meaning is. `.{0,8}` bridges a few words of one
sentence. What lowers or silences a phrase is in `classifiers.phrases.hearing` and not here. Standards behind the steps: dispatch
within an hour for emergencies, unrest, public health and danger to life, within two hours for water, power, gas, heat and
extreme weather, within a day for the rest (DB11/T 2021-2022).
"""

from typing import NamedTuple

from classifiers.phrases.alarm_words import CROWD, NEAR, PERSON
from classifiers.word_files import sections, spelt_out

_SHARED = {"CROWD": CROWD, "NEAR": NEAR, "PERSON": PERSON}
_NEAR_CHILD = "near-child"
"""The section whose phrases count only beside a young person: neither says it alone."""


class Alarm(NamedTuple):
    """One section of the table: the signal it gives ("" for none), how urgent it is, and its phrases joined by "|"."""

    sensitive: str
    urgency: str
    phrases: str


def _alarm(head: str, lines: list[str]) -> Alarm:
    signal, urgency = head.split()
    phrases = "|".join(spelt_out(line, _SHARED) for line in lines)
    return Alarm("" if signal == "-" else signal, urgency, phrases)


_TABLE = tuple(_alarm(head, lines) for head, lines in sections("alarms.txt"))
ALARMS = tuple(alarm for alarm in _TABLE if alarm.sensitive != _NEAR_CHILD)
CHILD_IN_DANGER, CHILD_HARMED = (
    "|".join(alarm.phrases for alarm in _TABLE if alarm[:2] == (_NEAR_CHILD, urgency))
    for urgency in ("critical", "urgent")
)
