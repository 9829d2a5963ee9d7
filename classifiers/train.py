"""Train a model: `python -m classifiers.train --data DIR --out DIR [--encoder CHECKPOINT] [--seed N]`.

Cross-validates first (that gives the calibration, the threshold of certainty and honest figures), then
fits on all messages and writes the model folder; `report.json` beside it holds the figures. Without an
encoder this is the linear model, a few minutes on one core; with a Hugging Face checkpoint folder it is
the ensemble, fine-tuned six times over: hours on two cores, minutes on a GPU. Finished folds and the finished
encoder are kept in `--keep`, so that a run that was cut short goes on. The same data, seed and package versions give the same
model. Needs the extra `train`.
"""

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from classifiers import corpus, evaluate, graph, learn, model_files, sealed
from classifiers.api import ClassifierUnavailable
from classifiers.evaluate import Fitted
from classifiers.learn import Recipe
from classifiers.prepare import Preparer
from classifiers.segment import Segmenter

Figures = dict[str, Any]
_STEPS = ("read", "cut", "validate", "fit", "write")
_REPORT = "report.json"


def train(
    data: Path,
    out: Path,
    seed: int = 0,
    recipe: Recipe | None = None,
    quiet: bool = False,
    encoder: Path | None = None,
    keep: Path | None = None,
) -> Figures:
    """Train on a folder of labelled messages and write a model folder; gives the report.

    Raises CorpusError for data that cannot be learned from, ClassifierUnavailable for an `encoder` that is
    no checkpoint.
    """
    steps = tqdm(_STEPS, desc="training", unit="step", disable=quiet)
    messages = corpus.read(data)
    enough(messages)
    steps.update()
    prepared = Preparer(messages, Segmenter())
    steps.update()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".training-") as aside:
        folder = Path(aside)
        if encoder is None:
            figures = _linear(prepared, folder, recipe or Recipe(), seed, steps)
        else:
            from classifiers.train_ensemble import write_ensemble

            figures = write_ensemble(prepared, folder, recipe or Recipe(), seed, encoder, keep, steps)
        (folder / _REPORT).write_text(
            json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        _move_in(folder, out)
    steps.update()
    steps.close()
    return figures


def _linear(prepared: Preparer, folder: Path, recipe: Recipe, seed: int, steps: Any) -> Figures:
    held = evaluate.cross_validate(prepared, recipe, seed, steps.disable)
    figures = evaluate.report(held)
    steps.update()
    fitted = evaluate.fit_on(prepared, prepared.examples, recipe)
    fitted = fitted._replace(model=learn.calibrated(fitted.model, *evaluate.final_calibration(held)))
    steps.update()
    return {"version": write_linear(folder, fitted, figures["threshold"]), **figures}


def _move_in(folder: Path, out: Path) -> None:
    """The old head goes first and the new one comes last: a run that is cut short leaves no mixed model."""
    out.mkdir(exist_ok=True)
    (out / sealed.HEAD).unlink(missing_ok=True)
    for path in sorted(folder.iterdir(), key=lambda path: path.name == sealed.HEAD):
        if path.is_dir():
            shutil.rmtree(out / path.name, ignore_errors=True)
        shutil.move(path, out / path.name)


def enough(messages: Sequence[corpus.Message]) -> None:
    """Every class needs a group for each fold, or no fold can be scored on it."""
    labels = {message.label for message in messages}
    if len(labels) < 2:
        raise corpus.CorpusError("训练数据中至少要有两个类别")
    for label in sorted(labels):
        groups = {message.group for message in messages if message.label == label}
        if len(groups) < evaluate.FOLDS:
            raise corpus.CorpusError(f"类别“{label}”的消息太少:至少需要 {evaluate.FOLDS} 组互不重复的消息")


def write_linear(folder: Path, fitted: Fitted, threshold: float) -> str:
    """Write and seal a linear model's folder; gives its version."""
    folder.mkdir(parents=True, exist_ok=True)
    graph.export(fitted.model.weights, folder / model_files.GRAPH)
    model_files.write_tables(folder, fitted.model.tables, fitted.seen)
    fitted.tokenizer.save_pretrained(folder)
    content = b"".join((folder / name).read_bytes() for name in (model_files.GRAPH, "tokenizer.json"))
    version = f"linear-{hashlib.sha256(content).hexdigest()[:10]}"
    head = model_files.Head(version, fitted.model.labels, threshold, tuple(sorted(fitted.stop)))
    model_files.write_head(folder, head)
    return version


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: trains and prints the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.train", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled messages")
    parser.add_argument("--out", type=Path, required=True, help="folder the model is written to")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--encoder", type=Path, help="Hugging Face checkpoint: train the ensemble")
    parser.add_argument("--keep", type=Path, help="folder for finished folds and the finished encoder")
    options = parser.parse_args(arguments)
    try:
        figures = train(options.data, options.out, options.seed, encoder=options.encoder, keep=options.keep)
    except (corpus.CorpusError, ClassifierUnavailable) as error:
        parser.error(str(error))
    json.dump(figures, sys.stdout, ensure_ascii=False, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
