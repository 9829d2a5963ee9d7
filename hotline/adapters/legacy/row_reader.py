"""One row of an export becomes one LegacyRecord.

A row is refused only where it could not be found again or says nothing: no usable number, no text, no
time though a column should give one, a text beyond our limits. Anything else that cannot be read (a
telephone number "见内容", a closing time "昨天") is left empty with a note, because losing the record
would be worse.
"""

from __future__ import annotations

from datetime import datetime

from hotline.adapters.legacy.cell_values import (
    BLANKS,
    first_phone,
    is_shortened,
    parse_count,
    parse_flag,
    parse_path,
    parse_time,
)
from hotline.adapters.legacy.mapping import Mapping
from hotline.adapters.legacy.record import LegacyRecord, Problem
from hotline.adapters.legacy.spreadsheet import Row
from hotline.domain.drafts import LIMITS, clean
from hotline.domain.errors import HotlineError
from hotline.domain.parties import CHANNELS
from hotline.domain.personal import normalise_id_number
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES

_JOINED = {"detail": "\n", "category": "/"}
_NOTED_TIMES = ("replied_at", "closed_at", "due_at")
_LENGTHS = {
    "external_no": LIMITS["source_no"],
    "detail": LIMITS["text"],
    "reply": LIMITS["reply"],
    "caller_name": LIMITS["name"],
    "caller_address": LIMITS["address"],
    "event_address": LIMITS["place"],
    "subject": LIMITS["subject"],
}
_SHORT = 100  # every other field
_EXTRA = 1_000


def _codes(table: dict[str, str], more: dict[str, str]) -> dict[str, str]:
    return {**{code: code for code in table}, **{label: code for code, label in table.items()}, **more}


_CODES = {
    "request_type": _codes(
        REQUEST_TYPES,
        {"感谢": "praise", "意见": "suggestion", "意见建议": "suggestion", "投诉举报": "complaint"},
    ),
    "channel": _codes(
        CHANNELS,
        {
            "来电": "phone",
            "热线": "phone",
            "微博": "web",
            "互联网": "web",
            "微信公众号": "wechat",
            "110": "police",
        },
    ),
    "urgency": _codes(
        URGENCIES, {"一般": "normal", "加急": "urgent", "特急件": "critical", "非常紧急": "critical"}
    ),
}


