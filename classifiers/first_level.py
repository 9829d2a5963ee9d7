"""What a model of the first level gives, whatever stands behind it: a linear one, an encoder, or both.

A model reads messages and gives a calibrated probability per class it has learned; `served` joins that
with the taxonomy, the rules and the entities to a whole prediction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from classifiers.api import Text

Floats = npt.NDArray[np.floating[Any]]
BATCH = 32


def softmax(scores: Floats) -> Floats:
    """Probabilities per row."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Reading:
    """Calibrated probability per learned class, and the words that spoke for the best, strongest first."""

    shares: Mapping[str, float]
    words: tuple[str, ...] = ()


class FirstLevelModel(Protocol):
    """A model folder opened. The constructor is light; `load()` reads and checks it, once.

    `threshold` is the least probability that is called certain (above 1: never).
    """

    name: str
    version: str
    threshold: float

    def load(self) -> None:
        """Make ready; a second call does nothing. Raises ClassifierUnavailable with the reason."""

    def read(self, texts: Sequence[Text]) -> list[Reading]:
        """One reading per text, in the same order. May be called from several threads at once."""

    def seen(self, word: str) -> float:
        """Share of the messages it learned from that hold this word; 0 for a word it does not know."""
