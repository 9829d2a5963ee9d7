"""The labelled messages a model learns from, and their division into folds.

`complaints_raw.csv` (title, detail) and `complaints_tokens.csv` (words without function words) hold the
same messages in two forms; a message counts once and carries both where there are both. `labels.csv`
(title, detail, label, dup_group) holds further messages, such as a site's own; a folder needs one of the
three. Rows of one `dup_group` are near duplicates and always stay on one side of a split.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RAW, TOKENS, LABELS = "complaints_raw.csv", "complaints_tokens.csv", "labels.csv"


class CorpusError(Exception):
    """The training data cannot be read; the message says which file and why."""


@dataclass(frozen=True)
class Message:
    """One labelled message: `raw` is its text, `words` its words; one of them may be empty."""

    number: str
    group: str
    label: str
    raw: str
    words: tuple[str, ...]


def read(folder: Path) -> list[Message]:
    """All labelled messages of a folder, in the order of their numbers. Raises CorpusError."""
    if not any((folder / name).is_file() for name in (RAW, TOKENS, LABELS)):
        raise CorpusError(f"{folder} 中没有 {RAW}、{TOKENS} 或 {LABELS}")
    raw = {
        row["att2_row"]: row
        for row in _rows(folder / RAW, ("att2_row", "title", "detail", "label", "dup_group"))
    }
    tokens = {
        row["att2_row"]: row for row in _rows(folder / TOKENS, ("att2_row", "label", "tokens", "dup_group"))
    }
    messages = [
        _message(number, raw.get(number), tokens.get(number)) for number in raw.keys() | tokens.keys()
    ]
    own = _rows(folder / LABELS, ("title", "detail", "label", "dup_group"))
    messages += [_message(f"own-{number}", row, None) for number, row in enumerate(own, 1)]
    return sorted(messages, key=lambda message: (len(message.number), message.number))


def folds(messages: list[Message], count: int, seed: int) -> Iterator[tuple[list[int], list[int]]]:
    """Train and test positions, stratified by label, whole groups on one side."""
    from sklearn.model_selection import StratifiedGroupKFold

    labels = [message.label for message in messages]
    groups = [message.group for message in messages]
    split = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    for train, test in split.split(np.zeros(len(messages)), labels, groups):
        yield train.tolist(), test.tolist()


def _message(number: str, raw: dict[str, str] | None, tokens: dict[str, str] | None) -> Message:
    row = raw or tokens or {}
    text = "\n".join(part for part in (raw["title"], raw["detail"]) if part) if raw else ""
    return Message(
        number, row["dup_group"], row["label"], text, tuple((tokens or {}).get("tokens", "").split())
    )


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The rows of a file with these columns; none where there is no such file."""
    if not path.is_file():
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise CorpusError(f"{path.name} 缺少列:{'、'.join(missing)}")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"无法读取 {path}:{error}") from error
