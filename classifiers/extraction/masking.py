"""A text with the inside of personal numbers starred."""

import re
from collections.abc import Iterable, Iterator

from classifiers.extraction.numbers import long_numbers, numbers
from classifiers.extraction.spans import Taken
from classifiers.segment import fold_width

PERSONAL = frozenset({"phone", "id_number", "bank_card", "email", "plate"})
"""Kinds that are hidden before a text leaves the centre."""
_PIECE = 20_000


def mask(text: str, kinds: Iterable[str] = PERSONAL) -> str:
    """The text with the inside of personal numbers starred; the ends stay, to be recognised by."""
    parts, last = [], 0
    for start, end in _maskable(text, frozenset(kinds)):
        inside = text[start:end]
        keep = 3 if len(inside) >= 10 else 1
        parts += [text[last:start], inside[:keep], "*" * max(1, len(inside) - keep * 2), inside[-keep:]]
        last = end
    return "".join([*parts, text[last:]])


def _maskable(text: str, kinds: frozenset[str]) -> list[tuple[int, int]]:
    """Spans to hide over the whole text, in pieces cut where no number runs on."""
    spans: list[tuple[int, int]] = []
    for begin, piece in _pieces(fold_width(text)):
        known = [span for span in Taken(len(piece)).claim(numbers(piece)) if span.kind in kinds]
        spans += [(begin + span.start, begin + span.end) for span in known]
        if "id_number" in kinds:
            spans += [(begin + start, begin + end) for start, end in long_numbers(piece)]
    return _apart(sorted(set(spans)))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    begin = 0
    while begin < len(text):
        end = min(len(text), begin + _PIECE)
        while end < len(text) and end > begin + _PIECE - 200 and re.match(r"[\w@.+-]", text[end - 1]):
            end -= 1
        yield begin, text[begin:end]
        begin = end


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
