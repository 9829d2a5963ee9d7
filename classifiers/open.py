"""Which classifier a setting means.

| URL | classifier |
| --- | --- |
| `onnx:shipped` | the model that comes with the package |
| `onnx:/srv/models/2026-03` | a model folder of the site (`python -m classifiers.train`) |
| `rules:` | the taxonomy's keywords alone, no model |

Opening reads no more than a model folder's head; `load()` reads the model. A caller that must answer whatever happens opens
`rules:` when `load()` raises ClassifierUnavailable.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from classifiers.api import Category, Classifier, ClassifierUnavailable
from classifiers.first_level import FirstLevelModel
from classifiers.keywords import KeywordClassifier
from classifiers.segment import Segmenter

SHIPPED = Path(__file__).parent / "models" / "ensemble"


def open_classifier(
    url: str, taxonomy: Sequence[Category], words: Iterable[str] = (), segmenter: Segmenter | None = None
) -> Classifier:
    """The classifier that `url` names, over this taxonomy.

    `words` are the site's own words for the segmentation; hand in `segmenter` instead to share one
    dictionary (some 80 MB) with the search index. Raises ClassifierUnavailable for an unknown URL, a
    folder without a head that we know, or a taxonomy that is no tree.
    """
    segmenter = segmenter or Segmenter(words)
    scheme, _, rest = url.partition(":")
    if url == "rules:":
        return KeywordClassifier(taxonomy, segmenter)
    if scheme == "onnx" and rest:
        from classifiers.served import ServedClassifier

        folder = SHIPPED if rest == "shipped" else Path(rest)
        return ServedClassifier(open_model(folder, segmenter), taxonomy, segmenter)
    raise ClassifierUnavailable(f"无法识别的分类器设置“{url}”,可用:onnx:shipped、onnx:/模型目录、rules:")


def open_model(folder: Path, segmenter: Segmenter) -> FirstLevelModel:
    """The model in a folder, by the format that its head names. Raises ClassifierUnavailable with the reason."""
    from classifiers import model_files, sealed
    from classifiers.encoder import model as encoder
    from classifiers.ensemble import FORMAT, EnsembleModel
    from classifiers.linear import LinearModel

    form = sealed.form_of(folder)
    if form == model_files.FORMAT:
        return LinearModel(folder, segmenter)
    if form == encoder.FORMAT:
        return encoder.EncoderModel(folder)
    if form == FORMAT:
        return EnsembleModel(folder, segmenter)
    known = "、".join((FORMAT, encoder.FORMAT, model_files.FORMAT))
    raise ClassifierUnavailable(f"{folder} 不是本系统的分类模型(格式标识应为 {known} 之一)")
