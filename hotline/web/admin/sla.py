"""时限: profiles and the one in force, the calendar year by year, and what the deadlines of a ticket would be."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, Field

from hotline.domain import sla
from hotline.domain.errors import InvalidInput, invalid_field
from hotline.domain.people import Actor
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.ports import UnitOfWork
from hotline.services import administering, time_rules
from hotline.web import rendering
from hotline.web.admin.frame import AdminPage, Code, Typed, address, faults

LIMIT_FIELDS = tuple(
    "purpose amount unit request_types urgency categories complexity first_day warn_amount warn_unit basis".split()
)
_COUNTING = "name basis office day_end first_day after_hours number_included roll_to_working_day".split()
_CODE = r"([a-z][\w-]{1,39})"
CHOICES = {
    "purposes": list(sla.PURPOSES.items()),
    "units": [(code, label.removeprefix("个")) for code, label in sla.UNITS.items()],
    "complexities": list(sla.COMPLEXITIES.items()),
    "first_days": list(sla.FIRST_DAYS.items()),
    "after_hours": list(sla.AFTER_HOURS.items()),
    "request_types": list(REQUEST_TYPES.items()),
    "urgencies": list(URGENCIES.items()),
}


class Profiles(AdminPage):
    needs = {"get": "reference.read", "post": "reference.write"}

    async def get(self) -> None:
        await self._list()

    async def _list(self, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(_profiles, self.who())
        self.show("admin/sla.html", status, **found, **more)

    async def post(self) -> None:
        """Switches the profile in force."""
        await self.submit(self._switch, self._list)

    async def _switch(self) -> str:
        form = self.read_form(Typed)
        code = self.text("home_sla_profile", 40)
        await self.runtime.run(time_rules.switch, self.who(), code, form.note, form.based_on)
        return "/admin/sla?done=switched"


def _profiles(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    return {**time_rules.profiles(uow, actor), "based_on": administering.version_of(uow, "setting")}


class Profile(AdminPage):
    needs = {"get": "reference.read", "post": "reference.write"}
    tells = ("amount", "request_types", "urgency", "categories", "warn_amount", "basis")

    async def get(self, code: str) -> None:
        await self._form(code)

    async def _form(self, code: str, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(time_rules.profile, self.who(), code)
        lines = (
            self.rows("limit", LIMIT_FIELDS) if "limit_purpose" in more.get("typed", {}) else found["lines"]
        )
        self.show("admin/sla_profile.html", status, **{**found, **more, "lines": lines, "choices": CHOICES})

    async def post(self, code: str) -> None:
        await self.submit(partial(self._save, code), partial(self._form, code))

    async def _save(self, code: str) -> str:
        form = self.read_form(Typed)
        values, limits = self.texts(*_COUNTING), self.rows("limit", LIMIT_FIELDS)
        await self.runtime.run(
            time_rules.save_profile, self.who(), code, values, limits, form.note, form.based_on
        )
        return address(f"/admin/sla/profiles/{code}", done="saved")


class CopyProfile(Profile):
    needs = {"post": "reference.write"}

    async def _save(self, code: str) -> str:
        form = self.read_form(Typed)
        made = await self.runtime.run(
            time_rules.copy_profile,
            self.who(),
            code,
            self.text("code", 60),
            self.text("name", 100),
            form.note,
        )
        return address(f"/admin/sla/profiles/{made}", done="added")


class YearForm(Typed):
    rest: Annotated[str, Field(max_length=20_000)] = ""
    work: Annotated[str, Field(max_length=20_000)] = ""
    announced: bool = False


class CalendarYear(AdminPage):
    needs = {"get": "reference.read", "post": "reference.write"}

    async def get(self, year: str = "") -> None:
        await self._form(year)

    async def _form(self, year: str, status: int = 200, **more: Any) -> None:
        found = await self.runtime.read(time_rules.year, self.who(), _year(year) or self.today.year)
        self.show("admin/calendar.html", status, **found, **more)

    async def post(self, year: str) -> None:
        await self.submit(partial(self._save, year), partial(self._form, year))

    async def _save(self, year: str) -> str:
        form = self.read_form(YearForm)
        values = (form.rest, form.work, form.announced, form.note, form.based_on)
        await self.runtime.run(time_rules.save_year, self.who(), _year(year), *values)
        return address(f"/admin/sla/calendar/{year}", done="saved")


def _year(text: str) -> int:
    number = int(text or 0)
    if text and not 1990 <= number <= 2200:
        raise InvalidInput("calendar.year", "年份应在 1990 到 2200 之间")
    return number


class TrialQuery(BaseModel):
    profile: Code = ""
    at: Annotated[str, Field(max_length=30)] = ""
    request_type: Code = "complaint"
    urgency: Code = "normal"
    category: Code = ""
    complexity: Code = ""


class Trial(AdminPage):
    """这张工单的时限会是."""

    needs = {"get": "reference.read"}

    async def get(self) -> None:
        asked = self.read_query(TrialQuery)
        choices = await self.runtime.read(_trial_choices, self.who())
        at, rows, errors = rendering.local(self.runtime.clock.now()), [], {}
        try:
            at = moment(asked.at, at)
            given = (asked.request_type, asked.urgency, asked.category, asked.complexity)
            _check_codes(asked)
            rows = await self.runtime.read(time_rules.trial, self.who(), asked.profile, at, *given)
        except InvalidInput as error:
            errors = faults(error)
        shown = at.strftime("%Y-%m-%dT%H:%M")
        values = {"asked": asked, "at": shown, "rows": rows, "errors": errors, "choices": CHOICES}
        self.show("admin/sla_trial.html", **choices, **values)


def moment(text: str, default: datetime) -> datetime:
    """A time of the form, the city's where it names no zone; InvalidInput for anything else."""
    try:
        at = datetime.fromisoformat(text) if text else default
        at = at if at.tzinfo else at.replace(tzinfo=rendering.LOCAL)
    except ValueError:
        raise invalid_field("at", "应为日期时间，如 2026-11-21T09:00") from None
    if not 1990 <= at.year <= 2190:
        raise invalid_field("at", "年份应在 1990 到 2190 之间")
    return at


def _check_codes(asked: TrialQuery) -> None:
    for name, known in (
        ("request_type", REQUEST_TYPES),
        ("urgency", URGENCIES),
        ("complexity", sla.COMPLEXITIES),
    ):
        if getattr(asked, name) and getattr(asked, name) not in known:
            raise invalid_field(name, "请从列表中选择")


def _trial_choices(uow: UnitOfWork, _actor: Actor) -> dict[str, Any]:
    reference = uow.reference
    matters = [
        (row["code"], reference.path_name("category", row["code"])) for row in reference.all_of("category")
    ]
    found = [(row["code"], row["name"]) for row in reference.all_of("sla_profile")]
    return {"profiles": found, "matters": matters, "home": time_rules.home_of(reference)}


ROUTES = [
    (r"/admin/sla", Profiles),
    (r"/admin/sla/trial", Trial),
    (r"/admin/sla/calendar", CalendarYear),
    (r"/admin/sla/calendar/(\d{4})", CalendarYear),
    (rf"/admin/sla/profiles/{_CODE}", Profile),
    (rf"/admin/sla/profiles/{_CODE}/copy", CopyProfile),
]
