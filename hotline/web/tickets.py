"""Tickets for everybody inside: the list with its filters, one ticket whole, and every act that its state allows.

`shown` makes one ticket ready for templates/tickets/parts.html; other desks use both. Filters live in the URL, but a
phone number never does: looking up by phone is a POST. Search hits come from a copy and are held against the
database, so what a person may not see is neither shown nor counted.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field
from tornado.web import HTTPError

from hotline.domain import workflow
from hotline.domain.errors import HotlineError, NotFound, Unavailable, invalid_field
from hotline.domain.parties import CHANNELS
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.ports import UnitOfWork
from hotline.services import attaching, exporting, parties, queries
from hotline.web import rendering, ticket_acts, ticket_rows
from hotline.web.api.searching import ticket_hits
from hotline.web.base import PageHandler
from hotline.web.exports import Export
from hotline.web.marking import marked

PAGE = 50
EXPORT_MOST = 20_000
_NUMBER = re.compile(r"\d{8}-\d{5,}")
_INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
Code = Annotated[str, Field(max_length=64)]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class Filters(BaseModel):
    """What a list is cut to; codes that nobody knows find nothing or are refused by name."""

    q: Annotated[str, Field(max_length=200)] = ""
    state: Literal[("", *workflow.TICKET_STATES)] = ""  # type: ignore[valid-type]
    hotline: Code = ""
    request_type: Literal[("", *REQUEST_TYPES)] = ""  # type: ignore[valid-type]
    urgency: Literal[("", *URGENCIES)] = ""  # type: ignore[valid-type]
    channel: Literal[("", *CHANNELS)] = ""  # type: ignore[valid-type]
    lead_unit: Code = ""
    area: Code = ""
    category: Code = ""
    overdue: bool = False
    received_from: Day = ""
    received_to: Day = ""
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None

    def asked(self) -> dict[str, Any]:
        """As queries.filters_of takes them; days are the city's, the last one included."""
        values = self.model_dump(exclude={"q", "after", "received_from", "received_to"})
        for name, day, plus in (
            ("received_from", self.received_from, 0),
            ("received_to", self.received_to, 1),
        ):
            if day:
                values[name] = _midnight(day, name, plus)
        return values

    def query(self, **changes: Any) -> str:
        """The address of the list with other filters; empty values are left out."""
        values = {**self.model_dump(exclude={"after"}), **changes}
        kept = {name: value for name, value in values.items() if value not in ("", None, False)}
        return f"/tickets?{urlencode(kept)}" if kept else "/tickets"


def _midnight(day: str, field: str, plus: int) -> datetime:
    """The city's midnight at the start of a day, or `plus` days later; InvalidInput for a day that is none."""
    try:
        return datetime.fromisoformat(day).replace(tzinfo=rendering.LOCAL) + timedelta(days=plus)
    except (ValueError, OverflowError):
        raise invalid_field(field, "应为日期，如 2026-11-21") from None


_LABELS = {
    "q": "搜索",
    "state": "状态",
    "hotline": "热线",
    "request_type": "类型",
    "urgency": "紧急程度",
    "channel": "渠道",
    "lead_unit": "主办单位",
    "area": "区域",
    "category": "事项",
    "received_from": "受理自",
    "received_to": "受理至",
}
_WORDS: dict[str, dict[str, str]] = {
    "state": workflow.TICKET_STATES,
    "request_type": REQUEST_TYPES,
    "urgency": URGENCIES,
    "channel": CHANNELS,
}


class TicketList(PageHandler):
    """`GET /tickets`: filters in the URL. `POST /tickets`: by a caller's phone, which stays out of addresses and logs."""

    needs = {"get": "ticket.read", "post": "ticket.reveal"}

    async def get(self) -> None:
        filters = self.read_query(Filters)
        if no := await self._named(filters.q):
            self.redirect(f"/tickets/{no}")
            return
        await self._show(filters, filters.asked())

    async def post(self) -> None:
        phone = self.get_body_argument("phone", "")[:40]
        await self._show(Filters(), {"phone": phone}, phone=phone)

    async def _named(self, text: str) -> str:
        """The ticket that a number typed into the search box names, "" otherwise."""
        text = text.strip()
        if not text or not (_NUMBER.fullmatch(text) or re.fullmatch(r"[A-Za-z0-9_-]{6,60}", text)):
            return ""
        row = await self.runtime.read(lambda uow: uow.views.ticket_row(text))
        return row["no"] if row else ""

    async def _show(self, filters: Filters, asked: dict[str, Any], phone: str = "") -> None:
        found, trouble = await self._found(filters, asked)
        counts = await self.runtime.read(queries.counts, self.who())
        choices = choices_of(await self.runtime.call(self.runtime.uows.current_reference))
        rows = ticket_rows.listed_rows(found["items"])
        more = filters.query(after=found["next"]) if found["next"] and not phone else None
        self.page(
            "tickets/list.html",
            filters=filters,
            rows=rows,
            next_href=more,
            views=_views(filters, counts),
            active=await self._active(filters),
            choices=choices,
            trouble=trouble,
            by_phone=bool(phone),
            export_href=self._export(filters),
        )

    async def _found(self, filters: Filters, asked: dict[str, Any]) -> tuple[dict[str, Any], str]:
        if not filters.q:
            return await self.runtime.read(queries.tickets, self.who(), asked, filters.after, PAGE), ""
        try:
            return await ticket_hits(self.runtime, self.who(), filters.q, asked, filters.after, PAGE), ""
        except Unavailable as error:
            return {"items": [], "next": None}, error.message

    async def _active(self, filters: Filters) -> list[dict[str, str]]:
        names = await self.runtime.read(_names, filters.model_dump())
        chips = [
            {"label": f"{_LABELS[name]}：{shown}", "remove_href": filters.query(**{name: ""})}
            for name, shown in names.items()
        ]
        if filters.overdue:
            chips.append({"label": "已超期", "remove_href": filters.query(overdue="")})
        return chips

    def _export(self, filters: Filters) -> str:
        if not self.who().may("ticket.export") or filters.q:
            return ""
        return filters.query().replace("/tickets", "/tickets.csv", 1)


