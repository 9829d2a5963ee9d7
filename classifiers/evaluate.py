"""How good the linear model is, on messages it never saw: `python -m classifiers.evaluate --data DIR`.

Grouped five-fold cross-validation: near duplicates stay together, function words and vocabulary and
n-grams come from the training folds only, each message counts once (as text where its text is known, else
as words). The calibration of a fold is fitted on the other folds' held-out scores. The taxonomy plays no
part here: the labels are first-level.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from classifiers import corpus, learn
from classifiers.corpus import Message
from classifiers.first_level import softmax
from classifiers.learn import Floats, Recipe
from classifiers.prepare import Example, Preparer, encode, tokenizer_for
from classifiers.segment import Segmenter

FOLDS = 5
PRECISION_GOAL = 0.98
"""What `certain` promises on held-out messages: the threshold is the lowest score that keeps it."""
COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_BINS = 15


@dataclass(frozen=True)
class HeldOut:
    """Scores of every example by a model that saw none of its group, and which fold that was."""

    examples: list[Example]
    fold: npt.NDArray[np.int64]
    scores: Floats
    labels: tuple[str, ...]
    target: npt.NDArray[np.int64]


class Fitted(NamedTuple):
    """A fitted linear model, its tokenizer, the function words it leaves out, and the share of messages that hold
    each token."""

    model: learn.Model
    tokenizer: Any
    stop: frozenset[str]
    seen: Floats


def cross_validate(prepared: Preparer, recipe: Recipe, seed: int, quiet: bool = False) -> HeldOut:
    """Fit on all folds but one, score that one; five times."""
    messages = list(prepared.messages)
    labels = tuple(sorted({message.label for message in messages}))
    examples = prepared.examples
    fold = np.zeros(len(examples), np.int64)
    scores = np.zeros((len(examples), len(labels)))
    splits = list(corpus.folds(messages, FOLDS, seed))
    for number, (train, test) in enumerate(tqdm(splits, desc="cross-validation", unit="fold", disable=quiet)):
        inside = frozenset(test)
        here = [place for place, example in enumerate(examples) if example.message in inside]
        fold[here] = number
        scores[here] = _score_fold(prepared, train, [examples[place] for place in here], recipe)
    target = np.array([labels.index(messages[example.message].label) for example in examples])
    return HeldOut(examples, fold, scores, labels, target)


def report(held: HeldOut, chances: Floats | None = None) -> dict[str, Any]:
    """The figures: all messages once, and those known as text and as words apart.

    `chances` are probabilities of a model that calibrates itself; without, the scores are calibrated here.
    """
    chances = probabilities(held) if chances is None else chances
    single = once(held.examples)
    texts = np.array([example.is_text for example in held.examples])
    return {
        "messages": int(single.sum()),
        "once": _figures(held, chances, single),
        "texts": _figures(held, chances, texts),
        "words": _figures(held, chances, ~texts),
        "per_class": _per_class(held, chances, single),
        "folds_macro_f1": [
            round(_macro_f1(held, chances, single & (held.fold == number)), 4) for number in range(FOLDS)
        ],
        "threshold": threshold(held, chances),
    }


def probabilities(held: HeldOut) -> Floats:
    """Calibrated probabilities; each fold's calibration is fitted on the other folds' scores."""
    chances = np.zeros_like(held.scores)
    single = once(held.examples)
    for number in range(FOLDS):
        rest = single & (held.fold != number)
        scale, offsets = learn.calibrate(held.scores[rest], held.target[rest])
        here = held.fold == number
        chances[here] = softmax(held.scores[here] * scale + offsets)
    return chances


def threshold(held: HeldOut, chances: Floats) -> float:
    """The lowest score above which answers were right often enough (PRECISION_GOAL); 2.0 is never."""
    rows = once(held.examples)
    return least_score(chances[rows], held.target[rows], PRECISION_GOAL)


def least_score(chances: Floats, target: npt.NDArray[np.int64], goal: float) -> float:
    """The lowest probability from which on answers were right in this part of all cases; 2.0 is never."""
    top, right = chances.max(axis=1), chances.argmax(axis=1) == target
    order = np.argsort(-top)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(precision >= goal)
    good = good[good >= min(50, len(order) - 1)]
    return round(float(top[order][good[-1]]), 4) if len(good) else 2.0


def final_calibration(held: HeldOut) -> tuple[float, Floats]:
    """The calibration for a model trained on everything, from all held-out scores."""
    single = once(held.examples)
    return learn.calibrate(held.scores[single], held.target[single])


def _score_fold(prepared: Preparer, train: Sequence[int], test: Sequence[Example], recipe: Recipe) -> Floats:
    fitted = fit_on(prepared, prepared.of(train), recipe)
    return learn.margins(fitted.model, encode(fitted.tokenizer, test, fitted.stop, frozenset()))


def fit_on(prepared: Preparer, examples: Sequence[Example], recipe: Recipe) -> Fitted:
    """A model from these examples alone, with its tokenizer and function words."""
    stop = prepared.function_words(examples)
    names = prepared.names({word for example in examples for word in example.words})
    tokenizer = tokenizer_for(prepared.vocabulary(examples, stop, recipe.min_word_groups))
    owners: list[Message] = [prepared.messages[example.message] for example in examples]
    labels, groups = [owner.label for owner in owners], [owner.group for owner in owners]
    encoded = encode(tokenizer, examples, stop, names)
    seen = prepared.shares(examples, tokenizer)
    return Fitted(learn.fit(encoded, labels, groups, len(tokenizer), recipe), tokenizer, stop, seen)


def once(examples: Sequence[Example]) -> npt.NDArray[np.bool_]:
    """Marks one example of each message: its text if that is known."""
    with_text = {example.message for example in examples if example.is_text}
    return np.array([example.is_text or example.message not in with_text for example in examples])


def _figures(held: HeldOut, chances: Floats, rows: npt.NDArray[np.bool_]) -> dict[str, Any]:
    if not rows.any():
        return {}
    top, right = chances[rows].max(axis=1), chances[rows].argmax(axis=1) == held.target[rows]
    order = np.argsort(-top)
    curve = {
        str(share): round(float(right[order[: max(1, int(len(order) * share))]].mean()), 4)
        for share in COVERAGES
    }
    sure = top >= threshold(held, chances)
    return {
        "rows": int(rows.sum()),
        "macro_f1": round(_macro_f1(held, chances, rows), 4),
        "accuracy": round(float(right.mean()), 4),
        "ece": round(_calibration_error(top, right), 4),
        "accuracy_at_coverage": curve,
        "certain_share": round(float(sure.mean()), 4),
        "certain_accuracy": round(float(right[sure].mean()), 4) if sure.any() else None,
    }


def _macro_f1(held: HeldOut, chances: Floats, rows: npt.NDArray[np.bool_]) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(held.target[rows], chances[rows].argmax(axis=1), average="macro", zero_division=0))


def _per_class(held: HeldOut, chances: Floats, rows: npt.NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    from sklearn.metrics import precision_recall_fscore_support

    answers = chances[rows].argmax(axis=1)
    numbers = list(range(len(held.labels)))
    parts = precision_recall_fscore_support(held.target[rows], answers, labels=numbers, zero_division=0)
    return {
        label: {"precision": round(p, 4), "recall": round(r, 4), "f1": round(f, 4), "messages": int(n)}
        for label, p, r, f, n in zip(held.labels, *(part.tolist() for part in parts), strict=True)
    }


def _calibration_error(top: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Expected calibration error over bins of equal width."""
    bins = np.minimum((top * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(top[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)
    ]
    return float(np.sum(gaps))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: prints the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.evaluate", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled messages")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        messages = corpus.read(options.data)
    except corpus.CorpusError as error:
        parser.error(str(error))
    held = cross_validate(Preparer(messages, Segmenter()), Recipe(), options.seed)
    print(json.dumps(report(held), ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
