"""A span found by one of the readers, before it is an Entity of the text as handed in."""

from collections.abc import Iterable
from typing import NamedTuple


class Found(NamedTuple):
    """text[start:end] is a `kind`; `value` is what it means, in the form that the kind's reader tells."""

    kind: str
    start: int
    end: int
    value: str = ""


class Taken:
    """Which characters already belong to something. A span that overlaps is refused; the first reader wins."""

    def __init__(self, length: int) -> None:
        self._taken = bytearray(length)

    def claim(self, found: Iterable[Found]) -> list[Found]:
        """Those of `found` that overlap nothing yet; they are taken from now on."""
        kept = []
        for span in found:
            if span.end > span.start and not any(self._taken[span.start : span.end]):
                self._taken[span.start : span.end] = b"\1" * (span.end - span.start)
                kept.append(span)
        return kept

    def free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])
