"""The trees of units (组织) and areas (区域): looking, adding, changing, and abolishing with a successor.

What is abolished stays, with its last day and who took over, so that old tickets still have a name to show and the
dispatch catalogue follows to the successor. What may surprise: an abolition holds at once (the catalogue follows as
soon as a successor is named), so that its day cannot lie ahead; what the old one was called or did (roles, aliases,
landmarks) goes to the successor, so that callers and catalogue rows find it there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hotline.domain.deadlines import local
from hotline.domain.drafts import one_line
from hotline.domain.errors import Conflict, NotFound, invalid_field
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from hotline.services import administering as adm

Row = dict[str, Any]
TREES = {"unit": "组织", "area": "区域"}
LEVELS = {
    "unit": {
        "city": "市级",
        "county": "区县",
        "town": "乡镇街道",
        "village": "村社区",
        "enterprise": "公用企业",
    },
    "area": {"city": "市", "county": "区县、开发区", "town": "乡镇街道", "village": "村、社区"},
}
UNIT_KINDS = {"department": "部门", "territory": "属地", "utility": "公用企业", "hotline": "热线机构"}
_HANDED_ON = {"unit": ("roles", "duties"), "area": ("aliases", "places")}
_LISTS = {"unit": ("roles", "duties"), "area": ("aliases", "places")}
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,19}(-[A-Z0-9]{1,12}){0,2}")
_DEPTH = ("city", "county", "town", "village")


def tree(uow: UnitOfWork, actor: Actor, kind: str, words: str = "", past: bool = False) -> Row:
    """{"roots": nested rows {code, name, note, past, open, children}, "found", "total"}; with words, only the matches
    and what stands above them."""
    adm.check_reader(actor)
    rows = {code: row for code, row in uow.reference.rows.get(kind, {}).items() if past or not ended(row)}
    hits = {code for code, row in rows.items() if _fits(row, words)} if words.strip() else set(rows)
    shown = _with_ancestors(uow.reference, kind, hits) if words.strip() else set(rows)
    below: dict[str, list[str]] = {}
    for code, row in uow.reference.rows.get(kind, {}).items():
        if code in shown:
            parent = str(row.get("parent") or "")
            below.setdefault(parent if parent in shown else "", []).append(code)
    roots = [
        _node(uow.reference, kind, code, below, hits if words.strip() else set())
        for code in below.get("", [])
    ]
    return {"roots": roots, "found": len(hits), "total": len(rows)}


def ended(row: Row) -> bool:
    return bool(row.get("successor") or row.get("valid_to"))


def _fits(row: Row, words: str) -> bool:
    said = [str(row["code"]), str(row["name"]), str(row.get("short", ""))]
    for name in ("aliases", "places", "roles", "duties"):
        said += row.get(name, [])
    return all(any(word in text for text in said) for word in words.split())


def _with_ancestors(reference: Reference, kind: str, codes: set[str]) -> set[str]:
    return {str(row["code"]) for code in codes for row in reference.path(kind, code)} | codes


def _node(reference: Reference, kind: str, code: str, below: Mapping[str, list[str]], hits: set[str]) -> Row:
    row = reference.rows[kind][code]
    note = "、".join([*row.get("roles", []), *row.get("aliases", [])][:3])
    children = [_node(reference, kind, child, below, hits) for child in below.get(code, [])]
    return {
        "code": code,
        "name": str(row["name"]),
        "note": note,
        "past": ended(row),
        "hit": code in hits,
        "open": bool(hits) or (row.get("level") == "city" and not row.get("parent")),
        "children": children,
    }


def one(uow: UnitOfWork, actor: Actor, kind: str, code: str) -> Row:
    """One unit or area with what hangs on it and its history. NotFound for an unknown one."""
    adm.check_reader(actor)
    body = uow.reference.row(kind, code)
    if body is None:
        raise NotFound(f"{kind}.not_found", f"没有这个{TREES[kind]}代码")
    return {
        "body": body,
        "past": ended(body),
        "path": [
            {"label": row["name"], "href": f"/admin/tree/{kind}/{row['code']}"}
            for row in uow.reference.path(kind, code)
        ],
        "children": [row for row in uow.reference.children(kind, code) if not ended(row)],
        "rows_naming": len(catalogue_rows(uow.reference, kind, code)),
        "history": adm.history(uow, actor, kind, code),
        "based_on": adm.version_of(uow, kind),
        "names": names_of(uow.reference, body),
    }


def names_of(reference: Reference, body: Row) -> Row:
    """The names behind the codes of a row."""
    kinds = {"area": "area", "line": "unit", "successor": "unit"}
    if "area" not in body:
        kinds["successor"] = "area"
    return {name: reference.name(kind, str(body[name])) for name, kind in kinds.items() if body.get(name)}


def catalogue_rows(reference: Reference, kind: str, code: str) -> list[Row]:
    """The catalogue rows that name this unit or area outright."""
    if kind == "area":
        return [row for row in reference.all_of("catalogue") if row.get("area_scope") == code]
    return [
        row
        for row in reference.all_of("catalogue")
        if code == row.get("lead") or code in row.get("assists", [])
    ]


def save(
    uow: UnitOfWork,
    actor: Actor,
    kind: str,
    code: str,
    values: Mapping[str, str],
    note: str,
    based_on: int | None,
) -> str:
    """Changes a unit or area, or adds one where `code` is ""; its code. InvalidInput names the faulty field."""
    adm.check_writer(actor, kind)
    held = dict(uow.reference.row(kind, code) or {}) if code else {}
    if code and not held:
        raise NotFound(f"{kind}.not_found", f"没有这个{TREES[kind]}代码")
    key = code or _new_code(uow.reference, kind, values.get("code", ""))
    body = {**held, "code": key, **_checked(uow.reference, kind, key, values)}
    adm.change(uow, actor, kind, key, adm.without_empty(body), note, based_on)
    return key


def _new_code(reference: Reference, kind: str, text: str) -> str:
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise invalid_field("code", "代码为大写字母和数字，如 LZ01 或 LZ01-ZJJ，2–40 位")
    if reference.row(kind, code) is not None:
        raise invalid_field("code", f"代码 {code} 已被“{reference.name(kind, code)}”使用")
    return code


def _checked(reference: Reference, kind: str, key: str, values: Mapping[str, str]) -> Row:
    found: Row = {"name": _line(values, "name", 60, "请填写名称"), "level": values.get("level", "")}
    if found["level"] not in LEVELS[kind]:
        raise invalid_field("level", "请选择层级")
    found["parent"] = _parent(reference, kind, key, found["level"], values.get("parent", ""))
    for name in _LISTS[kind]:
        found[name] = adm.words(values.get(name, ""))
        if len(found[name]) > 50 or any(len(word) > 40 for word in found[name]):
            raise invalid_field(name, "最多 50 个，每个最多 40 字")
    return found | (_unit_fields(reference, key, values) if kind == "unit" else {})


def _unit_fields(reference: Reference, key: str, values: Mapping[str, str]) -> Row:
    found = {
        "short": _line(values, "short", 30),
        "phone": _line(values, "phone", 30),
        "kind": values.get("kind", ""),
        "area": values.get("area", ""),
        "line": values.get("line", ""),
        "valid_from": adm.checked_day(values.get("valid_from", ""), "valid_from", "成立日期"),
    }
    if found["kind"] not in UNIT_KINDS:
        raise invalid_field("kind", "请选择单位类别")
    reference.require("area", found["area"], "area")
    if found["line"]:
        reference.require("unit", found["line"], "line")
    if found["line"] == key:
        raise invalid_field("line", "业务指导单位不能是自己")
    return found


def _line(values: Mapping[str, str], name: str, most: int, missing: str = "") -> str:
    text = one_line(values.get(name, ""))
    if missing and not text:
        raise invalid_field(name, missing)
    if len(text) > most:
        raise invalid_field(name, f"最多 {most} 个字")
    return text


def _parent(reference: Reference, kind: str, key: str, level: str, parent: str) -> str:
    """The row above: known, in force, not below itself; an area's parent is the level above it."""
    if not parent:
        top = next((str(row["code"]) for row in reference.children(kind)), key)
        if kind == "area" and top != key:
            raise invalid_field("parent", "请选择上级区域")
        return ""
    above = reference.require(kind, parent, "parent")
    if key in {str(row["code"]) for row in reference.path(kind, parent)}:
        raise invalid_field("parent", "上级不能是自己或自己的下级")
    if ended(above):
        raise invalid_field("parent", "上级已经撤销，请选择承接单位")
    if kind == "area" and _DEPTH.index(str(above["level"])) >= _DEPTH.index(level):
        raise invalid_field("parent", "上级区域的层级应高于本级")
    return parent


