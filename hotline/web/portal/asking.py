"""我要诉求 in three short steps: what happened; where, with photos; who you are, or nobody.

Each step is a plain form. What earlier steps held travels along encrypted (carrying.py); photos are checked, cleaned
and stored when they arrive, and only named in what travels.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain.drafts import LIMITS, Person, TicketDraft, Upload, clean
from hotline.domain.errors import HotlineError, InvalidInput
from hotline.domain.people import PORTAL_ACTOR
from hotline.domain.personal import normalise_phone
from hotline.domain.places import locate
from hotline.domain.ticket import REQUEST_TYPES
from hotline.services import intake
from hotline.web import uploads
from hotline.web.base import PUBLIC, PageHandler
from hotline.web.limiter import Limiter
from hotline.web.portal import carrying

STEPS = ("发生了什么", "在哪里", "您是谁")
KINDS = [
    (code, REQUEST_TYPES[code]) for code in ("consult", "help", "complaint", "report", "suggestion", "praise")
]
MOST_PHOTOS = 6
request_limit = Limiter(20, 3600)
Text = Annotated[str, Field(max_length=LIMITS["text"])]
Line = Annotated[str, Field(max_length=200)]


class Step(BaseModel):
    """All fields of all steps; each step reads its own."""

    step: Annotated[int, Field(ge=1, le=3)] = 1
    back: bool = False
    carry: Annotated[str, Field(max_length=300_000)] = ""
    request_type: Line = ""
    text: Text = ""
    area_1: Line = ""
    area_2: Line = ""
    place: Line = ""
    anonymous: bool = False
    secret: bool = False
    no_follow_up: bool = False
    name: Line = ""
    phone: Line = ""
    consent: bool = False


class RequestPage(PageHandler):
    needs = PUBLIC

    async def get(self) -> None:
        text = self.get_query_argument("text", "")[:2000]
        await self._show(1, {"text": text}, {})

    async def post(self) -> None:
        form = self.read_form(Step)
        held = carrying.unwrap(self._cipher, "request", form.carry, self.runtime.clock.now())
        held |= self._own_values(form)
        if form.back:
            await self._show(max(1, form.step - 1), held, {})
            return
        errors = self._take_photos(held) if form.step == 2 else {}
        errors |= await self._faults(form.step, held)
        if errors:
            await self._show(form.step, held, errors, 422)
        elif form.step < 3:
            await self._show(form.step + 1, held, {})
        else:
            await self._register(held)

    @property
    def _cipher(self) -> Any:
        return self.runtime.uows.cipher

    def _own_values(self, form: Step) -> dict[str, Any]:
        names = {
            1: ("request_type", "text"),
            2: ("area_1", "area_2", "place"),
            3: ("anonymous", "secret", "no_follow_up", "name", "phone", "consent"),
        }[form.step]
        return {name: getattr(form, name) for name in names}

    def _take_photos(self, held: dict[str, Any]) -> dict[str, str]:
        kept = held.setdefault("photos", [])
        for file in self.request.files.get("photos", []):
            if len(kept) >= MOST_PHOTOS:
                return {"photos": f"最多 {MOST_PHOTOS} 张照片"}
            try:
                stored = uploads.keep(self.runtime.files, file.filename, file.body, self.options.upload_mb)
            except InvalidInput as error:
                return {"photos": f"{clean(file.filename)[:40]}：{error.message}"}
            kept.append(stored.__dict__)
        return {}

    async def _faults(self, step: int, held: dict[str, Any]) -> dict[str, str]:
        if step == 1:
            faults = {"text": "请写下发生了什么"} if not clean(held["text"]) else {}
            if held["request_type"] not in REQUEST_TYPES:
                faults["request_type"] = "请选择一项"
            return faults
        if step == 2:
            reference = await self.runtime.call(self.runtime.uows.current_reference)
            unknown = [
                code for code in (held["area_1"], held["area_2"]) if code and not reference.row("area", code)
            ]
            return {"area_1": "请重新选择区域"} if unknown else {}
        return _who_faults(held)

    async def _show(self, step: int, held: dict[str, Any], errors: dict[str, str], status: int = 200) -> None:
        reference = await self.runtime.call(self.runtime.uows.current_reference)
        found = held.get("area_2") or held.get("area_1") or locate(reference, held.get("text", ""))
        county, town = reference.area_at(found, "county"), reference.area_at(found, "town")
        self.page(
            "portal/request.html",
            status,
            step=step,
            steps=STEPS,
            kinds=KINDS,
            held={**held, "area_1": county, "area_2": town},
            errors=errors,
            carry=carrying.wrap(self._cipher, "request", held, self.runtime.clock.now()),
            counties=[
                (row["code"], row["name"]) for row in reference.all_of("area") if row["level"] == "county"
            ],
            towns=[
                {"value": row["code"], "label": row["name"], "group": reference.name("area", row["parent"])}
                for row in reference.all_of("area")
                if row["level"] == "town"
            ],
            most_photos=MOST_PHOTOS,
        )

    async def _register(self, held: dict[str, Any]) -> None:
        request_limit.count(self.address)
        draft = TicketDraft(
            text=held["text"],
            channel="web",
            request_type=held["request_type"],
            area=held.get("area_2") or held.get("area_1") or "",
            place=held.get("place", ""),
            caller=Person() if held["anonymous"] else Person(name=held["name"], phone=held["phone"]),
            anonymous=held["anonymous"],
            secret=held["secret"] or None,
            wants_reply=not held["no_follow_up"],
            attachments=tuple(Upload(**photo) for photo in held.get("photos", [])),
        )
        try:
            made = await self.runtime.run(intake.register, PORTAL_ACTOR, draft)
        except HotlineError as error:
            if "fields" not in error.details:
                raise
            await self._show(3, held, error.details["fields"], 422)
            return
        self.page("portal/received.html", no=made.no, code=f"{made.code[:4]}-{made.code[4:]}")


def _who_faults(held: dict[str, Any]) -> dict[str, str]:
    if held["anonymous"]:
        return {}
    faults = {}
    if not clean(held["name"]):
        faults["name"] = "请填写称呼，或选择匿名"
    try:
        normalise_phone(held["phone"])
    except HotlineError as error:
        faults["phone"] = error.message
    if not held["consent"]:
        faults["consent"] = "请阅读并同意个人信息的使用方式，或选择匿名"
    return faults


ROUTES = [(r"/portal/request", RequestPage)]
