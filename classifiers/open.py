"""Which classifier a setting means.

| URL | classifier |
| --- | --- |
| `onnx:shipped` | the model that comes with the package |
| `onnx:/srv/models/2026-03` | a model folder of the site (`python -m classifiers.train`, or one handed
over) | | `rules:` | the taxonomy's keywords alone, no model |

Opening is cheap and reads no model; `load()` does. A caller that must answer whatever happens opens
`rules:` when `load()` raises ClassifierUnavailable.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from classifiers.api import Category, Classifier, ClassifierUnavailable
from classifiers.keywords import KeywordClassifier
from classifiers.segment import Segmenter


def open_classifier(
    url: str, taxonomy: Sequence[Category], words: Iterable[str] = (), segmenter: Segmenter | None = None
) -> Classifier:
    """The classifier that `url` names, over this taxonomy.

    `words` are the site's own words for the segmentation; hand in `segmenter` instead to share one
    dictionary (some 80 MB) with the search index. Raises ClassifierUnavailable for an unknown URL or a
    taxonomy that is no tree.
    """
    segmenter = segmenter or Segmenter(words)
    scheme, _, rest = url.partition(":")
    if url == "rules:":
        return KeywordClassifier(taxonomy, segmenter)
    if scheme == "onnx" and rest:
        from classifiers.linear import SHIPPED, LinearClassifier

        return LinearClassifier(SHIPPED if rest == "shipped" else Path(rest), taxonomy, segmenter)
    raise ClassifierUnavailable(f"无法识别的分类器设置“{url}”,可用:onnx:shipped、onnx:/模型目录、rules:")
