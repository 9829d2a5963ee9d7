"""`/desk`: the form in which a call becomes a ticket, and what is told to the caller afterwards.

Opening it goes on with the last draft; `?new=1` is an empty form, `?call=ID` the form of a call, `?draft=KEY` one
draft. Posting it ends the form in one of four ways: submitted, answered at once, refused with the route told, or put
to a ticket that is already there (the same caller again, with or without urging, or for another round; another caller
merged or linked). One form becomes one ticket, however often it is sent.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from hotline.domain import workflow
from hotline.domain.errors import Conflict, HotlineError, InvalidInput, NotFound
from hotline.domain.parties import CHANNELS
from hotline.domain.people import Actor
from hotline.domain.personal import mask_text
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.ports import UnitOfWork
from hotline.services import desk, desk_help, drafting
from hotline.services.intake import Outcome, Registered
from hotline.web.base import PageHandler
from hotline.web.desk.form import IntakeForm, levels_of, with_area
from hotline.web.desk.suggestions import helped
from hotline.web.tickets import live_hotlines

RESUMES = timedelta(hours=12)
"""A draft older than this is offered, but not opened by itself."""
CALL_WAIT_S, CALL_TRIES = 0.1, 20
"""A pop reaches the screen before its call is stored; the form waits this long for the call's row."""
_CHANNELS = ("phone", "visit", "wechat", "app", "media")


class DeskPage(PageHandler):
    needs = {"get": "desk.intake", "post": "desk.intake"}

    async def get(self) -> None:
        form, flashes = await self._form()
        await self._show(form, {}, flashes=flashes)

    async def _form(self) -> tuple[IntakeForm, list[dict[str, str]]]:
        ask = self.get_query_argument
        if key := ask("draft", ""):
            return await self._drafted(key), []
        if call_id := ask("call", "")[:200]:
            return await self._called(call_id), []
        if ask("new", ""):
            return IntakeForm(wants_reply="1", related_no=ask("related", "")[:40]), []
        drafts = await self.runtime.read(drafting.listed, self.who())
        if drafts and self.runtime.clock.now() - drafts[0]["saved_at"] < RESUMES:
            return _from(drafts[0]), [{"text": "已接着上次没写完的草稿", "tone": "info"}]
        return IntakeForm(wants_reply="1"), []

    async def _drafted(self, key: str) -> IntakeForm:
        held = await self.runtime.read(drafting.load, self.who(), key[:40])
        if held is None:
            raise NotFound("draft.not_found", "这份草稿已经提交或丢弃")
        return _from(held)

    async def _called(self, call_id: str) -> IntakeForm:
        for held in await self.runtime.read(drafting.listed, self.who()):
            if held["fields"].get("call_id") == call_id:
                return _from(held)
        card = await self._card(call_id)
        return IntakeForm(wants_reply="1", call_id=call_id, hotline=card["hotline"])

    async def _card(self, call_id: str) -> dict[str, Any]:
        for _ in range(CALL_TRIES):
            try:
                return await self.runtime.read(desk.caller_card, self.who(), call_id)
            except NotFound:
                await asyncio.sleep(CALL_WAIT_S)
        return await self.runtime.read(desk.caller_card, self.who(), call_id)

    async def _show(
        self,
        form: IntakeForm,
        errors: dict[str, str],
        status: int = 200,
        flashes: list[dict[str, str]] | None = None,
        analyse: bool = False,
    ) -> None:
        reference = await self.runtime.call(self.runtime.uows.current_reference)
        found = await helped(self.runtime, self.who(), form.typed(reference))
        if analyse:
            form = _filled(form, found)
        if found["area"] and "area" not in form.set_by_hand and (analyse or not form.area(reference)):
            form = with_area(form, reference, found["area"])
        values = await self.runtime.read(_around, self.who(), form)
        self.page(
            "desk/intake.html", status, form=form, help=found, errors=errors, flashes=flashes or [], **values
        )

    async def post(self) -> None:
        form = self.read_form(IntakeForm)
        if form.act == "suggest" or "_more" in self.request.body_arguments:
            await self._show(form, {}, analyse=form.act == "suggest")
            return
        verb, _, no = form.act.partition(":")
        try:
            if verb in _CALLS:
                await self._again(form, no, verb)
            else:
                await self._register(form, **{_JOINS[verb]: no} if verb in _JOINS else {})
        except HotlineError as error:
            await self._refused(form, error)

    async def _refused(self, form: IntakeForm, error: HotlineError) -> None:
        """The form comes back with its faults; nothing typed is lost."""
        if not isinstance(error, InvalidInput | Conflict | NotFound):
            raise error
        faults = dict(error.details.get("fields") or {"": error.message})
        if form.act == "refuse" and "reply" in faults:
            faults["told"] = faults.pop("reply")
        await self._show(form, faults, 422)

    async def _register(self, form: IntakeForm, into: str = "", beside: str = "") -> None:
        reference = await self.runtime.call(self.runtime.uows.current_reference)
        outcome = form.outcome()
        made = await self.runtime.run(
            desk.register,
            self.who(),
            form.draft(reference),
            outcome,
            form.key,
            unit=form.unit,
            into=into,
            beside=beside,
        )
        told = await self.runtime.read(_told, form, made, outcome, into)
        self.page("desk/done.html", made=made, told=told, into=into, beside=beside)

    async def _again(self, form: IntakeForm, no: str, verb: str) -> None:
        await self.runtime.run(_call_again, self.who(), form, no, verb)
        self.page("desk/done.html", made=None, told=None, into=no, verb=verb)


