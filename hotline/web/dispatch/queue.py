"""The queue alone, and leaving an item."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from hotline.services import claims
from hotline.web.dispatch.frame import QUEUE_OF, TABS, DispatchPage, Place


class Queue(DispatchPage):
    """`GET /dispatch`: tabs and items; nothing is claimed by looking at the list."""

    async def get(self) -> None:
        place = self.place()
        await self.show("dispatch/queue.html", place)


class ClaimForm(BaseModel):
    queue: Literal[tuple(claims.QUEUES)]  # type: ignore[valid-type]
    id: Annotated[int, Field(ge=1, le=2**53)]


class Leave(DispatchPage):
    """`POST /dispatch/leave`: sent by the page when it is left; the item is free again."""

    needs = {"post": "desk.dispatch"}

    async def post(self) -> None:
        form = self.read_form(ClaimForm)
        if await self.runtime.run(claims.release, self.who(), form.queue, form.id):
            await self.runtime.bus.broadcast("queue.changed", {"queue": form.queue})
        self.set_status(204)
        self.finish()


class TakeOver(DispatchPage):
    """`POST /dispatch/takeover`: an item that somebody else holds, openly."""

    needs = {"post": "desk.dispatch"}

    async def post(self) -> None:
        form = self.read_form(ClaimForm)
        await self.claimed(form.queue, form.id, over=True)
        await self.runtime.bus.broadcast("queue.changed", {"queue": form.queue})
        tab = self.get_body_argument("tab", "")
        place = Place(tab=tab if tab in TABS else next(t for t in TABS if QUEUE_OF[t] == form.queue))
        paths = {"application": f"/dispatch/applications/{form.id}", "reply": f"/dispatch/replies/{form.id}"}
        no = self.get_body_argument("no", "")[:100]
        self.redirect(place.href(paths.get(form.queue, f"/dispatch/tickets/{no}"), did="taken"), status=303)


ROUTES = [(r"/dispatch", Queue), (r"/dispatch/leave", Leave), (r"/dispatch/takeover", TakeOver)]
