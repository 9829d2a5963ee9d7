"""组织与区域: two trees with search, one form for a row, abolishing with a successor."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import administering, org_tree
from hotline.web.admin.frame import AdminPage, Code, Typed, Words, address

_FIELDS = "code name short level parent line area kind roles duties aliases places phone valid_from".split()
_KIND = "(unit|area)"


class Asked(BaseModel):
    kind: Literal["unit", "area"] = "unit"
    q: Words = ""
    past: bool = False


class Under(BaseModel):
    parent: Code = ""


class AbolishForm(Typed):
    successor: Code = ""
    valid_to: Annotated[str, Field(max_length=20)] = ""


class Tree(AdminPage):
    needs = {"get": "reference.read"}

    async def get(self) -> None:
        asked = self.read_query(Asked)
        found = await self.runtime.read(org_tree.tree, self.who(), asked.kind, asked.q, asked.past)
        tabs = [
            {"href": f"/admin/tree?kind={kind}", "label": label, "active": kind == asked.kind}
            for kind, label in org_tree.TREES.items()
        ]
        self.show("admin/tree.html", asked=asked, tabs=tabs, label=org_tree.TREES[asked.kind], **found)


def _row(uow: UnitOfWork, actor: Actor, kind: str, code: str, parent: str) -> dict[str, Any]:
    choices = {
        "rows": org_tree.options(uow.reference, kind),
        "areas": org_tree.options(uow.reference, "area"),
        "levels": org_tree.LEVELS[kind],
        "kinds": org_tree.UNIT_KINDS,
    }
    if code == "new":
        based_on = administering.version_of(uow, kind)
        empty = {"path": [], "children": [], "history": [], "past": False, "rows_naming": 0, "names": {}}
        return {**empty, "body": {"parent": parent}, "based_on": based_on, "choices": choices}
    return {**org_tree.one(uow, actor, kind, code), "choices": choices}


class TreeRow(AdminPage):
    """One unit or area; `new` is the form of another one."""

    needs = {"get": "reference.read", "post": "reference.write"}

    async def get(self, kind: str, code: str) -> None:
        await self._form(kind, code)

    async def _form(self, kind: str, code: str, status: int = 200, **more: Any) -> None:
        parent = self.read_query(Under).parent
        found = await self.runtime.read(_row, self.who(), kind, code, parent)
        self.show(
            "admin/tree_row.html",
            status,
            kind=kind,
            code=code,
            label=org_tree.TREES[kind],
            **{**found, **more},
        )

    async def post(self, kind: str, code: str) -> None:
        await self.submit(partial(self._save, kind, code), partial(self._form, kind, code))

    async def _save(self, kind: str, code: str) -> str:
        form = self.read_form(Typed)
        known = "" if code == "new" else code
        saved = await self.runtime.run(
            org_tree.save, self.who(), kind, known, self.texts(*_FIELDS), form.note, form.based_on
        )
        return address(f"/admin/tree/{kind}/{saved}", done="saved" if known else "added")


class Abolish(TreeRow):
    needs = {"post": "reference.write"}

    async def _save(self, kind: str, code: str) -> str:
        form = self.read_form(AbolishForm)
        await self.runtime.run(
            org_tree.abolish, self.who(), kind, code, form.successor, form.valid_to, form.note, form.based_on
        )
        return address(f"/admin/tree/{kind}/{code}", done="abolished")


ROUTES = [
    (r"/admin/tree", Tree),
    (rf"/admin/tree/{_KIND}/([\w-]{{1,40}})", TreeRow),
    (rf"/admin/tree/{_KIND}/([\w-]{{1,40}})/abolish", Abolish),
]
