"""The linear model on words and characters, served by ONNX Runtime.

Words come from our segmenter, their ids from a transformers tokenizer, n-gram columns from two sorted
tables, and the ONNX graph does the rest (see `graph`). Heavy imports happen in `load()`.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import model_files
from classifiers.api import ClassifierUnavailable, Text, whole
from classifiers.features import MAX_CHARS, UNKNOWN, Grams, content_words, token_ids
from classifiers.first_level import Reading
from classifiers.runtime import session
from classifiers.segment import Segmenter

_EVIDENCE_WORDS = 6


class LinearModel:
    """The linear model in `folder`; see `first_level.FirstLevelModel` for the contract."""

    name = "linear"

    def __init__(self, folder: Path, segmenter: Segmenter) -> None:
        self.version, self.threshold = "", 2.0
        self._folder, self._segmenter = folder, segmenter
        self._lock = threading.Lock()
        self._ready = False

    def load(self) -> None:
        """Read and check the model. Raises ClassifierUnavailable with the reason."""
        with self._lock:
            if not self._ready:
                self._segmenter.load()
                self._load()
                self._ready = True

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """Probability per learned class, and the words that spoke for the best, for each text."""
        words = [content_words(self._segmenter.cut(whole(text)[:MAX_CHARS]), self._stop) for text in texts]
        grams = [self._tables.lookup(*ids) for ids in token_ids(self._tokenizer, words)]
        probabilities, shares = self._run(grams)
        found = []
        for row, gram in enumerate(grams):
            best = int(probabilities[row].argmax())
            named = dict(zip(self._labels, probabilities[row].tolist(), strict=True))
            found.append(Reading(named, self._evidence(gram, shares[row, : len(gram.word_columns), best])))
        return found

    def seen(self, word: str) -> float:
        """Share of the learned messages that hold this word; 0 for one that is not in the vocabulary."""
        number = self._tokenizer.convert_tokens_to_ids(word)
        return 0.0 if number == UNKNOWN else float(self._seen[number])

    def _load(self) -> None:
        head = model_files.read_head(self._folder)
        try:
            self._session = session(self._folder / model_files.GRAPH)
            fast = model_files.quiet_transformers().PreTrainedTokenizerFast
            self._tokenizer = fast.from_pretrained(str(self._folder), local_files_only=True)
            self._tables, self._seen = model_files.read_tables(self._folder)
            self._words = self._tokenizer.convert_ids_to_tokens(range(len(self._tokenizer)))
        except Exception as error:  # each library has its own errors; all mean that this folder cannot serve
            raise ClassifierUnavailable(f"模型目录 {self._folder} 无法加载:{error}") from error
        self.version, self._labels, self.threshold = head.version, head.labels, head.threshold
        self._stop = frozenset(head.stop_words)
        self._probe()

    def _probe(self) -> None:
        """One empty message through the whole path: a model whose parts do not fit each other is found here."""
        try:
            _, shares = self._run([self._tables.lookup((), ())])
        except Exception as error:  # as above
            raise ClassifierUnavailable(f"模型目录 {self._folder} 试运行失败:{error}") from error
        if shares.shape[-1] != len(self._labels) or self._tables.size != len(self._words):
            raise ClassifierUnavailable(f"模型目录 {self._folder} 的各文件互不匹配")

    def _run(self, grams: Sequence[Grams]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        words = _padded([(gram.word_columns, gram.word_counts) for gram in grams])
        chars = _padded([(gram.char_columns, gram.char_counts) for gram in grams])
        feed: dict[str, Any] = dict(zip(("word_columns", "word_counts"), words, strict=True))
        feed |= dict(zip(("char_columns", "char_counts"), chars, strict=True))
        probabilities, shares = self._session.run(["probabilities", "word_shares"], feed)
        return probabilities, shares

    def _evidence(self, gram: Grams, shares: npt.NDArray[np.float32]) -> tuple[str, ...]:
        """Words of two and more characters by what they and their pairs added, strongest first."""
        added: dict[str, float] = {}
        for column, share in zip(gram.word_columns.tolist(), shares.tolist(), strict=True):
            parts = self._tables.parts(column)
            for token in parts:
                word = self._words[token]
                added[word] = added.get(word, 0.0) + share / len(parts)
        best = sorted(
            (word for word in added if len(word) > 1 and added[word] > 0), key=lambda word: -added[word]
        )
        return tuple(best[:_EVIDENCE_WORDS])


def _padded(
    rows: Sequence[tuple[npt.NDArray[Any], npt.NDArray[Any]]],
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    width = max(1, *(len(columns) for columns, _ in rows)) if rows else 1
    columns = np.zeros((len(rows), width), np.int64)
    counts = np.zeros((len(rows), width), np.float32)
    for number, (where, how_often) in enumerate(rows):
        columns[number, : len(where)] = where
        counts[number, : len(where)] = how_often
    return columns, counts
