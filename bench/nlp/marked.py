"""Examples of extraction with their marks, as `sets/extraction.txt` writes and explains them.

A third is for tuning, by a hash of the words alone, so that a message never changes sides; the rest is held out.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

EXAMPLES = Path(__file__).parent / "sets" / "extraction.txt"
PLACE_FORMS = {"d": "area", "r": "road", "x": "crossing", "c": "community", "s": "site"}
FIELDS = {
    **dict.fromkeys(PLACE_FORMS, "place"),
    "t": "time",
    "n": "person",
    "g": "age",
    "a": "amount",
    "O": "organisation",
    "o": "organisation",
    "h": "phone",
    "i": "id_number",
    "l": "plate",
    "e": "email",
    "b": "bank_card",
    "u": "credit_code",
}
_SIGN = re.compile(r"\{(?P<letter>[a-zA-Z]):|\|(?P<value>[^{}|]*)\}|(?P<end>\})")


@dataclass(frozen=True)
class Mark:
    """What should be found: text[start:end] is a `field`; `value` as the file's head says, a place's its form."""

    field: str
    start: int
    end: int
    value: str
    against: bool = False


@dataclass(frozen=True)
class Example:
    """One message with its marks in order of their starts."""

    text: str
    received_at: datetime
    marks: tuple[Mark, ...]

    @property
    def tuning(self) -> bool:
        return hashlib.sha256(self.text.encode()).digest()[0] % 3 == 0


def examples(path: Path = EXAMPLES) -> Iterator[Example]:
    """The file's messages. ValueError names the line whose marks do not close or have an unknown letter."""
    received = datetime(2026, 1, 1)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("@"):
            received = datetime.fromisoformat(line[1:].strip())
        elif line.strip() and not line.startswith("#"):
            try:
                yield parse(line.replace("\\n", "\n"), received)
            except (KeyError, IndexError) as error:
                raise ValueError(f"{path.name}:{number}: bad mark") from error


def parse(line: str, received_at: datetime) -> Example:
    """A marked line taken apart."""
    text, marks, done = "", [], 0
    open_marks: list[tuple[str, int]] = []
    for sign in _SIGN.finditer(line):
        text += line[done : sign.start()]
        done = sign.end()
        if sign["letter"]:
            FIELDS[sign["letter"]]
            open_marks.append((sign["letter"], len(text)))
            continue
        letter, start = open_marks.pop()
        value = PLACE_FORMS.get(letter, sign["value"] or "")
        marks.append(Mark(FIELDS[letter], start, len(text), value, letter == "O"))
    if open_marks:
        raise IndexError(line)
    return Example(
        text + line[done:], received_at, tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end)))
    )
