"""Teach an ensemble to hear danger: `python -m classifiers.train_danger --model DIR --data DIR --examples FILE...`.

Learns from examples with an `urgency` (JSON lines with title, detail, urgency) and, for what is ordinary, from the short
messages of a data folder in which the phrases hear no danger. The limit is the lowest at which the examples called
dangerous on held-out fifths were so in PRECISION of the cases and at most ORDINARY of the ordinary messages were called.
Adds the head to the model's folder, seals it anew under another version, and prints the figures as JSON.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers import danger, sealed
from classifiers.api import ClassifierUnavailable, Text, whole
from classifiers.danger import DangerHead, Vectors, centred
from classifiers.encoder import data
from classifiers.encoder.model import EncoderModel
from classifiers.ensemble import ENCODER, FILES, FORMAT, LINEAR, read_head, version_of
from classifiers.phrases import rules

PRECISION, ORDINARY = 0.65, 0.01
_ORDINARY_MOST = 3_000
_SOFTNESS, _FOLDS = 10.0, 5


class Example(NamedTuple):
    """A message and whether somebody is in danger in it."""

    text: Text
    danger: bool


def read_examples(paths: Sequence[Path]) -> list[Example]:
    """The examples of these files that are short. Raises ValueError or KeyError for a line that is none."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]
    rows = [json.loads(line) for line in lines]
    found = [Example(Text(row["title"], row["detail"]), row["urgency"] == "critical") for row in rows]
    return [example for example in found if danger.is_short(example.text)]


def teach(
    folder: Path, examples: Sequence[Example], ordinary: Sequence[Text], seed: int = 0
) -> dict[str, Any]:
    """Fit the head, add it to the ensemble's folder and seal it; gives the figures.

    Raises ClassifierUnavailable for a folder that is no ensemble.
    """
    head = read_head(folder)
    encoder = EncoderModel(folder / ENCODER)
    encoder.load()
    told, calm = (encoder.vectors(texts) for texts in ([one.text for one in examples], ordinary))
    middle = calm.mean(axis=0)
    target = np.array([one.danger for one in examples])
    told, calm = centred(told, middle), centred(calm, middle)
    held_told, held_calm = _held_out(told, target, calm, seed)
    limit = _limit(held_told, target, held_calm)
    weights, bias = _fitted(np.vstack([told, calm]), np.concatenate([target, np.zeros(len(calm), bool)]))
    DangerHead(middle, weights, limit - bias).write(folder / danger.FILE)
    parts = [sealed.digest(folder / name) for name in (f"{LINEAR}/{sealed.HEAD}", f"{ENCODER}/{sealed.HEAD}")]
    version = version_of(*parts, head.join, sealed.digest(folder / danger.FILE))
    content = {**asdict(head), "version": version, "danger": True}
    sealed.seal(folder, FORMAT, content, (*FILES, danger.FILE))
    called = held_told > limit
    return {
        "version": version,
        "examples": len(examples),
        "dangers": int(target.sum()),
        "ordinary": len(ordinary),
        "recall": round(float(called[target].mean()), 3),
        "precision": round(float(target[called].mean()), 3),
        "ordinary_called": round(float((held_calm > limit).mean()), 4),
    }


def _held_out(
    told: Vectors, target: npt.NDArray[np.bool_], calm: Vectors, seed: int
) -> tuple[Vectors, Vectors]:
    """Scores of examples and ordinary messages by heads that learned from other fifths."""
    chance = np.random.default_rng(seed)
    fold_told, fold_calm = (chance.permutation(len(part)) % _FOLDS for part in (told, calm))
    scores = np.zeros(len(told)), np.zeros(len(calm))
    for number in range(_FOLDS):
        rest = fold_told != number, fold_calm != number
        learned = np.concatenate([target[rest[0]], np.zeros(rest[1].sum(), bool)])
        weights, bias = _fitted(np.vstack([told[rest[0]], calm[rest[1]]]), learned)
        scores[0][~rest[0]] = told[~rest[0]] @ weights + bias
        scores[1][~rest[1]] = calm[~rest[1]] @ weights + bias
    return scores


def _fitted(vectors: Vectors, target: npt.NDArray[np.bool_]) -> tuple[Vectors, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_SOFTNESS, class_weight="balanced", max_iter=3_000).fit(vectors, target)
    return model.coef_[0], float(model.intercept_[0])


def _limit(told: Vectors, target: npt.NDArray[np.bool_], calm: Vectors) -> float:
    fitting = [
        score
        for score in np.sort(told)
        if (calm > score).mean() <= ORDINARY
        and (told > score).any()
        and target[told > score].mean() >= PRECISION
    ]
    return float(fitting[0]) if fitting else float("inf")


def ordinary_of(folder: Path) -> list[Text]:
    """Short messages of a data folder in which the phrases hear no danger."""
    texts = [Text("", text) for text in data.further_texts(folder)]
    calm = [text for text in texts if danger.is_short(text) and rules.urgency(whole(text)).code != "critical"]
    return calm[:: max(1, len(calm) // _ORDINARY_MOST)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: teaches and prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.train_danger")
    parser.add_argument("--model", type=Path, required=True, help="folder of an ensemble; changed in place")
    parser.add_argument("--data", type=Path, required=True, help="folder with messages of the field")
    parser.add_argument("--examples", type=Path, nargs="+", required=True, help="JSON lines")
    options = parser.parse_args(arguments)
    try:
        figures = teach(options.model, read_examples(options.examples), ordinary_of(options.data))
    except (ClassifierUnavailable, OSError, ValueError, KeyError) as error:
        parser.error(str(error))
    json.dump(figures, sys.stdout, ensure_ascii=False, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
