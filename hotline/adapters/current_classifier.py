"""The classifier over the taxonomy in force: reopened when the taxonomy has a new version.

When the chosen model cannot be loaded, the taxonomy's keywords answer alone and the reason is logged: suggestions
get poorer, nothing stops.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from classifiers.api import Category, Classifier, ClassifierUnavailable, Prediction, Text
from classifiers.open import open_classifier
from classifiers.segment import Segmenter
from hotline.domain.reference import Reference

log = logging.getLogger(__name__)


class CurrentClassifier:
    """A classifiers.api.Classifier. `reference` gives the snapshot in force."""

    def __init__(self, url: str, reference: Callable[[], Reference], segmenter: Segmenter) -> None:
        self._url, self._reference, self._segmenter = url, reference, segmenter
        self._lock = threading.Lock()
        self._opened: Classifier | None = None
        self._taxonomy = -1

    @property
    def name(self) -> str:
        return self._current().name

    @property
    def version(self) -> str:
        return self._current().version

    def load(self) -> None:
        self._current()

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        return self._current().predict(texts)

    def _current(self) -> Classifier:
        reference = self._reference()
        taxonomy = reference.versions.get("category", 0)
        with self._lock:
            if self._opened is None or taxonomy != self._taxonomy:
                self._opened, self._taxonomy = self._open(reference), taxonomy
            return self._opened

    def _open(self, reference: Reference) -> Classifier:
        taxonomy = [
            Category(
                row["code"], row.get("parent", ""), row["name"], tuple(row["keywords"]), row["definition"]
            )
            for row in reference.all_of("category")
        ]
        try:
            opened = open_classifier(self._url, taxonomy, segmenter=self._segmenter)
            opened.load()
        except ClassifierUnavailable as error:
            log.error("classifier.refused", extra={"reason": str(error)})
            opened = open_classifier("rules:", taxonomy, segmenter=self._segmenter)
            opened.load()
        return opened
