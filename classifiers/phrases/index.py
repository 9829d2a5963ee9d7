"""Which of many phrases can stand in a text at all: a cheap sieve before thousands of regular expressions.

A row of a table is a regular expression of alternatives ("停水|断(?:水|电)"). Each alternative has words that every match
of it contains; only alternatives whose words are in the text are tried. Searching for a word costs some 50 ns, trying
an expression at each sign of a text a thousand times as much. The words are read off the expressions, so tables stay
as people write them; an alternative without any such word is always tried.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

Row = TypeVar("Row")
_MARK = re.compile(
    r"\\.|\[\^?(?:\\.|[^\]\\])*\]|\(\?<?[!=:]|\(|\)|\||[*+?]\??|\{\d*,?\d*\}\??|[.^$]|[^\\\[\]()|*+?{}.^$]"
)
_MAY_LACK = re.compile(r"[*?]|\{0?,|\{0\}")


class Entry(NamedTuple):
    """One alternative: the place of its row, the words of which it needs one, and the expression."""

    place: int
    words: tuple[str, ...]
    pattern: re.Pattern[str]


class PhraseIndex(Generic[Row]):
    """Rows with their expressions; `found` gives what `re.finditer` of each alternative would."""

    def __init__(self, rows: Iterable[tuple[Row, str]]) -> None:
        self._rows: list[Row] = []
        self._entries: list[Entry] = []
        for row, phrases in rows:
            for alternative in alternatives(phrases):
                self._entries.append(Entry(len(self._rows), needed(alternative), re.compile(alternative)))
            self._rows.append(row)

    def possible(self, text: str) -> list[Entry]:
        """The alternatives that can match somewhere in the text or in a part of it."""
        return [entry for entry in self._entries if _has(text, entry.words)]

    def found(self, text: str, possible: list[Entry] | None = None) -> Iterator[tuple[Row, re.Match[str]]]:
        """(row, match) of every alternative, alternative by alternative; `possible` is that of a text around."""
        for entry in self._entries if possible is None else possible:
            if _has(text, entry.words):
                for match in entry.pattern.finditer(text):
                    yield self._rows[entry.place], match


def _has(text: str, words: tuple[str, ...]) -> bool:
    if not words:
        return True
    for word in words:  # noqa: SIM110 -- any() over a generator costs more than the search itself
        if word in text:
            return True
    return False


def alternatives(phrases: str) -> list[str]:
    """The expression cut at its outermost bars."""
    parts, depth = [""], 0
    for mark in _MARK.findall(phrases):
        if mark == "|" and not depth:
            parts.append("")
            continue
        depth += mark.startswith("(") - (mark == ")")
        parts[-1] += mark
    return parts


def needed(expression: str) -> tuple[str, ...]:
    """Words of which every match of the expression contains at least one; empty when there is no telling."""
    marks = _MARK.findall(expression)
    words, _ = _needed_by_any(marks, 0)
    return tuple(dict.fromkeys(words)) if all(words) else ()


def _needed_by_any(marks: list[str], at: int) -> tuple[list[str], int]:
    """Words of all branches up to the closing bracket; none when one branch has none."""
    union: list[str] = []
    blind = False
    while True:
        words, at = _needed_by_one(marks, at)
        blind = blind or not words
        union += words
        if at >= len(marks) or marks[at] == ")":
            return ([] if blind else union), at
        at += 1


def _needed_by_one(marks: list[str], at: int) -> tuple[list[str], int]:
    """The most telling words of one branch: runs of plain signs, or those of a bracket that must be there."""
    choices: list[list[str]] = []
    run = ""
    while at < len(marks) and marks[at] not in ("|", ")"):
        mark = marks[at]
        inner: list[str] = []
        if mark.startswith("("):
            inner, at = _needed_by_any(marks, at + 1)
        lacking = at + 1 < len(marks) and _MAY_LACK.match(marks[at + 1])
        plain = len(mark) == 1 and mark not in ".^$)*+?"
        if plain and not lacking:
            run += mark
        else:
            choices.append([run])
            run = ""
            if mark.startswith(("(?:", "(")) and not mark.startswith(("(?!", "(?<", "(?=")) and not lacking:
                choices.append(inner)
        at += 1
    choices.append([run])
    return max(choices, key=_telling), at


def _telling(words: list[str]) -> tuple[int, int]:
    return (min(map(len, words)), -len(words)) if words and all(words) else (0, 0)
