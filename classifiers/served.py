"""A model of the first level in service: its readings joined with taxonomy, rules and entities."""

import threading
from collections.abc import Sequence

from classifiers.api import Category, Prediction, Text
from classifiers.assemble import assemble
from classifiers.batching import Batcher
from classifiers.familiar import rarity
from classifiers.first_level import BATCH, FirstLevelModel, Reading
from classifiers.segment import Segmenter
from classifiers.taxonomy import Taxonomy


class ServedClassifier:
    """Answers with a model; see `api.Classifier` for the contract."""

    def __init__(self, model: FirstLevelModel, taxonomy: Sequence[Category], segmenter: Segmenter) -> None:
        self._model, self._segmenter = model, segmenter
        self._taxonomy = Taxonomy(taxonomy)
        self._batcher: Batcher[Text, Reading] = Batcher(model.read, BATCH)
        self._rarity = rarity(model.seen, segmenter)
        self._lock = threading.Lock()
        self._ready = False

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def version(self) -> str:
        return self._model.version

    def load(self) -> None:
        """Read and check the model; a second or two. Raises ClassifierUnavailable with the reason."""
        with self._lock:
            if not self._ready:
                self._segmenter.load()
                self._model.load()
                self._ready = True

    def use_taxonomy(self, taxonomy: Sequence[Category]) -> None:
        """Match against another version of the taxonomy from the next prediction on."""
        self._taxonomy = Taxonomy(taxonomy)

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        """One prediction per text; see `api.Classifier.predict`."""
        self.load()
        taxonomy, threshold = self._taxonomy, self._model.threshold
        found: list[Prediction] = []
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            for text, reading in zip(batch, self._batcher.run(batch), strict=True):
                found.append(
                    assemble(
                        text,
                        taxonomy,
                        self._segmenter,
                        reading.shares,
                        threshold,
                        reading.words,
                        self._rarity,
                    )
                )
        return found