def abolish(
    uow: UnitOfWork,
    actor: Actor,
    kind: str,
    code: str,
    successor: str,
    last_day: str,
    note: str,
    based_on: int | None,
) -> None:
    """Ends a unit or area on a day that is not ahead; its successor takes over its roles, aliases and landmarks."""
    adm.check_writer(actor, kind)
    held = uow.reference.row(kind, code)
    if held is None:
        raise NotFound(f"{kind}.not_found", f"没有这个{TREES[kind]}代码")
    if ended(held):
        raise Conflict(f"{kind}.ended", "已经撤销过了")
    heir = _heir(uow, kind, code, successor)
    day = adm.checked_day(last_day, "valid_to", "最后一天", needed=True)
    if day > local(uow.now).date().isoformat():
        raise invalid_field("valid_to", "撤销立即生效，最后一天不能晚于今天")
    adm.checked_span(str(held.get("valid_from", "")), day)
    below = [row for row in uow.reference.children(kind, code) if not ended(row)]
    if below:
        raise invalid_field("successor", f"下面还有 {len(below)} 个，请先把它们移到别的上级或先撤销")
    body = {**held, "valid_to": day, "successor": successor}
    handed = {name: body.pop(name, []) for name in _HANDED_ON[kind]}
    _check_first(uow, kind, successor, based_on)
    adm.change(uow, actor, kind, code, adm.without_empty(body), note, based_on)
    _hand_on(uow, actor, kind, heir, handed, held, note)


