"""派单目录: rows with filters, changing and ending them, trying what they say (试派), installing a spreadsheet.

An uploaded list is kept in the file store between preview and installation, under its digest, so that exactly what
was looked at is installed; both are reckoned anew against the catalogue in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from hotline.adapters.legacy.spreadsheet import open_table
from hotline.domain.errors import HotlineError, InvalidInput
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import administering, catalogue_import, catalogue_rows, catalogue_words, org_tree
from hotline.web.admin.frame import AdminPage, Code, Typed, Words, address, faults
from hotline.web.admin.hotlines import day_of

LARGEST = 10 * 1024 * 1024
_FIELDS = (
    "matter area_scope lead assists duty_kind township_allowed basis matter_code valid_from valid_to remark"
).split()
_KEY = r"([\w-]{1,64})"


class Asked(BaseModel):
    q: Words = ""
    matter: Code = ""
    area: Code = ""
    unit: Code = ""
    state: Literal["", "now", "ended"] = "now"
    page: Annotated[int, Field(ge=1, le=10_000)] = 1

    def href(self, **changes: Any) -> str:
        return address("/admin/catalogue", **{**self.model_dump(exclude={"page"}), **changes})


def _list(uow: UnitOfWork, actor: Actor, asked: Asked, on: date) -> dict[str, Any]:
    found = catalogue_rows.listed(uow, actor, asked.model_dump(), on, asked.page)
    reference = uow.reference
    matters = [
        (row["code"], reference.path_name("category", row["code"]))
        for row in reference.all_of("category")
        if row.get("level", 1) <= 2
    ]
    if asked.matter and asked.matter not in dict(matters):
        matters.append((asked.matter, reference.path_name("category", asked.matter)))
    units = org_tree.options(reference, "unit")
    return {**found, "matters": matters, "areas": org_tree.options(reference, "area"), "units": units}


class Catalogue(AdminPage):
    needs = {"get": "reference.read"}

    async def get(self) -> None:
        asked = self.read_query(Asked)
        values = await self.runtime.read(_list, self.who(), asked, self.today)
        self.show("admin/catalogue.html", asked=asked, **values)


def _row(uow: UnitOfWork, actor: Actor, key: str, on: date) -> dict[str, Any]:
    choices = {
        "matters": catalogue_words.matter_options(uow.reference),
        "units": catalogue_words.unit_options(uow.reference),
        "scopes": [*catalogue_words.SCOPES.items(), *org_tree.options(uow.reference, "area")],
        "duties": catalogue_rows.DUTIES,
    }
    if key == "new":
        based_on = administering.version_of(uow, "catalogue")
        return {"row": {}, "history": [], "based_on": based_on, "choices": choices}
    return {**catalogue_rows.one(uow, actor, key, on), "choices": choices}


class CatalogueRow(AdminPage):
    needs = {"get": "reference.read", "post": "catalogue.write"}

    async def get(self, key: str) -> None:
        await self._form(key)

    async def _form(self, key: str, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(_row, self.who(), key, self.today)
        self.show("admin/catalogue_row.html", status, **{**found, **more, "key": key})

    async def post(self, key: str) -> None:
        await self.submit(partial(self._save, key), partial(self._form, key))

    async def _save(self, key: str) -> str:
        form = self.read_form(Typed)
        known = "" if key == "new" else key
        saved = await self.runtime.run(
            catalogue_rows.save, self.who(), known, self.texts(*_FIELDS), form.note, form.based_on
        )
        return address(f"/admin/catalogue/rows/{saved}", done="saved" if known else "added")


class EndRow(CatalogueRow):
    needs = {"post": "catalogue.write"}

    async def _save(self, key: str) -> str:
        form = self.read_form(Typed)
        day = self.text("last_day", 20)
        await self.runtime.run(catalogue_rows.end, self.who(), key, day, form.note, form.based_on)
        return address(f"/admin/catalogue/rows/{key}", done="ended")


class TrialQuery(BaseModel):
    matter: Words = ""
    area: Code = ""
    on: Annotated[str, Field(max_length=20)] = ""


class Trial(AdminPage):
    """试派: which units, and why not the others."""

    needs = {"get": "reference.read"}

    async def get(self) -> None:
        asked = self.read_query(TrialQuery)
        choices = await self.runtime.read(_trial_choices, self.who())
        rows, errors = None, {}
        if asked.matter.strip():
            try:
                on = day_of(asked.on, self.today)
                rows = await self.runtime.read(catalogue_rows.trial, self.who(), asked.matter, asked.area, on)
            except InvalidInput as error:
                errors = faults(error)
        self.show("admin/trial.html", asked=asked, rows=rows, errors=errors, **choices)


def _trial_choices(uow: UnitOfWork, _actor: Actor) -> dict[str, Any]:
    areas = [
        (row["code"], uow.reference.path_name("area", row["code"])) for row in uow.reference.all_of("area")
    ]
    return {"matters": catalogue_words.matter_options(uow.reference), "areas": areas}


class ImportForm(Typed):
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    whole: bool = False
    install: bool = False


class Import(AdminPage):
    """Upload, look, install. A refused file says why beside its field."""

    needs = "catalogue.write"

    async def get(self) -> None:
        await self._form()

    async def _form(self, status: int = 200, **more: Any) -> None:
        empty = {"made": None, "digest": "", "name": "", "whole": False, "based_on": None}
        values = {**empty, "labels": catalogue_import.LABELS, "columns": catalogue_import.COLUMNS, **more}
        self.show("admin/catalogue_import.html", status, **values)

    async def post(self) -> None:
        form = self.read_form(ImportForm)
        try:
            digest, name = await self._kept(form)
            content = await self.runtime.call(self.runtime.files.read, digest)
            based_on, made = await self.runtime.call(
                self._preview, content, name, form.whole, form.based_on if form.install else None
            )
        except HotlineError as error:
            await self._form(422, errors={"file": error.message}, whole=form.whole)
            return
        shown = {"made": made, "digest": digest, "name": name, "whole": form.whole, "based_on": based_on}
        if not form.install:
            await self._form(**shown)
            return
        await self.submit(partial(self._install, made, form), partial(self._form, **shown))

    async def _kept(self, form: ImportForm) -> tuple[str, str]:
        """The digest and name of the file that was sent now or with the preview."""
        sent = (self.request.files.get("file") or [None])[0]
        if sent is None or not sent["body"]:
            if form.digest:
                return form.digest, form.name
            raise InvalidInput("file.missing", "请选择 CSV 或 XLSX 文件")
        if len(sent["body"]) > LARGEST:
            raise InvalidInput("file.large", f"文件不能超过 {LARGEST >> 20} MB")
        return await self.runtime.call(self.runtime.files.put, sent["body"]), str(sent["filename"])[-100:]

    def _preview(
        self, content: bytes, name: str, whole: bool, based_on: int | None
    ) -> tuple[int, catalogue_import.Preview]:
        table = open_table(content, name)
        return self.runtime.query(_previewed, table.columns, rows_of(table), self.today, whole, based_on)

    async def _install(self, made: catalogue_import.Preview, form: ImportForm) -> str:
        await self.runtime.run(catalogue_import.install, self.who(), made, form.note, form.based_on)
        return "/admin/catalogue?done=imported"


def rows_of(table: Any) -> Iterator[tuple[int, Mapping[str, str]]]:
    return ((row.number, row.values) for row in table.rows())


def _previewed(
    uow: UnitOfWork, columns: tuple[str, ...], rows: Any, on: date, whole: bool, based_on: int | None
) -> tuple[int, catalogue_import.Preview]:
    version = administering.version_of(uow, "catalogue")
    made = catalogue_import.preview(uow.reference, columns, rows, on, whole)
    return (based_on if based_on is not None else version), made


ROUTES = [
    (r"/admin/catalogue", Catalogue),
    (r"/admin/catalogue/trial", Trial),
    (r"/admin/catalogue/import", Import),
    (rf"/admin/catalogue/rows/{_KEY}", CatalogueRow),
    (rf"/admin/catalogue/rows/{_KEY}/end", EndRow),
]
