"""热点: the ranking of a period, one topic with its tickets, and the runs that find them, with live progress."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from hotline.domain.errors import InvalidInput
from hotline.domain.people import Actor
from hotline.domain.topics import UNFINISHED
from hotline.domain.workflow import OPEN_STATES, TICKET_STATES
from hotline.ports import UnitOfWork
from hotline.services import exporting
from hotline.services.topics import export, reading, running
from hotline.web import ticket_rows, topic_pictures
from hotline.web.base import PageHandler
from hotline.web.exports import Export, paged
from hotline.web.tickets import choices_of

Code = Annotated[str, Field(max_length=64)]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
RowNumber = Annotated[int, Field(ge=1, le=2**53)]
Start = Annotated[int, Field(ge=0, le=10_000)]
_ID = r"(\d{1,16})"
PRESETS = {1: "今日", 7: "近 7 日", 30: "近 30 日"}


class Cut(BaseModel):
    """What a run is cut to."""

    area: Code = ""
    category: Code = ""
    hotline: Code = ""

    def filters(self) -> dict[str, str]:
        return {"area": self.area, "category": self.category, "hotline": self.hotline}


class Place(Cut):
    """Which ranking one looks at; kept in the URL."""

    run: RowNumber | None = None
    days: Annotated[int, Field(ge=1, le=400)] | None = None
    sort: Literal[tuple(reading.SORTS)] = "heat"  # type: ignore[valid-type]
    start: Start = 0

    def address(self, **changes: Any) -> str:
        values = {**self.model_dump(exclude={"start"}), **changes}
        if values.get("sort") == "heat":
            values["sort"] = ""
        return f"/topics?{urlencode({k: v for k, v in values.items() if v not in ('', None, 0)})}"


class TopicPage(PageHandler):
    """Base of the pages about topics."""

    def presets(self) -> dict[int, str]:
        wanted = sorted({*PRESETS, *self.runtime.mining.days})
        return {days: PRESETS.get(days, f"近 {days} 日") for days in wanted}

    async def choices(self) -> dict[str, Any]:
        return choices_of(await self.runtime.call(self.runtime.uows.current_reference))


class Topics(TopicPage):
    """`GET /topics`: the ranking of a run, else of the newest run of a preset with these filters."""

    needs = {"get": "topics.read"}

    async def get(self) -> None:
        await self.show(self.read_query(Place))

    async def show(self, place: Place, status: int = 200, **more: Any) -> None:
        days = place.days or self.runtime.mining.days[0]
        found = await self.runtime.read(_ranking, self.who(), place, days)
        shown = found["found"]
        if shown:
            cut = shown["run"]["filters"]
            days = shown["run"]["days"] if place.run else days
            place = place.model_copy(update={**dict.fromkeys(("area", "category", "hotline"), ""), **cut})
        self.page(
            "topics/list.html",
            status,
            place=place,
            days=days,
            presets=self.presets(),
            choices=await self.choices(),
            sorts=reading.SORTS,
            waiting=found["waiting"],
            shown=shown,
            pictures=topic_pictures.ranking(shown["items"]) if shown and not place.start else {},
            more_href=place.address(start=shown["next"]) if shown and shown["next"] else None,
            **{"errors": {}, "typed": {}, **more},
        )


def _ranking(uow: UnitOfWork, actor: Actor, place: Place, days: int) -> dict[str, Any]:
    run_id = place.run or reading.latest(uow, actor, days, place.filters())
    found = reading.ranking(uow, actor, run_id, place.sort, place.start) if run_id else None
    return {"found": found, "waiting": reading.unfinished(uow, actor)}


class AskForm(Cut):
    days: Annotated[int, Field(ge=0, le=400)] = 0
    since: Day = ""
    until: Day = ""


class Runs(Topics):
    """`GET /topics/runs`: what was run and when. `POST`: a run of a preset (days), or of days of one's own."""

    needs = {"get": "topics.read", "post": "topics.run"}

    async def get(self) -> None:
        query = self.read_query(After)
        found = await self.runtime.read(reading.runs, self.who(), query.after)
        self.page("topics/runs.html", rows=found["items"], next=found["next"])

    async def post(self) -> None:
        try:
            form = self.read_form(AskForm)
            since, until = running.period(self.runtime.clock.now(), form.days, form.since, form.until)
            run_id = await self.runtime.run(running.ask, self.who(), since, until, form.days, form.filters())
        except InvalidInput as error:
            errors = error.details.get("fields") or {"": error.message}
            typed = {
                n: self.get_body_argument(n, "") for n in ("since", "until", "area", "category", "hotline")
            }
            await self.show(Place(), 422, errors=errors, typed=typed)
            return
        self.redirect(f"/topics/runs/{run_id}", status=303)


