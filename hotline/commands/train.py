"""hotline train: a model from what people have said about this house's tickets, with or without a folder of base data.

The texts leave the database masked, page by page, into a folder inside the installation that only its owner may read and
that is gone when the command ends; what a killed command leaves, the sweeps of the service take away. What the model has
learned from is kept with it in the registry, so that `hotline evaluate` asks it nothing it has seen. The same labels, data,
seed and package versions give the same model.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from classifiers import corpus
from classifiers.api import ClassifierUnavailable, Text
from hotline.commands.house import House, opened
from hotline.domain.errors import InvalidInput
from hotline.services.learning import lessons, switching
from hotline.services.learning.lessons import Lesson, Trace
from hotline.settings import Settings

LEAST = 20
"""So many separate messages make a class worth learning; fewer would be learned by heart."""
OWN = "own.csv"
COLUMNS = ("title", "detail", "label", "dup_group")
_EXTRAS = {"sklearn": ("scikit-learn", "train"), "onnx": ("onnx", "train")}
_ENCODER_EXTRAS = {"torch": ("torch", "train")}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("train", help="用人工结论（和基础数据）训练分类模型，登记为候选")
    parser.add_argument("--data", type=Path, metavar="目录", help="基础数据目录，与本地标注合在一起训练")
    parser.add_argument("--out", type=Path, metavar="目录", help="另外把模型写到这个目录")
    parser.add_argument("--seed", type=int, default=0, help="随机种子，默认 0")
    parser.add_argument("--encoder", type=Path, metavar="目录", help="用这个编码器微调（需要 torch）")
    parser.add_argument(
        "--keep", type=Path, metavar="目录", help="微调做完的部分存放在此，中断后再运行可以接着做"
    )
    parser.add_argument(
        "--least", type=int, default=LEAST, metavar="条", help=f"一个分类至少多少条才学习，默认 {LEAST}"
    )
    parser.add_argument(
        "--most",
        type=int,
        default=lessons.MOST,
        metavar="件",
        help=f"每个一级分类最多学习最新的多少件，默认 {lessons.MOST}",
    )
    parser.set_defaults(run=run)


def run(settings: Settings, args: argparse.Namespace) -> int:
    """Exports, trains, takes the model in as a candidate, and says what to do next."""
    check_extras(with_encoder=args.encoder is not None)
    with opened(settings) as house, house.runtime.models.training_place() as place:
        found = lessons.every(house.runtime, max(args.most, 1))
        own = _write_own(place / OWN, tqdm(found, unit="件", desc="读取人工结论", disable=None))
        kept, texts = _write_data(place, own, args.data, max(args.least, 1))
        print(f"本地标注 {len(kept)} 件，训练文本 {len(texts)} 条", flush=True)
        folder = args.out or place / "model"
        _train(place, folder, args)
        name = switching.add(house.runtime, house.actor, folder, lessons.taught(kept, texts))
        _say(house, name)
    return 0


def check_extras(with_encoder: bool = False) -> None:
    """InvalidInput naming the package and the extra that brings it, before any work is done."""
    needed = _EXTRAS | (_ENCODER_EXTRAS if with_encoder else {})
    for module, (package, extra) in needed.items():
        if importlib.util.find_spec(module) is None:
            raise InvalidInput("train.extra", f"训练需要 {package}，请先安装：pip install 'hotline[{extra}]'")


def _write_own(path: Path, found: Iterable[Lesson]) -> list[Trace]:
    """Writes the texts as they come; what remains of the lessons."""
    traces = []
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        for lesson in found:
            writer.writerow((lesson.text.title, lesson.text.detail))
            traces.append(lesson.trace)
    return traces


def _write_data(
    folder: Path, own: Sequence[Trace], base: Path | None, least: int
) -> tuple[list[Trace], set[str]]:
    """Writes the training folder; what is learned from and the digests of all texts in it."""
    learned = _read(base) if base else []
    groups: dict[str, set[str]] = {}
    for message in learned:
        groups.setdefault(message.label, set()).add(message.group)
    group_of = lessons.groups(own)
    for lesson in own:
        groups.setdefault(lesson.label, set()).add(group_of[lesson.ticket_id])
    for label in sorted(label for label, found in groups.items() if len(found) < least):
        print(f"  {label}：只有 {len(groups[label])} 条，不足 {least} 条，这次不学")
    kept = [lesson for lesson in own if len(groups[lesson.label]) >= least]
    few = {message.label for message in learned if len(groups[message.label]) < least}
    if few:
        raise InvalidInput("train.base", f"基础数据中这些分类的消息太少：{'、'.join(sorted(few))}")
    if sum(len(found) >= least for found in groups.values()) < 2:
        raise InvalidInput(
            "train.too_few",
            f"至少要有两个分类各有 {least} 件人工结论才能训练；可以用 --data 加上基础数据",
        )
    _write_labels(folder, own, {trace.ticket_id: group_of[trace.ticket_id] for trace in kept}, base)
    for name in (corpus.RAW, corpus.TOKENS):
        if base and (base / name).is_file():
            (folder / name).symlink_to((base / name).absolute())
    return kept, {lesson.digest for lesson in kept} | {
        lessons.digest(Text("", message.raw)) for message in learned if message.raw
    }


def _read(base: Path) -> list[corpus.Message]:
    try:
        return corpus.read(base)
    except corpus.CorpusError as error:
        raise InvalidInput("train.data", str(error)) from error


def _write_labels(folder: Path, own: Sequence[Trace], group_of: Mapping[int, str], base: Path | None) -> None:
    """The base data's labelled texts, then the house's own of the tickets that `group_of` names."""
    with (folder / corpus.LABELS).open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        if base and (base / corpus.LABELS).is_file():
            with (base / corpus.LABELS).open(encoding="utf-8-sig", newline="") as source:
                writer.writerows(csv.DictReader(source))
        with (folder / OWN).open(encoding="utf-8", newline="") as source:
            for (title, detail), trace in zip(csv.reader(source), own, strict=True):
                if group := group_of.get(trace.ticket_id):
                    row = {"title": title, "detail": detail, "label": trace.label, "dup_group": group}
                    writer.writerow(row)


def _train(data: Path, out: Path, args: argparse.Namespace) -> None:
    from classifiers import train

    try:
        train.train(data, out, args.seed, encoder=args.encoder, keep=args.keep)
    except corpus.CorpusError as error:
        raise InvalidInput("train.data", str(error)) from error
    except ClassifierUnavailable as error:
        raise InvalidInput("train.encoder", f"编码器不能使用：{error}") from error


def _say(house: House, name: str) -> None:
    print(f"已登记为候选：{name}")
    print(f"  比较：hotline evaluate --model {name}")
    print(f"  影子运行：hotline models shadow {name} --reason 理由")
    print(f"  投入使用：hotline models serve {name} --reason 理由")
