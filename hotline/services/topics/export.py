"""热点 for spreadsheets: the ranking of a run, or one topic's tickets as their reader may see them; masked and audited."""

from __future__ import annotations

from typing import Any

from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import NotAllowed
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import exporting
from hotline.services.topics import reading

RANKING = (
    "排名",
    "热点",
    "地点",
    "人群",
    "最早",
    "最近",
    "件数",
    "工单数",
    "人数",
    "热度",
    "热度构成",
    "上期件数",
    "关键词",
    "区域",
)
PAGE = 100
MEMBERS = 500


def check(actor: Actor) -> None:
    if not actor.may("ticket.export"):
        raise NotAllowed("ticket.export", "您没有导出的权限", {"permission": "ticket.export"})


def ranking(uow: UnitOfWork, actor: Actor, run_id: int, start: int) -> tuple[list[list[Any]], int | None]:
    """(rows in the order of RANKING, where to go on or None)."""
    check(actor)
    found = reading.ranking(uow, actor, run_id, "heat", start, PAGE)
    return [_row(topic) for topic in found["items"]], found["next"]


def _row(topic: dict[str, Any]) -> list[Any]:
    parts = "；".join(f"{part['name']} {part['value']}" for part in topic["parts"])
    areas = "；".join(f"{area['name']} {area['count']}" for area in topic["areas"])
    days = [topic[name].astimezone(LOCAL).strftime("%Y-%m-%d") for name in ("first_at", "last_at")]
    earlier = "" if topic["earlier"] is None else topic["earlier"]
    counts = [topic[name] for name in ("size", "ticket_count", "callers", "heat")]
    named = [topic[name] for name in ("rank", "name", "place", "crowd")]
    return [*named, *days, *counts, parts, earlier, "、".join(topic["words"]), areas]


def members(uow: UnitOfWork, actor: Actor, topic_id: int, start: int) -> tuple[list[list[Any]], int | None]:
    """(rows in the order of exporting.COLUMNS, where to go on or None)."""
    check(actor)
    found, going_on = reading.members(uow, actor, topic_id, start, MEMBERS)
    return exporting.cells(found), going_on


def note(uow: UnitOfWork, actor: Actor, subject: str, rows: int, form: str) -> None:
    """Leaves on the audit who took out what and how much."""
    uow.audit(actor, "topics.exported", subject, rows=rows, form=form)
