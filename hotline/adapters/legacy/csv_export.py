"""The legacy source that is a file: a CSV or XLSX export of an old hotline's system.

Opening it checks the whole file and settles the mapping; iterating gives one LegacyRecord per row, in the
file's order and with the same row numbers every time, so that an import which was broken off can go on
where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hotline.adapters.legacy.mapping import Mapping
from hotline.adapters.legacy.record import LegacyRecord
from hotline.adapters.legacy.row_reader import RowReader
from hotline.adapters.legacy.spreadsheet import open_table


class FileSource:
    """Records of an export file.

    total: rows to come, for a progress bar. columns: those of the file. mapping: the one in effect,
    guesses included. unused: columns that are not imported. Raises FileRefused when the file or the
    mapping cannot be used at all.
    """

    def __init__(
        self, source: str | Path | bytes, mapping: Mapping | None = None, filename: str | None = None
    ) -> None:
        mapping = mapping or Mapping()
        self._table = open_table(source, filename, sheet=mapping.sheet)
        self.total = self._table.total
        self.columns = self._table.columns
        self.mapping = mapping.bound(self.columns)
        self.unused = self.mapping.unused(self.columns)

    def __iter__(self) -> Iterator[LegacyRecord]:
        reader = RowReader(self.mapping)
        for row in self._table.rows():
            yield reader.record(row)
