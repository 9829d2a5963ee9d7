"""One released reply, to be accepted or sent back to its unit."""

from __future__ import annotations

from typing import Any

from hotline.domain import workflow
from hotline.domain.errors import HotlineError
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import dispatch_item
from hotline.web import move_forms, ticket_rows
from hotline.web.api import moves
from hotline.web.dispatch.frame import DispatchPage, Place, faults, status_of


def shown(uow: UnitOfWork, actor: Actor, assignment_id: int) -> dict[str, Any]:
    """The reply as dispatch/reply.html wants it."""
    item = dispatch_item.reply(uow, actor, assignment_id)
    item["whole"]["row"] = ticket_rows.listed_row(item["whole"])
    item["whole"]["life"] = ticket_rows.life_of(item["whole"])
    item["why_not"] = _why_not(actor, item)
    return item


def _why_not(actor: Actor, item: dict[str, Any]) -> str:
    if not actor.may("ticket.accept"):
        return "您没有审核答复的权限"
    if item["assignment"]["state"] != workflow.REPLIED or item["whole"]["state"] != workflow.HANDLING:
        return f"承办子单{item['assignment']['state_label']}，没有等待审核的答复"
    return ""


class Reply(DispatchPage):
    """`GET /dispatch/replies/ASSIGNMENT`."""

    needs = {"get": "desk.dispatch"}

    async def get(self, assignment_id: str) -> None:
        await self._show(int(assignment_id), self.place().model_copy(update={"tab": "replies"}))

    async def _show(
        self, assignment_id: int, place: Place, error: HotlineError | None = None, **typed: Any
    ) -> None:
        item = await self.runtime.read(shown, self.who(), assignment_id)
        claim = None if item["why_not"] else await self.claimed("reply", assignment_id)
        await self.show(
            "dispatch/reply.html",
            place,
            status_of(error),
            **item,
            claim=claim,
            error=error,
            errors=faults(error),
            typed=typed,
        )


class ReplyMove(Reply):
    """`POST /dispatch/replies/ASSIGNMENT/MOVE`: accepted, or sent back to its unit."""

    needs = {"post": "desk.dispatch"}

    async def post(self, assignment_id: str, move: str) -> None:
        key, place = int(assignment_id), self.place().model_copy(update={"tab": "replies"})
        item = await self.runtime.read(shown, self.who(), key)
        no = item["whole"]["no"]
        error = await self._decide(no, key, move)
        if error is not None:
            await self._show(key, place, error, **self.typed())
            return
        await self.go_on(place, move, 0, key, no)

    async def _decide(self, no: str, key: int, move: str) -> HotlineError | None:
        actor = self.who()
        try:
            data = move_forms.data_of(move, self.request.body_arguments, assignment_id=key)
        except HotlineError as error:
            return error
        return await self.act("reply", key, no, lambda uow: moves.make(uow, actor, no, move, data))


ROUTES = [
    (r"/dispatch/replies/(\d{1,16})", Reply),
    (r"/dispatch/replies/(\d{1,16})/(accept|reject)", ReplyMove),
]
