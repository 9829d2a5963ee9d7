"""The folder a linear model lives in: its files, written at training and checked before they are used.

`model.json` names the format, the classes, the threshold and the SHA-256 of every other file: a folder
that was cut short in copying, mixed from two versions or made by something else is refused with the
reason, in Chinese, because the person who reads it runs the hotline. Nothing here is unpickled.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.api import ClassifierUnavailable
from classifiers.features import GramTables

FORMAT = "hotline-linear-1"
GRAPH, TABLES, HEAD = "model.onnx", "grams.npz", "model.json"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json")
UNK, PAD = "[UNK]", "[PAD]"


@dataclass(frozen=True)
class Head:
    """What `model.json` says: the classes in order, the function words to leave out, when to be sure."""

    version: str
    labels: tuple[str, ...]
    threshold: float
    stop_words: tuple[str, ...]


def build_tokenizer(words: Sequence[str]) -> Any:
    """A transformers tokenizer: one id for each blank-parted word of this list, UNKNOWN for others."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    transformers = quiet_transformers()
    vocabulary = {word: number for number, word in enumerate((UNK, PAD, *words))}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=UNK))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=inner, unk_token=UNK, pad_token=PAD)


def quiet_transformers() -> Any:
    """The module `transformers`, imported without its advice on absent training frameworks."""
    import os

    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    import transformers

    return transformers


def write_head(folder: Path, head: Head) -> None:
    """Seal a folder: must be the last file written."""
    files = {name: _digest(folder / name) for name in (GRAPH, TABLES, *TOKENIZER)}
    content = {"format": FORMAT, **asdict(head), "files": files}
    (folder / HEAD).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_tables(folder: Path, tables: GramTables) -> None:
    """The n-gram numbers, as differences: sorted numbers compress badly, their small steps well."""
    steps = {
        kind: np.diff(part, prepend=0) for kind, part in (("words", tables.words), ("chars", tables.chars))
    }
    np.savez_compressed(
        folder / TABLES, size=np.int64(tables.size), words=steps["words"], chars=steps["chars"]
    )


def read_tables(folder: Path) -> GramTables:
    """The n-gram tables of a checked folder."""
    with np.load(folder / TABLES, allow_pickle=False) as stored:
        return GramTables(int(stored["size"]), np.cumsum(stored["words"]), np.cumsum(stored["chars"]))


def read_head(folder: Path) -> Head:
    """Check the folder and read its head. Raises ClassifierUnavailable with the reason."""
    path = folder / HEAD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ClassifierUnavailable(f"模型目录 {folder} 中没有 {HEAD}") from None
    except (OSError, ValueError) as error:
        raise ClassifierUnavailable(f"{path} 无法读取:{error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ClassifierUnavailable(f"{folder} 不是本系统的分类模型(格式标识应为 {FORMAT})")
    try:
        head = Head(
            str(content["version"]),
            tuple(content["labels"]),
            float(content["threshold"]),
            tuple(content["stop_words"]),
        )
        files = dict(content["files"])
    except (KeyError, TypeError, ValueError) as error:
        raise ClassifierUnavailable(f"{path} 内容不完整:{error}") from error
    _check_files(folder, files)
    return head


def _check_files(folder: Path, files: dict[str, str]) -> None:
    for name in (GRAPH, TABLES, *TOKENIZER):
        path = folder / name
        if not path.is_file():
            raise ClassifierUnavailable(f"模型目录 {folder} 缺少文件 {name}")
        if _digest(path) != files.get(name):
            raise ClassifierUnavailable(
                f"模型文件 {name} 与 {HEAD} 中的校验值不符,可能复制不完整或混用了版本"
            )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
