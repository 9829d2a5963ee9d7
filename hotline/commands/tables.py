"""Reading and writing the tables of the analysing commands: classify, topics, reply-quality, duplicates.

A table is a CSV or XLSX file whose first filled line names the columns; the encoding is found out (UTF-8 with or
without a mark, GB18030, UTF-16). Every record below the header is one row, also one whose cells are all empty, so that
an output keeps step with its input; only lines without any cell are passed over, as csv.DictReader does. Output is
UTF-8 without a mark, which every program reads; `--bom` writes the mark that Excel wants.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from hotline.adapters.csv_cells import harmless
from hotline.adapters.legacy.limits import FileRefused, check_cell, check_width
from hotline.adapters.legacy.spreadsheet import records_of
from hotline.domain.errors import InvalidInput

Item = TypeVar("Item")
_EDGES = "\ufeff\u200b \t\r\n"


class Rows:
    """The rows of a file, as often as they are iterated: column name -> text, "" where a cell is empty or missing.

    columns: the names in the file's order, lower case. len(): how many rows there are. The whole file was read once
    before the first row is given.
    """

    def __init__(self, path: Path, wanted: Collection[str]) -> None:
        self._records = records_of(path, wanted=wanted)
        header = next((cells for _, cells in self._records() if any(cells)), None)
        if header is None:
            raise FileRefused("empty", "文件里没有任何内容")
        self.columns = tuple(cell.strip(_EDGES).lower() for cell in header)
        self._count = sum(1 for _ in self._below())

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[dict[str, str]]:
        for _, cells in self._below():
            cells += [""] * (len(self.columns) - len(cells))
            yield dict(zip(self.columns, cells, strict=False))

    def _below(self) -> Iterator[tuple[int, list[str]]]:
        """Records below the header that have cells, held against the limits."""
        passed = False
        for number, cells in self._records():
            if passed and cells:
                check_width(len(cells), number)
                for cell in cells:
                    check_cell(cell, number)
                yield number, cells
            passed = passed or any(cells)


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), any_of: Sequence[str] = ()
) -> Rows:
    """Opens and wholly checks an input table.

    required: columns that must be there. optional: columns that are used when they are there. any_of: at least one of
    these must be there. Columns beside these are kept in the rows and hurt nobody. Raises FileRefused (Chinese, with
    the line) for a file that cannot be decoded or parsed, InvalidInput `table.columns` for missing columns.
    """
    rows = Rows(path, {*required, *optional, *any_of})
    missing = [name for name in required if name not in rows.columns]
    if any_of and not set(any_of) & set(rows.columns):
        missing.append(" 或 ".join(any_of))
    if missing:
        raise InvalidInput(
            "table.columns",
            f"输入文件缺少列：{'、'.join(missing)}；表头有：{'、'.join(filter(None, rows.columns))}",
        )
    return rows


def write_rows(
    path: Path, fieldnames: Sequence[str], rows: Iterable[Mapping[str, Any]], *, bom: bool = False
) -> int:
    """Writes a CSV that appears under `path` complete or not at all; how many rows it holds.

    An older file of the name stays until the new one is whole. Cells that a spreadsheet would run as formulas are made
    text. Raises InvalidInput `table.output` where the place cannot be written.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("w", encoding="utf-8-sig" if bom else "utf-8", errors="replace", newline="") as file:
            written = _write(file, fieldnames, rows)
        draft.replace(path)
    except OSError as error:
        raise InvalidInput("table.output", f"无法写入 {path}：{error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    return written


def _write(file: Any, fieldnames: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    writer = csv.writer(file)
    writer.writerow(fieldnames)
    written = 0
    for row in rows:
        writer.writerow([harmless(row.get(name, "")) for name in fieldnames])
        written += 1
    return written


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter."""
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece


def progress(total: int | None, what: str, unit: str = "条") -> tqdm:
    """A progress bar on stderr, silent where nobody watches; `update(n)` moves it, use it with `with`."""
    return tqdm(total=total, desc=what, unit=unit, disable=None)


def add_files(parser: argparse.ArgumentParser, *, output: bool = True) -> None:
    """--input and --output (a required one where `output`), --bom."""
    parser.add_argument(
        "--input", type=Path, required=True, metavar="FILE.csv", help="输入表格（CSV 或 XLSX）"
    )
    parser.add_argument("--output", type=Path, required=output, metavar="OUT.csv", help="结果写到哪里")
    parser.add_argument("--bom", action="store_true", help="结果文件带 BOM，便于用 Excel 直接打开")
