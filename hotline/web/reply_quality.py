"""答复质量: the panel beside a unit's editor, the comparison of units, and how the score is made."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from classifiers.reply_quality.weights import PARTS, PIECES, RULES
from hotline.domain.errors import InvalidInput
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import reply_quality
from hotline.web.base import LOGGED_IN, PageHandler
from hotline.web.exports import Export
from hotline.web.reply_judging import judged

LABELS = {name: label for name, (label, _) in PARTS.items()}


class Period(BaseModel):
    since: Annotated[str, Field(max_length=10)] = ""
    until: Annotated[str, Field(max_length=10)] = ""


class Typed(PageHandler):
    """`POST /unit/NO/ASSIGNMENT/quality`: what is being written, judged; the panel as a piece of the page."""

    needs = {"post": "assignment.handle"}

    async def post(self, no: str, assignment_id: str) -> None:
        text = self.get_body_argument("public_reply", "")
        q = await judged(self.runtime, self.who(), no, int(assignment_id), text)
        self.page("unit/quality.html", q=q, blank=not text.strip())


class Units(PageHandler):
    """`GET /reply-quality`: averages per unit over a period."""

    needs = {"get": "quality.read"}

    async def get(self) -> None:
        asked = self.read_query(Period)
        report: dict[str, Any] | None = None
        errors: dict[str, str] = {}
        try:
            report = await self.runtime.read(reply_quality.by_unit, self.who(), asked.since, asked.until)
        except InvalidInput as error:
            errors = error.details.get("fields") or {"": error.message}
        values = {"since": asked.since or (report or {}).get("since", ""), "until": asked.until}
        values["until"] = values["until"] or (report or {}).get("until", "")
        status = 400 if errors else 200
        self.page("quality/units.html", status, report=report, parts=LABELS, errors=errors, values=values)


class UnitsExport(Export):
    """`GET /reply-quality/export.csv`: the same table; audited."""

    needs = {"get": "quality.read"}

    async def get(self) -> None:
        asked = self.read_query(Period)
        report = await self.runtime.read(reply_quality.by_unit, self.who(), asked.since, asked.until)

        def note(uow: UnitOfWork, actor: Actor, rows: int) -> None:
            uow.audit(actor, "quality.exported", f"{report['since']}..{report['until']}", rows=rows)

        head = ("单位", "份数", "总分", *LABELS.values(), "最弱", "提醒过个人信息")
        await self.send_sheet("reply-quality", "csv", head, [_cells(report["items"])], note)


def _cells(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """One line a unit, empty where a part could not be judged."""
    scores = [["" if row[name] is None else row[name] for name in ("score", *LABELS)] for row in rows]
    return [
        [row["name"], row["replies"], *scored, row["weakest"], row["leaks"]]
        for row, scored in zip(rows, scores, strict=True)
    ]


class How(PageHandler):
    """`GET /reply-quality/how`: how the score is made, for everybody who may be scored."""

    needs = LOGGED_IN

    async def get(self) -> None:
        self.page("quality/how.html", weights=PARTS, pieces=PIECES, rules=RULES)


ROUTES = [
    (r"/unit/([A-Za-z0-9_-]{1,100})/(\d{1,16})/quality", Typed),
    (r"/reply-quality", Units),
    (r"/reply-quality/export\.csv", UnitsExport),
    (r"/reply-quality/how", How),
]
