"""What an encoder is trained on: texts as ids, in batches of like length, and texts known from nowhere else.

An encoder reads title and beginning of a message, cut at MAX_TOKENS. A message that is known as words only
is read as the words written together: nearly what the text was, without its function words.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from classifiers.corpus import CorpusError, Message
from classifiers.features import MAX_CHARS

MAX_TOKENS = 128
COPIED = 0.15
"""A text with more than this part of its runs in one labelled message counts as a copy of it."""
_RUN, _BETWEEN = 6, re.compile(r"[\W_]+")
TEXT_FILES = {
    "messages_unlabelled.csv": ("title", "detail"),
    "hot_messages.csv": ("title", "detail"),
    "replies.csv": ("title", "detail"),
    "policy_qa.csv": ("question", "answer"),
}
"""Files of a data folder with further texts of the field, and the columns that make a text."""
GUIDES, GUIDE_FIELDS = "service_guides.jsonl", ("TASK_NAME", "accept_standard", "material_intro")


def views(message: Message) -> list[str]:
    """The texts that a message is learned from: as it was written, and as its words alone."""
    return [text for text in (message.raw[:MAX_CHARS], "".join(message.words)[:MAX_CHARS]) if text]


def reading(message: Message) -> str:
    """The text that a message is judged by: as written where that is known."""
    return views(message)[0]


def further_texts(folder: Path) -> list[str]:
    """All texts of the field without labels that the folder has. Raises CorpusError for a broken file."""
    found: list[str] = []
    try:
        for name, columns in TEXT_FILES.items():
            if (folder / name).is_file():
                with (folder / name).open(encoding="utf-8-sig", newline="") as source:
                    for row in csv.DictReader(source):
                        found.append("\n".join(row[column] for column in columns if row.get(column)))
        if (folder / GUIDES).is_file():
            for line in (folder / GUIDES).read_text(encoding="utf-8").splitlines():
                guide = json.loads(line)
                found.append("\n".join(str(guide[field]) for field in GUIDE_FIELDS if guide.get(field)))
    except (OSError, ValueError, csv.Error) as error:
        raise CorpusError(f"无法读取 {folder} 中的补充文本:{error}") from error
    return [text[:MAX_CHARS] for text in dict.fromkeys(found) if len(text) >= 10]


def unlike(texts: Iterable[str], messages: Iterable[Message]) -> list[str]:
    """The texts that share no passage with a labelled message: those would carry test text into training.

    Function words are missing from most labelled messages, so a copy shares only some of its runs.
    """
    owners: dict[str, list[int]] = defaultdict(list)
    for number, message in enumerate(messages):
        for run in _runs(reading(message)):
            owners[run].append(number)
    return [text for text in texts if not _copied(_runs(text), owners)]


def _runs(text: str) -> set[str]:
    plain = _BETWEEN.sub("", text)
    return {plain[start : start + _RUN] for start in range(len(plain) - _RUN + 1)}


def _copied(runs: set[str], owners: dict[str, list[int]]) -> bool:
    shared = Counter(owner for run in runs for owner in owners.get(run, ())[:20])
    return bool(shared) and max(shared.values()) >= COPIED * len(runs)


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Ids of each text with its special pieces, cut at MAX_TOKENS."""
    if not texts:
        return []
    return list(tokenizer(list(texts), truncation=True, max_length=MAX_TOKENS)["input_ids"])


def batches(lengths: Sequence[int], size: int, chance: random.Random) -> list[list[int]]:
    """Positions in batches of like length, in random order: little padding, and no two epochs the same."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place] + chance.uniform(-8, 8))
    found = [order[start : start + size] for start in range(0, len(order), size)]
    chance.shuffle(found)
    return found
