"""A fine-tuned encoder served by ONNX Runtime: margins per class from the beginning of a message.

Its folder is sealed (see `sealed`): graph, tokenizer, head with classes and calibration. It can serve
alone, and is one half of the ensemble.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import sealed
from classifiers.api import ClassifierUnavailable, Text, whole
from classifiers.features import MAX_CHARS
from classifiers.first_level import Reading, softmax
from classifiers.model_files import TOKENIZER, quiet_transformers
from classifiers.runtime import session

FORMAT = "hotline-encoder-2"
GRAPH, CONFIG = "model.onnx", "config.json"
FILES = (GRAPH, CONFIG, *TOKENIZER)
Values = npt.NDArray[np.float32]
OUTPUTS = ("margins", "vectors")


@dataclass(frozen=True)
class Head:
    """What the head of an encoder's folder says.

    Probabilities are the softmax of `scale` × margins + `offsets`; `pieces` is where texts are cut.
    """

    version: str
    labels: tuple[str, ...]
    threshold: float
    scale: float
    offsets: tuple[float, ...]
    pieces: int


class EncoderModel:
    """The encoder in `folder`; see `first_level.FirstLevelModel` for the contract."""

    name = "encoder"

    def __init__(self, folder: Path) -> None:
        self.version, self.threshold = "", 2.0
        self.labels: tuple[str, ...] = ()
        self._folder = folder
        self._lock = threading.Lock()
        self._ready = False

    def load(self) -> None:
        """Read and check the model. Raises ClassifierUnavailable with the reason."""
        with self._lock:
            if not self._ready:
                self._load()
                self._ready = True

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """Calibrated probability per learned class for each text; an encoder names no words."""
        scores = self.margins(texts) * self._head.scale + np.asarray(self._head.offsets, np.float32)
        return [Reading(dict(zip(self.labels, row.tolist(), strict=True))) for row in softmax(scores)]

    def seen(self, word: str) -> float:
        """An encoder keeps no count of words: every one is as good as new to it."""
        return 0.0

    def margins(self, texts: Sequence[Text]) -> Values:
        """Scores [texts, classes] before calibration."""
        return self._run_each(texts)[0]

    def vectors(self, texts: Sequence[Text]) -> Values:
        """What the encoder makes of each text [texts, width]; near for texts of one matter."""
        return self._run_each(texts)[1]

    def _run_each(self, texts: Sequence[Text]) -> tuple[Values, Values]:
        """Margins and vectors.

        Texts are run one by one: eight-bit steps are chosen for all that runs together, so that a text would be scored
        by its company; and without padding it is faster on a processor.
        """
        rows = self._encode([whole(text)[:MAX_CHARS] for text in texts])
        found = tuple(np.zeros((len(rows), width), np.float32) for width in self._widths)
        for place, row in enumerate(rows):
            found[0][place], found[1][place] = self._run(row)
        return found[0], found[1]

    def _load(self) -> None:
        content = sealed.unsealed(self._folder, FORMAT, FILES)
        self._head = sealed.fields_of(self._folder, content, _head)
        try:
            self._session = session(self._folder / GRAPH)
            fast = quiet_transformers().PreTrainedTokenizerFast
            self._tokenizer = fast.from_pretrained(str(self._folder), local_files_only=True)
            self._widths = tuple(map(len, self._run(self._encode([""])[0])))
        except Exception as error:  # each library has its own errors; all mean that this folder cannot serve
            raise ClassifierUnavailable(f"模型目录 {self._folder} 无法加载:{error}") from error
        if {self._widths[0], len(self._head.offsets)} != {len(self._head.labels)}:
            raise ClassifierUnavailable(f"模型目录 {self._folder} 的各文件互不匹配")
        self.version, self.labels, self.threshold = (
            self._head.version,
            self._head.labels,
            self._head.threshold,
        )

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        written = [text.encode("utf-8", "replace").decode() for text in texts]  # no lone surrogates
        return list(self._tokenizer(written, truncation=True, max_length=self._head.pieces)["input_ids"])

    def _run(self, row: Sequence[int]) -> tuple[Values, Values]:
        """Margins [classes] and vector [width] of one text."""
        ids = np.array([row], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        margins, vectors = self._session.run([*OUTPUTS], given)
        return margins[0], vectors[0]


def _head(content: Mapping[str, Any]) -> Head:
    return Head(
        str(content["version"]),
        tuple(content["labels"]),
        float(content["threshold"]),
        float(content["scale"]),
        tuple(float(offset) for offset in content["offsets"]),
        int(content["pieces"]),
    )
