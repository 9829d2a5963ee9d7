"""Numbers that point at somebody: phones, ID numbers, credit codes, bank cards, plates, and e-mail addresses.

Found by `classifiers.personal_data.finding`, as everything that is masked is; what fails its check digit is left unmarked here.
"""

from collections.abc import Iterator

from classifiers.extraction.spans import Found
from classifiers.personal_data.finding import find_numbers

_KINDS = {"hotline": "phone"}


def numbers(text: str) -> Iterator[Found]:
    """What is found in a text, in order, without overlaps."""
    for span in find_numbers(text):
        yield Found(_KINDS.get(span.kind, span.kind), span.start, span.end)
