"""Listening for alarms: the phrases of the alarm table in a message, each at the step its surroundings leave it.

Urgency leans to the alarm, because a missed danger to life is the worst mistake: a worry lowers by one step only, and
words of self-harm are never lowered by a worry ("怕她想不开" is heard as if it were happening). What is praised, asked in
general or proposed is no alarm unless it says that it is happening now. Time grows with the length of the text: bounded
gaps only, one pass per row of the table.
"""

import re
from bisect import bisect_left
from typing import NamedTuple

from classifiers.phrases.alarm_table import ALARMS, CHILD_HARMED, CHILD_IN_DANGER, Alarm
from classifiers.phrases.alarm_words import CHILD, NEAR, OWN_CHILD
from classifiers.phrases.endings import GoodEnds
from classifiers.phrases.hearing import (
    SILENT,
    Doubt,
    doubt,
    happening,
    tells_of_now,
    without_figures,
)
from classifiers.phrases.index import Entry, PhraseIndex
from classifiers.segment import fold_width

READ_CHARS = 20_000
"""The rules read no further than this: long enough for any letter, short enough for pasted logs."""
LEVELS = ("normal", "urgent", "critical")
LETTER_HEAD = 160
"""An emergency is told in the title or at once; what a longer letter mentions later is heard one step lower."""
CHILD_REACH = 36
"""How many signs a child and what befalls it may stand apart."""


class Hit(NamedTuple):
    """A phrase of an alarm table that is meant, at text[start:end] of the message that was handed in."""

    sensitive: str
    urgency: str
    phrase: str
    start: int = 0
    end: int = 0


_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_LOST_WORD = re.compile("走丢|走失|失踪|不见了|没回(?:来|家)|联系不上|失联|找不到人")
_LOST_PERSON = re.compile(rf"(?:{NEAR}|老人|痴呆|岁|人).{{0,36}}(?:{_LOST_WORD.pattern})")
_LOST = Alarm("life", "critical", "")
_NO_PERSON = re.compile(
    "老板|公司|商家|开发商|中介|物业|平台|机构|负责人|客服|经理|店家|狗|猫|犬|宠物|金毛|泰迪|鹦鹉|鸽子|羊|牛|鸡|快递|包裹|证件|身份证|钱包|手机不见"
)
_IN_DANGER = Alarm("minor", "critical", "")
_HARMED = Alarm("minor", "urgent", "")
_ROWS = PhraseIndex((row, row.phrases) for row in ALARMS)
_CHILD = re.compile(f"{CHILD}|{OWN_CHILD}")
_CHILDREN = PhraseIndex(((_IN_DANGER, CHILD_IN_DANGER), (_HARMED, CHILD_HARMED)))
_MANNERS = frozenset({"secrecy", "media", "official", "petition"})
"""Signals about the manner of a message and not about a danger: no frame silences them but a denial."""


def listen(text: str, request_type: str = "") -> list[Hit]:
    """Every alarm that is meant, in no particular order. `request_type` (api.REQUEST_TYPES) tells the frame."""
    heard = without_figures(fold_width(text[:READ_CHARS]))
    rows, children = _ROWS.possible(heard), _CHILDREN.possible(heard)
    hits: list[Hit] = []
    for sentence in _SENTENCE.finditer(heard):
        words = sentence.group()
        found = [*_ROWS.found(words, rows), *_lost(words), *_child(words, children)]
        now = bool(found) and tells_of_now(words)
        judged = [(row, match, doubt(words, match.start(), match.end(), now)) for row, match in found]
        hits += filter(
            None, (_heard(row, match, against, sentence.start()) for row, match, against in judged)
        )
    hits = [hit._replace(phrase=text[hit.start : hit.end]) for hit in hits]
    return _framed(hits, heard, request_type)


def _lost(sentence: str) -> list[tuple[Alarm, re.Match[str]]]:
    if not _LOST_WORD.search(sentence) or _NO_PERSON.search(sentence):
        return []
    return [(_LOST, match) for match in _LOST_PERSON.finditer(sentence)]


def _child(sentence: str, possible: list[Entry]) -> list[tuple[Alarm, re.Match[str]]]:
    """Harm near a young person: neither says it alone."""
    harms = list(_CHILDREN.found(sentence, possible))
    young = [match.start() for match in _CHILD.finditer(sentence)] if harms else []
    return [(row, match) for row, match in harms if _within_reach(young, match.start())]


def _within_reach(places: list[int], at: int) -> bool:
    nearest = bisect_left(places, at - CHILD_REACH)
    return nearest < len(places) and places[nearest] <= at + CHILD_REACH


def _heard(row: Alarm, match: re.Match[str], against: Doubt, offset: int) -> Hit | None:
    steps = against.steps
    if row.sensitive == "self_harm" and not against.denied and steps < SILENT:
        steps = 0
    if row.sensitive in _MANNERS and not against.denied:
        steps = 0
    if steps >= SILENT:
        return None
    level = LEVELS[max(0, LEVELS.index(row.urgency) - steps)]
    return Hit(row.sensitive, level, match.group(), offset + match.start(), offset + match.end())


def _framed(hits: list[Hit], text: str, request_type: str) -> list[Hit]:
    """What praise, a proposal, a general question, or a good end leaves of the alarms; self-harm and manners stay,
    for nobody speaks of that in general."""
    if not hits:
        return hits
    hits = [_in_letter(hit) if hit.start > LETTER_HEAD else hit for hit in hits]
    if request_type == "praise" or (request_type in ("suggestion", "consult") and not happening(text)):
        return [hit for hit in hits if _stays(hit)]
    ends = GoodEnds(text)
    return [hit for hit in (_after_good_end(hit, ends) for hit in hits) if hit]


def _after_good_end(hit: Hit, ends: GoodEnds) -> Hit | None:
    """The hit as a good end leaves it; None where it is over."""
    if _stays(hit):
        return hit
    left = LEVELS.index(hit.urgency) - ends.steps(hit.start, hit.end)
    return hit if left == LEVELS.index(hit.urgency) else _at(hit, left)


def _at(hit: Hit, level: int) -> Hit | None:
    return hit._replace(urgency=LEVELS[level]) if level > 0 else None


def _stays(hit: Hit) -> bool:
    return hit.sensitive in _MANNERS or hit.sensitive == "self_harm"


def _in_letter(hit: Hit) -> Hit:
    if hit.sensitive == "self_harm":
        return hit
    return hit._replace(urgency=LEVELS[max(0, LEVELS.index(hit.urgency) - 1)])
