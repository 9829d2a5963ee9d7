"""派单目录 row by row: finding, adding, changing and ending rows, and trying what the catalogue says of a matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from hotline.domain import dispatch
from hotline.domain.drafts import one_line
from hotline.domain.errors import Conflict, NotFound, invalid_field
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from hotline.services import administering as adm
from hotline.services import catalogue_words as said

Row = dict[str, Any]
DUTIES = {"functional": "部门职能", "territorial": "属地管理"}
PAGE = 100


def listed(uow: UnitOfWork, actor: Actor, asked: Mapping[str, Any], on: date, page: int = 1) -> Row:
    """{"rows", "count", "page", "pages"}; asked: matter, area, unit (codes), q (words), state ("now", "ended", "")."""
    adm.check_reader(actor)
    reference = uow.reference
    found = [row for row in reference.all_of("catalogue") if _fits(reference, row, asked, on)]
    found.sort(key=lambda row: (str(row["matter"]), str(row["id"])))
    pages = max(1, -(-len(found) // PAGE))
    page = max(1, min(page, pages))
    cut = found[(page - 1) * PAGE : page * PAGE]
    rows = [shown(reference, row, on) for row in cut]
    return {"rows": rows, "count": len(found), "page": page, "pages": pages}


def _fits(reference: Reference, row: Row, asked: Mapping[str, Any], on: date) -> bool:
    state = asked.get("state")
    if state and dispatch.in_force(row, on) != (state == "now"):
        return False
    if matter := asked.get("matter"):
        above = {str(part["code"]) for part in reference.path("category", matter)}
        if row["matter"] not in above and matter not in _codes(reference, "category", row["matter"]):
            return False
    if (area := asked.get("area")) and not _covers(reference, str(row.get("area_scope", "city")), area):
        return False
    if unit := asked.get("unit"):
        body = reference.row("unit", unit)
        patterns = [str(row["lead"]), *row.get("assists", [])]
        if body is None or not any(said.stands_for(body, pattern) for pattern in patterns):
            return False
    return _says(reference, row, asked.get("q", ""))


def _codes(reference: Reference, kind: str, code: str) -> set[str]:
    return {str(part["code"]) for part in reference.path(kind, code)}


def _covers(reference: Reference, scope: str, area: str) -> bool:
    if scope in ("city", "county"):
        return True
    if scope == "town":
        return bool(reference.area_at(area, "town"))
    return scope in _codes(reference, "area", area) or area in _codes(reference, "area", scope)


def _says(reference: Reference, row: Row, words: str) -> bool:
    if not words.strip():
        return True
    path = reference.path_name("category", str(row["matter"]))
    text = f"{row['id']} {path} {row.get('basis', '')} {row.get('matter_code', '')} {row.get('note', '')}"
    return all(word in text for word in words.split())


def shown(reference: Reference, row: Row, on: date) -> Row:
    """A row in words."""
    return {
        **row,
        "matter_name": reference.path_name("category", str(row["matter"])),
        "scope_name": said.scope_words(reference, str(row.get("area_scope", "city"))),
        "lead_name": said.pattern_words(reference, str(row["lead"])),
        "assist_names": [said.pattern_words(reference, pattern) for pattern in row.get("assists", [])],
        "duty": DUTIES.get(str(row.get("duty_kind", "functional")), ""),
        "now": dispatch.in_force(row, on),
        "ahead": str(row.get("valid_from") or "") > on.isoformat(),
    }


def one(uow: UnitOfWork, actor: Actor, key: str, on: date) -> Row:
    """One row with its history. NotFound for an unknown one."""
    adm.check_reader(actor)
    body = uow.reference.row("catalogue", key)
    if body is None:
        raise NotFound("catalogue.not_found", "派单目录里没有这一行，可能已被新的导入替换")
    return {
        "row": shown(uow.reference, body, on),
        "history": adm.history(uow, actor, "catalogue", key),
        "based_on": adm.version_of(uow, "catalogue"),
    }


def save(
    uow: UnitOfWork, actor: Actor, key: str, values: Mapping[str, str], note: str, based_on: int | None
) -> str:
    """Changes a row, or adds one where `key` is ""; its id. InvalidInput names the faulty field."""
    adm.check_writer(actor, "catalogue")
    held = dict(uow.reference.row("catalogue", key) or {}) if key else {}
    if key and not held:
        raise NotFound("catalogue.not_found", "派单目录里没有这一行")
    body = {**held, "id": key or next_id(uow.reference), **checked(uow.reference, values)}
    check_alone(uow.reference.all_of("catalogue"), body)
    adm.change(uow, actor, "catalogue", str(body["id"]), adm.without_empty(body), note, based_on)
    return str(body["id"])


def checked(reference: Reference, values: Mapping[str, str]) -> Row:
    """A row from its fields as people type them."""
    body: Row = {
        "matter": said.matter_of(reference, values.get("matter", "")),
        "area_scope": said.scope_of(reference, values.get("area_scope", "") or "全市"),
        "lead": said.pattern_of(reference, values.get("lead", "")),
        "assists": said.patterns_of(reference, values.get("assists", "")),
        "duty_kind": values.get("duty_kind", "") or "functional",
        "township_allowed": values.get("township_allowed", "") in ("1", "是", "true", "可以"),
        "basis": _line(values, "basis", 300),
        "matter_code": _line(values, "matter_code", 60),
        "valid_from": adm.checked_day(values.get("valid_from", ""), "valid_from", "生效日期", needed=True),
        "valid_to": adm.checked_day(values.get("valid_to", ""), "valid_to", "失效日期"),
        "note": _line(values, "remark", 300),
    }
    adm.checked_span(body["valid_from"], body["valid_to"])
    if body["duty_kind"] not in DUTIES:
        raise invalid_field("duty_kind", "职责类型应为部门职能或属地管理")
    if not body["basis"]:
        raise invalid_field("basis", "请写明依据的法律法规或权责清单")
    if body["lead"] in body["assists"]:
        raise invalid_field("assists", "协办单位不能与主办相同")
    _check_guard(reference, body)
    return body


def _line(values: Mapping[str, str], name: str, most: int) -> str:
    text = one_line(values.get(name, ""))
    if len(text) > most:
        raise invalid_field(name, f"最多 {most} 个字")
    return text


def _check_guard(reference: Reference, body: Row) -> None:
    """国办函〔2025〕66号: a department's duty is never led by a township."""
    unit = reference.row("unit", str(body["lead"])) or {}
    down = unit.get("level") in ("town", "village") or str(body["lead"]).startswith(("town:", "village:"))
    if down and body["duty_kind"] == "functional" and not body["township_allowed"]:
        raise invalid_field("lead", "部门职能不得由乡镇街道主办；属地管理的事项请把职责类型改为属地管理")


