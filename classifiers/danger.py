"""Hearing by its meaning that somebody may be in danger: a linear reader of the encoder's vectors.

Phrases hear a danger that is told in familiar words; this hears it in others too, and is wrong more often. So it raises no
urgency: it gives the signal `danger` for a person to look at, and keeps the message from going out by itself. Only short
messages are heard, as callers' words are noted down: that is what it learned from (`classifiers.train_danger`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.api import Text, whole

SIGNAL = "danger"
FILE = "danger.npz"
SHORT_CHARS = 160
Vectors = npt.NDArray[np.floating[Any]]


def is_short(text: Text) -> bool:
    """Is it a note, and not a letter?"""
    return 0 < len(whole(text)) <= SHORT_CHARS


@dataclass(frozen=True)
class DangerHead:
    """Weights [width] over vectors as seen from the `middle` [width] of ordinary messages, each of length one.

    Danger is heard where the weighted sum is above `limit`.
    """

    middle: Vectors
    weights: Vectors
    limit: float

    def heard(self, vectors: Vectors) -> npt.NDArray[np.bool_]:
        """Which of these vectors [texts, width] tell of a danger."""
        return np.asarray(centred(vectors, self.middle) @ self.weights > self.limit)

    def write(self, path: Path) -> None:
        np.savez_compressed(
            path,
            middle=self.middle.astype(np.float32),
            weights=self.weights.astype(np.float32),
            limit=np.float32(self.limit),
        )


def read(path: Path) -> DangerHead:
    """Raises what numpy raises for a file that is none of ours."""
    with np.load(path, allow_pickle=False) as stored:
        return DangerHead(stored["middle"], stored["weights"], float(stored["limit"]))


def centred(vectors: Vectors, middle: Vectors) -> Vectors:
    """Vectors as seen from the middle, each of length one."""
    apart = vectors - middle
    return np.asarray(apart / np.maximum(np.linalg.norm(apart, axis=1, keepdims=True), 1e-9))
