"""The unit's lists, their export, and what changed since the page was opened."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from hotline.adapters.csv_cells import harmless
from hotline.domain.errors import NotFound
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import access, notices, unit_desk
from hotline.web import ticket_rows
from hotline.web.base import PageHandler
from hotline.web.rendering import local_time

Row = dict[str, Any]


class Place(BaseModel):
    """Where in the desk one is; kept in the URL."""

    tab: Literal[tuple(unit_desk.TABS)] = "today"  # type: ignore[valid-type]
    q: Annotated[str, Field(max_length=100)] = ""
    after: Annotated[str, Field(pattern=r"^(\d{0,17}\.\d{1,16})?$")] = ""
    did: Annotated[str, Field(max_length=20)] = ""
    done_no: Annotated[str, Field(max_length=100)] = ""

    @property
    def cursor(self) -> tuple[datetime | None, int] | None:
        if not self.after:
            return None
        micros, key = self.after.split(".")
        return (_moment(int(micros)) if micros else None), int(key)

    def href(self, path: str = "/unit", **more: str) -> str:
        kept = {"tab": self.tab, "q": self.q, **more}
        return f"{path}?{urlencode({name: value for name, value in kept.items() if value})}"


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).replace(microsecond=micros % 1_000_000)


def _cursor_text(cursor: tuple[datetime | None, int]) -> str:
    due, key = cursor
    micros = int(due.timestamp()) * 1_000_000 + due.microsecond if due else ""
    return f"{micros}.{key}"


def listing(uow: UnitOfWork, actor: Actor, place: Place) -> Row:
    """One page as unit/list.html wants it."""
    found = unit_desk.work(uow, actor, place.tab, place.q, place.cursor)
    seen = unit_desk.overview(uow, actor)
    return {
        "overview": seen,
        "tabs": [
            {
                "href": Place(tab=tab).href(),
                "label": label,
                "count": seen["tabs"][tab],
                "active": tab == place.tab,
                "name": tab,
            }
            for tab, (label, _) in unit_desk.TABS.items()
        ],
        "rows": [line(row) for row in found["items"]],
        "next": place.href(after=_cursor_text(found["next"])) if found["next"] else None,
        "unread": uow.views.unread(notices.addresses(uow, actor), actor.user_id),
    }


def line(row: Row) -> Row:
    """An assignment as a row of a table."""
    done = row["state"] in ("accepted", "left")
    return {
        **ticket_rows.listed_row({**row, "lead_unit_name": row.get("unit_name", "")}),
        "href": f"/unit/{row['no']}/{row['id']}",
        "state": row["state_label"],
        "duty": row["duty_label"],
        "unit": row.get("unit_name", ""),
        "sent": row["dispatched_at"],
        "due": None if done or row["state"] == "suspended" else row["due_at"],
        "paused": row["state"] == "suspended",
        "passed_down": row["parent_id"] is not None,
    }


class UnitList(PageHandler):
    """`GET /unit`."""

    needs = {"get": "desk.unit"}

    async def get(self) -> None:
        place = self.read_query(Place)
        shown = await self.runtime.read(listing, self.who(), place)
        self.page("unit/list.html", place=place, flashes=flashes(place.did, place.done_no), **shown)


DONE = {
    "sign": "已签收",
    "pass_down": "已转派下级",
    "recall": "已收回转派",
    "contact": "已记录联系",
    "reply": "已提交内部审批",
    "release": "已放行，答复已报热线审核",
    "send_back": "已退回修改",
    "apply_extension": "延期申请已提交",
    "apply_return": "退单申请已提交",
    "object": "派单异议已提交",
    "apply_suspension": "挂账申请已提交",
    "appeal": "申诉已提交",
    "attached": "材料已上传",
}


def flashes(did: str, no: str = "") -> list[dict[str, str]]:
    return [{"text": f"{no} {DONE[did]}".strip(), "tone": "ok"}] if did in DONE else []


_COLUMNS = ("编号", "标题", "状态", "职责", "单位", "类型", "事项", "区域", "派单时间", "到期时间")


class UnitExport(PageHandler):
    """`GET /unit/export.csv`: the list as it stands, masked, with who took it out and when on top."""

    needs = {"get": "desk.unit"}

    async def get(self) -> None:
        place = self.read_query(Place)
        rows = await self.runtime.run(unit_desk.exported, self.who(), place.tab, place.q)
        seen = await self.runtime.read(unit_desk.overview, self.who())
        now = local_time(self.runtime.clock.now())
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="unit-work.csv"')
        self.set_header("Cache-Control", "no-store")
        mark = f"{seen['unit']} · {self.who().name} · {now} 导出，仅供内部办理使用"
        self.finish("\ufeff" + _csv(mark, rows))


def _csv(mark: str, rows: list[Row]) -> str:
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow([mark])
    writer.writerow(_COLUMNS)
    for row in rows:
        cells = (
            row["no"],
            row["title"],
            row["state_label"],
            row["duty_label"],
            row.get("unit_name", ""),
            row.get("request_type_label", ""),
            row["category_path"],
            row.get("area_name", ""),
            local_time(row["dispatched_at"]),
            local_time(row["due_at"]),
        )
        writer.writerow([harmless(cell) for cell in cells])
    return sheet.getvalue()


class Asked(BaseModel):
    no: Annotated[str, Field(max_length=100)] = ""
    assignment: Annotated[int, Field(ge=0, le=2**53)] = 0
    seen: Annotated[int, Field(ge=0, le=2**53)] = 0


def pulse(uow: UnitOfWork, actor: Actor, asked: Asked) -> Row:
    """Counts of one's own lists, unread notices, and what others did to the open assignment."""
    moved = unit_desk.news(uow, actor, asked.no, asked.assignment, asked.seen) if asked.no else ""
    return {
        "counts": unit_desk.overview(uow, actor)["tabs"],
        "unread": uow.views.unread(notices.addresses(uow, actor), actor.user_id),
        "moved": moved,
    }


class UnitPulse(PageHandler):
    """`GET /unit/pulse`: asked by an open page after a word on the WebSocket."""

    needs = {"get": "desk.unit"}

    async def get(self) -> None:
        self.answer(await self.runtime.read(pulse, self.who(), self.read_query(Asked)))


class UnitTicket(PageHandler):
    """`GET /unit/NO`: to the newest assignment that one's own unit has there."""

    needs = {"get": "desk.unit"}

    async def get(self, no: str) -> None:
        key = await self.runtime.read(_newest, self.who(), no)
        self.redirect(f"/unit/{no}/{key}")


def _newest(uow: UnitOfWork, actor: Actor, no: str) -> int:
    row = uow.views.ticket_row(no)
    if row is None:
        raise NotFound("ticket.not_found", "没有这个工单")
    access.readable_row(uow, actor, row["id"])
    return unit_desk.newest(uow, actor, row["id"])


ROUTES = [
    (r"/unit", UnitList),
    (r"/unit/export\.csv", UnitExport),
    (r"/unit/pulse", UnitPulse),
    (r"/unit/([A-Za-z0-9_-]{1,100})", UnitTicket),
]
