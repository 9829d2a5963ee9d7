"""pydantic's faults in Chinese: one sentence per kind of fault, with the number that matters."""

from __future__ import annotations

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


def field_faults(error: ValidationError) -> dict[str, str]:
    """field path -> sentence. Never repeats what was typed in."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        path = ".".join(str(part) for part in fault["loc"]) or "内容"
        sentence = _SENTENCES.get(fault["type"], "填写不正确")
        context = {
            key: str(value).replace(" or ", "、").replace("'", "")
            for key, value in fault.get("ctx", {}).items()
        }
        faults.setdefault(path, sentence.format_map(_Known(context)))
    return faults


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "限定值"
