"""Fitting how the linear model and the encoder are joined, and judging the two together on held-out folds.

Nothing is chosen on a fold's own messages: in each fold both models learn from nine tenths of the training
messages, their weights and the calibration are fitted on the last tenth, and the fold is scored once.
What is shipped learns from everything, and its join is fitted on the scores of all folds.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from classifiers import corpus, evaluate, learn
from classifiers.encoder import finetune, folds
from classifiers.encoder.folds import FoldScores
from classifiers.ensemble import Join, joined, logs
from classifiers.evaluate import HeldOut
from classifiers.first_level import softmax
from classifiers.learn import Floats
from classifiers.prepare import Example, Preparer, encode

Target = npt.NDArray[np.int64]
SURE_PRECISION = 0.99
"""The linear model answers alone where it was right this often on held-out messages."""
_RIDGE = 1e-3


def cross_validate(
    prepared: Preparer,
    linear: learn.Recipe,
    checkpoint: Path,
    encoder: finetune.Recipe,
    seed: int,
    keep: Path | None = None,
    quiet: bool = False,
) -> tuple[HeldOut, Floats, Join]:
    """Held-out scores with the ensemble's probabilities, and the join to ship.

    The scores are those of the linear model; rows are the examples of `prepared`. `keep` is a folder for
    finished folds: a run that was cut short goes on where it stopped.
    """
    messages = list(prepared.messages)
    labels = tuple(sorted({message.label for message in messages}))
    examples = prepared.examples
    target = np.array([labels.index(messages[example.message].label) for example in examples])
    fold = np.zeros(len(examples), np.int64)
    plain, alone, margins, chances = (np.zeros((len(examples), len(labels))) for _ in range(4))
    splits = list(corpus.folds(messages, evaluate.FOLDS, seed))
    for number, (train, test) in enumerate(tqdm(splits, desc="folds", unit="fold", disable=quiet)):
        scored = folds.fold_scores(messages, train, test, checkpoint, encoder, seed, keep, quiet)
        inner, dev = folds.inner(messages, train, seed)
        model = evaluate.fit_on(prepared, prepared.of(inner), linear)
        rows = _rows(examples, dev)
        aside = _margins(model, examples, rows)
        scale, offsets = learn.calibrate(aside, target[rows])
        join = fit(softmax(aside * scale + offsets), _matched(examples, rows, scored, "dev"), target[rows])
        rows = _rows(examples, test)
        fold[rows], plain[rows] = number, _margins(model, examples, rows)
        alone[rows] = softmax(plain[rows] * scale + offsets)
        margins[rows] = _matched(examples, rows, scored, "test")
        chances[rows] = cascaded(join, alone[rows], margins[rows])
    once = evaluate.once(examples)
    held = HeldOut(examples, fold, plain, labels, target)
    return held, chances, fit(alone[once], margins[once], target[once])


def fit(probabilities: Floats, margins: Floats, target: Target) -> Join:
    """Weights and offsets that make the truth most likely, and when the linear model may answer alone."""
    from scipy.optimize import minimize

    said = logs(probabilities)

    def loss(parameters: Floats) -> float:
        scores = parameters[0] * said + parameters[1] * margins + parameters[2:]
        scores = scores - scores.max(axis=1, keepdims=True)
        likelihood = scores[np.arange(len(target)), target] - np.log(np.exp(scores).sum(axis=1))
        return float(-likelihood.mean() + _RIDGE * np.square(parameters[2:]).sum())

    start = np.concatenate([[0.5, 0.5], np.zeros(margins.shape[1])])
    found = minimize(loss, start, method="L-BFGS-B").x
    sure = evaluate.least_score(probabilities, target, SURE_PRECISION)
    return Join(float(found[0]), float(found[1]), tuple(float(offset) for offset in found[2:]), sure)


def cascaded(join: Join, probabilities: Floats, margins: Floats) -> Floats:
    """What the ensemble answers: the linear model's probabilities where it is sure, else the joined ones."""
    sure = probabilities.max(axis=1) >= join.sure
    return np.where(sure[:, None], probabilities, joined(join, probabilities, margins))


def _rows(examples: Sequence[Example], messages: Sequence[int]) -> Target:
    inside = frozenset(messages)
    return np.array([row for row, example in enumerate(examples) if example.message in inside])


def _margins(model: evaluate.Fitted, examples: Sequence[Example], rows: Target) -> Floats:
    chosen = [examples[row] for row in rows]
    return learn.margins(model.model, encode(model.tokenizer, chosen, model.stop, frozenset()))


def _matched(examples: Sequence[Example], rows: Target, scored: FoldScores, part: str) -> Floats:
    """The encoder's margins in the order of these examples."""
    owners, texts, scores = (getattr(scored, part + suffix) for suffix in ("", "_is_text", "_scores"))
    place = {(int(o), bool(t)): n for n, (o, t) in enumerate(zip(owners, texts, strict=True))}
    order = [place[examples[row].message, examples[row].is_text] for row in rows]
    return np.asarray(scores[order])