@lru_cache(maxsize=2)
def choices_of(reference: Reference) -> dict[str, list[Any]]:
    """What the selects of the filter form offer."""
    return {
        "state": list(workflow.TICKET_STATES.items()),
        "request_type": list(REQUEST_TYPES.items()),
        "urgency": list(URGENCIES.items()),
        "channel": list(CHANNELS.items()),
        "hotline": [(row["number"], f"{row['number']} {row['name']}") for row in live_hotlines(reference)],
        "lead_unit": [
            (row["code"], row["name"]) for row in reference.all_of("unit") if not row.get("successor")
        ],
        "area": [(row["code"], row["name"]) for row in reference.all_of("area")],
        "category": [
            (row["code"], reference.path_name("category", row["code"]))
            for row in reference.all_of("category")
            if len(reference.path("category", row["code"])) <= 2
        ],
    }


def live_hotlines(reference: Any) -> list[dict[str, Any]]:
    """The hotlines in force; rows of earlier times carry an @ in their key."""
    return [row for key, row in reference.rows.get("hotline", {}).items() if "@" not in key]


def _names(uow: UnitOfWork, values: dict[str, Any]) -> dict[str, str]:
    kinds = {"hotline": "hotline", "lead_unit": "unit", "area": "area", "category": "category"}
    shown: dict[str, str] = {}
    for name in _LABELS:
        if values.get(name):
            known = _WORDS.get(name, {}).get(values[name], values[name])
            shown[name] = uow.reference.name(kinds[name], values[name]) if name in kinds else str(known)
    return shown


def _views(filters: Filters, counts: dict[str, int]) -> list[dict[str, Any]]:
    wanted = ("review", "need_info", "to_dispatch", "deliberation", "handling", "follow_up", "closed")
    found: list[dict[str, Any]] = [
        {"href": "/tickets", "label": "全部", "active": not filters.state and not filters.overdue}
    ]
    for state in wanted:
        found.append(
            {
                "href": f"/tickets?state={state}",
                "label": workflow.TICKET_STATES[state],
                "count": counts.get(state, 0),
                "active": filters.state == state and not filters.overdue,
            }
        )
    found.append({"href": "/tickets?overdue=1", "label": "已超期", "active": filters.overdue})
    return found


