"""通知: what was told to a person or to their unit, newest first; seeing the page does not read them, a press does."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import notices, queries
from hotline.web.base import PageHandler

KINDS = {
    "dispatched": "新派单",
    "urged": "催办",
    "application": "申请",
    "decided": "申请结果",
    "withdrawn": "撤回",
    "burst": "突发预警",
    "topics": "热点分析",
}
PLACES = {"burst": "/warnings", "topics": "/topics/runs"}
"""Where a notice leads that is about no ticket."""


class Place(BaseModel):
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


def listed(uow: UnitOfWork, actor: Actor, after: int | None) -> dict[str, Any]:
    """A page of notices with the address of each ticket that its reader may open."""
    where = notices.addresses(uow, actor)
    found = uow.views.notices(where, actor.user_id, after, 50)
    ids = {row["ticket_id"] for row in found["items"] if row["ticket_id"]}
    known = uow.views.tickets_by_ids(ids, queries.scope(uow, actor)) if ids else {}
    base = "/unit/" if actor.bound_to_unit else "/tickets/"
    rows = [
        {
            **row,
            "kind_label": KINDS.get(row["kind"], "通知"),
            "href": f"{base}{known[row['ticket_id']]['no']}"
            if row["ticket_id"] in known
            else PLACES.get(row["kind"], ""),
        }
        for row in found["items"]
    ]
    return {"rows": rows, "next": found["next"], "unread": uow.views.unread(where, actor.user_id)}


class Notices(PageHandler):
    """`GET /notices`."""

    needs = {"get": "ticket.read"}

    async def get(self) -> None:
        shown = await self.runtime.read(listed, self.who(), self.read_query(Place).after)
        self.page("notices.html", **shown)


class ReadForm(BaseModel):
    up_to: Annotated[int, Field(ge=0, le=2**53)]


class NoticesRead(PageHandler):
    """`POST /notices/read`: everything up to the newest one shown."""

    needs = {"post": "ticket.read"}

    async def post(self) -> None:
        await self.runtime.run(notices.mark_read, self.who(), self.read_form(ReadForm).up_to)
        self.redirect("/notices", status=303)


ROUTES = [(r"/notices", Notices), (r"/notices/read", NoticesRead)]
