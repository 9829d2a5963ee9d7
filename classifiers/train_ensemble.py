"""The ensemble's half of the training: both models validated together, fitted on everything, sealed.

Needs torch (extra `train`).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifiers import evaluate, learn, sealed, stack
from classifiers.encoder import data, finetune
from classifiers.encoder.export import export
from classifiers.ensemble import ENCODER, FILES, FORMAT, LINEAR
from classifiers.learn import Recipe
from classifiers.prepare import Preparer
from classifiers.train import write_linear


def write_ensemble(
    prepared: Preparer,
    folder: Path,
    recipe: Recipe,
    seed: int,
    checkpoint: Path,
    keep: Path | None,
    steps: Any,
    tuning: finetune.Recipe | None = None,
) -> dict[str, Any]:
    """Write the ensemble's folder; gives the report. Raises ClassifierUnavailable for no checkpoint."""
    tuning = tuning or finetune.Recipe()
    held, chances, join = stack.cross_validate(
        prepared, recipe, checkpoint, tuning, seed, keep, steps.disable
    )
    figures = evaluate.report(held, chances)
    steps.update()
    fitted = evaluate.fit_on(prepared, prepared.examples, recipe)
    fitted = fitted._replace(model=learn.calibrated(fitted.model, *evaluate.final_calibration(held)))
    linear = write_linear(folder / LINEAR, fitted, evaluate.threshold(held, evaluate.probabilities(held)))
    texts = [(text, message.label) for message in prepared.messages for text in data.views(message)]
    tuned = finetune.tune(
        checkpoint,
        [text for text, _ in texts],
        [label for _, label in texts],
        tuning,
        seed,
        steps.disable,
    )
    encoder = export(tuned, folder / ENCODER)
    steps.update()
    version = f"ensemble-{hashlib.sha256(f'{linear} {encoder} {join}'.encode()).hexdigest()[:10]}"
    head = {
        "version": version,
        "labels": held.labels,
        "threshold": figures["threshold"],
        "join": asdict(join),
    }
    sealed.seal(folder, FORMAT, head, FILES)
    alone = evaluate.report(held)
    return {
        "version": version,
        "parts": {LINEAR: linear, ENCODER: encoder},
        **figures,
        "linear": alone["once"],
    }
