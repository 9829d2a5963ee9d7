"""mapping.toml: which column of an export gives which field, and what the old system's words mean here.

Everything may be left out: columns with a usual name find their field by themselves (columns.py) unless
`guess` is false, and a field set to "" stays empty. Columns nobody asks for are not imported, because
they may hold personal data that would lie about unencrypted; `extra` names those to keep.

    name = "12319 城管热线导出"
    sheet = "工单"                          # XLSX only
    timezone = "Asia/Shanghai"
    date_formats = ["%d.%m.%Y %H:%M"]       # tried before the usual ones
    final_states = ["办结", "已归档"]       # instead of the usual ones
    extra = ["网格编号"]

    [columns]
    external_no = "业务流水"
    detail = ["主要内容", "补充描述"]       # joined line by line; category level by level; else the first that is
    filled

    [constants]                             # whatever the file says
    channel = "phone"
    [defaults]                              # where the file says nothing
    request_type = "help"

    [values.category]                       # old word = our code
    "市容/占道经营" = "0203"

    [places]                                # the old system's names of places = our area codes
    "老城区" = "LZ01"
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hotline.adapters.legacy.columns import FINAL_STATES, guess_columns
from hotline.adapters.legacy.limits import MIB, FileRefused
from hotline.adapters.legacy.record import LegacyRecord

_NOT_FROM_COLUMNS = {"row", "extra", "problems", "notes", "final", "category_text", "unit_text"}
SHANGHAI = ZoneInfo("Asia/Shanghai")
FIELDS = tuple(item.name for item in fields(LegacyRecord) if item.name not in _NOT_FROM_COLUMNS)


@dataclass(frozen=True)
class Mapping:
    """How one kind of file is read. columns: field -> the columns that give it."""

    name: str = ""
    sheet: str | None = None
    timezone: tzinfo = SHANGHAI
    date_formats: tuple[str, ...] = ()
    final_states: frozenset[str] = FINAL_STATES
    extra: tuple[str, ...] = ()
    guess: bool = True
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)

    def bound(self, columns: Sequence[str]) -> Mapping:
        """This mapping for a file with these columns, the missing fields guessed.

        Raises FileRefused: mapping_column_missing, columns_unknown.
        """
        named = [column for given in self.columns.values() for column in given] + list(self.extra)
        for column in named:
            if column not in columns:
                raise _missing(column, columns)
        guessed = guess_columns(columns, named) if self.guess else {}
        used = {name: given for name, given in {**guessed, **self.columns}.items() if given}
        _require(used, {**self.constants, **self.defaults}, columns)
        return replace(self, columns=used)

    def unused(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns of a file that a bound mapping leaves behind, for the report."""
        used = {column for given in self.columns.values() for column in given} | set(self.extra)
        return tuple(column for column in columns if column not in used)


def load_mapping(path: str | Path) -> Mapping:
    """Read mapping.toml. Raises FileRefused: no_file, mapping_broken, mapping_unknown_key,
    mapping_wrong_type.
    """
    path = Path(path)
    if not path.is_file():
        raise FileRefused("no_file", f"找不到映射文件：{path.name}")
    if path.stat().st_size > MIB:
        raise FileRefused("mapping_broken", "映射文件超过 1 MB，不是正常的映射文件")
    return parse_mapping(path.read_bytes())


def parse_mapping(content: bytes) -> Mapping:
    """The mapping in the text of a mapping.toml (UTF-8). Raises FileRefused as load_mapping does."""
    try:
        given = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileRefused("mapping_broken", f"映射文件不是有效的 TOML（UTF-8）：{error}") from error
    _known(given, [item.name for item in fields(Mapping)], "映射文件")
    for table in ("columns", "constants", "defaults", "values"):
        _known(_table(given, table), FIELDS, f"[{table}]")
    return Mapping(
        name=_text(given, "name"),
        sheet=_text(given, "sheet") or None,
        timezone=_zone(_text(given, "timezone") or "Asia/Shanghai"),
        date_formats=_texts(given, "date_formats"),
        final_states=frozenset(_texts(given, "final_states")) or FINAL_STATES,
        extra=_texts(given, "extra"),
        guess=_flag(given, "guess"),
        columns={name: _names(value, name) for name, value in _table(given, "columns").items()},
        constants=_words(given, "constants"),
        defaults=_words(given, "defaults"),
        values={name: _words(_table(given, "values"), name) for name in _table(given, "values")},
        places=_words(given, "places"),
    )


def _require(used: dict[str, Any], fixed: dict[str, str], columns: Sequence[str]) -> None:
    missing = [] if "external_no" in used else ["编号（external_no）"]
    if not used.keys() & {"title", "detail"} and not fixed.keys() & {"title", "detail"}:
        missing.append("标题或内容（title / detail）")
    if missing:
        seen = "、".join(column[:20] for column in columns[:30])
        message = f"看不出哪一列是{'和'.join(missing)}；文件里的列有：{seen}；请用映射文件的 [columns] 指定"
        raise FileRefused("columns_unknown", message)


def _missing(column: str, columns: Sequence[str]) -> FileRefused:
    near = difflib.get_close_matches(column, columns, n=1, cutoff=0.5)
    hint = f"，是不是“{near[0]}”" if near else f"；文件里的列有：{'、'.join(columns[:30])}"
    return FileRefused("mapping_column_missing", f"映射文件里的列“{column}”在表格中不存在{hint}")


def _known(given: dict[str, Any], names: Iterable[str], where: str) -> None:
    names = list(names)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1)
            hint = f"，是不是 {near[0]}" if near else f"；可用的有：{'、'.join(names)}"
            raise FileRefused("mapping_unknown_key", f"{where}里有不认识的项目“{key}”{hint}")


def _wrong(key: str, wanted: str) -> FileRefused:
    return FileRefused("mapping_wrong_type", f"映射文件里的“{key}”应为{wanted}")


def _table(given: dict[str, Any], key: str) -> dict[str, Any]:
    value = given.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(key, f"一节 [{key}]")
    return value


def _words(given: dict[str, Any], key: str) -> dict[str, str]:
    table = _table(given, key)
    for word, value in table.items():
        if not isinstance(value, str):
            raise _wrong(f"{key}.{word}", "带引号的文字")
    return {word.strip(): value.strip() for word, value in table.items()}


def _text(given: dict[str, Any], key: str) -> str:
    value = given.get(key, "")
    if not isinstance(value, str):
        raise _wrong(key, "带引号的文字")
    return value.strip()


def _texts(given: dict[str, Any], key: str) -> tuple[str, ...]:
    return _names(given.get(key, []), key)


def _names(value: Any, key: str) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _wrong(key, "文字，或文字的列表")
    return tuple(name.strip() for name in names if name.strip())


def _flag(given: dict[str, Any], key: str) -> bool:
    value = given.get(key, True)
    if not isinstance(value, bool):
        raise _wrong(key, " true 或 false")
    return value


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise FileRefused("mapping_wrong_type", f"没有名为“{name}”的时区，例如 Asia/Shanghai") from error
