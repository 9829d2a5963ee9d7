"""Whether a danger is over by what the message says of a good end ("后来人救出来了"), judged for each danger by itself.

A good end speaks of a danger told before it in the same sentence or the one before, or right after it in the same
sentence, and only where no word between the two turns to something else ("可", "对了"). Other good ends are about other
things, and the worst mistake is to miss a danger to life. The places are sought once a message, so time stays linear.
"""

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from classifiers.word_files import expressions

BESIDE = 12
"""A good end may stand so many signs before the words of the danger ("好在火已扑灭，着火的是厨房")."""
ONE_STEP = 1
OVER = 3

_SAID = expressions("hearing.txt")
_GOOD_END = re.compile(
    "(?:已经|都|早就|现在|今天|后来|最后|终于|幸好|幸亏|好在)(?:(?![没未]|无法|不能).){0,8}"
    f"(?:{_SAID['good-end']})|{_SAID['settled']}"
)
_TURN = re.compile(_SAID["turn"])
_SENTENCE_END = re.compile(r"[。！？!?；;\n]+")


class _Place(NamedTuple):
    start: int
    end: int


class GoodEnds:
    """The good ends of one message, and how many steps they lower a danger that is told in it."""

    def __init__(self, text: str) -> None:
        self._ends = _good_ends(text)
        self._starts = [place.start for place in self._ends]
        self._turns = [found.start() for found in _TURN.finditer(text)] if self._ends else []
        self._sentences = [found.end() for found in _SENTENCE_END.finditer(text)] if self._ends else []

    def steps(self, start: int, end: int) -> int:
        """How many steps lower a danger told at text[start:end] is to be heard: none, ONE_STEP, or OVER."""
        if not self._ends:
            return 0
        return max(self._told_after(start, end), self._told_beside(start))

    def _told_after(self, start: int, end: int) -> int:
        """The nearest good end decides: what turns away before it stands before all later ones too."""
        nearest = bisect_left(self._starts, start)
        if nearest == len(self._ends) or self._turned(end, self._starts[nearest]):
            return 0
        apart = self._sentence(self._starts[nearest]) - self._sentence(start)
        return (OVER, ONE_STEP)[apart] if apart <= 1 else 0

    def _told_beside(self, start: int) -> int:
        nearest = bisect_left(self._starts, start) - 1
        if nearest < 0 or self._starts[nearest] < start - BESIDE:
            return 0
        place = self._ends[nearest]
        beside = self._sentence(place.start) == self._sentence(start) and not self._turned(place.end, start)
        return ONE_STEP if beside else 0

    def _turned(self, start: int, end: int) -> bool:
        return bisect_left(self._turns, end) > bisect_left(self._turns, start)

    def _sentence(self, at: int) -> int:
        return bisect_right(self._sentences, at)


def _good_ends(text: str) -> list[_Place]:
    """Every place where one begins, in order; they may overlap."""
    places: list[_Place] = []
    found = _GOOD_END.search(text)
    while found:
        places.append(_Place(*found.span()))
        found = _GOOD_END.search(text, found.start() + 1)
    return places
