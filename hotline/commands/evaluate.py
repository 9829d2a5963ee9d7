"""hotline evaluate: how good a model is on what people have said and it has not learned from, beside the one in service.

Both models answer the same texts, read page by page: of each class the newest, and only those that neither was trained on,
whole groups left out. Nobody knows what a model from outside has seen; the command says so then. Tables for people,
`--json` for machines.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from classifiers import corpus
from classifiers.api import Classifier, ClassifierUnavailable, Text
from hotline.commands.house import House, opened
from hotline.commands.score_tables import tables
from hotline.domain import scoring
from hotline.domain.errors import InvalidInput
from hotline.domain.learning import ModelVersion
from hotline.services.learning import lessons, models, readings, scores
from hotline.services.learning.lessons import Lesson, Seen, Trace
from hotline.settings import Settings

BATCH = 32


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("evaluate", help="用没有训练过的人工结论评测分类模型，与使用中的比较")
    parser.add_argument("--model", default="", metavar="版本或目录", help="默认正在使用的模型")
    parser.add_argument("--data", type=Path, metavar="目录", help="再加上这个目录里带分类的消息")
    parser.add_argument(
        "--most",
        type=int,
        default=lessons.MOST,
        metavar="件",
        help=f"每个一级分类最多评测最新的多少件，默认 {lessons.MOST}",
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON")
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class Judged:
    """One model under evaluation: its name, the model, what it has seen, and how it answered."""

    name: str
    model: Classifier
    seen: Seen
    cases: list[scoring.Case] = field(default_factory=list)


def run(settings: Settings, args: argparse.Namespace) -> int:
    """Exit status 1 when there is nothing to judge by."""
    with opened(settings) as house:
        judged = _models(house, args.model, settings.classifier)
        left_out = [one.name for one in judged if not one.seen.known]
        found = _lessons(house, args.data, max(args.most, 1))
        judged_by = _answer(
            house, judged, (one for one in found if not any(j.seen.has(one.trace) for j in judged))
        )
        figures = {one.name: _figures(one) for one in judged}
        names = house.runtime.query(
            lambda uow: {row["code"]: row["name"] for row in uow.reference.all_of("category")}
        )
    if left_out:
        print(
            f"注意：不知道 {'、'.join(left_out)} 训练时用过哪些消息，下面的成绩可能偏高。",
            file=sys.stderr,
        )
    if args.json:
        print(json.dumps({"messages": judged_by, "models": figures}, ensure_ascii=False, indent=1))
    else:
        print(f"参评：{judged_by} 条{'' if left_out else '，都没有用于训练'}")
        for line in tables(figures, names):
            print(line)
    if judged_by < scoring.TOO_FEW:
        print(f"可用的人工结论不足 {scoring.TOO_FEW} 条，比例不可靠。", file=sys.stderr)
    return 0 if judged_by else 1


def _models(house: House, wanted: str, url: str) -> list[Judged]:
    """The model that was asked for, and the one in service where that is another."""
    serving = next((choice.name for choice in house.runtime.query(models.chain)), "")
    current = _registered(house, serving) if serving else _of_setting(house, url)
    if not wanted or wanted == serving:
        return [current]
    if house.runtime.query(lambda uow: uow.first(ModelVersion, name=wanted) is not None):
        return [_registered(house, wanted), current]
    return [_from_folder(house, Path(wanted)), current]


def _registered(house: House, name: str) -> Judged:
    seen = house.runtime.query(lessons.seen_by, name)
    digest = house.runtime.query(models.digest_of, name)
    return Judged(name, _opened(lambda: house.runtime.models.opened(name, digest)), seen)


def _of_setting(house: House, url: str) -> Judged:
    """The setting's model by itself: with the memory of corrections it would know the answers."""
    model = _opened(lambda: house.runtime.models.opened_url(url))
    return Judged(f"{model.version}（默认）", model, Seen(model.name == "keywords"))


def _from_folder(house: House, folder: Path) -> Judged:
    if not folder.is_dir():
        raise InvalidInput("evaluate.model", f"没有登记过版本“{folder}”，也没有这个目录")
    model = _opened(lambda: house.runtime.models.opened_at(folder))
    return Judged(model.version, model, house.runtime.query(lessons.seen_by, model.version))


def _opened(opening: Callable[[], Classifier]) -> Classifier:
    try:
        return opening()
    except ClassifierUnavailable as error:
        raise InvalidInput("model.refused", f"模型不能使用：{error}") from error


def _lessons(house: House, data: Path | None, most: int) -> Iterator[Lesson]:
    """What the house's people have said, then the labelled texts of a folder."""
    yield from lessons.every(house.runtime, most)
    if data is None:
        return
    codes = house.runtime.query(
        lambda uow: {
            row["name"]: row["code"] for row in uow.reference.all_of("category") if not row.get("parent")
        }
    )
    try:
        messages = corpus.read(data)
    except corpus.CorpusError as error:
        raise InvalidInput("train.data", str(error)) from error
    for message in messages:
        if message.raw:
            code = codes.get(message.label, message.label)
            text = Text("", message.raw)
            yield Lesson(Trace(0, 0, message.label, (), lessons.digest(text)), text, code)


def _answer(house: House, judged: Sequence[Judged], found: Iterable[Lesson]) -> int:
    """Lets every model answer every lesson, a batch at a time; how many there were."""
    waiting, asked = iter(found), 0
    with tqdm(unit="条", desc="评测", disable=None) as bar:
        while batch := list(islice(waiting, BATCH)):
            for one in judged:
                answers = one.model.predict([lesson.text for lesson in batch])
                one.cases.extend(house.runtime.query(_cases, batch, answers))
            asked += len(batch)
            bar.update(len(batch))
    return asked


def _figures(one: Judged) -> dict[str, Any]:
    """The model's figures, with the whole confusion beside them."""
    return {**scoring.figures(one.cases), "matrix": scoring.matrix(one.cases)}


def _cases(uow: Any, batch: Sequence[Lesson], answers: Sequence[Any]) -> list[scoring.Case]:
    return [
        scores.case_of(
            uow.reference,
            answer.categories[0].code if answer.categories else "",
            lesson.code,
            readings.class_score(answer),
            answer.certain,
        )
        for lesson, answer in zip(batch, answers, strict=True)
    ]
