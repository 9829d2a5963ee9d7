"""Finds the query's words in a document's own text and cuts excerpts around them.

Both search adapters highlight here, on the original text, so that they mark the same and offsets fit what
people read. A word is marked wherever its characters stand, also inside a longer word: 社保 in 社保卡. Latin
words and numbers are marked only as a whole.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from kb.api import Highlight
from kb.query import Analyser, Group

EXCERPT = 120  # characters
LEAD = 24  # characters of an excerpt before its first mark

_WORD = re.compile("[a-z0-9]")


class Marker:
    """Marks one query's words; made once for all hits of an answer."""

    def __init__(self, analyser: Analyser, groups: Iterable[Group]) -> None:
        self._analyser = analyser
        self._pattern = _pattern(token for group in groups for token in group.tokens)

    def highlights(self, title: str, text: str) -> tuple[Highlight, ...]:
        """The title in whole if something in it is marked, and the best excerpt of the text.

        Without any mark in the text its beginning is given, unmarked, so that a hit always has something to read.
        """
        found = []
        if marks := self._marks(title):
            found.append(Highlight("title", 0, title, tuple(marks)))
        if text:
            found.append(_excerpt("text", text, self._marks(text)))
        return tuple(found)

    def _marks(self, text: str) -> list[tuple[int, int]]:
        """Where the words stand in the text, in the text's own offsets, neighbours joined."""
        if self._pattern is None:
            return []
        normal, origin = _aligned(self._analyser, text)
        marks: list[tuple[int, int]] = []
        for hit in self._pattern.finditer(normal):
            begin, end = origin[hit.start()], origin[hit.end() - 1] + 1
            if marks and begin <= marks[-1][1]:
                marks[-1] = (marks[-1][0], max(end, marks[-1][1]))
            else:
                marks.append((begin, end))
        return marks


def _pattern(tokens: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted(set(tokens), key=lambda t: (-len(t), t))
    parts = [rf"(?<![a-z0-9]){t}(?![a-z0-9])" if _WORD.match(t) else re.escape(t) for t in longest_first]
    return re.compile("|".join(parts)) if parts else None


def _aligned(analyser: Analyser, text: str) -> tuple[str, Sequence[int]]:
    """The normalised text and, for each of its characters, the offset of the one it came from."""
    normal = analyser.normalise(text)
    if len(normal) == len(text):
        return normal, range(len(text))
    pieces, origin = [], []
    for at, character in enumerate(text):
        piece = analyser.normalise(character)
        pieces.append(piece)
        origin += [at] * len(piece)
    return "".join(pieces), origin


def _excerpt(field: Literal["title", "text"], text: str, marks: list[tuple[int, int]]) -> Highlight:
    start = _best_start(text, marks)
    end = min(len(text), start + EXCERPT)
    inside = tuple((b - start, min(e, end) - start) for b, e in marks if start <= b < end)
    return Highlight(field, start, text[start:end], inside)


def _best_start(text: str, marks: list[tuple[int, int]]) -> int:
    """Where the excerpt with the most different marked words begins; the first of equals."""
    best, start = -1, 0
    for begin, _ in marks[:50]:
        candidate = max(0, min(begin - LEAD, len(text) - EXCERPT))
        words = {text[b:e] for b, e in marks if candidate <= b and e <= candidate + EXCERPT}
        if len(words) > best:
            best, start = len(words), candidate
    return start
