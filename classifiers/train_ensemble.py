"""The ensemble's half of the training: both models validated together, fitted on everything, sealed.

Needs torch (extra `train`).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifiers import evaluate, learn, sealed, stack
from classifiers.corpus import Message
from classifiers.encoder import data, finetune, kept
from classifiers.encoder.export import export
from classifiers.encoder.model import FILES as ENCODER_FILES
from classifiers.encoder.model import FORMAT as ENCODER_FORMAT
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
    encoder = _encoder(prepared.messages, folder / ENCODER, checkpoint, tuning, seed, keep, steps.disable)
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


def _encoder(
    messages: Sequence[Message],
    folder: Path,
    checkpoint: Path,
    tuning: finetune.Recipe,
    seed: int,
    keep: Path | None,
    quiet: bool,
) -> str:
    """Write the encoder that learned from all messages, or the finished one that was kept; gives its version."""
    done = keep / f"encoder-{kept.name(checkpoint, tuning, seed, messages)}" if keep else None
    if done is None or not done.is_dir():
        texts = [(text, message.label) for message in messages for text in data.views(message)]
        tuned = finetune.tune(
            checkpoint, [text for text, _ in texts], [label for _, label in texts], tuning, seed, quiet
        )
        version = export(tuned, folder)
        if done:
            shutil.copytree(folder, done.with_suffix(".part"), dirs_exist_ok=True)
            done.with_suffix(".part").rename(done)
        return version
    shutil.copytree(done, folder)
    return str(sealed.unsealed(folder, ENCODER_FORMAT, ENCODER_FILES)["version"])
