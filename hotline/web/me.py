"""我的: one's own data, password, API tokens. A new token stands on the answer of the request that made it, only."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.errors import invalid_field
from hotline.domain.people import Actor
from hotline.domain.rights import ROLES
from hotline.ports import UnitOfWork
from hotline.services import accounts
from hotline.web.admin.frame import AdminPage
from hotline.web.base import LOGGED_IN


class TokenForm(BaseModel):
    label: Annotated[str, Field(max_length=60)] = ""
    days: Annotated[int, Field(ge=1, le=365)] = 90


def _own(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    unit = uow.reference.name("unit", actor.unit) if actor.unit else ""
    roles = "、".join(ROLES.get(role, role) for role in sorted(actor.roles))
    return {"tokens": list(reversed(accounts.tokens(uow, actor))), "unit_name": unit, "roles": roles}


class Me(AdminPage):
    needs = LOGGED_IN

    async def get(self) -> None:
        await self._form()

    async def _form(self, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(_own, self.who())
        self.show("me/me.html", status, **{"issued": "", **found, **more})

    async def post(self) -> None:
        await self.submit(self._issue, self._form)

    async def _issue(self) -> str:
        form = self.read_form(TokenForm)
        if not form.label.strip():
            raise invalid_field("label", "请写明令牌的用途，以后好认")
        secret = await self.runtime.run(accounts.issue_token, self.who(), form.label, form.days)
        await self._form(issued=secret)
        return ""


class RevokeToken(AdminPage):
    needs = {"post": LOGGED_IN}

    async def post(self, token_id: str) -> None:
        await self.runtime.run(accounts.revoke_token, self.who(), int(token_id))
        self.redirect("/me?done=token", status=303)


ROUTES = [(r"/me", Me), (r"/me/tokens/(\d{1,16})/revoke", RevokeToken)]
