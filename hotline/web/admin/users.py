"""账号: the security administrator adds, changes and stops accounts. A generated password stands on one answer only."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.people import Actor
from hotline.domain.rights import CENTRE_ROLES, ROLES, UNIT_ROLES
from hotline.ports import UnitOfWork
from hotline.services import org_tree, staffing
from hotline.web.admin.frame import AdminPage, Code, Words, address

_LOGIN = r"([\w.-]{2,40})"
ADMINISTRATORS = ("sys_admin", "sec_admin", "audit_admin")
GROUPS = [
    ("热线中心", [role for role in ROLES if role in CENTRE_ROLES]),
    ("承办单位", [role for role in ROLES if role in UNIT_ROLES]),
    ("其他业务", ["kb_editor", "analyst"]),
    ("三员（互不兼任，也不兼业务）", list(ADMINISTRATORS)),
]


class Asked(BaseModel):
    q: Words = ""
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


class UserForm(BaseModel):
    """Long texts are refused by the service with the field's name."""

    login: Annotated[str, Field(max_length=60)] = ""
    name: Annotated[str, Field(max_length=100)] = ""
    roles: list[Code] = Field(default_factory=list, max_length=20)
    unit: Code = ""
    centre: Code = ""
    extension: Annotated[str, Field(max_length=20)] = ""
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    def values(self) -> dict[str, Any]:
        return self.model_dump(exclude={"login", "version"})


class Users(AdminPage):
    needs = "users.manage"

    async def get(self) -> None:
        asked = self.read_query(Asked)
        found = await self.runtime.read(staffing.listed, self.who(), asked.q, asked.after)
        more = address("/admin/users", q=asked.q, after=found["next"]) if found["next"] else None
        self.show("admin/users.html", asked=asked, rows=found["items"], next_href=more)


def _form_of(uow: UnitOfWork, actor: Actor, login: str) -> dict[str, Any]:
    held = {} if login == "new" else staffing.one(uow, actor, login)
    units = org_tree.options(uow.reference, "unit")
    return {"held": held, "units": units, "roles": ROLES, "groups": GROUPS}


class UserPage(AdminPage):
    needs = "users.manage"

    async def get(self, login: str) -> None:
        await self.form(login)

    async def form(self, login: str, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(_form_of, self.who(), login)
        self.show("admin/user.html", status, **{"password": "", **found, **more, "login": login})

    async def post(self, login: str) -> None:
        saving = self._add if login == "new" else partial(self._change, login)
        await self.submit(saving, partial(self.form, login))

    async def _add(self) -> str:
        """Shows the new account with its password at once: a password must not travel through a redirect."""
        form = self.read_form(UserForm)
        password = await self.runtime.run(staffing.add, self.who(), form.login, **form.values())
        await self.form(form.login.strip(), password=password)
        return ""

    async def _change(self, login: str) -> str:
        form = self.read_form(UserForm)
        await self.runtime.run(staffing.change, self.who(), login, form.version, **form.values())
        return address(f"/admin/users/{login}", done="user")


class UserAct(UserPage):
    """stop, start, unlock, sessions, password: acts that take no form but a reason."""

    needs = {"post": "users.manage"}

    async def post(self, login: str, act: str) -> None:
        await self.submit(partial(self._do, login, act), partial(self.form, login))

    async def _do(self, login: str, act: str) -> str:
        version = self.read_form(UserForm).version
        if act in ("stop", "start"):
            values = (act == "start", version, self.text("reason", 200))
            await self.runtime.run(staffing.set_active, self.who(), login, *values)
        elif act == "unlock":
            await self.runtime.run(staffing.unlock, self.who(), login)
        else:
            await self.runtime.run(staffing.end_sessions, self.who(), login)
        done = {"stop": "stopped", "start": "user", "unlock": "unlocked", "sessions": "sessions"}[act]
        return address(f"/admin/users/{login}", done=done)


class NewPassword(UserPage):
    """POST makes a new password and shows it; nothing keeps it."""

    needs = {"post": "users.manage"}

    async def post(self, login: str) -> None:
        password = await self.runtime.run(
            staffing.reset_password, self.who(), login, self.text("reason", 200)
        )
        await self.form(login, password=password)


ROUTES = [
    (r"/admin/users", Users),
    (rf"/admin/users/{_LOGIN}", UserPage),
    (rf"/admin/users/{_LOGIN}/(stop|start|unlock|sessions)", UserAct),
    (rf"/admin/users/{_LOGIN}/password", NewPassword),
]
