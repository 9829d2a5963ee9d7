"""The fallback that needs no model: the taxonomy's own names and keywords decide.

Used by the setting `rules:` and when the model cannot be loaded. It has been measured on nothing, so it
is never certain: it saves the dispatcher some typing and leaves every choice to a person.
"""

from collections.abc import Sequence

from classifiers.api import Category, Prediction, Text
from classifiers.assemble import assemble
from classifiers.segment import Segmenter
from classifiers.taxonomy import Taxonomy


class KeywordClassifier:
    """Reads messages by the taxonomy's phrases alone; see `api.Classifier` for the contract."""

    name = "keywords"
    version = "keywords-1"

    def __init__(self, taxonomy: Sequence[Category], segmenter: Segmenter) -> None:
        self._taxonomy = Taxonomy(taxonomy)
        self._segmenter = segmenter

    def load(self) -> None:
        """Nothing to read: the taxonomy was indexed when it was handed in."""

    def use_taxonomy(self, taxonomy: Sequence[Category]) -> None:
        """Match against another version of the taxonomy from the next prediction on."""
        self._taxonomy = Taxonomy(taxonomy)

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        """One prediction per text; see `api.Classifier.predict`."""
        taxonomy = self._taxonomy
        return [assemble(text, taxonomy, self._segmenter) for text in texts]