class After(BaseModel):
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None


class Run(TopicPage):
    """`GET /topics/runs/ID`: how far it is; the page asks for itself (`follow`) and goes to the ranking when it is
    done. Other pages that show the run ask for its bar alone."""

    needs = {"get": "topics.read"}

    async def get(self, run_id: str) -> None:
        run = await self.runtime.read(reading.run_shown, self.who(), int(run_id))
        follow = self.read_query(Follow).follow
        ended = run["state"] not in UNFINISHED
        if self.partial and ended and follow:
            done = run["state"] == "finished"
            self.set_header("HX-Redirect", f"/topics?run={run_id}" if done else self.request.path)
        elif run["state"] == "finished" and not self.partial:
            self.redirect(f"/topics?run={run_id}")
            return
        self.page("topics/run.html", run=run, follow=follow or not self.partial)


class Follow(BaseModel):
    follow: bool = False


class RunStop(PageHandler):
    needs = {"post": "topics.run"}

    async def post(self, run_id: str) -> None:
        await self.runtime.run(running.stop, self.who(), int(run_id))
        self.redirect(f"/topics/runs/{run_id}", status=303)


class MemberPlace(BaseModel):
    state: Literal[("", *TICKET_STATES)] = ""  # type: ignore[valid-type]
    area: Code = ""
    start: Start = 0

    def address(self, topic_id: int, **changes: Any) -> str:
        values = {**self.model_dump(exclude={"start"}), **changes}
        query = urlencode({k: v for k, v in values.items() if v not in ("", None)})
        return f"/topics/{topic_id}?{query}" if query else f"/topics/{topic_id}"


class OneTopic(TopicPage):
    """`GET /topics/ID`: what it is made of, and its tickets as far as the reader may see them."""

    needs = {"get": "topics.read"}

    async def get(self, topic_id: str) -> None:
        place = self.read_query(MemberPlace)
        asked = place.model_dump(exclude={"start"})
        found = await self.runtime.read(reading.topic, self.who(), int(topic_id), asked, place.start)
        self.page(
            "topics/topic.html",
            place=place,
            rows=ticket_rows.listed_rows(found["members"]),
            more_href=place.address(int(topic_id), start=found["next"]) if found["next"] else None,
            pictures=topic_pictures.topic(found["topic"], found["run"]),
            state_choices=[(row["key"], f"{row['name']}（{row['count']}）") for row in found["states"]],
            hint=_hint(found["states"], self.who()),
            **found,
        )


def _hint(states: list[dict[str, Any]], actor: Actor) -> str:
    """What may be done about several open tickets of one topic."""
    still = sum(row["count"] for row in states if row["key"] in OPEN_STATES)
    if still < 2 or not actor.may("ticket.merge"):
        return ""
    return f"其中 {still} 张还没有办结，讲的很可能是同一件事：可以打开一张，用“并单”或“关联”合在一起办。"


class TopicExport(Export):
    """Base of the exports: a service that gives pages of rows, their head, what the file is called."""

    needs = {"get": "ticket.export"}
    service: Any = None
    head: tuple[str, ...] = ()
    name = ""

    async def get(self, subject: str, form: str) -> None:
        number = int(subject)

        def note(uow: UnitOfWork, actor: Actor, rows: int) -> None:
            export.note(uow, actor, f"{self.name}:{number}", rows, form)

        pages = paged(partial(self.runtime.query, type(self).service, self.who(), number))
        await self.send_sheet(f"{self.name}-{number}", form, self.head, pages, note)


class RankingExport(TopicExport):
    """`GET /topics/runs/ID/export.csv`, `….xlsx`: the ranking of a run."""

    service, head, name = export.ranking, export.RANKING, "topics"


class MembersExport(TopicExport):
    """`GET /topics/ID/export.csv`, `….xlsx`: one topic's tickets as their reader may see them."""

    service, head, name = export.members, tuple(exporting.COLUMNS.values()), "topic-tickets"


ROUTES = [
    (r"/topics", Topics),
    (r"/topics/runs", Runs),
    (rf"/topics/runs/{_ID}", Run),
    (rf"/topics/runs/{_ID}/stop", RunStop),
    (rf"/topics/runs/{_ID}/export\.(csv|xlsx)", RankingExport),
    (rf"/topics/{_ID}/export\.(csv|xlsx)", MembersExport),
    (rf"/topics/{_ID}", OneTopic),
]
