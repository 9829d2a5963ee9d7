"""XLSX workbooks: refused first, read second.

The archive's directory is judged before anything is unpacked (count of entries, unpacked size, ratio,
macros). openpyxl, which parses through defusedxml, reads the small parts (sheets' names, styles);
worksheet.py streams the large ones. Links to other workbooks are never followed: their cells give the
value stored last.
"""

from __future__ import annotations

import datetime as dt
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO
from warnings import catch_warnings, simplefilter
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS

from hotline.adapters.legacy.limits import (
    MAX_ARCHIVE_ENTRIES,
    MAX_PART_BYTES,
    MAX_RATIO,
    MAX_UNPACKED_BYTES,
    MIB,
    RATIO_FREE_BYTES,
    FileRefused,
)
from hotline.adapters.legacy.worksheet import NumberStyles, Records, SharedStrings, read_sheet, read_strings

Sheet = tuple[str, str, str]  # name, visible|hidden|…, part

_LARGE_PARTS = ("xl/worksheets/", "xl/sharedstrings", "xl/media/", "xl/pivotcache/", "xl/calcchain")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ExpatError,
    ParseError,
    DefusedXmlException,
    NotImplementedError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
)


class Workbook:
    """An XLSX file whose rows can be read again and again.

    sheet: name of the sheet to read; None takes the first visible one that has any text.
    Raises FileRefused: not_a_workbook, workbook_damaged, zip_bomb, macros, encrypted, binary_workbook,
    other_document, no_such_sheet, and what the readers of worksheet.py raise.
    """

    def __init__(self, open_bytes: Callable[[], BinaryIO], sheet: str | None = None) -> None:
        self._open = open_bytes
        with self._archive() as archive:
            check_archive(archive)
            self._styles, self._strings_part, sheets = _skeleton(archive)
            self._part = self._chosen(archive, sheets, sheet)

    def records(self) -> Records:
        """(row number, cells) of every row that the sheet mentions."""
        with self._archive() as archive, self._strings(archive) as strings:
            yield from self._rows(archive, self._part, strings)

    def _rows(self, archive: zipfile.ZipFile, part: str, strings: SharedStrings) -> Records:
        with archive.open(part) as stream:
            yield from read_sheet(stream, strings, self._styles)

    def _chosen(self, archive: zipfile.ZipFile, sheets: list[Sheet], wanted: str | None) -> str:
        if wanted is not None:
            return _named(sheets, wanted)
        visible = [part for _, state, part in sheets if state == "visible" and part in archive.namelist()]
        if not visible:
            raise FileRefused("no_sheet", "工作簿里没有可见的工作表")
        with self._strings(archive) as strings:
            for part in visible:
                if any(any(cells) for _, cells in self._rows(archive, part, strings)):
                    return part
        return visible[0]

    @contextmanager
    def _archive(self) -> Iterator[zipfile.ZipFile]:
        with self._open() as stream, _damage_told(), zipfile.ZipFile(stream) as archive:
            yield archive

    @contextmanager
    def _strings(self, archive: zipfile.ZipFile) -> Iterator[SharedStrings]:
        strings = SharedStrings()
        try:
            if self._strings_part:
                with archive.open(self._strings_part) as stream:
                    read_strings(stream, strings)
            yield strings
        finally:
            strings.close()


@contextmanager
def _damage_told() -> Iterator[None]:
    """Whatever breaks inside a broken file is one refusal; nothing of ours is called inside but these
    readers.
    """
    try:
        yield
    except FileRefused:
        raise
    except zipfile.BadZipFile as error:
        raise FileRefused(
            "workbook_damaged", "XLSX 文件不完整或已损坏，请重新下载或重新另存后再导入"
        ) from error
    except _DAMAGE as error:
        message = "工作簿内容已损坏或不符合 XLSX 格式，请用 Excel 或 WPS 打开并另存为 .xlsx 后再导入"
        raise FileRefused("workbook_damaged", message) from error


def check_archive(archive: zipfile.ZipFile) -> None:
    """Judge the archive by its directory alone. Raises FileRefused."""
    entries = archive.infolist()
    _check_sizes(entries)
    _check_kind({entry.filename.lower() for entry in entries})
    for entry in entries:
        if entry.flag_bits & 1:
            raise FileRefused("encrypted", "工作簿有密码，请去掉密码后再导入")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FileRefused("not_a_workbook", "文件使用了 XLSX 不允许的压缩方式，拒绝读取")


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ARCHIVE_ENTRIES:
        raise FileRefused(
            "zip_bomb", f"压缩包内文件超过 {MAX_ARCHIVE_ENTRIES} 个，不是正常的工作簿，拒绝读取"
        )
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    too_dense = unpacked > RATIO_FREE_BYTES and unpacked > MAX_RATIO * max(packed, 1)
    if unpacked > MAX_UNPACKED_BYTES or too_dense:
        message = f"文件解压后有 {unpacked // MIB} MB，大小或压缩比异常（疑似压缩炸弹），拒绝读取"
        raise FileRefused("zip_bomb", message)
    for entry in entries:
        if entry.file_size > MAX_PART_BYTES and not entry.filename.lower().startswith(_LARGE_PARTS):
            raise FileRefused(
                "zip_bomb", f"工作簿的内部文件超过 {MAX_PART_BYTES // MIB} MB，不是正常的工作簿，拒绝读取"
            )


def _check_kind(names: set[str]) -> None:
    if any(name.endswith("vbaproject.bin") for name in names):
        raise FileRefused("macros", "工作簿带有宏，请另存为不带宏的 .xlsx 后再导入")
    if "xl/workbook.bin" in names:
        raise FileRefused("binary_workbook", "暂不支持 .xlsb 二进制工作簿，请另存为 .xlsx 或 CSV 后再导入")
    if "content.xml" in names or "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise FileRefused("other_document", "这不是 Excel 工作簿，请另存为 .xlsx 或 CSV 后再导入")
    if "[content_types].xml" not in names:
        raise FileRefused("not_a_workbook", "这是普通压缩包，不是 Excel 工作簿；请解压后导入里面的表格")


def _skeleton(archive: zipfile.ZipFile) -> tuple[NumberStyles, str | None, list[Sheet]]:
    """(date styles, part of the shared strings, [(sheet name, visible|hidden|…, part)])."""
    with catch_warnings():
        simplefilter("ignore")  # openpyxl warns of drawings and extensions, which nobody reads here
        reader = ExcelReader(archive.fp, read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        found = list(reader.parser.find_sheets())
    strings = reader.package.find(SHARED_STRINGS)
    sheets = [(sheet.name, sheet.state, rel.target) for sheet, rel in found if "chartsheet" not in rel.Type]
    return _styles(reader.wb), strings.PartName[1:] if strings is not None else None, sheets


def _styles(book: Any) -> NumberStyles:
    epoch: dt.datetime = book.epoch
    return NumberStyles(frozenset(book._date_formats), frozenset(book._timedelta_formats), epoch)


def _named(sheets: list[Sheet], wanted: str) -> str:
    for name, _, part in sheets:
        if name.strip() == wanted.strip():
            return part
    names = "、".join(name for name, _, _ in sheets)
    raise FileRefused("no_such_sheet", f"没有名为“{wanted}”的工作表；文件里有：{names}")
