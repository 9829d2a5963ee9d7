"""Both models together: the linear one answers what it is sure of, the encoder is asked about the rest.

Two readers that err differently: the linear model reads words and characters of the whole message, the
encoder meaning and order of its beginning. Their probabilities are joined as
`softmax(linear × log p + encoder × margins + offsets)`, the three fitted on held-out messages (stacking;
Wolpert 1992). Above `sure` the linear probability stands alone, which costs nothing measurable and saves
four fifths of the time.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import sealed
from classifiers.api import ClassifierUnavailable, Text
from classifiers.encoder.model import EncoderModel
from classifiers.first_level import Floats, Reading, softmax
from classifiers.linear import LinearModel
from classifiers.segment import Segmenter

FORMAT = "hotline-ensemble-1"
LINEAR, ENCODER = "linear", "encoder"
FILES = (f"{LINEAR}/{sealed.HEAD}", f"{ENCODER}/{sealed.HEAD}")
_TINY = 1e-7


@dataclass(frozen=True)
class Join:
    """How the two are joined; `sure` is the linear probability above which it answers alone."""

    linear: float
    encoder: float
    offsets: tuple[float, ...]
    sure: float


def joined(join: Join, probabilities: Floats, margins: Floats) -> Floats:
    """Probabilities [messages, classes] of the ensemble from the linear model's and the encoder's margins."""
    return softmax(join.linear * logs(probabilities) + join.encoder * margins + np.asarray(join.offsets))


def logs(probabilities: Floats) -> Floats:
    """Logarithms that a probability of 0 does not send to infinity; fitting and serving take the same."""
    return np.asarray(np.log(probabilities + _TINY))


@dataclass(frozen=True)
class Head:
    """What the head of an ensemble's folder says."""

    version: str
    labels: tuple[str, ...]
    threshold: float
    join: Join


class EnsembleModel:
    """The ensemble in `folder`; see `first_level.FirstLevelModel` for the contract."""

    name = "ensemble"

    def __init__(self, folder: Path, segmenter: Segmenter) -> None:
        self.version, self.threshold = "", 2.0
        self._folder = folder
        self._linear = LinearModel(folder / LINEAR, segmenter)
        self._encoder = EncoderModel(folder / ENCODER)
        self._lock = threading.Lock()
        self._ready = False

    def load(self) -> None:
        """Read and check both models. Raises ClassifierUnavailable with the reason."""
        with self._lock:
            if not self._ready:
                self._load()
                self._ready = True

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """Probability per class for each text; the words are those of the linear model."""
        found = self._linear.read(texts)
        asked = [row for row, reading in enumerate(found) if max(reading.shares.values()) < self._join.sure]
        if asked:
            alone = np.array([[found[row].shares[label] for label in self._labels] for row in asked])
            both = joined(self._join, alone, self._encoder.margins([texts[row] for row in asked]))
            for row, shares in zip(asked, both.tolist(), strict=True):
                found[row] = Reading(dict(zip(self._labels, shares, strict=True)), found[row].words)
        return found

    def seen(self, word: str) -> float:
        """Share of the learned messages that hold this word."""
        return self._linear.seen(word)

    def _load(self) -> None:
        content = sealed.unsealed(self._folder, FORMAT, FILES)
        head = sealed.fields_of(self._folder, content, _head)
        self._linear.load()
        self._encoder.load()
        reading = self._linear.read([Text("", "")])[0]
        if set(reading.shares) != set(head.labels) or self._encoder.labels != head.labels:
            raise ClassifierUnavailable(f"模型目录 {self._folder} 的各文件互不匹配")
        self._join, self._labels = head.join, head.labels
        self.version, self.threshold = head.version, head.threshold


def _head(content: Mapping[str, Any]) -> Head:
    join = content["join"]
    offsets = tuple(float(offset) for offset in join["offsets"])
    labels = tuple(content["labels"])
    if len(offsets) != len(labels):
        raise ValueError("offsets")
    return Head(
        str(content["version"]),
        labels,
        float(content["threshold"]),
        Join(float(join["linear"]), float(join["encoder"]), offsets, float(join["sure"])),
    )
