"""Records of a delimited text file: CSV as Excel, WPS, databases and old hotline systems write it.

Nobody says which encoding a file has, so the encodings are tried over the whole file before the first
record is given: UTF-8, then GB18030 (which contains GBK and GB2312); UTF-16 by its mark or by its pattern
of NUL bytes. A file that began as good UTF-8 and breaks late is called broken UTF-8, because GB18030
would read the rest as nonsense without complaint.
"""

from __future__ import annotations

import codecs
import csv
import io
import statistics
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TextIO

from hotline.adapters.legacy.limits import MAX_LINE_CHARS, FileRefused, cell_too_long

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_DELIMITERS = ",\t;|"
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_LABELS = {"utf-8": "UTF-8", "gb18030": "GB18030", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_SURELY_UTF8 = 20  # so many characters beyond ASCII are never valid UTF-8 by chance
_END = "\x00"  # refused in the text itself, so it can mark the end


@dataclass(frozen=True)
class _Failure:
    encoding: str
    line: int
    beyond_ascii: int


class DelimitedText:
    """A text file whose records can be read again and again; the whole file is decoded once on construction.

    Raises FileRefused: undecodable, nul.
    """

    def __init__(self, open_bytes: Callable[[], BinaryIO]) -> None:
        self._open = open_bytes
        self.encoding = _detect(open_bytes)

    def records(self, wanted: Collection[str] = ()) -> Iterator[tuple[int, list[str]]]:
        """(row number from 1, cells) of every record, blank ones too, as a spreadsheet program would
        count them. `wanted`: names of the header, where they are known; they tell the delimiter better
        than the shape of texts that are full of tabs.

        Raises FileRefused: line_too_long, cell_too_long, quote_open, csv_broken.
        """
        with self._open() as raw, io.TextIOWrapper(raw, self.encoding, newline="") as text:
            delimiter = _sniff(text.read(_SAMPLE), wanted)
            text.seek(0)
            yield from _parsed(csv.reader(_lines(text), delimiter=delimiter))


def _detect(open_bytes: Callable[[], BinaryIO]) -> str:
    with open_bytes() as stream:
        head = stream.read(4096)
    marked = next((name for mark, name in _BOMS.items() if head.startswith(mark)), None) or _wide(head)
    failures = []
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        failure = _first_failure(open_bytes, encoding)
        if failure is None:
            return encoding
        failures.append(failure)
        if failure.encoding == "utf-8" and failure.beyond_ascii >= _SURELY_UTF8:
            break
    raise _undecodable(failures)


def _wide(head: bytes) -> str | None:
    """UTF-16 without its mark: where NUL bytes stand in the head, one reading of it shows lines and ASCII signs."""
    if b"\x00" not in head:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = head.decode(encoding, "ignore")
        ascii_signs = len(text) - _beyond_ascii(text)
        if "\n" in text and "\x00" not in text and ascii_signs >= max(4, len(text) // 100):
            return encoding
    return None


def _first_failure(open_bytes: Callable[[], BinaryIO], encoding: str) -> _Failure | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, beyond_ascii = 1, 0
    with open_bytes() as stream:
        while True:
            chunk = stream.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                good = error.object[: error.start].decode(encoding, "ignore")
                return _Failure(encoding, line + good.count("\n"), beyond_ascii + _beyond_ascii(good))
            _refuse_nul(text, line)
            line += text.count("\n")
            beyond_ascii += _beyond_ascii(text)
            if not chunk:
                return None


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _refuse_nul(text: str, line: int) -> None:
    at = text.find("\x00")
    if at >= 0:
        line += text.count("\n", 0, at)
        raise FileRefused("nul", f"第 {line} 行有空字节（NUL），这不是文本表格，或文件已损坏", line)


def _undecodable(failures: list[_Failure]) -> FileRefused:
    likely = max(failures, key=lambda failure: failure.line)
    tried = "、".join(_LABELS[failure.encoding] for failure in failures)
    return FileRefused(
        "undecodable",
        f"文件编码无法识别：按 {tried} 读取，到第 {likely.line} 行出现无法解码的字节；"
        "请另存为 UTF-8 编码的 CSV",
        likely.line,
    )


def _sniff(sample: str, wanted: Collection[str]) -> str:
    """The delimiter that cuts the first records into most cells; a first line `sep=;` decides by itself."""
    first = sample.lstrip("\ufeff").partition("\n")[0].strip()
    if first.lower().startswith("sep=") and len(first) == 5:
        return first[4]
    found = {mark: _names_in(first, mark) & set(wanted) for mark in _DELIMITERS}
    if any(found.values()):
        return max(_DELIMITERS, key=lambda delimiter: len(found[delimiter]))
    return max(_DELIMITERS, key=lambda delimiter: _usual_width(sample, delimiter))


def _names_in(line: str, delimiter: str) -> set[str]:
    return {cell.strip().strip('"').lower() for cell in line.split(delimiter)}


def _usual_width(sample: str, delimiter: str) -> float:
    widths = []
    try:
        for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if record:
                widths.append(len(record))
            if len(widths) == 20:
                break
    except csv.Error:
        return 0
    return statistics.median(widths) if widths else 0


def _lines(text: TextIO) -> Iterator[str]:
    """The lines, bounded in length, without the byte order mark and a `sep=` line; _END closes them."""
    number = 0
    while line := text.readline(MAX_LINE_CHARS + 1):
        number += 1
        if len(line) > MAX_LINE_CHARS:
            raise FileRefused(
                "line_too_long", f"第 {number} 行超过 {MAX_LINE_CHARS} 个字，文件可能已损坏", number
            )
        if number == 1:
            line = line.lstrip("\ufeff")
            if line.lower().startswith("sep=") and len(line.strip()) == 5:
                continue
        yield line
    yield _END


def _parsed(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken(error, number) from error
        if cells and cells[-1].endswith(_END):
            if cells != [_END]:
                raise FileRefused(
                    "quote_open", f"第 {number} 行的引号没有闭合，文件不完整或引号没有成对", number
                )
            return
        yield number, cells


def _broken(error: csv.Error, number: int) -> FileRefused:
    if "field larger" in str(error):
        return cell_too_long(number)
    return FileRefused("csv_broken", f"第 {number} 行不符合 CSV 格式，请用 Excel 或 WPS 重新另存", number)
