"""Tables that leave the house: written page by page beside the event loop, noted on the audit, sent piece by piece.

A long table stands neither in memory nor in one transaction; who has closed the window gets no more of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tornado.iostream import StreamClosedError

from hotline.adapters import sheets
from hotline.web.base import PageHandler

Page = Sequence[Sequence[Any]]
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PIECE = 256 * 1024


class Export(PageHandler):
    """Base of the pages that give a table as a file."""

    async def send_sheet(
        self, name: str, form: str, head: Sequence[str], pages: Iterable[Page], note: Callable[..., None]
    ) -> None:
        """Sends the table as NAME.FORM (csv or xlsx). `pages` is read on the call pool; `note` is a use case that is told
        the number of rows: (uow, actor, rows)."""
        with self.runtime.exports.made() as folder:
            path = folder / f"export.{form}"
            rows = await self.runtime.call(_write, path, head, pages)
            await self.runtime.run(note, self.who(), rows)
            self.set_header("Content-Type", MEDIA[form])
            self.set_header("Content-Disposition", f'attachment; filename="{name}.{form}"')
            self.set_header("Cache-Control", "no-store")
            await self._send(path)

    async def _send(self, path: Path) -> None:
        with path.open("rb") as file, contextlib.suppress(StreamClosedError):
            while piece := file.read(PIECE):
                self.write(piece)
                await self.flush()


def paged(read: Callable[[int], tuple[Page, int | None]], start: int = 0) -> Iterator[Page]:
    """All pages: `read` takes where one begins and gives its rows and where the next begins, None after the last."""
    going_on: int | None = start
    while going_on is not None:
        rows, going_on = read(going_on)
        yield rows


def _write(path: Path, head: Sequence[str], pages: Iterable[Page]) -> int:
    """Writes the file; how many rows it has below its head."""
    rows = 0
    with sheets.writing(path) as sheet:
        sheet.add([head])
        for page in pages:
            sheet.add(page)
            rows += len(page)
    return rows
