"""死信: messages that a consumer could not digest, to be sent round again or dismissed; and what waits on the way out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from hotline.adapters.db import outbox
from hotline.domain.drafts import required
from hotline.domain.errors import Conflict, NotAllowed
from hotline.domain.people import Actor
from hotline.domain.records import DeadLetter
from hotline.ports import UnitOfWork
from hotline.web import rendering
from hotline.web.admin.frame import AdminPage, address

STATES = {"open": "待处理", "retried": "已重试", "dismissed": "已关闭"}
_PAGE = 50


class Asked(BaseModel):
    state: Literal["open", "retried", "dismissed"] = "open"
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


def _letters(uow: UnitOfWork, asked: Asked) -> dict[str, Any]:
    found = uow.views.dead_letters(asked.state, asked.after, _PAGE)
    rows = [{**row, "shown": rendering.to_json(row["payload"])} for row in found["items"]]
    return {"rows": rows, "next": found["next"], "outbox": uow.views.outbox_state()}


def settled(uow: UnitOfWork, actor: Actor, letter_id: int, act: str, reason: str) -> None:
    """Sends an open dead letter round again, or dismisses it with a reason; audited."""
    if not actor.may("dead_letters.manage"):
        raise NotAllowed("dead_letters.manage", "您没有处理死信的权限")
    letter = uow.get(DeadLetter, letter_id)
    if letter.state != "open":
        raise Conflict("dead_letter.settled", f"这封死信{STATES[letter.state]}，由 {letter.settled_by} 处理")
    if act == "dismiss":
        reason = required(reason, "reason", "请写明为什么不再投递", 200)
    settle = outbox.retry_dead if act == "retry" else outbox.dismiss_dead
    settle(uow, letter_id, actor.name)
    detail = {"consumer": letter.consumer, "topic": letter.topic, "reason": reason}
    uow.audit(actor, f"dead_letter.{act}", str(letter_id), **detail)


class Letters(AdminPage):
    needs = {"get": "dead_letters.manage"}

    async def get(self) -> None:
        asked = self.read_query(Asked)
        found = await self.runtime.read(_letters, asked)
        more = (
            address("/admin/dead-letters", state=asked.state, after=found["next"]) if found["next"] else None
        )
        tabs = [
            {"href": f"/admin/dead-letters?state={state}", "label": label, "active": state == asked.state}
            for state, label in STATES.items()
        ]
        self.show("admin/letters.html", asked=asked, tabs=tabs, next_href=more, **found)


class LetterAct(AdminPage):
    needs = {"post": "dead_letters.manage"}

    async def post(self, letter_id: str, act: str) -> None:
        await self.runtime.run(settled, self.who(), int(letter_id), act, self.text("reason", 500))
        done = "retried" if act == "retry" else "dismissed"
        self.redirect(address("/admin/dead-letters", done=done), status=303)


ROUTES = [
    (r"/admin/dead-letters", Letters),
    (r"/admin/dead-letters/(\d{1,16})/(retry|dismiss)", LetterAct),
]
