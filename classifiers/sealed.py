"""Model folders that say what they are: a head file names the format and the digest of every other file.

A folder that was cut short in copying, mixed from two versions or made by something else is refused with
the reason, in Chinese, because the person who reads it runs the hotline. Nothing in it is unpickled.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from classifiers.api import ClassifierUnavailable

HEAD = "model.json"
T = TypeVar("T")


def seal(folder: Path, form: str, content: Mapping[str, Any], files: Iterable[str]) -> None:
    """Write the head of a folder whose other files are all there: must be the last file written."""
    digests = {name: digest(folder / name) for name in files}
    whole = {"format": form, **content, "files": digests}
    (folder / HEAD).write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def form_of(folder: Path) -> str:
    """The format that a folder's head names. Raises ClassifierUnavailable when there is no readable head."""
    return str(_content(folder).get("format", ""))


def unsealed(folder: Path, form: str, files: Iterable[str]) -> dict[str, Any]:
    """The head of a folder, its files checked; the fields are checked by `fields_of`.

    Raises ClassifierUnavailable with the reason.
    """
    content = _content(folder)
    if content.get("format") != form:
        raise ClassifierUnavailable(f"{folder} 不是本系统的分类模型(格式标识应为 {form})")
    digests = content.get("files")
    for name in files:
        if not (folder / name).is_file():
            raise ClassifierUnavailable(f"模型目录 {folder} 缺少文件 {name}")
        if not isinstance(digests, dict) or digest(folder / name) != digests.get(name):
            raise ClassifierUnavailable(
                f"模型文件 {name} 与 {HEAD} 中的校验值不符,可能复制不完整或混用了版本"
            )
    return content


def fields_of(folder: Path, content: Mapping[str, Any], build: Callable[[Mapping[str, Any]], T]) -> T:
    """What `build` makes of a head. Raises ClassifierUnavailable when fields are missing or of another kind."""
    try:
        return build(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ClassifierUnavailable(f"{folder / HEAD} 内容不完整:{error}") from error


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _content(folder: Path) -> dict[str, Any]:
    path = folder / HEAD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ClassifierUnavailable(f"模型目录 {folder} 中没有 {HEAD}") from None
    except (OSError, ValueError) as error:
        raise ClassifierUnavailable(f"{path} 无法读取:{error}") from error
    if not isinstance(content, dict):
        raise ClassifierUnavailable(f"{path} 内容不完整:不是一个对象")
    return content
