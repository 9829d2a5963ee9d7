"""hotline train: a model from what people have said about this house's tickets, with or without a folder of base data.

The texts leave the database masked, into a folder inside the installation that only its owner may read and that is gone
when the command ends. What the model has learned from is kept with it in the registry, so that `hotline evaluate` asks
it nothing it has seen. The same labels, data, seed and package versions give the same model.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from classifiers import corpus
from classifiers.api import ClassifierUnavailable, Text
from hotline.commands.house import House, opened
from hotline.domain.errors import InvalidInput
from hotline.services import lessons, switching
from hotline.services.lessons import Lesson
from hotline.settings import Settings

LEAST = 20
"""So many separate messages make a class worth learning; fewer would be learned by heart."""
ASIDE = ".training-"
ABANDONED_S = 24 * 3600
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
    parser.set_defaults(run=run)


def run(settings: Settings, args: argparse.Namespace) -> int:
    """Exports, trains, takes the model in as a candidate, and says what to do next."""
    check_extras(with_encoder=args.encoder is not None)
    with opened(settings) as house, _private_folder(settings) as aside:
        own = list(tqdm(lessons.every(house.runtime), unit="件", desc="读取人工结论", disable=None))
        kept, texts = _write_data(Path(aside), own, args.data, max(args.least, 1))
        print(f"本地标注 {len(kept)} 件，训练文本 {len(texts)} 条", flush=True)
        folder = args.out or Path(aside) / "model"
        _train(Path(aside), folder, args)
        name = switching.add(house.runtime, house.actor, folder, lessons.taught(kept, texts))
        _say(house, name)
    return 0


def check_extras(with_encoder: bool = False) -> None:
    """InvalidInput naming the package and the extra that brings it, before any work is done."""
    needed = _EXTRAS | (_ENCODER_EXTRAS if with_encoder else {})
    for module, (package, extra) in needed.items():
        if importlib.util.find_spec(module) is None:
            raise InvalidInput("train.extra", f"训练需要 {package}，请先安装：pip install 'hotline[{extra}]'")


def _private_folder(settings: Settings) -> tempfile.TemporaryDirectory[str]:
    """A folder that only its owner may read; what a killed run has left behind goes first."""
    home = settings.path("")
    for left in home.glob(f"{ASIDE}*"):
        if time.time() - left.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(dir=home, prefix=ASIDE)


def _write_data(
    folder: Path, own: Sequence[Lesson], base: Path | None, least: int
) -> tuple[list[Lesson], set[str]]:
    """Writes the training folder; the lessons in it and the digests of all texts in it."""
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
    _write_labels(folder / corpus.LABELS, kept, group_of, base)
    for name in (corpus.RAW, corpus.TOKENS):
        if base and (base / name).is_file():
            (folder / name).symlink_to((base / name).absolute())
    return kept, {lessons.digest(lesson.text) for lesson in kept} | {
        lessons.digest(Text("", message.raw)) for message in learned if message.raw
    }


def _read(base: Path) -> list[corpus.Message]:
    try:
        return corpus.read(base)
    except corpus.CorpusError as error:
        raise InvalidInput("train.data", str(error)) from error


def _write_labels(path: Path, kept: Iterable[Lesson], group_of: Mapping[int, str], base: Path | None) -> None:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        if base and (base / corpus.LABELS).is_file():
            with (base / corpus.LABELS).open(encoding="utf-8-sig", newline="") as source:
                writer.writerows(csv.DictReader(source))
        for lesson in kept:
            text = {"title": lesson.text.title, "detail": lesson.text.detail}
            writer.writerow({**text, "label": lesson.label, "dup_group": group_of[lesson.ticket_id]})


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
    print(f"  影子运行：hotline models shadow {name}；投入使用：hotline models serve {name}")
