"""A table in a file: open_table finds the header, names the columns and streams the rows.

The content decides what a file is, not its name: old systems save HTML and CSV as ".xls". The whole file
is read once before the first row is given, so a file that breaks at row 90,000 is refused before row 1
has become a ticket. Row numbers are those a spreadsheet program shows. Lines above the header (a title,
the date of the export) are passed over, and a header of two lines, with groups merged over columns, is
folded into one.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from hotline.adapters.legacy.delimited import DelimitedText
from hotline.adapters.legacy.limits import (
    MAX_FILE_BYTES,
    MAX_ROWS,
    MIB,
    FileRefused,
    check_cell,
    check_width,
)
from hotline.adapters.legacy.workbook import Workbook

_LEADING = 15  # the header stands within the first so many rows
_EDGES = "\ufeff\u200b"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


@dataclass(frozen=True)
class Row:
    """number: as a spreadsheet program shows it. values: column name -> text, "" where empty. surplus:
    cells beyond the
    header, which in a CSV usually means a comma that should have been quoted."""

    number: int
    values: dict[str, str]
    surplus: tuple[str, ...] = ()


class Table:
    """The rows below a header. columns: unique names in their order. total: how many rows there are."""

    def __init__(self, records: Callable[[], Iterator[tuple[int, list[str]]]]) -> None:
        self._records = records
        leading = list(islice(_filled(records()), _LEADING + 1))
        if not leading:
            raise FileRefused("empty", "文件里没有任何内容")
        self.columns, self._header_ends = _header(leading)
        self.total = sum(1 for _ in self._below_header())
        if self.total > MAX_ROWS:
            raise FileRefused(
                "too_many_rows", f"文件有 {self.total} 行，超过 {MAX_ROWS} 行，请分成几个文件导入"
            )

    def rows(self) -> Iterator[Row]:
        """Every row below the header that is not blank; may be called again."""
        width = len(self.columns)
        for number, cells in self._below_header():
            cells += [""] * (width - len(cells))
            surplus = tuple(cell for cell in cells[width:] if cell)
            yield Row(number, dict(zip(self.columns, cells, strict=False)), surplus)

    def _below_header(self) -> Iterator[tuple[int, list[str]]]:
        return (record for record in _filled(self._records()) if record[0] > self._header_ends)


def read_rows(source: str | Path | bytes, filename: str | None = None) -> Iterator[Row]:
    """The rows of a CSV or XLSX file (see open_table)."""
    return open_table(source, filename).rows()


def open_table(source: str | Path | bytes, filename: str | None = None, *, sheet: str | None = None) -> Table:
    """Open and wholly check a CSV (UTF-8, GB18030, UTF-16; `,` `;` `|` or tab) or XLSX file.

    source: path or content. filename: the name people know it by. sheet: which sheet of a workbook.
    Raises FileRefused (its codes: limits.py, delimited.py, workbook.py, worksheet.py).
    """
    return Table(records_of(source, filename, sheet=sheet))


def records_of(
    source: str | Path | bytes,
    filename: str | None = None,
    *,
    sheet: str | None = None,
    wanted: Collection[str] = (),
) -> Callable[[], Iterator[tuple[int, list[str]]]]:
    """The bare records of a file, as often as they are asked for, blank ones and the header among them; a
    file's kind, size and encoding are checked. `wanted`: names in the header (see DelimitedText.records).

    Raises FileRefused as open_table does.
    """
    name = filename or (Path(source).name if not isinstance(source, bytes) else "")
    open_bytes = _opener(source)
    with open_bytes() as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        head = stream.read(4096)
        _check_size(size)
        if head.startswith(_OLE):
            raise _old_format(head + stream.read(1 << 16))
    if head.startswith(b"PK"):
        return Workbook(open_bytes, sheet).records
    _refuse_other_kinds(head, name)
    return partial(DelimitedText(open_bytes).records, wanted)


def _opener(source: str | Path | bytes) -> Callable[[], BinaryIO]:
    if isinstance(source, bytes):
        return lambda: io.BytesIO(source)
    path = Path(source)
    if not path.is_file():
        raise FileRefused("no_file", f"找不到文件：{path.name}")
    return lambda: path.open("rb")


def _check_size(size: int) -> None:
    if size == 0:
        raise FileRefused("empty", "文件是空的")
    if size > MAX_FILE_BYTES:
        raise FileRefused(
            "too_large", f"文件有 {size // MIB} MB，超过 {MAX_FILE_BYTES // MIB} MB，请分成几个文件导入"
        )


def _old_format(head: bytes) -> FileRefused:
    if _ENCRYPTED in head:
        return FileRefused("encrypted", "工作簿有密码，请去掉密码后再导入")
    return FileRefused(
        "old_xls", "这是旧版 .xls 文件，请用 Excel 或 WPS 另存为 .xlsx 或 CSV（UTF-8）后再导入"
    )


def _refuse_other_kinds(head: bytes, name: str) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")):
        raise FileRefused(
            "html_table", "这是网页格式的表格（扩展名可能是 .xls），请用 Excel 或 WPS 另存为 .xlsx 后再导入"
        )
    if start.startswith((b"%pdf", b"{\\rtf", b"rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        raise FileRefused("other_document", "这不是表格文件，请提供 CSV 或 XLSX")
    if name.lower().endswith((".xlsx", ".xlsm")):
        raise FileRefused(
            "not_a_workbook", "扩展名是 XLSX，内容却不是工作簿；文件可能不完整，请重新下载或另存"
        )


def _filled(records: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, their cells trimmed and held against the limits."""
    for number, cells in records:
        check_width(len(cells), number)
        for cell in cells:
            check_cell(cell, number)
        cells = [_trimmed(cell) for cell in cells]
        if any(cells):
            yield number, cells


