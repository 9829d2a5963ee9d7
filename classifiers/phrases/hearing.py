"""Whether a phrase is meant as it stands: figurative, denied, past, imagined, or only the subject of talk.

Everything here works on one message whose width was folded, sign for sign, so that offsets stay true. Figurative
phrases ("跳楼甩卖", "气得要死", "死机") are blanked before anything listens. The rest is a matter of degree: `Doubt` says by how
many steps an alarm is lowered, and `SILENT` that it is no alarm at all.
"""

import re
from typing import NamedTuple

from classifiers.phrases.alarm_words import NOW, PAST
from classifiers.word_files import expressions

BLANK = "＿"
SILENT = 3
AROUND = 30
"""How far, in signs, the words of an aftermath (a court, a verdict, a compensation) reach."""

_SAID = expressions("hearing.txt")
_FIGURATIVE = re.compile(_SAID["figurative"])
_TOPIC_AFTER = re.compile(f"^(?:的)?(?:{_SAID['topic-after']})")
_TOPIC_LIST = re.compile(_SAID["topic-list"])
_TOPIC_BEFORE = re.compile(f"(?:{_SAID['topic-before']})(?:的|了|一个|个)?$")
_DENIED = re.compile(f"(?:{_SAID['denied']})(?:{_SAID['denied-between']})*$")
_WORRIED = re.compile(_SAID["worried"])
_RISK = re.compile(r"^.{0,6}(?:隐患|风险|危险|的可能|不堪设想|怎么办|责任谁)")
_AFTERMATH = re.compile(_SAID["aftermath"])
_IMAGINED = re.compile(_SAID["imagined"])
_PAST = re.compile(f"(?:{PAST})")
_RIGHT_NOW = re.compile("现在|刚才|刚刚|正在|还在|马上|今天|今早|今晚")
_NOW = re.compile(f"(?:{NOW}|快来|赶紧|马上|急)")
_DATED = re.compile(
    "[0-9一二三四五六七八九十]{1,2}月(?:份|初|中旬|底|[0-9一二三四五六七八九十]{1,3}[日号])|多年|至今(?:没|未|不|仍)"
)
_LASTING = re.compile("又|还在|至今|到现在|一直|还要|下次|再|反复|天天|仍")
_LINE_END = re.compile(r"[,，、：:。！？!?；;\n]")


class Doubt(NamedTuple):
    """What speaks against a phrase: how many steps lower it is heard (SILENT: not at all)."""

    steps: int
    denied: bool


def without_figures(text: str) -> str:
    """The text with figurative phrases blanked, sign for sign."""
    return _FIGURATIVE.sub(lambda found: BLANK * len(found.group()), text)


def happening(text: str) -> bool:
    """Whether words of here and now stand in it."""
    return _NOW.search(text) is not None


def tells_of_now(sentence: str) -> bool:
    """Whether it says that it happens now, whatever dates it names as well."""
    return _RIGHT_NOW.search(sentence) is not None


def doubt(sentence: str, start: int, end: int, now: bool) -> Doubt:
    """What the words around sentence[start:end] make of it; `now` is `tells_of_now` of the sentence.

    Denials reach as far as their clause. Past times silence unless something says that it goes on. Worries and
    risks lower by one step, so do the words of an aftermath and dates, imagined things by two.
    """
    before = _LINE_END.split(sentence[max(0, start - 16) : start])[-1]
    after = sentence[end : end + 8]
    if _DENIED.search(before):
        return Doubt(SILENT, True)
    if _TOPIC_AFTER.match(after) or _TOPIC_BEFORE.search(before):
        return Doubt(SILENT, False)
    if _TOPIC_LIST.search(sentence, max(0, start - AROUND), end + AROUND):
        return Doubt(SILENT, False)
    wide = sentence[max(0, start - 24) : end]
    if _was_past(wide) and not _LASTING.search(sentence, start, end + 40):
        return Doubt(SILENT, False)
    if _IMAGINED.search(wide):
        return Doubt(2, False)
    worried = _WORRIED.search(before) or _RISK.match(after)
    told = _AFTERMATH.search(sentence, max(0, start - AROUND), end + AROUND) or (
        _DATED.search(sentence, max(0, start - AROUND), end + AROUND) and not now
    )
    return Doubt(bool(worried) + bool(told), False)


def _was_past(before: str) -> bool:
    """Whether a past time stands before a phrase and nothing of now between the two ("上次修好了，今天又…")."""
    said = list(_PAST.finditer(before))
    between = before[said[-1].end() :] if said else ""
    return bool(said) and not (_RIGHT_NOW.search(between) or _LASTING.search(between))
