"""Uploaded export files and the imports that run in the background of this process.

A file lies in HOTLINE_HOME/imports with its mapping, readable by the service's own user only, and is removed when its
import has finished or is thrown away: it holds the personal data of an old system in clear. Reading the file happens
on the pool for outside work, writing in short transactions; a stop takes effect at the next of them, whichever process
the page belongs to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from hotline.adapters.legacy.csv_export import FileSource
from hotline.adapters.legacy.mapping import Mapping, parse_mapping
from hotline.domain.errors import Conflict, NotFound, Unavailable
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services import import_control, import_rows, importing
from hotline.services.import_rows import Plan

log = logging.getLogger(__name__)
_TOKEN = re.compile(r"[0-9a-f]{24}")
_PATIENCE = 8
SAMPLE = 2_000
"""Rows that a preview looks at."""


@dataclass(frozen=True)
class Upload:
    """One uploaded file and how it is to be taken over. Kept as JSON beside it."""

    token: str
    name: str
    digest: str
    hotline: str
    source: str
    mode: str
    before: str
    batch: int | None = None

    def plan(self, source: FileSource) -> Plan:
        day = datetime.fromisoformat(self.before) if self.before else None
        return Plan(self.hotline, self.source or self.hotline, self.mode, day, source.mapping.places)


class Folder:
    """HOTLINE_HOME/imports."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, content: bytes, mapping: bytes, **facts: Any) -> Upload:
        """Stores an upload for its owner only."""
        upload = Upload(token=secrets.token_hex(12), **facts)
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(self._file(upload.token, "data"), content)
        self._write(self._file(upload.token, "map"), mapping)
        self.note(upload)
        return upload

    @staticmethod
    def _write(path: Path, content: bytes) -> None:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)

    def note(self, upload: Upload) -> None:
        self._write(self._file(upload.token, "json"), json.dumps(upload.__dict__).encode())

    def find(self, token: str) -> Upload:
        """NotFound for an upload that is not (or no longer) there."""
        if _TOKEN.fullmatch(token):
            with contextlib.suppress(OSError, ValueError, TypeError):
                return Upload(**json.loads(self._file(token, "json").read_bytes()))
        raise NotFound("import.file_gone", "上传的文件已经删除，请重新上传")

    def of_batch(self, batch_id: int) -> Upload | None:
        """The upload whose import this is, while its file is there."""
        for file in self._path.glob("*.json") if self._path.is_dir() else ():
            with contextlib.suppress(NotFound):
                upload = self.find(file.stem)
                if upload.batch == batch_id:
                    return upload
        return None

    def source(self, upload: Upload) -> FileSource:
        """The file, opened and wholly checked. FileRefused as the readers raise it."""
        mapping = self._file(upload.token, "map").read_bytes()
        held = parse_mapping(mapping) if mapping.strip() else Mapping()
        return FileSource(self._file(upload.token, "data"), held, upload.name)

    def remove(self, token: str) -> None:
        for kind in ("data", "map", "json"):
            self._file(token, kind).unlink(missing_ok=True)

    def _file(self, token: str, kind: str) -> Path:
        return self._path / f"{token}.{kind}"


def rehearsed(runtime: Runtime, folder: Folder, upload: Upload) -> dict[str, Any]:
    """What an import of the first rows would do, without writing. FileRefused, InvalidInput as importing raises them."""
    source = folder.source(upload)
    plan = upload.plan(source)
    runtime.query(lambda uow: import_rows.check_codes(uow.reference, plan, _codes(source)))
    tally, seen = importing.Tally(), set()
    refused: list[tuple[Any, ...]] = []
    records = islice(source, SAMPLE)
    while piece := list(islice(records, importing.CHUNK)):
        refused += runtime.query(importing.rehearse, plan, piece, seen, tally)
    return {
        "total": source.total,
        "looked": min(source.total, SAMPLE),
        "counts": tally.summary(),
        "refused": refused[:100],
        "columns": source.mapping.columns,
        "unused": source.unused,
    }


def _codes(source: FileSource) -> dict[str, dict[str, str]]:
    """Every code of our own that the mapping names, by field."""
    mapping = source.mapping
    fixed = {
        name: {f"={name}": table[name]} for table in (mapping.constants, mapping.defaults) for name in table
    }
    return {**fixed, **mapping.values}


class Jobs:
    """The imports that run in this process."""

    def __init__(self, runtime: Runtime, folder: Folder) -> None:
        self._rt, self.folder = runtime, folder
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def running(self, batch_id: int) -> bool:
        return batch_id in self._tasks

    async def start(self, actor: Actor, upload: Upload) -> int:
        """Begins (or goes on with) the import of an upload; its batch."""
        source = await self._rt.call(self.folder.source, upload)
        plan = upload.plan(source)
        facts = (plan, upload.name, upload.digest, source.total, actor.login or actor.name)
        batch_id, done = await self._rt.run(importing.begin, *facts)
        self.folder.note(Upload(**{**upload.__dict__, "batch": batch_id}))
        if batch_id not in self._tasks:
            task = asyncio.create_task(self._take(actor, plan, source, batch_id, done, upload.token))
            self._tasks[batch_id] = task
            task.add_done_callback(lambda _: self._tasks.pop(batch_id, None))
        return batch_id

    async def _take(
        self, actor: Actor, plan: Plan, source: FileSource, batch_id: int, done: int, token: str
    ) -> None:
        try:
            if await self._take_rows(actor, plan, source, batch_id, done):
                await self._rt.run(importing.finish, batch_id)
                await self._rt.call(self.folder.remove, token)
        except Exception:
            log.exception("import.failed", extra={"batch": batch_id})

    async def _take_rows(
        self, actor: Actor, plan: Plan, source: FileSource, batch_id: int, done: int
    ) -> bool:
        """Takes chunk after chunk; False when somebody has stopped the batch."""
        records, position = islice(source, done, None), done
        while piece := await self._rt.call(lambda: list(islice(records, importing.CHUNK))):
            if await self._rt.read(import_control.standing, actor, batch_id) != "running":
                return False
            await self._patiently(plan, batch_id, position, piece)
            position += len(piece)
        return True

    async def _patiently(self, plan: Plan, batch_id: int, first: int, piece: list[Any]) -> None:
        """Tries again while others hold the database."""
        for attempt in range(_PATIENCE):
            try:
                await self._rt.run(importing.take, plan, batch_id, first, piece)
                return
            except (Unavailable, Conflict):
                if attempt == _PATIENCE - 1:
                    raise
                await asyncio.sleep(0.1 * 2**attempt)