def _trimmed(cell: str) -> str:
    return cell.strip().strip(_EDGES).strip().replace("\r\n", "\n").replace("\r", "\n")


def _header(leading: Sequence[tuple[int, list[str]]]) -> tuple[tuple[str, ...], int]:
    """(column names, number of the header's last row)."""
    widest = max(_count(cells) for _, cells in leading)
    at = next(i for i, (_, cells) in enumerate(leading) if 2 * _count(cells) >= max(widest, 2) or widest == 1)
    number, upper = leading[at]
    if at + 1 < len(leading):
        below, lower = leading[at + 1]
        width = max(len(upper), len(lower))
        upper = upper + [""] * (width - len(upper))
        lower = lower + [""] * (width - len(lower))
        if _is_folded(upper, lower):
            return _unique(_folded(upper, lower)), below
    return _unique(_without_tail(leading[at][1])), number


def _count(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell)


def _is_folded(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether the second row finishes the first: it fills exactly the columns under merged groups.

    A row of data under an unnamed column does not look like this, because it also fills columns outside
    the group.
    """
    grouped = [_in_group(upper, column) for column in range(len(upper))]
    fits = all(bool(cell) == inside for cell, inside in zip(lower, grouped, strict=True))
    return bool(upper[0]) and fits and any(grouped) and not all(grouped)


def _in_group(upper: Sequence[str], column: int) -> bool:
    following_is_empty = column + 1 < len(upper) and not upper[column + 1]
    return not upper[column] or following_is_empty


def _folded(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """姓名 under 来电人 stays 姓名 while it is the only one; two 姓名 become 来电人姓名 and 被反映人姓名."""
    names, group = [], ""
    for above, below in zip(upper, lower, strict=True):
        group = above or group
        names.append(below if below and lower.count(below) == 1 and below not in upper else group + below)
    return names


def _without_tail(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    """Empty names become 第3列, repeated ones 电话(2)."""
    unique: dict[str, None] = {}
    for place, name in enumerate(names, start=1):
        base = " ".join(name.split()) or f"第{place}列"
        candidate, again = base, 1
        while candidate in unique:
            again += 1
            candidate = f"{base}({again})"
        unique[candidate] = None
    return tuple(unique)
