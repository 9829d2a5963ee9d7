"""What a file may be at most, and how it is refused.

Every bound of the readers stands here, so that a person who must raise one finds it. The archive bounds
are held against the directory of a workbook before a single byte of it is unpacked.
"""

from __future__ import annotations

from hotline.domain.errors import InvalidInput

MIB = 1024 * 1024

MAX_FILE_BYTES = 100 * MIB
MAX_ROWS = 500_000
MAX_COLUMNS = 256
MAX_CELL_CHARS = 100_000
MAX_LINE_CHARS = 1_000_000

MAX_SHEET_ROW = 1_048_576  # the last row that Excel and WPS know
MAX_ARCHIVE_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 1024 * MIB
MAX_PART_BYTES = 8 * MIB  # parts that are read whole: styles, workbook, relations
MAX_RATIO = 200  # honest exports stay below 100
RATIO_FREE_BYTES = 32 * MIB  # below this size no ratio can hurt


class FileRefused(InvalidInput):
    """A file, or the mapping for it, that cannot be used at all.

    code: "import.…". message: Chinese, says what to do. row: the row number as a spreadsheet program
    shows it, where one row is the reason.
    """

    def __init__(self, code: str, message: str, row: int | None = None) -> None:
        super().__init__(f"import.{code}", message, {"row": row} if row is not None else None)
        self.row = row


def check_cell(text: str, row: int) -> None:
    """Raise FileRefused where one cell holds more than MAX_CELL_CHARS."""
    if len(text) > MAX_CELL_CHARS:
        raise cell_too_long(row)


def cell_too_long(row: int) -> FileRefused:
    """The refusal of a row with a cell over the limit."""
    return FileRefused(
        "cell_too_long", f"第 {row} 行有一个单元格超过 {MAX_CELL_CHARS} 个字，请拆分后再导入", row
    )


def check_width(width: int, row: int) -> None:
    """Raise FileRefused where a row has more than MAX_COLUMNS cells."""
    if width > MAX_COLUMNS:
        raise FileRefused("too_many_columns", f"第 {row} 行超过 {MAX_COLUMNS} 列，请删去无用的列再导入", row)
