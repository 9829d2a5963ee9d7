"""hotline classify: what the classifier says about each row of a table of messages.

Works without an installation, on the starter city's taxonomy and catalogue; where HOTLINE_HOME is one, on its own reference
data and on the model that is in service there. Reads and writes nothing else: no ticket comes of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from classifiers.api import (
    REQUEST_TYPES,
    URGENCIES,
    Candidate,
    ClassifierUnavailable,
    Prediction,
    Text,
)
from classifiers.segment import Segmenter
from hotline.adapters.current_classifier import CurrentClassifier
from hotline.adapters.starter import starter_rows
from hotline.commands import house, tables
from hotline.domain.errors import InvalidInput, Unavailable
from hotline.domain.places import locate
from hotline.domain.reference import Reference
from hotline.services import triage
from hotline.settings import Settings

COLUMNS = (
    "level1", "level2", "level3", "score", "request_type", "urgency", "unit", "top3", "evidence",
)  # fmt: skip
BATCH = 256
LEVELS = 3


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("classify", help="给一份诉求表逐行判断事项、诉求类型、紧急程度和承办单位")
    tables.add_files(parser)
    parser.add_argument(
        "--keep", default="", metavar="列名,列名", help="把输入中的这些列原样写在结果前面，如 msg_id"
    )
    parser.set_defaults(run=run_classify)


def run_classify(settings: Settings, args: argparse.Namespace) -> int:
    """One output row for each input row, in order. Raises InvalidInput, Unavailable: keywords answer for a table only
    where the setting says so."""
    rows = tables.read_rows(args.input, (), any_of=("title", "detail"))
    kept = tuple(name.strip().lower() for name in args.keep.split(",") if name.strip())
    unknown = [name for name in kept if name not in rows.columns]
    if unknown:
        raise InvalidInput("table.columns", f"输入文件没有要保留的列：{'、'.join(unknown)}")
    models: dict[str, None] = {}
    with _reading(settings) as (classifier, reference):
        if classifier.makeshift:
            raise Unavailable("classifier.unavailable", f"分类模型不能使用：{classifier.makeshift}")
        try:
            written = tables.write_rows(
                args.output,
                (*kept, *COLUMNS),
                _answers(classifier, reference, rows, kept, models),
                bom=args.bom,
            )
        except ClassifierUnavailable as error:
            raise Unavailable("classifier.unavailable", str(error)) from error
    said = f"，模型 {'、'.join(models)}" if models else ""
    print(f"已判断 {written} 条{said}，结果写入 {args.output}")
    return 0


@contextmanager
def _reading(settings: Settings) -> Iterator[tuple[CurrentClassifier, Reference]]:
    """The classifier and the reference data of the installation, or the starter city's where there is none."""
    if house.installed(settings):
        with house.opened(settings) as opened:
            yield opened.runtime.classifier, opened.runtime.query(lambda uow: uow.reference)
        return
    reference = Reference({kind: _by_code(rows) for kind, rows in starter_rows().items()})
    yield CurrentClassifier(settings.classifier, lambda: reference, Segmenter()), reference


def _by_code(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(row.get("code") or row["id"]): row for row in rows}


def _answers(
    classifier: CurrentClassifier,
    reference: Reference,
    rows: tables.Rows,
    kept: tuple[str, ...],
    models: dict[str, None],
) -> Iterator[dict[str, Any]]:
    """Output rows; the models that answered are put into `models`, in order."""
    today = date.today()
    with tables.progress(len(rows), "分类") as bar:
        for batch in tables.batches(rows, BATCH):
            texts = [Text(row.get("title", ""), row.get("detail", "")) for row in batch]
            predictions, model = classifier.read(texts)
            models[model] = None
            for row, text, prediction in zip(batch, texts, predictions, strict=True):
                yield {**{name: row[name] for name in kept}, **answer(reference, text, prediction, today)}
            bar.update(len(batch))


def answer(reference: Reference, text: Text, prediction: Prediction, today: date) -> dict[str, Any]:
    """One row of the output. level1 and its score are the best first-level guess however unsure; level2 and level3
    stay empty unless the whole path is certain. unit is the catalogue's first candidate."""
    first = prediction.classes[0] if prediction.classes else None
    path = _path(prediction, first)
    area = locate(reference, f"{text.title}\n{text.detail}")
    units = triage.suggest(reference, prediction, area, today)["units"]
    return {
        **{f"level{level}": name for level, name in enumerate(path, 1)},
        "score": f"{first.score:.4f}" if first else "",
        "request_type": REQUEST_TYPES[prediction.request_type],
        "urgency": URGENCIES[prediction.urgency],
        "unit": reference.name("unit", units[0]["lead"]) if units else "",
        "top3": " | ".join(_classes(prediction)),
        "evidence": " ".join(prediction.evidence),
    }


def _path(prediction: Prediction, first: Candidate | None) -> tuple[str, ...]:
    deep = prediction.categories[0].path if prediction.certain and prediction.categories else ()
    names = deep or (first.path if first else ())
    return (*names, *[""] * (LEVELS - len(names)))


def _classes(prediction: Prediction) -> Iterator[str]:
    """The three best first-level classes, each with the best path that was thought of below it."""
    for one in prediction.classes:
        deep = next((found.path for found in prediction.categories if found.path[0] == one.path[0]), one.path)
        yield f"{'/'.join(deep)} {one.score:.3f}"
