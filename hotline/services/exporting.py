"""Exports for spreadsheets: the rows of a list as people see it, masked, within the asker's scope, audited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import NotAllowed
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import queries

PAGE = 200
COLUMNS = {
    "no": "工单号",
    "source_no": "原编号",
    "title": "标题",
    "state_label": "状态",
    "request_type_label": "诉求类型",
    "category_path": "事项",
    "area_name": "区域",
    "place": "地点",
    "lead_unit_name": "主办单位",
    "hotline": "热线",
    "channel_label": "渠道",
    "urgency_label": "紧急程度",
    "request_count": "诉求数",
    "round_no": "办理轮次",
    "hops": "改派次数",
    "rehandles": "重办次数",
    "received_at": "受理时间",
    "dispatched_at": "派单时间",
    "due_at": "到期时间",
    "closed_at": "办结时间",
}


def page(
    uow: UnitOfWork, actor: Actor, asked: dict[str, Any], after: int | None = None
) -> tuple[list[list[Any]], int | None]:
    """(rows in the order of COLUMNS, cursor to go on after or None). Raises NotAllowed, InvalidInput."""
    if not actor.may("ticket.export"):
        raise NotAllowed("ticket.export", "您没有导出工单的权限", {"permission": "ticket.export"})
    found = queries.tickets(uow, actor, asked, after, PAGE)
    return cells(found["items"]), found["next"]


def cells(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """Rows of a list in the order of COLUMNS."""
    return [[_cell(row.get(name)) for name in COLUMNS] for row in rows]


def pages(query: Any, actor: Actor, asked: dict[str, Any]) -> Iterator[list[list[Any]]]:
    """All pages, each read in a transaction of its own; `query` is the runtime's."""
    after: int | None = None
    while True:
        rows, after = query(page, actor, asked, after)
        yield rows
        if after is None:
            return


def note(uow: UnitOfWork, actor: Actor, asked: dict[str, Any], rows: int, form: str) -> None:
    """Leaves on the audit who took out how much, and by which filters (a phone number is not repeated)."""
    kept = {name: str(value) for name, value in asked.items() if value not in ("", None, False)}
    if "phone" in kept:
        kept["phone"] = "（按电话）"
    uow.audit(actor, "tickets.exported", "", filters=kept, rows=rows, form=form)


def _cell(value: Any) -> Any:
    if hasattr(value, "astimezone"):
        return value.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")
    return "" if value is None else value