def check_alone(rows: Iterable[Row], body: Row) -> None:
    """InvalidInput when another row says the same of the same matter and place for some of the same days."""
    for row in rows:
        same = all(row.get(name) == body.get(name) for name in ("matter", "area_scope", "lead"))
        if same and row["id"] != body["id"] and _overlap(row, body):
            raise invalid_field(
                "matter", f"同一事项、区域和主办已有一行（{row['id']}），请修改那一行或先终止它"
            )


def _overlap(one: Row, other: Row) -> bool:
    ends = (str(one.get("valid_to") or "9999"), str(other.get("valid_to") or "9999"))
    return str(one.get("valid_from") or "") <= ends[1] and str(other.get("valid_from") or "") <= ends[0]


def next_id(reference: Reference, after: int = 0) -> str:
    """The next number of a row, counted over all that there are."""
    numbers = [
        int(key[2:]) for key in reference.rows.get("catalogue", {}) if key[:2] == "PD" and key[2:].isdecimal()
    ]
    return f"PD{max([*numbers, after], default=0) + 1:04d}"


def end(uow: UnitOfWork, actor: Actor, key: str, last_day: str, note: str, based_on: int | None) -> None:
    """Gives a row its last day; it stays for tickets of its time."""
    adm.check_writer(actor, "catalogue")
    held = uow.reference.row("catalogue", key)
    if held is None:
        raise NotFound("catalogue.not_found", "派单目录里没有这一行")
    day = adm.checked_day(last_day, "valid_to", "最后一天", needed=True)
    adm.checked_span(str(held.get("valid_from", "")), day)
    if held.get("valid_to") and str(held["valid_to"]) <= day:
        raise Conflict("catalogue.ended", f"这一行在 {held['valid_to']} 已经终止")
    adm.change(uow, actor, "catalogue", key, {**held, "valid_to": day}, note, based_on)


def trial(uow: UnitOfWork, actor: Actor, matter: str, area: str, on: date) -> list[Row]:
    """What the catalogue says of a matter at a place on a day, row by row, with the units and why."""
    adm.check_reader(actor)
    reference = uow.reference
    code = said.matter_of(reference, matter)
    if area:
        reference.require("area", area, "area")
    proposals = {row.row: row for row in dispatch.propose(reference, code, area, on)}
    found = []
    for row, lead, verdict in dispatch.considered(reference, code, area, on):
        proposal = proposals.get(str(row["id"]))
        assists = [reference.name("unit", unit) for unit in proposal.assists] if proposal else []
        name = reference.name("unit", lead) if lead else ""
        guessed = bool(proposal and proposal.score < 1)
        facts = {"verdict": verdict, "why": dispatch.VERDICTS[verdict], "unit": lead, "unit_name": name}
        found.append({**shown(reference, row, on), **facts, "units_assisting": assists, "guessed": guessed})
    return found
