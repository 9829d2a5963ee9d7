"""Writing a table into a file, CSV or XLSX by its ending, row by row; no cell becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from openpyxl import Workbook

from hotline.adapters.csv_cells import harmless
from hotline.domain.errors import invalid_field

FORMS = (".csv", ".xlsx")


class Sheet(Protocol):
    def add(self, rows: Iterable[Sequence[Any]]) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        self._writer.writerows([harmless(cell) for cell in row] for row in rows)

    def save(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class _Xlsx:
    def __init__(self, path: Path) -> None:
        self._path, self._book = path, Workbook(write_only=True)
        self._sheet = self._book.create_sheet("工单")

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._sheet.append([harmless(cell) for cell in row])

    def save(self) -> None:
        self._book.save(self._path)

    def close(self) -> None:
        self._book.close()


@contextmanager
def writing(path: Path) -> Iterator[Sheet]:
    """A sheet that is complete under `path` when the block ends well and absent when it does not.

    Raises InvalidInput for another ending than .csv and .xlsx.
    """
    if path.suffix.lower() not in FORMS:
        raise invalid_field("out", f"导出文件应以 {'、'.join(FORMS)} 结尾")
    draft = path.with_name(f".{path.name}.part{path.suffix}")
    sheet = _Csv(draft) if path.suffix.lower() == ".csv" else _Xlsx(draft)
    try:
        yield sheet
        sheet.save()
        sheet.close()
        draft.replace(path)
    finally:
        sheet.close()
        draft.unlink(missing_ok=True)
