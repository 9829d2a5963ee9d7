"""From words to n-gram counts: the one place where training and serving see a message the same way.

Two blocks of n-grams: one and two neighbouring words, and one to three neighbouring characters of the
words written together. An n-gram is a number: its tokens' ids (from the transformers tokenizer) as digits
to the base of the vocabulary's size; a sorted table of such numbers gives the column. So an n-gram is
known exactly, nothing collides as with hashing, and looking up a whole message is one binary search in C.

Words with a digit and function words are left out beforehand: much of the training text came without them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

UNKNOWN = 0
MAX_CHARS = 2_000
"""A message is read no further than this: nine in ten are shorter than 900 characters."""

Ids = npt.NDArray[np.int64]
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Grams:
    """The known n-grams of one message: columns of the model's two blocks and how often each occurs."""

    word_columns: Ids
    word_counts: Ids
    char_columns: Ids
    char_counts: Ids


class GramTables:
    """The n-grams a model knows: two sorted arrays of n-gram numbers over a vocabulary of `size` tokens."""

    def __init__(self, size: int, words: Ids, chars: Ids) -> None:
        self.size, self.words, self.chars = size, words, chars

    def lookup(self, word_ids: Sequence[int], char_ids: Sequence[int]) -> Grams:
        """Count the known n-grams of one message given as token ids."""
        words = _known(self.words, word_grams(word_ids, self.size))
        return Grams(*words, *_known(self.chars, char_grams(char_ids, self.size)))

    def parts(self, column: int) -> tuple[int, ...]:
        """Token ids of the n-gram in this column of the word block."""
        rest, ids = int(self.words[column]), []
        while rest:
            rest, token = divmod(rest, self.size + 1)
            ids.append(token - 1)
        return tuple(reversed(ids))


def content_words(words: Iterable[str], stop: frozenset[str]) -> list[str]:
    """The words that a category can be read from: no function words, nothing with a digit in it."""
    return [word for word in words if word not in stop and not _DIGIT.search(word)]


def token_ids(tokenizer: Any, messages: Sequence[Sequence[str]]) -> list[tuple[list[int], list[int]]]:
    """Ids of the words and of the characters of each message, from a transformers tokenizer over WordLevel."""
    if not messages:
        return []
    words = [" ".join(message) for message in messages]
    chars = [" ".join("".join(message)) for message in messages]
    encoded = tokenizer(words + chars, add_special_tokens=False, return_attention_mask=False)["input_ids"]
    return list(zip(encoded[: len(words)], encoded[len(words) :], strict=True))


def word_grams(ids: Sequence[int], size: int) -> Ids:
    """Numbers of the one- and two-word n-grams that hold no unknown word."""
    return _grams(ids, size, 2)


def char_grams(ids: Sequence[int], size: int) -> Ids:
    """Numbers of the one- to three-character n-grams that hold no unknown character."""
    return _grams(ids, size, 3)


def _grams(ids: Sequence[int], size: int, longest: int) -> Ids:
    base = size + 1
    single = np.asarray(ids, dtype=np.int64)
    known = single != UNKNOWN
    number, whole, parts = single + 1, known, [single[known] + 1]
    for extra in range(1, longest):
        if len(single) <= extra:
            break
        number = number[:-1] * base + single[extra:] + 1
        whole = whole[:-1] & known[extra:]
        parts.append(number[whole])
    return np.concatenate(parts)


def _known(table: Ids, grams: Ids) -> tuple[Ids, Ids]:
    numbers, counts = np.unique(grams, return_counts=True)
    if not len(table) or not len(numbers):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    columns = np.minimum(np.searchsorted(table, numbers), len(table) - 1)
    hit = table[columns] == numbers
    return columns[hit], counts[hit].astype(np.int64)
