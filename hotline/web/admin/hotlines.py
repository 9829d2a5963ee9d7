"""热线登记: which mode holds where on a day, where callers are transferred to, and changing a hotline with its modes."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain import hotlines
from hotline.domain.errors import invalid_field
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import hotline_registry as registry
from hotline.web.admin.frame import AdminPage, Day, Typed, Words, address

MODE_FIELDS = ("region", "mode", "valid_from", "valid_to", "source", "certainty")
_FIELDS = (
    "number name department scope kind certainty source transfer_direction dialled default_unit script remark"
).split()


class Asked(BaseModel):
    q: Words = ""
    mode: Annotated[str, Field(max_length=20)] = ""
    region: Annotated[str, Field(max_length=40)] = ""
    on: Day = ""


def day_of(text: str, default: date) -> date:
    """A day of the query; InvalidInput for one that does not exist."""
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise invalid_field("on", "应为日期，如 2026-11-21") from None


def _registry(uow: UnitOfWork, actor: Actor, asked: Asked, on: date) -> dict[str, Any]:
    rows = registry.listed(uow, actor, on, asked.region, asked.q, asked.mode)
    targets = [{**row, "where": registry.DIRECTIONS[row["transfer_direction"]]} for row in _targets(uow)]
    return {
        "rows": [row for row in rows if not row["past"]],
        "past": [row for row in rows if row["past"]],
        "targets": targets,
        "regions": registry.regions(uow),
        "place": asked.region or "、".join(hotlines.regions(uow.reference)),
    }


def _targets(uow: UnitOfWork) -> list[dict[str, Any]]:
    return [row for row in hotlines.transfer_targets(uow.reference) if "@" not in str(row.get("code", ""))]


class Registry(AdminPage):
    needs = {"get": "reference.read"}

    async def get(self) -> None:
        asked = self.read_query(Asked)
        on = day_of(asked.on, self.today)
        values = await self.runtime.read(_registry, self.who(), asked, on)
        self.show("admin/hotlines.html", asked=asked, on=on.isoformat(), modes=hotlines.MODES, **values)


class Hotline(AdminPage):
    """One hotline: everybody inside may look, the system administrator may change."""

    needs = {"get": "reference.read", "post": "reference.write"}
    tells = ("region", "valid_from", "valid_to", "source")

    async def get(self, key: str) -> None:
        await self._form(key, 200)

    async def _form(self, key: str, status: int, **more: Any) -> None:
        found = await self.runtime.read(_one, self.who(), key)
        modes = found["body"].get("mode", [])
        if more.get("typed"):
            modes = self.rows("mode", MODE_FIELDS)
        choices = {
            "kinds": registry.KINDS,
            "certainties": registry.CERTAINTIES,
            "directions": registry.DIRECTIONS,
            "modes": hotlines.MODES,
        }
        self.show(
            "admin/hotline.html", status, choices=choices, mode_rows=modes, **{**found, **more, "key": key}
        )

    async def post(self, key: str) -> None:
        await self.submit(partial(self._save, key), partial(self._form, key))

    async def _save(self, key: str) -> str:
        form = self.read_form(Typed)
        values = self.texts(*_FIELDS)
        modes = self.rows("mode", MODE_FIELDS)
        saved = "" if key == "new" else key
        await self.runtime.run(registry.save, self.who(), saved, values, modes, form.note, form.based_on)
        return address(f"/admin/hotlines/{saved or values['number'].strip()}", done="saved")


def _one(uow: UnitOfWork, actor: Actor, key: str) -> dict[str, Any]:
    if key == "new":
        return {"body": {}, "history": [], "based_on": None, "mode_now": "", "unit_name": ""}
    return registry.one(uow, actor, key)


ROUTES = [(r"/admin/hotlines", Registry), (r"/admin/hotlines/([\w@-]{1,30})", Hotline)]
