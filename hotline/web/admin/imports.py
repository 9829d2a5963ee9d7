"""导入: old hotlines' exports, uploaded, previewed and taken over in the background, with what was refused and why."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.adapters.legacy.limits import MAX_FILE_BYTES
from hotline.adapters.legacy.mapping import parse_mapping
from hotline.domain.errors import InvalidInput, invalid_field
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import import_control, import_rows
from hotline.web import rendering
from hotline.web.admin.frame import AdminPage, Day, address, faults
from hotline.web.admin.import_jobs import Folder, Jobs, Upload, rehearsed
from hotline.web.tickets import live_hotlines

_ID = r"(\d{1,16})"


class ImportForm(BaseModel):
    hotline: Annotated[str, Field(max_length=20)] = ""
    source: Annotated[str, Field(max_length=60)] = ""
    mode: Annotated[str, Field(max_length=20)] = "auto"
    before: Day = ""


class Position(BaseModel):
    after: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


class ImportPage(AdminPage):
    """Shares the jobs of this process."""

    needs: Any = "import.run"

    @property
    def jobs(self) -> Jobs:
        """Made at the first use: one set of jobs for the whole application."""
        settings = self.application.settings
        if "import_jobs" not in settings:
            settings["import_jobs"] = Jobs(self.runtime, Folder(self.options.path("imports")))
        return settings["import_jobs"]


def _batches(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    choices = [(row["number"], f"{row['number']} {row['name']}") for row in live_hotlines(uow.reference)]
    return {"rows": import_control.listed(uow, actor), "hotlines": choices}


class Imports(ImportPage):
    """The list, and the form of another file."""

    async def get(self) -> None:
        await self._list()

    async def _list(self, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(_batches, self.who())
        self.show("admin/imports.html", status, modes=list(import_rows.MODES.items()), **found, **more)

    async def post(self) -> None:
        await self.submit(self._upload, self._list)

    async def _upload(self) -> str:
        form = self.read_form(ImportForm)
        await self.runtime.read(lambda uow: uow.reference.require("hotline", form.hotline, "hotline"))
        if form.mode not in import_rows.MODES:
            raise invalid_field("mode", "没有这种导入方式")
        name, content = self._sent("file")
        mapping = self._sent("mapping")[1]
        if not content:
            raise invalid_field("file", "请选择原系统导出的 CSV 或 XLSX 文件")
        if len(content) > MAX_FILE_BYTES:
            raise invalid_field("file", "文件太大，请分成几个文件导入")
        facts = {
            "name": name,
            "digest": hashlib.sha256(content).hexdigest(),
            "hotline": form.hotline,
            "source": form.source.strip(),
            "mode": form.mode,
            "before": _midnight(form.before),
        }
        upload = await self.runtime.call(partial(self._kept, content, mapping, facts))
        return address(f"/admin/imports/files/{upload.token}")

    def _sent(self, field: str) -> tuple[str, bytes]:
        sent = (self.request.files.get(field) or [None])[0]
        return (str(sent["filename"])[-100:], sent["body"]) if sent else ("", b"")

    def _kept(self, content: bytes, mapping: bytes, facts: dict[str, Any]) -> Upload:
        """The upload, once its mapping and its file can be read at all; a refused one leaves nothing behind."""
        if mapping.strip():
            _named("mapping", parse_mapping, mapping)
        folder = self.jobs.folder
        upload = folder.keep(content, mapping, **facts)
        try:
            _named("file", folder.source, upload)
        except InvalidInput:
            folder.remove(upload.token)
            raise
        return upload


def _named(field: str, read: Any, *values: Any) -> None:
    """Reads, telling a refusal beside the field of the form."""
    try:
        read(*values)
    except InvalidInput as error:
        raise InvalidInput(error.code, error.message, {"fields": {field: error.message}}) from None


def _midnight(day: str) -> str:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=rendering.LOCAL).isoformat() if day else ""
    except ValueError:
        raise invalid_field("before", "应为日期，如 2026-01-01") from None


class UploadedFile(ImportPage):
    """What an import of an uploaded file would do; POST begins it."""

    async def get(self, token: str) -> None:
        await self._preview(token)

    async def _preview(self, token: str, status: int = 200, **more: Any) -> None:
        upload = self.jobs.folder.find(token)
        found, errors = None, {}
        try:
            found = await self.runtime.call(rehearsed, self.runtime, self.jobs.folder, upload)
        except InvalidInput as error:
            errors = faults(error)
        values = {"upload": upload, "found": found, "mode_label": import_rows.MODES[upload.mode]}
        self.show(
            "admin/import_preview.html", 422 if errors else status, **{"errors": errors, **values, **more}
        )

    async def post(self, token: str) -> None:
        await self.submit(partial(self._begin, token), partial(self._preview, token))

    async def _begin(self, token: str) -> str:
        batch_id = await self.jobs.start(self.who(), self.jobs.folder.find(token))
        return f"/admin/imports/{batch_id}"


class DiscardFile(ImportPage):
    needs = {"post": "import.run"}

    async def post(self, token: str) -> None:
        self.jobs.folder.find(token)
        await self.runtime.call(self.jobs.folder.remove, token)
        self.redirect("/admin/imports?done=discarded", status=303)


class Batch(ImportPage):
    """One import: how far it is, what was refused; it asks for itself while it runs, and whole when it has ended."""

    needs = {"get": "import.run"}

    async def get(self, batch_id: str) -> None:
        place = self.read_query(Position)
        found = await self.runtime.read(import_control.one, self.who(), int(batch_id), place.after)
        held = await self.runtime.call(self.jobs.folder.of_batch, int(batch_id))
        live = self.jobs.running(int(batch_id))
        if self.partial and not place.after and found["batch"]["state"] != "running":
            self.set_header("HX-Refresh", "true")
        self.show("admin/import.html", held=held, live=live, **found)


class BatchAct(ImportPage):
    """stop, or go on from where it stopped."""

    needs = {"post": "import.run"}

    async def post(self, batch_id: str, act: str) -> None:
        number = int(batch_id)
        if act == "stop":
            await self.runtime.run(import_control.stop, self.who(), number)
        else:
            await self._go_on(number)
        self.redirect(f"/admin/imports/{number}", status=303)

    async def _go_on(self, batch_id: int) -> None:
        upload = await self.runtime.call(self.jobs.folder.of_batch, batch_id)
        if upload is None:
            raise InvalidInput(
                "import.file_gone", "上传的文件已经删除，请重新上传同一个文件，已导入的行会自动跳过"
            )
        if await self.runtime.read(import_control.standing, self.who(), batch_id) == "stopped":
            await self.runtime.run(import_control.go_on, self.who(), batch_id)
        await self.jobs.start(self.who(), upload)


ROUTES = [
    (r"/admin/imports", Imports),
    (r"/admin/imports/files/([0-9a-f]{24})", UploadedFile),
    (r"/admin/imports/files/([0-9a-f]{24})/discard", DiscardFile),
    (rf"/admin/imports/{_ID}", Batch),
    (rf"/admin/imports/{_ID}/(stop|continue)", BatchAct),
]
