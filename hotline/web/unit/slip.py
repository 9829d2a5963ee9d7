"""The slip (承办单) for paper: masked, and marked all over with the unit, the person and the time that printed it, so
that a copy that turns up somewhere says whose it was."""

from __future__ import annotations

from typing import Any

from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import unit_desk
from hotline.web import ticket_rows
from hotline.web.base import PageHandler


def printed(uow: UnitOfWork, actor: Actor, no: str, assignment_id: int) -> dict[str, Any]:
    """The slip's content; that it was asked for is audited."""
    item = unit_desk.assignment(uow, actor, no, assignment_id)
    item["whole"]["row"] = ticket_rows.listed_row(item["whole"])
    uow.audit(actor, "slip.printed", no, assignment=assignment_id)
    own = uow.reference.name("unit", actor.unit)
    return {**item, "own_unit": own}


class Slip(PageHandler):
    """`GET /unit/NO/ASSIGNMENT/slip`."""

    needs = {"get": "desk.unit"}

    async def get(self, no: str, assignment_id: str) -> None:
        item = await self.runtime.run(printed, self.who(), no, int(assignment_id))
        self.page("unit/slip.html", **item)


ROUTES = [(r"/unit/([A-Za-z0-9_-]{1,100})/(\d{1,16})/slip", Slip)]
