"""回访台: who is to be asked, three questions as big buttons, 未接通 counted, 重办 with its reason carried over.

The platform follows up, not the unit, so anonymous and secret requests stand here like any other; a number is seen
only by revealing it with a reason.
"""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from hotline.domain.drafts import LIMITS
from hotline.domain.errors import HotlineError
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import closing, queries
from hotline.web import tickets
from hotline.web.base import PageHandler
from hotline.web.marking import marked

PAGE = 30


class Place(BaseModel):
    """Where in the list one is."""

    after: Annotated[int, Field(ge=0, le=2**53)] | None = None
    did: Annotated[str, Field(max_length=20)] = ""
    done_no: Annotated[str, Field(max_length=100)] = ""


class Answers(BaseModel):
    """What came of one call."""

    outcome: Annotated[str, Field(pattern="^(reached|not_reached)$")] = "reached"
    contacted: Annotated[str, Field(max_length=20)] = ""
    solved: Annotated[str, Field(max_length=20)] = ""
    satisfied: Annotated[str, Field(max_length=20)] = ""
    opinion: Annotated[str, Field(max_length=LIMITS["note"])] = ""
    unreasonable: bool = False
    rehandle: bool = False


def waiting(uow: UnitOfWork, actor: Actor, after: int | None = None) -> dict[str, Any]:
    """The requests that wait for 回访, as cards, the longest waiting first."""
    found = uow.views.follow_up_queue(queries.scope(uow, actor), after, PAGE)
    return {"items": [_card(uow, row) for row in found["items"]], "next": found["next"]}


def _card(uow: UnitOfWork, row: dict[str, Any]) -> dict[str, Any]:
    tries = f"未接通 {row['not_reached']} 次" if row["not_reached"] else ""
    return {
        "no": row["no"],
        "href": f"/followup/{row['no']}/{row['id']}",
        "title": row["title"],
        "created": row["replied_at"],
        "flags": [word for word, holds in (("保密", row["secret"]), ("匿名", row["anonymous"])) if holds],
        "reason": tries or uow.reference.name("unit", row["lead_unit"]),
    }


def one(uow: UnitOfWork, actor: Actor, no: str, request_id: int) -> dict[str, Any]:
    """A ticket whole with the request that is asked about; None when it has been asked already."""
    whole = tickets.shown(uow, actor, no)
    asked = next((request for request in whole["requests"] if request["id"] == request_id), None)
    attempts = [row for row in whole["follow_ups"] if row["request_id"] == request_id]
    return {"whole": whole, "asked": asked, "attempts": attempts}


class FollowUpDesk(PageHandler):
    """The list, with nothing or one request open beside it."""

    needs = {"get": "desk.follow_up"}

    async def get(self) -> None:
        await self.show()

    async def show(self, no: str = "", request_id: str = "", status: int = 200, **more: Any) -> None:
        place = self.read_query(Place)
        queue = await self.runtime.read(waiting, self.who(), place.after)
        shown: dict[str, Any] = {"whole": None, "asked": None, "attempts": []}
        if no:
            shown = await self.runtime.read(one, self.who(), no, int(request_id))
            await marked(self.runtime, shown["whole"])
        words = {"contacted": closing.CONTACTED, "solved": closing.SOLVED, "satisfied": closing.SATISFIED}
        values = {
            "queue": queue,
            "words": words,
            "limit": closing.NOT_REACHED_LIMIT,
            "errors": {},
            "values": {},
            "flashes": _flashes(place),
        }
        self.page("followup/desk.html", status, **{**values, **shown, **more})


class OneFollowUp(FollowUpDesk):
    """One request open: its answers, or that nobody was reached."""

    needs = {"get": "desk.follow_up", "post": "ticket.follow_up"}

    async def get(self, no: str, request_id: str) -> None:  # type: ignore[override]
        await self.show(no, request_id)

    async def post(self, no: str, request_id: str) -> None:
        form = self.read_form(Answers)
        answers = form.model_dump(exclude={"outcome"})
        try:
            await self.runtime.run(
                closing.follow_up, self.who(), no, int(request_id), form.outcome == "reached", **answers
            )
        except HotlineError as error:
            if "fields" not in error.details:
                raise
            await self.show(no, request_id, 422, errors=error.details["fields"], values=form.model_dump())
            return
        queue = await self.runtime.read(waiting, self.who())
        following = next((card["href"] for card in queue["items"] if card["no"] != no), "/followup")
        did = "not_reached" if form.outcome == "not_reached" else "rehandle" if form.rehandle else "reached"
        self.redirect(f"{following}?{urlencode({'did': did, 'done_no': no})}", status=303)


_DONE = {"reached": "回访已保存", "not_reached": "已记未接通", "rehandle": "已发回重办"}


def _flashes(place: Place) -> list[dict[str, str]]:
    """What the last call came to, told on the page that follows."""
    return [{"text": f"{place.done_no} {_DONE[place.did]}", "tone": "ok"}] if place.did in _DONE else []


ROUTES = [
    (r"/followup", FollowUpDesk),
    (r"/followup/([\w-]{1,40})/(\d{1,16})", OneFollowUp),
]