_JOINS = {"merge": "into", "link": "beside"}
"""How a new request may join a ticket that is there, by the button's word."""


_CALLS = {"again": desk.call_again, "urge": desk.call_to_urge, "rehandle": desk.call_to_rehandle}
"""What a call about a ticket that is there may do to it, by the button's word."""


def _call_again(uow: UnitOfWork, actor: Actor, form: IntakeForm, no: str, verb: str) -> None:
    _CALLS[verb](uow, actor, no, form.text, form.phone, form.call_id or None)
    drafting.drop(uow, actor, form.key)


def _from(held: dict[str, Any]) -> IntakeForm:
    known = {name: value for name, value in held["fields"].items() if name in IntakeForm.model_fields}
    return IntakeForm(**{**known, "key": held["key"]})


def _filled(form: IntakeForm, found: dict[str, Any]) -> IntakeForm:
    """Without script: the suggestions go into what is empty, and nowhere else."""
    empty = {
        name: found[name]
        for name in ("title", "request_type", "category")
        if not getattr(form, name) and found[name]
    }
    return form.model_copy(update=empty)


def _around(uow: UnitOfWork, actor: Actor, form: IntakeForm) -> dict[str, Any]:
    """Everything of the page that is not the form itself."""
    reference = uow.reference
    card = _card_or_none(uow, actor, form.call_id)
    return {
        "card": card,
        "line": desk.on_the_line(uow, actor),
        "waiting": len(desk.callbacks(uow)),
        "drafts": [_draft_row(held) for held in drafting.listed(uow, actor) if held["key"] != form.key],
        "types": list(REQUEST_TYPES.items()),
        "urgencies": list(URGENCIES.items()),
        "channels": [(name, CHANNELS[name]) for name in _CHANNELS],
        "hotlines": live_hotlines(reference),
        "hotline_script": (reference.row("hotline", form.hotline) or {}).get("script", ""),
        "refusals": reference.reasons("refusal"),
        "area_levels": levels_of(reference, "area", form.area(reference)),
        "category_levels": levels_of(reference, "category", form.matter(reference)),
        "chosen": form.matter(reference) if "category" in form.set_by_hand else "",
    }


def _card_or_none(uow: UnitOfWork, actor: Actor, call_id: str) -> dict[str, Any] | None:
    if not call_id:
        return None
    try:
        return desk.caller_card(uow, actor, call_id)
    except NotFound:
        return None


def _draft_row(held: dict[str, Any]) -> dict[str, Any]:
    fields = held["fields"]
    words = fields.get("title") or fields.get("text", "")[:30] or "（还没有内容）"
    return {"key": held["key"], "title": mask_text(words), "saved_at": held["saved_at"]}


def _told(uow: UnitOfWork, form: IntakeForm, made: Registered, outcome: Outcome, into: str) -> dict[str, Any]:
    """What the agent reads to the caller at the end."""
    ticket = uow.views.ticket_row(made.no) or {}
    deadline = None
    if outcome.kind == "submit" and not into:
        deadline = desk_help.deadline_words(
            uow, ticket["request_type"], ticket["urgency"], ticket["category"]
        )
    return {
        "state": workflow.TICKET_STATES[ticket["state"]],
        "title": mask_text(ticket["title"]),
        "outcome": outcome.kind,
        "reply": ticket["public_reply"],
        "unit": uow.reference.name("unit", ticket["lead_unit"]) if ticket["lead_unit"] else "",
        "deadline": deadline,
        "key": form.key,
    }


ROUTES = [(r"/desk", DeskPage)]
