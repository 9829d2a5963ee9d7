"""Two versions of one kind of reference data held against each other, row by row and field by field, in words.

Values become lines, so that a long list (limits of a profile, holidays of a year) shows the one line that changed.
"""

from __future__ import annotations

import difflib
from itertools import islice
from typing import Any

from hotline.domain.errors import NotFound
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.sla import COMPLEXITIES, PURPOSES, UNITS
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.ports import UnitOfWork
from hotline.services.administering import check_reader, versions

Row = dict[str, Any]
MOST_ROWS = 300
LABELS = {
    "name": "名称",
    "short": "简称",
    "code": "代码",
    "parent": "上级",
    "level": "层级",
    "area": "区域",
    "kind": "类别",
    "line": "业务指导单位",
    "roles": "承担角色",
    "duties": "职责",
    "phone": "电话",
    "aliases": "别称",
    "places": "地标道路",
    "valid_from": "生效日期",
    "valid_to": "失效日期",
    "successor": "承接单位",
    "matter": "事项",
    "area_scope": "适用区域",
    "lead": "主办",
    "assists": "协办",
    "basis": "依据",
    "duty_kind": "职责类型",
    "township_allowed": "可派乡镇街道",
    "matter_code": "事项编码",
    "note": "说明",
    "mode": "归并方式",
    "limit": "时限",
    "counting": "计算方法",
    "year": "年份",
    "rest": "放假",
    "work": "调休上班",
    "announced": "已公布",
    "skip_review": "审核",
    "auto_dispatch": "自动派单",
    "home_sla_profile": "执行的时限方案",
    "number": "号码",
    "department": "主管部门",
    "scope": "受理范围",
    "dialled": "被叫号码",
    "default_unit": "对应单位",
    "script": "话术",
    "transfer_direction": "转接方向",
    "certainty": "可信度",
    "source": "来源",
    "region": "地区",
    "amount": "数量",
    "unit": "单位",
    "purpose": "用途",
    "request_types": "诉求类型",
    "urgency": "紧急程度",
    "categories": "事项",
    "complexity": "复杂程度",
    "keywords": "关键词",
    "definition": "定义",
    "map": "对照",
}
_WORDS = {**PURPOSES, **UNITS, **REQUEST_TYPES, **URGENCIES, **COMPLEXITIES} | {
    "functional": "部门职能",
    "territorial": "属地管理",
}
_NAMED = {"area": "area", "matter": "category", "lead": "unit", "successor": "unit", "default_unit": "unit"}


def compare(uow: UnitOfWork, actor: Actor, kind: str, older: int, newer: int) -> Row:
    """What version `newer` of a kind changed against `older`.

    {"added", "ended": [{key, name}], "changed": [{key, name, fields: [{label, lines: [{tone, text}]}]}], "more"}.
    NotFound for a version that does not exist.
    """
    check_reader(actor)
    known = {row["version"] for row in versions(uow, actor, kind)}
    for number in (older, newer):
        if number not in known and number != 0:
            raise NotFound("reference.version", f"没有第 {number} 版")
    before, after = uow.views.reference_at(kind, older), uow.views.reference_at(kind, newer)
    changed = (key for key in after if key in before and after[key] != before[key])
    shown = [_changed(uow.reference, key, before[key], after[key]) for key in islice(changed, MOST_ROWS + 1)]
    added = [_named(key, after[key]) for key in after if key not in before]
    ended = [_named(key, before[key]) for key in before if key not in after]
    cut = max(len(shown), len(added), len(ended)) > MOST_ROWS
    return {
        "added": added[:MOST_ROWS],
        "ended": ended[:MOST_ROWS],
        "changed": shown[:MOST_ROWS],
        "counts": (len(added), len(ended), len(shown)),
        "more": cut,
    }


def _named(key: str, body: Row) -> Row:
    name = body.get("name") or " · ".join(str(body[part]) for part in ("matter", "lead") if body.get(part))
    return {"key": key, "name": str(name or key)}


def _changed(reference: Reference, key: str, before: Row, after: Row) -> Row:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    fields = [
        {
            "label": LABELS.get(name, name),
            "lines": _diff(_lines(reference, name, before), _lines(reference, name, after)),
        }
        for name in names
    ]
    return {**_named(key, after), "fields": fields}


def _lines(reference: Reference, name: str, body: Row) -> list[str]:
    value = body.get(name)
    if name in _NAMED and isinstance(value, str) and value:
        known = reference.row(_NAMED[name], value)
        return [f"{known['name']}（{value}）" if known else value]
    return lines_of(value)


def lines_of(value: Any) -> list[str]:
    """A value as lines that people read; nothing for nothing."""
    if value in (None, "", [], {}):
        return []
    if isinstance(value, bool):
        return ["是" if value else "否"]
    if isinstance(value, dict):
        return [f"{LABELS.get(name, name)}：{'、'.join(lines_of(inner))}" for name, inner in value.items()]
    if isinstance(value, list):
        return [line for item in value for line in _item_lines(item)]
    return str(_WORDS.get(str(value), value)).splitlines()


def _item_lines(item: Any) -> list[str]:
    if not isinstance(item, dict):
        return lines_of(item)
    lists = [
        line for inner in item.values() if isinstance(inner, list) for line in inner if isinstance(line, str)
    ]
    if len(lists) > 3:
        return [f"{item.get('name', '')} {line}".strip() for line in lists]
    return [
        "　".join(f"{LABELS.get(name, name)} {'、'.join(lines_of(inner))}" for name, inner in item.items())
    ]


def _diff(before: list[str], after: list[str]) -> list[Row]:
    """Lines that went and came; those that stayed are left out."""
    found: list[Row] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [{"tone": "del", "text": line} for line in before[a:b]]
            found += [{"tone": "ins", "text": line} for line in after[c:d]]
    return found
