"""What changed since the page was opened: counts of the tabs, how many of the heard tickets are new here, and
whether somebody else moved the ticket that is open. Asked by the page after a word on the WebSocket."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import access, claims, dispatch_queue, seen
from hotline.web.base import PageHandler
from hotline.web.dispatch.frame import QUEUE_OF, TABS


class Asked(BaseModel):
    tab: Literal[tuple(TABS)]  # type: ignore[valid-type]
    heard: Annotated[str, Field(max_length=4000)] = ""
    items: Annotated[str, Field(max_length=8000)] = ""
    no: Annotated[str, Field(max_length=100)] = ""
    seen: Annotated[int, Field(ge=0, le=2**53)] = 0


def pulse(uow: UnitOfWork, actor: Actor, asked: Asked) -> dict[str, Any]:
    """{"counts", "new": numbers, "claims": item -> who holds it, "moved": what others did to the open ticket}."""
    heard = [no for no in asked.heard.split(",") if no][:100]
    items = [int(text) for text in asked.items.split(",") if text.isascii() and text.isdigit()][:200]
    held = claims.holders(uow, QUEUE_OF[asked.tab], items)
    return {
        "counts": dispatch_queue.summary(uow, actor)["tabs"],
        "new": dispatch_queue.new_numbers(uow, actor, asked.tab, heard) if heard else [],
        "claims": {
            str(key): {"holder": row["holder"], "mine": row["holder_id"] == actor.user_id}
            for key, row in held.items()
        },
        "moved": _moved(uow, actor, asked) if asked.no and asked.seen else "",
    }


def _moved(uow: UnitOfWork, actor: Actor, asked: Asked) -> str:
    row = uow.views.ticket_row(asked.no)
    if row is None:
        return ""
    subject = access.readable_row(uow, actor, row["id"])
    return seen.told(seen.news(uow, actor, subject.id, asked.seen))


class Pulse(PageHandler):
    """`GET /dispatch/pulse`."""

    needs = {"get": "desk.dispatch"}

    async def get(self) -> None:
        self.answer(await self.runtime.read(pulse, self.who(), self.read_query(Asked)))


ROUTES = [(r"/dispatch/pulse", Pulse)]