class RowReader:
    """Reads rows by one bound mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping

    def record(self, row: Row) -> LegacyRecord:
        """The record of a row; never raises for what the row says."""
        return _Reading(self._mapping, row).record()


class _Reading:
    """The reading of one row: gathers values, problems and notes."""

    def __init__(self, mapping: Mapping, row: Row) -> None:
        self._mapping, self._row = mapping, row
        self._problems: list[Problem] = []
        self._notes: list[Problem] = []
        self._extra = {name: clean(row.values[name])[:_EXTRA] for name in mapping.extra if row.values[name]}

    def record(self) -> LegacyRecord:
        if self._row.surplus:
            self._refuse("row", "too_many_cells", "这一行的格数比表头多，可能有逗号没有加引号")
        title, detail = self._texts()
        times = {name: self._time(name) for name in _NOTED_TIMES}
        state = self._text("state")
        category, unit = self._text("category"), self._text("unit")
        return LegacyRecord(
            row=self._row.number,
            external_no=self._number(),
            title=title,
            detail=detail,
            received_at=self._received(),
            caller_phone=self._phone(),
            caller_id_number=self._id_number(),
            category=self._mapped("category", category),
            category_text=category,
            unit=self._mapped("unit", unit),
            unit_text=unit,
            state=state,
            final=self._is_final(state, times),
            secret=self._secret(),
            likes=self._count("likes"),
            dislikes=self._count("dislikes"),
            **{name: self._code(name) for name in _CODES},  # type: ignore[arg-type]
            **{name: self._text(name) for name in _PLAIN},  # type: ignore[arg-type]
            **times,  # type: ignore[arg-type]
            extra=self._extra,
            problems=tuple(self._problems),
            notes=tuple(self._notes),
        )

    def _is_final(self, state: str, times: dict[str, datetime | None]) -> bool:
        """By the state; an export without states is final where it names a closing time or an answer's time."""
        if state:
            return state.lower() in self._mapping.final_states
        return times["closed_at"] is not None or times["replied_at"] is not None

    def _refuse(self, field: str, code: str, message: str) -> None:
        self._problems.append(Problem(field, code, message))

    def _note(self, field: str, code: str, message: str) -> None:
        self._notes.append(Problem(field, code, message))

    def _raw(self, field: str) -> str:
        """The field's text: constant, else its columns, else default."""
        mapping = self._mapping
        if field in mapping.constants:
            return mapping.constants[field]
        cells = [clean(self._row.values[column]) for column in mapping.columns.get(field, ())]
        filled = [cell for cell in cells if cell and cell.lower() not in BLANKS]
        text = _JOINED[field].join(filled) if field in _JOINED else next(iter(filled), "")
        return text or mapping.defaults.get(field, "")

    def _text(self, field: str) -> str:
        """The field's text within its limit; a category as a path with one kind of stroke."""
        text = self._raw(field)
        if field == "category":
            text = parse_path(text)
        limit = _LENGTHS.get(field, _SHORT)
        if len(text) > limit:
            self._refuse(
                field, "too_long", f"{_LABELS.get(field, field)}最多 {limit} 个字，现有 {len(text)} 个字"
            )
            return ""
        return text

    def _number(self) -> str:
        text = self._text("external_no")
        if is_shortened(text):
            message = "编号在表格里被存成了数字，末几位已丢失；请把该列设为文本后重新导出"
            self._refuse("external_no", "digits_lost", message)
            return ""
        if not text and not any(problem.field == "external_no" for problem in self._problems):
            self._refuse("external_no", "missing", "没有编号，无法避免重复导入")
        return text

    def _texts(self) -> tuple[str, str]:
        """(title, detail): a title over the limit moves to the head of the detail, nothing is lost."""
        title, detail = self._raw("title"), self._text("detail")
        if len(title) > LIMITS["title"]:
            self._note("title", "shortened", f"标题超过 {LIMITS['title']} 个字，全文已放在内容开头")
            detail = title if detail.startswith(title) else f"{title}\n{detail}".strip()
            title = title[: LIMITS["title"] - 1] + "…"
        if not title and not detail and not self._problems:
            self._refuse("detail", "missing", "标题和内容都是空的")
        if len(detail) > LIMITS["text"]:
            self._refuse("detail", "too_long", f"内容最多 {LIMITS['text']} 个字，现有 {len(detail)} 个字")
        return title, detail or title

    def _received(self) -> datetime | None:
        text = self._raw("received_at")
        found = parse_time(text, self._mapping.timezone, self._mapping.date_formats)
        if found is None and text:
            self._refuse("received_at", "bad_time", f"看不懂受理时间“{text[:30]}”，例如 2024/3/5 09:30:00")
        elif found is None and "received_at" in self._mapping.columns:
            self._refuse("received_at", "missing", "受理时间是空的")
        return found

    def _time(self, field: str) -> datetime | None:
        text = self._raw(field)
        found = parse_time(text, self._mapping.timezone, self._mapping.date_formats)
        if found is None and text:
            self._note(field, "bad_time", f"看不懂{_LABELS[field]}“{text[:30]}”，未导入")
        return found

    def _phone(self) -> str:
        text = self._raw("caller_phone")
        number = first_phone(text)
        if text and not number:
            self._note("caller_phone", "invalid", "电话号码格式不正确，未导入")
        return number

    def _id_number(self) -> str:
        text = self._raw("caller_id_number")
        try:
            return normalise_id_number(text) if text else ""
        except HotlineError as error:
            self._note("caller_id_number", "invalid", f"{error.message}，未导入")
            return ""

    def _mapped(self, field: str, text: str) -> str:
        """Our code for an old word, by the whole path or by its last part; "" where the table has none."""
        table = self._mapping.values.get(field)
        if not text or table is None:
            return ""
        code = table.get(text) or table.get(text.rpartition("/")[2], "")
        if not code:
            self._note(field, "unmapped", f"映射文件的 [values.{field}] 里没有“{text[:40]}”")
        return code

    def _code(self, field: str) -> str:
        text = self._text(field)
        word = self._mapping.values.get(field, {}).get(text, text)
        code = _CODES[field].get(word.lower(), "")
        if text and not code:
            self._note(field, "unmapped", f"不认识的{_LABELS[field]}“{text[:40]}”")
            self._extra.setdefault(field, text)
        return code

    def _secret(self) -> bool | None:
        text = self._raw("secret")
        if not text:
            return None
        flag = parse_flag(text)
        if flag is None:
            self._note("secret", "unknown", "看不懂是否保密，已按保密处理")
        return flag is not False

    def _count(self, field: str) -> int | None:
        text = self._raw(field)
        count = parse_count(text)
        if text and count is None:
            self._note(field, "not_a_count", f"{_LABELS[field]}不是数字，未导入")
        return count


_PLAIN = (
    "caller_name",
    "caller_gender",
    "caller_account",
    "caller_address",
    "event_address",
    "area",
    "subject",
    "reply",
    "satisfaction",
    "operator",
)
_LABELS = {
    "external_no": "编号",
    "detail": "内容",
    "caller_name": "姓名",
    "caller_gender": "性别",
    "caller_account": "用户账号",
    "caller_address": "联系地址",
    "event_address": "事发地址",
    "area": "区域",
    "subject": "被反映单位",
    "request_type": "诉求类型",
    "category": "分类",
    "channel": "渠道",
    "urgency": "紧急程度",
    "state": "办理状态",
    "unit": "承办单位",
    "reply": "答复",
    "replied_at": "答复时间",
    "closed_at": "办结时间",
    "due_at": "截止时间",
    "satisfaction": "满意度",
    "operator": "受理人",
    "likes": "点赞数",
    "dislikes": "反对数",
}
