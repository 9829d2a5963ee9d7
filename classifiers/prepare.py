"""From labelled messages to what a model is fitted on: words, a vocabulary without names, ids.

A message that is known both as text and as words gives two examples with the same label and group: what
is served is text, and most of what is labelled is words. Everything that is learned here (function words,
vocabulary) comes from the messages handed in, so that a fold's test messages leave no trace.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.corpus import Message
from classifiers.features import MAX_CHARS, content_words, token_ids
from classifiers.learn import Encoded
from classifiers.model_files import build_tokenizer
from classifiers.names import personal_names
from classifiers.segment import Segmenter, shipped_words

BREAK = "\u0001"
"""Stands where a personal name stood: it is in no vocabulary, so no n-gram reaches across it."""
MAX_WORDS = 55_000
_FUNCTION_WORD_MESSAGES = 20


@dataclass(frozen=True)
class Example:
    """One view of a message: where it came from (position in the messages), and its words."""

    message: int
    is_text: bool
    words: tuple[str, ...]


class Preparer:
    """Cuts every message once and remembers which words are names, for all folds of a run."""

    def __init__(self, messages: Sequence[Message], segmenter: Segmenter) -> None:
        self.messages = messages
        self._segmenter = segmenter
        self.examples = [example for number in range(len(messages)) for example in self._views(number)]
        self._names: dict[str, bool] = {}

    def of(self, messages: Iterable[int]) -> list[Example]:
        """All examples of these messages."""
        wanted = frozenset(messages)
        return [example for example in self.examples if example.message in wanted]

    def function_words(self, examples: Sequence[Example]) -> frozenset[str]:
        """Words that many texts have and no word list has: what the makers of the word lists left out.

        Our own words are none of them, though no list has them either: there they stand in pieces.
        """
        listed = {word for example in examples if not example.is_text for word in example.words}
        texts = Counter(word for example in examples if example.is_text for word in set(example.words))
        if not listed:
            return frozenset()
        listed |= {word.split(" ")[0] for word in shipped_words()}
        return frozenset(
            word for word, n in texts.items() if n >= _FUNCTION_WORD_MESSAGES and word not in listed
        )

    def vocabulary(self, examples: Sequence[Example], stop: frozenset[str], least: int) -> list[str]:
        """Words and characters of at least `least` groups, most frequent first, without personal names."""
        seen: dict[str, set[str]] = defaultdict(set)
        for example in examples:
            words = content_words(example.words, stop)
            for word in {*words, *"".join(words)}:
                seen[word].add(self.messages[example.message].group)
        common = [word for word, groups in seen.items() if len(groups) >= least]
        common.sort(key=lambda word: (-len(seen[word]), word))
        names = self.names(common)
        return [word for word in common if word not in names][:MAX_WORDS]

    def shares(self, examples: Sequence[Example], tokenizer: Any) -> npt.NDArray[np.float64]:
        """Share of the examples' messages that hold each token of the tokenizer's vocabulary."""
        holders: dict[str, set[int]] = defaultdict(set)
        for example in examples:
            for word in set(example.words):
                holders[word].add(example.message)
        messages = len({example.message for example in examples})
        words = tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
        return np.array([len(holders.get(word, ())) / max(messages, 1) for word in words])

    def names(self, words: Iterable[str]) -> frozenset[str]:
        """The personal names among the words, each asked for once in a run."""
        words = list(words)
        unasked = [word for word in words if word not in self._names]
        struck = personal_names(unasked, self._segmenter)
        self._names.update((word, word in struck) for word in unasked)
        return frozenset(word for word in words if self._names[word])

    def _views(self, number: int) -> list[Example]:
        message = self.messages[number]
        views = []
        if message.raw:
            views.append(Example(number, True, tuple(self._segmenter.cut(message.raw[:MAX_CHARS]))))
        if message.words:
            listed = self._segmenter.normalise(" ".join(message.words)).split()
            views.append(Example(number, False, tuple(listed)))
        return views


def encode(
    tokenizer: Any, examples: Sequence[Example], stop: frozenset[str], names: frozenset[str]
) -> list[Encoded]:
    """Word and character ids of each example; a name becomes a break in both."""
    words = [content_words(example.words, stop) for example in examples]
    return token_ids(tokenizer, [[BREAK if word in names else word for word in message] for message in words])


def tokenizer_for(vocabulary: Sequence[str]) -> Any:
    """The transformers tokenizer over this vocabulary."""
    return build_tokenizer(vocabulary)
