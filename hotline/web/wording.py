"""pydantic's faults in Chinese: one sentence per kind of fault, with the number that matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

_SENTENCES = {
    "missing": "必填",
    "string_type": "应为文字",
    "string_too_short": "至少 {min_length} 个字",
    "string_too_long": "最多 {max_length} 个字",
    "string_pattern_mismatch": "格式不正确",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "数字太大",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "bool_type": "应为是或否",
    "bool_parsing": "应为是或否",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "不应小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "不应大于 {le}",
    "datetime_parsing": "应为日期时间，如 2026-11-21T09:00:00+08:00",
    "datetime_from_date_parsing": "应为日期时间，如 2026-11-21T09:00:00+08:00",
    "datetime_type": "应为日期时间",
    "timezone_aware": "日期时间要带时区，如 +08:00",
    "date_parsing": "应为日期，如 2026-11-21",
    "date_from_datetime_parsing": "应为日期，如 2026-11-21",
    "date_type": "应为日期",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "extra_forbidden": "不认识这个字段",
    "union_tag_invalid": "应为 {expected_tags} 之一",
    "union_tag_not_found": "必填",
    "finite_number": "应为有限的数",
    "datetime_object_invalid": "应为日期时间",
    "datetime_future": "不能晚于现在",
    "date_from_datetime_inexact": "应为日期，如 2026-11-21",
    "value_error": "{error}",
    "string_unicode": "含有无法识别的字符",
}


def field_faults(error: ValidationError, values: Any) -> dict[str, str]:
    """field path in `values` -> sentence. Never repeats what was typed in, nor names the members of a union: of their
    faults that one counts which took the value for its own, and where none did, all that it could have been."""
    found: list[tuple[tuple[str, ...], bool, str]] = []
    for fault in error.errors(include_url=False, include_input=False):
        path, of_member = _told(fault["loc"], values, fault["type"])
        context = {
            key: str(value).replace(" or ", "、").replace("'", "")
            for key, value in fault.get("ctx", {}).items()
        }
        sentence = _SENTENCES.get(fault["type"], "填写不正确").format_map(_Known(context))
        found.append((path, of_member and fault["type"].endswith("_type"), sentence))
    faults: dict[str, str] = {}
    for path, foreign, sentence in found:
        name = ".".join(path) or "内容"
        if not foreign:
            faults.setdefault(name, sentence)
        elif not any(other[: len(path)] == path for other, strange, _ in found if not strange):
            faults[name] = _either(faults.get(name, ""), sentence)
    return faults


def _told(loc: Sequence[int | str], values: Any, kind: str) -> tuple[tuple[str, ...], bool]:
    """The parts of a place that the caller has written (or left out), and whether the last one named a union's member."""
    parts: list[str] = []
    for at, part in enumerate(loc):
        last = at == len(loc) - 1
        known = isinstance(values, Mapping) and part in values
        if known or (isinstance(part, int) and isinstance(values, list) and part < len(values)):
            values = values[part]
        elif last and kind != "missing":
            return tuple(parts), True
        elif not last:
            continue
        parts.append(str(part))
    return tuple(parts), False


def _either(said: str, also: str) -> str:
    """“应为对象” and “应为文字” as one sentence."""
    if not said or said == also:
        return also
    return f"{said}或{also.removeprefix('应为')}"


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "限定值"
