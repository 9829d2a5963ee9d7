"""接入密钥: by which the systems of other hotlines sign what they hand over. Issued here, shown once, revoked here."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import signing
from hotline.web.admin.frame import AdminPage
from hotline.web.tickets import live_hotlines


class NewKey(BaseModel):
    hotline: Annotated[str, Field(pattern="^[0-9]{3,20}$")]


def _keys(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    choices = [(row["number"], f"{row['number']} {row['name']}") for row in live_hotlines(uow.reference)]
    return {"rows": list(reversed(signing.keys(uow, actor))), "hotlines": choices}


class Keys(AdminPage):
    needs = "keys.manage"

    async def get(self) -> None:
        await self._list()

    async def _list(self, status: int = 200, **more: Any) -> None:
        values = await self.runtime.read(_keys, self.who())
        self.show("admin/keys.html", status, **{"issued": None, **values, **more})

    async def post(self) -> None:
        """The new secret stands on the answer of this very request and nowhere else."""
        form = self.read_form(NewKey)
        issued = await self.runtime.run(signing.issue_key, self.who(), form.hotline)
        await self._list(issued=issued)


class Revoked(AdminPage):
    needs = {"post": "keys.manage"}

    async def post(self, key_id: str) -> None:
        await self.runtime.run(signing.revoke_key, self.who(), key_id, self.text("reason", 200))
        self.redirect("/admin/keys?done=revoked", status=303)


ROUTES = [(r"/admin/keys", Keys), (r"/admin/keys/([\w-]{1,60})/revoke", Revoked)]
