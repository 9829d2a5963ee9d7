"""The folder of the model registry: `HOTLINE_HOME/models/VERSION`, each a model folder that was opened before it was
taken in.

A model is copied aside, opened and asked there, and only then takes its place by one rename; who is killed in between
leaves a folder aside that the sweeps take away, or a whole model that nobody has registered yet.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from classifiers.api import Category, Classifier, ClassifierUnavailable, Prediction, Text
from classifiers.open import open_classifier
from classifiers.segment import Segmenter
from hotline.adapters import aside
from hotline.domain.errors import InvalidInput
from hotline.domain.learning import CheckedModel
from hotline.domain.reference import Reference

HEAD, REPORT = "model.json", "report.json"
LARGEST_MB = 2048
TAKING, LESSONS, MEMORY = ".taking-", ".lessons-", ".memory-"
_NAME = re.compile(r"[\w][\w.-]{0,79}", re.ASCII)
_PROBE = Text("路灯不亮", "小区门口的路灯坏了三天，晚上出门看不清路。")


class ModelStore:
    """The models of one installation. Opening one takes a second or two: never on the event loop."""

    def __init__(self, root: Path, reference: Callable[[], Reference], segmenter: Segmenter) -> None:
        self._root, self._reference, self._segmenter = root, reference, segmenter
        self._lock = threading.Lock()
        self._reader: tuple[tuple[str, str, int], Classifier] | None = None

    def opened(self, name: str, digest: str) -> Classifier:
        """The model of this version, loaded and probed. Raises ClassifierUnavailable with the reason, also when its
        folder is not the one that was registered with this digest."""
        folder = self._root / name
        if _digest(folder) not in ("", digest):  # without a head, opening tells what is wrong
            raise ClassifierUnavailable(_exchanged(name))
        return self.opened_at(folder)

    def opened_at(self, folder: Path) -> Classifier:
        """A model folder anywhere, loaded and probed. Raises ClassifierUnavailable with the reason."""
        return self.opened_url(f"onnx:{folder}")

    def opened_url(self, url: str) -> Classifier:
        """What a setting `classifier` names, loaded and probed. Raises ClassifierUnavailable with the reason."""
        opened = open_classifier(url, taxonomy_of(self._reference()), segmenter=self._segmenter)
        opened.load()
        try:
            answers = opened.predict([_PROBE])
        except ClassifierUnavailable:
            raise
        except Exception as error:  # whatever a foreign model raises, it cannot serve
            raise ClassifierUnavailable(f"模型 {url} 试运行失败：{error}") from error
        if len(answers) != 1:
            raise ClassifierUnavailable(f"模型 {url} 试运行没有给出结果")
        return opened

    def read(self, name: str, digest: str, texts: Sequence[Text]) -> tuple[list[Prediction], str]:
        """What a version says, and its full name; it stays open for the next time, one version at most. For a model
        that reads along. Raises ClassifierUnavailable."""
        with self._lock:
            taxonomy = self._reference().versions.get("category", 0)
            if self._reader is None or self._reader[0] != (name, digest, taxonomy):
                self._reader = None
                self._reader = ((name, digest, taxonomy), self.opened(name, digest))
            reader = self._reader[1]
        try:
            return reader.predict(texts), f"{reader.name}/{reader.version}"
        except ClassifierUnavailable:
            raise
        except Exception as error:  # a model on trial may fail in any way; it must not take its reader down
            raise ClassifierUnavailable(f"模型 {name} 出错：{type(error).__name__}") from error

    def checked(self, name: str, digest: str) -> CheckedModel:
        """A version that can serve now; InvalidInput with the reason when it cannot, or is not what was registered."""
        found = self._look(self._root / name)
        if found.digest != digest:
            raise InvalidInput("model.changed", _exchanged(name))
        return found

    def take(self, source: Path) -> CheckedModel:
        """Copies a model folder in. InvalidInput when it is broken, foreign or too large, or when its version is here
        already with another content."""
        _check_size(source)
        with aside.made(self._root, TAKING) as place:
            folder = place / "model"
            try:
                shutil.copytree(source, folder)
            except (OSError, shutil.Error) as error:
                raise InvalidInput("model.copy", f"无法复制模型目录 {source}：{error}") from error
            found = self._look(folder)
            self._place(folder, found)
        return found

    def _place(self, folder: Path, found: CheckedModel) -> None:
        target = self._root / found.name
        if target.exists() and _digest(target) == found.digest:
            return
        if target.exists():
            raise InvalidInput("model.version_taken", f"版本 {found.name} 已有另一个内容不同的模型")
        folder.rename(target)

    def _look(self, folder: Path) -> CheckedModel:
        try:
            opened = self.opened_at(folder)
        except ClassifierUnavailable as error:
            raise InvalidInput("model.refused", f"模型不能使用：{error}") from error
        if not _NAME.fullmatch(opened.version):
            raise InvalidInput(
                "model.version", "模型的版本号只能含字母、数字、点、横线和下划线，最多 80 个字符"
            )
        return CheckedModel(opened.version, opened.name, _digest(folder), _figures(folder))

    def training_place(self) -> AbstractContextManager[Path]:
        """A folder for the texts of one training, gone when that ends; `sweep` takes what a killed one has left."""
        return aside.made(self._root, LESSONS)

    def sweep(self) -> int:
        """Takes away what killed processes have left: texts of a training, a model half copied, a memory of corrections
        half written. How many folders."""
        return aside.sweep(self._root, (TAKING, LESSONS, MEMORY))


def taxonomy_of(reference: Reference) -> Sequence[Category]:
    """The matters in force, as classifiers take them."""
    return [
        Category(row["code"], row.get("parent", ""), row["name"], tuple(row["keywords"]), row["definition"])
        for row in reference.all_of("category")
    ]


def _check_size(source: Path) -> None:
    if not source.is_dir():
        raise InvalidInput("model.no_folder", f"没有模型目录 {source}")
    size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    if size > LARGEST_MB * 1024 * 1024:
        raise InvalidInput("model.large", f"目录 {source} 超过 {LARGEST_MB} MB，不像是一个模型")


def _exchanged(name: str) -> str:
    return f"模型 {name} 的目录与登记时不同，可能被改动过"


def _digest(folder: Path) -> str:
    """Of the head alone: it names the digests of all other files, and opening has checked those."""
    try:
        return hashlib.sha256((folder / HEAD).read_bytes()).hexdigest()
    except OSError:
        return ""


def _figures(folder: Path) -> dict[str, Any]:
    """The figures of the training, where the folder brings a report that can be read."""
    with contextlib.suppress(OSError, ValueError):
        report = json.loads((folder / REPORT).read_text("utf-8"))
        if isinstance(report, dict):
            return report
    return {}
