"""查进度: number and code open one request; add, urge, withdraw, rate. The code never stands in an address.

What was opened is remembered for an hour in an encrypted cookie, so that the page can be reloaded and acted on.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.drafts import LIMITS
from hotline.domain.errors import HotlineError, InvalidInput, NotFound
from hotline.services import closing, portal
from hotline.web import uploads
from hotline.web.base import PUBLIC, PageHandler
from hotline.web.limiter import Limiter
from hotline.web.portal import carrying
from hotline.web.portal.asking import MOST_PHOTOS

COOKIE = "hotline_tracked"
LASTS_S = 3600
guess_limit = Limiter(20, 600)
act_limit = Limiter(30, 600)
Line = Annotated[str, Field(max_length=40)]


class Key(BaseModel):
    no: Line = ""
    code: Line = ""


class Act(BaseModel):
    act: Annotated[str, Field(pattern="^(add|withdraw|urge|rate)$")]
    text: Annotated[str, Field(max_length=LIMITS["note"])] = ""
    contacted: Line = ""
    solved: Line = ""
    satisfied: Line = ""


class TrackPage(PageHandler):
    needs = PUBLIC

    def get(self) -> None:
        self.page("portal/track.html", no=self.get_query_argument("no", "")[:40], errors={})

    async def post(self) -> None:
        guess_limit.count(self.address)
        form = self.read_form(Key)
        try:
            request_id = await self.runtime.read(portal.find, form.no, form.code)
        except NotFound as error:
            self.page("portal/track.html", 404, no=form.no, errors={"no": error.message})
            return
        token = carrying.wrap(self.runtime.uows.cipher, "track", {"id": request_id}, self.runtime.clock.now())
        self.set_cookie(
            COOKIE,
            token,
            httponly=True,
            samesite="Lax",
            secure=self.options.secure_cookies,
            path="/portal/track",
        )
        self.redirect("/portal/track/request")


class TrackedPage(PageHandler):
    """The one request that was opened."""

    needs = PUBLIC

    def _request_id(self) -> int:
        token = self.get_cookie(COOKIE) or ""
        try:
            held = carrying.unwrap(
                self.runtime.uows.cipher, "track", token, self.runtime.clock.now(), LASTS_S
            )
        except InvalidInput:
            held = {}
        return int(held.get("id", 0))

    async def get(self) -> None:
        await self._show(said=_SAID.get(self.get_query_argument("did", ""), ""))

    async def _show(self, status: int = 200, **more: Any) -> None:
        request_id = self._request_id()
        if not request_id:
            self.redirect("/portal/track")
            return
        view = await self.runtime.read(portal.track, request_id)
        words = {"contacted": closing.CONTACTED, "solved": closing.SOLVED, "satisfied": closing.SATISFIED}
        self.page(
            "portal/tracked.html",
            status,
            **{"r": view, "words": words, "errors": {}, "said": "", "values": {}, **more},
        )

    async def post(self) -> None:
        act_limit.count(self.address)
        request_id = self._request_id()
        if not request_id:
            self.redirect("/portal/track")
            return
        form = self.read_form(Act)
        try:
            await self._do(form, request_id)
        except HotlineError as error:
            fields = error.details.get("fields") or {"": error.message}
            await self._show(422, errors=fields, values=form.model_dump())
            return
        self.redirect(f"/portal/track/request?did={form.act}", status=303)

    async def _do(self, form: Act, request_id: int) -> None:
        if form.act == "add":
            kept = tuple(
                uploads.keep(self.runtime.files, file.filename, file.body, self.options.upload_mb)
                for file in self.request.files.get("photos", [])[:MOST_PHOTOS]
            )
            await self.runtime.run(portal.add, request_id, form.text, kept)
        elif form.act == "withdraw":
            await self.runtime.run(portal.withdraw, request_id, form.text)
        elif form.act == "urge":
            await self.runtime.run(portal.urge, request_id, form.text)
        else:
            answers = (form.contacted, form.solved, form.satisfied)
            await self.runtime.run(portal.rate, request_id, *answers, form.text)


_SAID = {
    "add": "已补充，办理人员会看到。",
    "withdraw": "已撤回您的诉求。",
    "urge": "已替您催办。",
    "rate": "谢谢您的评价。",
}


ROUTES = [(r"/portal/track", TrackPage), (r"/portal/track/request", TrackedPage)]
