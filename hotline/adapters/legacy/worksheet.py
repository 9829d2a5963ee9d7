"""The two large parts of a workbook, read as a stream: its shared strings and one sheet's rows.

A tree of elements would hold the whole sheet in memory (and a sheet may claim any row number or column it
likes), so expat's events are read directly. Document types are refused altogether: no entity is ever
expanded. Texts wait in a spooled temporary file, not in a list, because the descriptions of 100,000
tickets are larger than everything else.
"""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO
from xml.parsers import expat

from openpyxl.utils.datetime import from_excel

from hotline.adapters.legacy.limits import (
    MAX_CELL_CHARS,
    MAX_COLUMNS,
    MAX_SHEET_ROW,
    FileRefused,
    cell_too_long,
    check_width,
)

Records = Iterator[tuple[int, list[str]]]

_CHUNK = 1 << 16
_IN_MEMORY = 8 << 20
_EXACT_DIGITS = 15  # a spreadsheet number keeps no more
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KINDS = {f"{_MAIN} {name}": name for name in ("row", "c", "v", "f", "t", "si", "rPh", "is")}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class NumberStyles:
    """Which cell styles mean a date or a duration, and the day that serial 0 stands for."""

    dates: frozenset[int]
    durations: frozenset[int]
    epoch: dt.datetime


class SharedStrings:
    """The texts that cells point to, by index; close() drops the temporary file."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by close()
        self._ends = array("Q", [0])

    def append(self, text: str) -> None:
        """Keep one more text."""
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8")))

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise FileRefused(
                "workbook_damaged", "工作簿内部不一致：单元格指向不存在的文字，请用 Excel 或 WPS 重新另存"
            )
        start = self._ends[index]
        self._file.seek(start)
        return self._file.read(self._ends[index + 1] - start).decode("utf-8")

    def close(self) -> None:
        """Drop the texts."""
        self._file.close()


def read_strings(part: IO[bytes], strings: SharedStrings) -> None:
    """Fill strings from xl/sharedStrings.xml. Raises FileRefused: cell_too_long, doctype; ExpatError if it is no XML."""
    for _ in _events(part, _StringReader(strings)):
        pass


def read_sheet(part: IO[bytes], strings: SharedStrings, styles: NumberStyles) -> Records:
    """(row number, texts of the cells from column A) of every row that the sheet mentions.

    Formulas give their stored value; dates give ISO text; numbers give plain digits up to 15 and an
    exponent beyond, since the digits after the fifteenth are lost already. Raises FileRefused:
    cell_too_long, too_many_columns, too_many_rows, formula_without_value, doctype.
    """
    reader = _RowReader(strings, styles)
    for _ in _events(part, reader):
        yield from reader.taken()


def _events(part: IO[bytes], reader: _StringReader | _RowReader) -> Iterator[None]:
    """Feed the part to expat, pausing after every chunk."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    while chunk := part.read(_CHUNK):
        parser.Parse(chunk)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: object) -> None:
    raise FileRefused("doctype", "工作簿里有文档类型声明（DTD），不是正常的表格文件，拒绝读取")


