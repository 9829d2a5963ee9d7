"""Imports as a supervisor sees and steers them from a desk: listing, stopping, going on. The rows are taken over by
`importing`; a batch that is stopped keeps its place in the file and goes on from there."""

from __future__ import annotations

from typing import Any

from hotline.domain.errors import Conflict, NotAllowed, NotFound
from hotline.domain.people import Actor
from hotline.domain.records import ImportBatch
from hotline.ports import UnitOfWork
from hotline.services import import_rows

Row = dict[str, Any]
STATES = {"running": "进行中", "finished": "已完成", "stopped": "已停止"}
_FIELDS = {
    "title": "标题",
    "detail": "内容",
    "external_no": "编号",
    "received_at": "受理时间",
    "caller_phone": "来电号码",
    "row": "整行",
}


def check_runner(actor: Actor) -> None:
    if not actor.may("import.run"):
        raise NotAllowed("import.run", "您没有导入工单的权限")


def listed(uow: UnitOfWork, actor: Actor) -> list[Row]:
    """The last 50 imports, newest first, with what became of their rows."""
    check_runner(actor)
    return [_shown(uow, row) for row in uow.views.import_batches(50)]


def _shown(uow: UnitOfWork, row: Row) -> Row:
    return {
        **row,
        "state_label": STATES.get(row["state"], row["state"]),
        "hotline_name": uow.reference.name("hotline", row["hotline"]),
        "mode_label": import_rows.MODES.get(row["mode"], row["mode"]),
    }


def one(uow: UnitOfWork, actor: Actor, batch_id: int, after: int = 0) -> Row:
    """One import with a page of its refusals: {"batch", "refusals", "next"}. NotFound for an unknown one."""
    check_runner(actor)
    batch = uow.first(ImportBatch, id=batch_id)
    if batch is None:
        raise NotFound("import.not_found", "没有这次导入")
    values = {name: value for name, value in vars(batch).items() if not name.startswith("_")}
    rows = uow.views.import_refusals(batch_id, after, 101)
    shown = [{**row, "field_label": _FIELDS.get(row["field"], row["field"])} for row in rows[:100]]
    following = shown[-1]["row"] if len(rows) > 100 else None
    return {"batch": _shown(uow, values), "refusals": shown, "next": following}


def standing(uow: UnitOfWork, actor: Actor, batch_id: int) -> str:
    """The state of a batch, as any process may have set it."""
    check_runner(actor)
    return uow.get(ImportBatch, batch_id).state


def stop(uow: UnitOfWork, actor: Actor, batch_id: int) -> None:
    """Stops a running import after the rows that are being taken; what is in stays in."""
    _turn(uow, actor, batch_id, "running", "stopped", "这次导入已经结束，不能停止")
    uow.audit(actor, "import.stopped", str(batch_id))


def go_on(uow: UnitOfWork, actor: Actor, batch_id: int) -> None:
    """Lets a stopped import run again from where it stopped."""
    _turn(uow, actor, batch_id, "stopped", "running", "这次导入没有停止")
    uow.audit(actor, "import.resumed", str(batch_id))


def _turn(uow: UnitOfWork, actor: Actor, batch_id: int, before: str, after: str, why_not: str) -> None:
    check_runner(actor)
    batch = uow.get(ImportBatch, batch_id)
    if batch.state != before:
        raise Conflict("import.state", why_not)
    batch.state = after
