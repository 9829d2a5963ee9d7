"""中心设置: how much a person looks at before a request goes out, and whether sure ones go out by themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import administering, archiving
from hotline.web.admin.frame import AdminPage, Typed


class SettingsForm(Typed):
    skip_review: Annotated[str, Field(max_length=20)] = ""
    auto_dispatch: bool = False
    archive_after_days: Annotated[int, Field(ge=1, le=archiving.MOST_DAYS)] = archiving.USUAL_DAYS
    desk_name: Annotated[str, Field(max_length=60)] = ""


def _settings(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    held = administering.settings(uow, actor)
    home = uow.reference.name("sla_profile", str(held.get("home_sla_profile", "")))
    return {"held": held, "home": home, "history": administering.history(uow, actor, "setting", "intake")}


class CentreSettings(AdminPage):
    needs = {"get": "reference.read", "post": "reference.write"}

    async def get(self) -> None:
        await self._form()

    async def _form(self, status: int = 200, **more: Any) -> None:
        values = await self.runtime.read(_settings, self.who())
        self.show("admin/settings.html", status, choices=administering.SKIP_REVIEW, **values, **more)

    async def post(self) -> None:
        await self.submit(self._save, self._form)

    async def _save(self) -> str:
        form = self.read_form(SettingsForm)
        values = form.model_dump(exclude={"note", "based_on"})
        await self.runtime.run(administering.change_setting, self.who(), values, form.note, form.based_on)
        return "/admin/settings?done=saved"


ROUTES = [(r"/admin/settings", CentreSettings)]