class TicketExport(Export):
    """What a list shows, as CSV for spreadsheets: masked like the list, and audited."""

    needs = {"get": "ticket.export"}

    async def get(self) -> None:
        asked = self.read_query(Filters).asked()

        def note(uow: UnitOfWork, actor: Actor, rows: int) -> None:
            exporting.note(uow, actor, asked, rows, "csv")

        pages = islice(exporting.pages(self.runtime.query, self.who(), asked), EXPORT_MOST // exporting.PAGE)
        await self.send_sheet("tickets", "csv", tuple(exporting.COLUMNS.values()), pages, note)


def shown(uow: UnitOfWork, actor: Actor, no: str) -> dict[str, Any]:
    """One ticket whole, ready for templates/tickets/parts.html but for the marks in its texts (web/marking.py). Raises
    NotFound, NotAllowed."""
    whole = queries.ticket(uow, actor, no)
    whole["row"] = ticket_rows.listed_row(whole)
    whole["life"] = ticket_rows.life_of(whole)
    whole["story"] = ticket_rows.story_of(whole)
    whole["clocks"] = ticket_rows.clocks_of(whole)
    whole["may_reveal"] = actor.may("ticket.reveal")
    whole["acts"] = ticket_acts.possible_acts(whole, actor)
    whole["into_no"] = ""
    whole.setdefault("suggestion", {})
    for request in whole["requests"]:
        request["answers"] = ticket_rows.answers_of(request)
    if whole["merged_into"]:
        main = uow.views.tickets_by_ids([whole["merged_into"]], queries.scope(uow, actor))
        whole["into_no"] = next((row["no"] for row in main.values()), "")
    return whole


_DONE = {"link": "已关联", "edit": "已更正", "note": "已追加", "accept": "答复已通过", "reject": "已退回答复"}


class TicketPage(PageHandler):
    """One ticket. An old system's number leads to the ticket's own address."""

    needs = {"get": "ticket.read"}

    async def get(self, no: str) -> None:
        whole = await self.runtime.read(shown, self.who(), no)
        if whole["no"] != no:
            self.redirect(f"/tickets/{whole['no']}")
            return
        await marked(self.runtime, whole)
        self.page("tickets/whole.html", whole=whole, flashes=self._flashes())

    def _flashes(self) -> list[dict[str, str]]:
        done = self.get_query_argument("done", "")
        label = workflow.MOVES[done].label if done in workflow.MOVES else ""
        text = _DONE.get(done) or (f"已{label}" if label else "")
        return [{"text": text, "tone": "ok"}] if text else []


class TicketAct(PageHandler):
    """One act: GET shows what it asks, POST does it and goes back to the ticket; faults stand beside their fields."""

    needs = {"get": "ticket.read", "post": "ticket.read"}

    async def get(self, no: str, act: str) -> None:
        await self._ask(no, act, None, {})

    async def post(self, no: str, act: str) -> None:
        given = {
            name: [value.decode("utf-8", "replace") for value in values]
            for name, values in self.request.body_arguments.items()
        }
        try:
            await self.runtime.run(ticket_acts.take, self.who(), no, act, given)
        except HotlineError as error:
            if isinstance(error, NotFound) or act not in ticket_acts.ACTS:
                raise
            await self._ask(no, act, given, error.details.get("fields") or {"": error.message}, 422)
            return
        self._go(f"/tickets/{no}?done={act}")

    def _go(self, href: str) -> None:
        if self.partial:
            self.set_header("HX-Redirect", href)
            self.set_status(204)
        else:
            self.redirect(href, status=303)

    async def _ask(
        self, no: str, act: str, given: dict[str, Any] | None, errors: dict[str, str], status: int = 200
    ) -> None:
        if act not in ticket_acts.ACTS:
            raise NotFound("act.unknown", "没有这个操作")
        whole, options = await self.runtime.read(_with_options, self.who(), no, act)
        chosen = next((item for item in whole["acts"] if item["name"] == act), None)
        if chosen is None:
            raise HTTPError(403)
        await marked(self.runtime, whole)
        values = ticket_acts.starting_values(whole, act) if given is None else _last(act, given)
        self.page(
            "tickets/whole.html",
            status,
            whole=whole,
            act=chosen,
            asks=ticket_acts.ACTS[act],
            options=options,
            values=values,
            errors=errors,
        )


def _with_options(uow: UnitOfWork, actor: Actor, no: str, act: str) -> tuple[dict[str, Any], dict[str, Any]]:
    whole = shown(uow, actor, no)
    return whole, ticket_acts.options_for(uow, whole, act)


def _last(act: str, given: dict[str, list[str]]) -> dict[str, Any]:
    kinds = {ask.name: ask.kind for ask in ticket_acts.ACTS[act]}
    many = ticket_acts.MANY
    return {name: values if kinds.get(name) in many else values[-1] for name, values in given.items()}


class Reveal(PageHandler):
    """One clear value of a caller, with a reason that is logged; answers the piece that takes the mask's place."""

    needs = {"post": "ticket.reveal"}

    async def post(self, no: str, request_id: str, field: str) -> None:
        reason = self.get_body_argument("reason", "")
        value = await self.runtime.run(parties.reveal, self.who(), no, int(request_id), field, reason)
        self.page(
            "tickets/revealed.html", value=value, no=no, label=parties.LABELS[field], piece=self.partial
        )


class TicketFile(PageHandler):
    """An attachment; only known picture types are shown by the browser, everything else is downloaded."""

    needs = {"get": "ticket.read"}

    async def get(self, no: str, file_id: str) -> None:
        held = await self.runtime.read(attaching.opened, self.who(), no, int(file_id))
        content = await self.runtime.call(self.runtime.files.read, held["digest"])
        inline = held["media_type"] in _INLINE
        self.set_header("Content-Type", held["media_type"] if inline else "application/octet-stream")
        self.set_header("Content-Security-Policy", "default-src 'none'; sandbox")
        self.set_header("Cache-Control", "private, no-store")
        name = urlencode({"": held["name"]})[1:].replace("+", "%20")
        self.set_header(
            "Content-Disposition", f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{name}"
        )
        self.finish(content)


_NO = r"([A-Za-z0-9_-]{1,100})"
ROUTES = [
    (r"/tickets", TicketList),
    (r"/tickets\.csv", TicketExport),
    (rf"/tickets/{_NO}", TicketPage),
    (rf"/tickets/{_NO}/acts/([a-z_]{{1,40}})", TicketAct),
    (rf"/tickets/{_NO}/requests/(\d{{1,16}})/reveal/([a-z_]{{1,20}})", Reveal),
    (rf"/tickets/{_NO}/files/(\d{{1,16}})", TicketFile),
]
