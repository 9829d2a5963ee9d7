"""Calls at the desk: what stands on the line now, missed calls to call back, and simulated calls for practice."""

from __future__ import annotations

import secrets
from typing import Annotated

from pydantic import BaseModel, Field

from hotline.domain.errors import InvalidInput, Unavailable
from hotline.domain.personal import normalise_phone
from hotline.ports import UnitOfWork
from hotline.services import calls, desk
from hotline.web.base import PageHandler
from hotline.web.tickets import live_hotlines

PRACTICE_NUMBERS = "1390000"
"""Invented callers get numbers of this block with four random digits."""
PRACTICE_SPEED = 0.5
"""The recorded call is short: played at half its pace it rings for two seconds and talks for some more."""


class Line(PageHandler):
    """`GET /desk/line`: the call at one's own extension as JSON; read again after every reconnection."""

    needs = {"get": "desk.intake"}

    async def get(self) -> None:
        self.answer({"call": await self.runtime.read(desk.on_the_line, self.who())})


class SimulateForm(BaseModel):
    hotline: Annotated[str, Field(max_length=20)] = "12345"
    caller: Annotated[str, Field(max_length=40)] = ""


class Simulate(PageHandler):
    """Plays a recorded call to one's own extension, with an invented caller who dialled the chosen hotline."""

    needs = {"post": "call.simulate"}

    async def post(self) -> None:
        form = self.read_form(SimulateForm)
        extension = self.who().extension
        switchboard = self.application.settings["switchboard"]
        if not extension:
            raise InvalidInput("call.no_extension", "您的账号没有分机号，请安全管理员在账号里登记后再试")
        if switchboard is None:
            raise Unavailable("call.no_switchboard", "本服务没有接话务，不能模拟来电")
        caller = form.caller.strip() or f"{PRACTICE_NUMBERS}{secrets.randbelow(10_000):04d}"
        normalise_phone(caller)
        await self.runtime.read(_known_hotline, form.hotline)
        switchboard.simulate(extension, caller, form.hotline, PRACTICE_SPEED)
        if self.partial or "application/json" in self.request.headers.get("Accept", ""):
            self.answer({"ok": True, "message": "模拟来电已拨出"})
        else:
            self.redirect("/desk/callbacks?simulated=1", status=303)


def _known_hotline(uow: UnitOfWork, number: str) -> None:
    uow.reference.require("hotline", number, "hotline")


class Callbacks(PageHandler):
    """待回拨: missed calls, called back or given up."""

    needs = {"get": "desk.intake"}

    async def get(self) -> None:
        rows, line, hotlines = await self.runtime.read(
            lambda uow: (desk.callbacks(uow), desk.on_the_line(uow, self.who()), live_hotlines(uow.reference))
        )
        flashes = []
        if self.get_query_argument("simulated", ""):
            flashes.append({"text": "模拟来电已拨出，几秒后振铃", "tone": "ok"})
        if self.get_query_argument("settled", ""):
            flashes.append({"text": "已记下回拨结果", "tone": "ok"})
        self.page("desk/callbacks.html", calls=rows, line=line, hotlines=hotlines, flashes=flashes)


class Settle(PageHandler):
    needs = {"post": "desk.intake"}

    async def post(self, call_id: str) -> None:
        outcome = self.get_body_argument("outcome", "")
        await self.runtime.run(calls.settle_callback, self.who(), int(call_id), outcome)
        self.redirect("/desk/callbacks?settled=1", status=303)


ROUTES = [
    (r"/desk/line", Line),
    (r"/desk/simulate", Simulate),
    (r"/desk/callbacks", Callbacks),
    (r"/desk/callbacks/(\d{1,16})", Settle),
]
