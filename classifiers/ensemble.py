"""Both models together: the linear one answers what it is sure of, the encoder is asked about the rest.

Two readers that err differently: the linear model reads words and characters of the whole message, the
encoder meaning and order of its beginning. Their probabilities are joined as
`softmax(linear × log p + encoder × margins + offsets)`, the three fitted on held-out messages (stacking;
Wolpert 1992). Above `sure` the linear probability stands alone, which costs nothing measurable and saves
four fifths of the time. A folder may also hold a head that hears danger in short messages (`danger`), which the encoder
then reads all.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifiers import danger, sealed
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
    danger: bool = False
    """Whether the folder holds a head that hears danger."""


def version_of(linear: str, encoder: str, join: Join, hearing: str = "") -> str:
    """The version that stands for these parts: versions or digests of the models, digest of the danger head."""
    return f"ensemble-{hashlib.sha256(f'{linear} {encoder} {join}{hearing}'.encode()).hexdigest()[:10]}"


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
        unsure = {row for row, reading in enumerate(found) if max(reading.shares.values()) < self._join.sure}
        short = {row for row, text in enumerate(texts) if self._danger and danger.is_short(text)}
        asked = sorted(unsure | short)
        if not asked:
            return found
        margins, vectors = self._encoder.margins_and_vectors([texts[row] for row in asked])
        alone = np.array([[found[row].shares[label] for label in self._labels] for row in asked])
        both = joined(self._join, alone, margins)
        heard = self._danger.heard(vectors) if self._danger else np.zeros(len(asked), bool)
        for row, shares, alarm in zip(asked, both.tolist(), heard.tolist(), strict=True):
            if row in unsure:
                found[row] = replace(found[row], shares=dict(zip(self._labels, shares, strict=True)))
            if row in short:
                found[row] = replace(found[row], danger=alarm)
        return found

    def seen(self, word: str) -> float:
        """Share of the learned messages that hold this word."""
        return self._linear.seen(word)

    def _load(self) -> None:
        head = read_head(self._folder)
        self._linear.load()
        self._encoder.load()
        reading = self._linear.read([Text("", "")])[0]
        if set(reading.shares) != set(head.labels) or self._encoder.labels != head.labels:
            raise ClassifierUnavailable(f"模型目录 {self._folder} 的各文件互不匹配")
        self._join, self._labels = head.join, head.labels
        self._danger = self._danger_head() if head.danger else None
        self.version, self.threshold = head.version, head.threshold

    def _danger_head(self) -> danger.DangerHead:
        try:
            return danger.read(self._folder / danger.FILE)
        except Exception as error:  # numpy's errors are many; all mean that this file is none of ours
            raise ClassifierUnavailable(
                f"模型目录 {self._folder} 的 {danger.FILE} 无法读取:{error}"
            ) from error


def read_head(folder: Path) -> Head:
    """Check an ensemble's folder and read its head. Raises ClassifierUnavailable with the reason."""
    content = sealed.unsealed(folder, FORMAT, FILES)
    head = sealed.fields_of(folder, content, _head)
    if head.danger:
        sealed.unsealed(folder, FORMAT, (danger.FILE,))
    return head


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
        bool(content.get("danger")),
    )
