"""Scores of messages by encoders that never saw them: one fold at a time, each kept when it is done.

Within a fold's training messages a tenth is set aside (`dev`): the weight of the ensemble and the
calibration are fitted there, so that nothing at all is chosen on the fold's own messages. A fold takes
from minutes (GPU) to half an hour (two cores); a run that is cut short goes on with the next fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers import corpus
from classifiers.corpus import Message
from classifiers.encoder import data, finetune, kept
from classifiers.encoder.finetune import Floats, Recipe

Places = npt.NDArray[np.int64]
DEV_FOLDS = 10


@dataclass(frozen=True)
class FoldScores:
    """Margins [views, classes] of the fold's dev and test messages; a row per view, its message beside it.

    `is_text` marks the views as written.
    """

    labels: tuple[str, ...]
    dev: Places
    dev_is_text: npt.NDArray[np.bool_]
    dev_scores: Floats
    test: Places
    test_is_text: npt.NDArray[np.bool_]
    test_scores: Floats


def inner(messages: Sequence[Message], train: Sequence[int], seed: int) -> tuple[list[int], list[int]]:
    """The training messages of a fold parted into those to learn from and those set aside."""
    part = [messages[place] for place in train]
    learn, dev = next(corpus.folds(part, DEV_FOLDS, seed))
    return [train[place] for place in learn], [train[place] for place in dev]


def fold_scores(
    messages: Sequence[Message],
    train: Sequence[int],
    test: Sequence[int],
    checkpoint: Path,
    recipe: Recipe,
    seed: int,
    keep: Path | None = None,
    quiet: bool = False,
) -> FoldScores:
    """Fine-tune on a fold's training messages and score the rest; `keep` is a folder of finished folds."""
    learned, scored = [messages[place] for place in train], [messages[place] for place in test]
    file = keep / f"fold-{kept.name(checkpoint, recipe, seed, learned, scored)}.npz" if keep else None
    if file and file.is_file():
        return _read(file)
    learn, dev = inner(messages, train, seed)
    texts = [(text, messages[place].label) for place in learn for text in data.views(messages[place])]
    tuned = finetune.tune(
        checkpoint, [text for text, _ in texts], [label for _, label in texts], recipe, seed, quiet
    )
    found = FoldScores(tuned.labels, *_score(tuned, messages, dev), *_score(tuned, messages, test))
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(".part.npz")
        np.savez(aside, **{**asdict(found), "labels": np.array(found.labels)})
        aside.replace(file)
    return found


def _score(
    tuned: finetune.Tuned, messages: Sequence[Message], places: Sequence[int]
) -> tuple[Places, npt.NDArray[np.bool_], Floats]:
    views = [
        (place, bool(messages[place].raw) and number == 0, text)
        for place in places
        for number, text in enumerate(data.views(messages[place]))
    ]
    scores = finetune.margins(tuned, [text for _, _, text in views])
    owners = np.array([place for place, _, _ in views], np.int64)
    return owners, np.array([is_text for _, is_text, _ in views]), scores


def _read(file: Path) -> FoldScores:
    with np.load(file, allow_pickle=False) as stored:
        fields = {name: stored[name] for name in stored.files}
    return FoldScores(**{**fields, "labels": tuple(fields["labels"].tolist())})
