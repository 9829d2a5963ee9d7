"""预警: bursts that wait for somebody to look into them, those that were settled, and the banner of the open ones."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from classifiers.bursts import MARGIN, SHORTEST
from hotline.domain.errors import Conflict, InvalidInput
from hotline.domain.topics import WARNING_STATES
from hotline.services.topics import settling
from hotline.web import ticket_rows, topic_pictures
from hotline.web.base import PageHandler

_ID = r"(\d{1,16})"
VIEWS = {"open": ("open",), "past": settling.PAST}


class Place(BaseModel):
    view: Literal["open", "past"] = "open"
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


class Warnings(PageHandler):
    """`GET /warnings`."""

    needs = {"get": "warning.read"}

    async def get(self) -> None:
        place = self.read_query(Place)
        states = VIEWS[place.view]
        found = await self.runtime.read(settling.listed, self.who(), states, place.after)
        count = await self.runtime.read(settling.standing, self.who())
        ready = await self.runtime.read(settling.silent_until, self.who()) if place.view == "open" else None
        self.page(
            "warnings/list.html",
            ready=ready,
            least_days=SHORTEST,
            margin=MARGIN,
            rows=found["items"],
            next_href=f"/warnings?view={place.view}&after={found['next']}" if found["next"] else None,
            views=[
                {
                    "href": "/warnings",
                    "label": "待处置",
                    "count": count["count"],
                    "active": place.view == "open",
                },
                {"href": "/warnings?view=past", "label": "已结束", "active": place.view == "past"},
            ],
            view=place.view,
        )


class WarningPage(PageHandler):
    """Base of the pages about one warning."""

    async def show(self, warning_id: int, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(settling.one, self.who(), warning_id)
        self.page(
            "warnings/warning.html",
            status,
            warning=found,
            rows=ticket_rows.listed_rows(found["tickets"]),
            picture=topic_pictures.burst(found),
            **{"errors": {}, "typed": {}, **more},
        )


class OneWarning(WarningPage):
    """`GET /warnings/ID`."""

    needs = {"get": "warning.read"}

    async def get(self, warning_id: str) -> None:
        done = self.get_query_argument("done", "")
        text = f"已标为“{WARNING_STATES[done]}”" if done in settling.SETTLED else ""
        await self.show(int(warning_id), flashes=[{"text": text, "tone": "ok"}] if text else [])


class SettleForm(BaseModel):
    state: Annotated[str, Field(max_length=20)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""


class Settle(WarningPage):
    """`POST /warnings/ID/settle`: acknowledged or a false alarm, with a note."""

    needs = {"post": "warning.settle"}

    async def post(self, warning_id: str) -> None:
        try:
            form = self.read_form(SettleForm)
            await self.runtime.run(settling.settle, self.who(), int(warning_id), form.state, form.note)
        except (InvalidInput, Conflict) as error:
            errors = error.details.get("fields") or {"": error.message}
            typed = {"state": self.get_body_argument("state", ""), "note": self.get_body_argument("note", "")}
            status = 409 if isinstance(error, Conflict) else 422
            await self.show(int(warning_id), status, errors=errors, typed=typed)
            return
        self.redirect(f"/warnings/{warning_id}?done={form.state}", status=303)


class Banner(PageHandler):
    """`GET /warnings/banner`: the open warnings in one line, for the wall and the dispatch desk; empty when none is."""

    needs = {"get": "warning.read"}

    async def get(self) -> None:
        self.page("warnings/banner.html", standing=await self.runtime.read(settling.standing, self.who()))


ROUTES = [
    (r"/warnings", Warnings),
    (r"/warnings/banner", Banner),
    (rf"/warnings/{_ID}", OneWarning),
    (rf"/warnings/{_ID}/settle", Settle),
]
