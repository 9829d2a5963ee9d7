"""What a ruling on an objection would change in the dispatch catalogue, in words, before anything is saved."""

from __future__ import annotations

from typing import Any

from hotline.domain.assignment import Application
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import access, amendments, candidates

Row = dict[str, Any]
FIELDS = {
    "lead": "主办单位",
    "assists": "协办单位",
    "area_scope": "适用区域",
    "duty_kind": "职责类型",
    "township_allowed": "可派乡镇街道",
    "basis": "依据",
    "valid_from": "生效日期",
}


def amendment(uow: UnitOfWork, actor: Actor, application_id: int, unit: str, note: str) -> Row:
    """What a ruling for `unit` would change in the catalogue: {"unit", "rows": [{label, before, after, changed}]}."""
    held = uow.get(Application, application_id)
    subject = uow.get(Ticket, held.ticket_id)
    access.check_readable(uow, actor, subject)
    today = uow.now.date()
    new = amendments.amendment(uow.reference, subject, unit, today, note or held.reason)
    old = amendments.overruled(uow.reference, subject, today) or {}
    rows = []
    for field, label in FIELDS.items():
        before, after = _said(uow, field, old.get(field)), _said(uow, field, new.get(field))
        rows.append({"label": label, "before": before, "after": after, "changed": before != after})
    return {
        "unit": unit,
        "unit_name": uow.reference.name("unit", unit),
        "matter": uow.reference.path_name("category", new["matter"]),
        "old_id": old.get("id", ""),
        "new_id": new["id"],
        "rows": rows,
    }


def _said(uow: UnitOfWork, field: str, value: Any) -> str:
    if value in (None, "", []):
        return "—"
    if field == "area_scope":
        return candidates.SCOPES.get(str(value)) or uow.reference.name("area", str(value))
    if field == "duty_kind":
        return "属地管理" if value == "territorial" else "部门职能"
    if field == "township_allowed":
        return "可以" if value else "不可以"
    units = value if isinstance(value, list) else [value]
    return "、".join(
        _unit_said(uow, str(unit)) if field in ("lead", "assists") else str(unit) for unit in units
    )


_LEVELS = {"city": "市", "county": "各区县", "town": "各乡镇街道", "village": "各村社区"}


def _unit_said(uow: UnitOfWork, pattern: str) -> str:
    level, _, role = pattern.partition(":")
    if not role:
        return uow.reference.name("unit", pattern)
    return f"{_LEVELS.get(level, level)}{'政府（办事处）' if role == '*' else role}"