class _TextCollector:
    """Collects the characters between two tags, at most MAX_CELL_CHARS of them."""

    row = 0

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._open = False

    def text(self, data: str) -> None:
        if not self._open:
            return
        self._length += len(data)
        if self._length > MAX_CELL_CHARS:
            raise cell_too_long(self.row)
        self._parts.append(data)

    def _take(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        self._length = 0
        return text


class _StringReader(_TextCollector):
    """One text per <si>; the phonetic guides (<rPh>) beside Japanese text are left out."""

    def __init__(self, strings: SharedStrings) -> None:
        super().__init__()
        self._strings = strings
        self._phonetic = False

    def text(self, data: str) -> None:
        try:
            super().text(data)
        except FileRefused:
            message = f"工作簿里有一个单元格超过 {MAX_CELL_CHARS} 个字，请拆分后再导入"
            raise FileRefused("cell_too_long", message) from None

    def start(self, tag: str, _: dict[str, str]) -> None:
        kind = _KINDS.get(tag)
        if kind == "t":
            self._open = not self._phonetic
        elif kind == "rPh":
            self._phonetic = True

    def end(self, tag: str) -> None:
        kind = _KINDS.get(tag)
        if kind == "t":
            self._open = False
        elif kind == "rPh":
            self._phonetic = False
        elif kind == "si":
            self._strings.append(unescape(self._take()))


class _RowReader(_TextCollector):
    """Rows of one sheet: number and texts."""

    def __init__(self, strings: SharedStrings, styles: NumberStyles) -> None:
        super().__init__()
        self._strings, self._styles = strings, styles
        self._rows: list[tuple[int, list[str]]] = []
        self._cells: list[str] = []
        self._column = 0
        self._type, self._style, self._formula, self._phonetic = "n", 0, False, False

    def taken(self) -> list[tuple[int, list[str]]]:
        """The rows finished since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        kind = _KINDS.get(tag)
        if kind == "c":
            self._start_cell(attributes)
        elif kind == "v" or kind == "t":
            self._open = not self._phonetic
        elif kind == "row":
            self._start_row(attributes)
        elif kind == "f":
            self._formula = True
        elif kind == "rPh":
            self._phonetic = True

    def end(self, tag: str) -> None:
        kind = _KINDS.get(tag)
        if kind == "v" or kind == "t":
            self._open = False
        elif kind == "c":
            self._end_cell()
        elif kind == "row":
            self._rows.append((self.row, self._cells))
        elif kind == "rPh":
            self._phonetic = False

    def _start_row(self, attributes: dict[str, str]) -> None:
        claimed = attributes.get("r", "")
        self.row = int(claimed) if claimed.isascii() and claimed.isdigit() else self.row + 1
        if not 0 < self.row <= MAX_SHEET_ROW:
            raise FileRefused(
                "too_many_rows", f"工作表声称有第 {self.row} 行，超过 {MAX_SHEET_ROW} 行，不是正常的表格"
            )
        self._cells, self._column = [], 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = _column(place) if place else self._column + 1
        self._type = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self._style = int(style) if style.isascii() and style.isdigit() else 0
        self._formula = False

    def _end_cell(self) -> None:
        raw = self._take()
        if not raw:
            if self._formula and self._type != "str":
                self._refuse_formula()
            return
        check_width(self._column, self.row)
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells.extend([""] * missing)
        self._cells[self._column - 1] = self._shown(raw)

    def _refuse_formula(self) -> None:
        message = f"第 {self.row} 行有公式没有保存计算结果，请用 Excel 或 WPS 打开文件、保存一次后再导入"
        raise FileRefused("formula_without_value", message, self.row)

    def _shown(self, raw: str) -> str:
        if self._type == "n":
            return shown_number(raw, self._style, self._styles)
        if self._type == "s":
            return self._strings[int(raw) if raw.isascii() and raw.isdigit() else -1]
        if self._type == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        if self._type == "d":
            return raw.replace("T", " ")
        return unescape(raw)


def _column(place: str) -> int:
    """1 for A5, 28 for AB5; anything longer than three letters lies beyond every spreadsheet."""
    number = 0
    for letter in place[:4]:
        if not "A" <= letter <= "Z":
            break
        number = number * 26 + ord(letter) - 64
    return number or MAX_COLUMNS + 1


def shown_number(raw: str, style: int, styles: NumberStyles) -> str:
    """A stored number as a person would have typed it: 13800138000, 0.5, 2019-02-28 11:25:05."""
    if style in styles.dates:
        return _shown_date(raw, style in styles.durations, styles.epoch)
    if raw.isascii() and raw.isdigit() and len(raw) <= _EXACT_DIGITS:
        return raw
    return _plain(raw)


def _plain(raw: str) -> str:
    try:
        value = float(raw)
        if value.is_integer():
            return str(int(value)) if abs(value) < 10**_EXACT_DIGITS else f"{value:.{_EXACT_DIGITS - 1}E}"
        return format(Decimal(repr(value)), "f")
    except (ValueError, OverflowError):
        return raw


def _shown_date(raw: str, duration: bool, epoch: dt.datetime) -> str:
    """A date the calendar does not have stays the number it was: the reader of the column will say so."""
    try:
        value = from_excel(float(raw), epoch, timedelta=duration)
    except (ValueError, OverflowError):
        return raw
    if isinstance(value, dt.datetime):
        value = (value + dt.timedelta(milliseconds=500)).replace(microsecond=0)
        return value.date().isoformat() if value.time() == dt.time.min else value.isoformat(" ")
    return str(value)


def unescape(text: str) -> str:
    """Excel writes control characters as _x000D_; only line ends and tabs come back, the rest is dropped."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    if code == 0x5F:
        return "_"
    if code in (9, 10, 13):
        return chr(code)
    return "" if code < 32 else match[0]
