"""Train the linear model: `python -m classifiers.train --data DIR --out DIR [--seed N]`.

Cross-validates first (that gives the calibration, the threshold of certainty and honest figures), then
fits on all messages and writes the model folder; `report.json` beside it holds the figures. The same
data, seed and package versions give the same model. Takes a few minutes on one core; scikit-learn and
onnx are needed (extra `train`).
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from classifiers import corpus, evaluate, graph, learn, model_files, sealed
from classifiers.learn import Recipe
from classifiers.prepare import Preparer
from classifiers.segment import Segmenter

_STEPS = ("read", "cut", "validate", "fit", "write")


def train(
    data: Path, out: Path, seed: int = 0, recipe: Recipe | None = None, quiet: bool = False
) -> dict[str, Any]:
    """Train on a folder of labelled messages and write a model folder; gives the report. Raises CorpusError."""
    recipe = recipe or Recipe()
    steps = tqdm(_STEPS, desc="training", unit="step", disable=quiet)
    messages = corpus.read(data)
    _enough(messages)
    steps.update()
    prepared = Preparer(messages, Segmenter())
    steps.update()
    held = evaluate.cross_validate(prepared, recipe, seed, quiet)
    figures = evaluate.report(held)
    steps.update()
    model, tokenizer, stop = evaluate.fit_on(prepared, prepared.examples, recipe)
    model = learn.calibrated(model, *evaluate.final_calibration(held))
    steps.update()
    _write(out, model, tokenizer, stop, figures)
    steps.update()
    steps.close()
    return figures


def _enough(messages: Sequence[corpus.Message]) -> None:
    """Every class needs a group for each fold, or no fold can be scored on it."""
    labels = {message.label for message in messages}
    if len(labels) < 2:
        raise corpus.CorpusError("训练数据中至少要有两个类别")
    for label in sorted(labels):
        groups = {message.group for message in messages if message.label == label}
        if len(groups) < evaluate.FOLDS:
            raise corpus.CorpusError(f"类别“{label}”的消息太少:至少需要 {evaluate.FOLDS} 组互不重复的消息")


def _write(
    out: Path, model: learn.Model, tokenizer: Any, stop: frozenset[str], figures: dict[str, Any]
) -> None:
    """All files in a folder aside first: a run that is cut short leaves the old model whole."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".training-") as aside:
        folder = Path(aside)
        graph.export(model.weights, folder / model_files.GRAPH)
        model_files.write_tables(folder, model.tables)
        tokenizer.save_pretrained(folder)
        content = b"".join((folder / name).read_bytes() for name in (model_files.GRAPH, "tokenizer.json"))
        version = f"linear-{hashlib.sha256(content).hexdigest()[:10]}"
        head = model_files.Head(version, model.labels, figures["threshold"], tuple(sorted(stop)))
        model_files.write_head(folder, head)
        report = json.dumps({"version": version, **figures}, ensure_ascii=False, indent=1)
        (folder / "report.json").write_text(report + "\n", encoding="utf-8")
        (out / sealed.HEAD).unlink(missing_ok=True)
        for path in folder.iterdir():
            if path.name != sealed.HEAD:
                shutil.move(path, out / path.name)
        shutil.move(folder / sealed.HEAD, out / sealed.HEAD)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: trains and prints the figures as JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.train", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled messages")
    parser.add_argument("--out", type=Path, required=True, help="folder the model is written to")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        figures = train(options.data, options.out, options.seed)
    except corpus.CorpusError as error:
        parser.error(str(error))
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