def _check_first(uow: UnitOfWork, kind: str, successor: str, based_on: int | None) -> None:
    adm.check_unchanged(uow, kind, successor, based_on)


def _heir(uow: UnitOfWork, kind: str, code: str, successor: str) -> Row:
    if not successor:
        raise invalid_field("successor", "请选择承接单位，未办结的工单和派单目录都转到那里")
    heir = uow.reference.require(kind, successor, "successor")
    if successor == code or ended(heir):
        raise invalid_field("successor", "承接单位应是另一个没有撤销的单位")
    return heir


def _hand_on(uow: UnitOfWork, actor: Actor, kind: str, heir: Row, handed: Row, old: Row, note: str) -> None:
    """Adds what the old one stood for to its successor; an area's own name becomes an alias of the new one."""
    if kind == "area":
        handed["aliases"] = [*handed["aliases"], str(old["name"])]
    more = {name: list(dict.fromkeys([*heir.get(name, []), *values])) for name, values in handed.items()}
    if any(more[name] != heir.get(name, []) for name in more):
        body = adm.without_empty({**heir, **more})
        adm.change(uow, actor, kind, str(heir["code"]), body, f"承接{old['name']}：{note}"[:200], None)


def options(reference: Reference, kind: str) -> list[tuple[str, str]]:
    """(code, name) of everything in force, for selects."""
    return [
        (str(row["code"]), f"{row['name']}（{row['code']}）")
        for row in reference.all_of(kind)
        if not ended(row)
    ]
