"""A reply made ready to be judged: folded to half width (offsets stay), cut to a length that is read in no time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from classifiers.reply_quality.findings import Mark
from classifiers.segment import fold_width

READ_CHARS = 12_000
"""More of a reply, or of a request, is not read. The unit's desk and the API take replies of 10,000 signs at most, so only a
row of a table can be longer: what lies beyond is warned of and not judged, personal data in it included."""
TITLE_CHARS = 400
_SENTENCE = re.compile(r"[^。!?;\n]{1,2000}[。!?;\n]*")
_HOLE = re.compile(r"〔(?![\d一二三四五六七八九〇]{2,6}〕)[^〔〕]{1,30}〕")
_BLANK = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Sentence:
    """A sentence at [start, end) of the reply."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Reading:
    """The reply as rules read it; `text` has the offsets of the reply that was handed in."""

    text: str
    sentences: tuple[Sentence, ...] = field(default=())
    holes: tuple[Mark, ...] = ()

    @property
    def bare(self) -> str:
        """Letters and digits alone."""
        return _BLANK.sub("", self.text)


def read(reply: str) -> Reading:
    """Makes a reply ready. A sentence with a hole 〔…〕 still to be filled says nothing yet: it is read as blanks."""
    whole = fold_width(reply[:READ_CHARS])
    holes = tuple(Mark(hit.start(), hit.end(), "unfilled", "待填") for hit in _HOLE.finditer(whole))
    text = (
        _SENTENCE.sub(lambda one: " " * len(one[0]) if _HOLE.search(one[0]) else one[0], whole)
        if holes
        else whole
    )
    return Reading(text, tuple(Sentence(m.start(), m.end(), m[0]) for m in _SENTENCE.finditer(text)), holes)


def marks(pattern: re.Pattern[str], text: str, kind: str, note: str, most: int = 3) -> tuple[Mark, ...]:
    """The first places where a pattern stands in the text."""
    return tuple(_some(pattern, text, kind, note, most))


def _some(pattern: re.Pattern[str], text: str, kind: str, note: str, most: int) -> Iterator[Mark]:
    for found, _ in zip(pattern.finditer(text), range(most), strict=False):
        yield Mark(found.start(), found.end(), kind, note)
