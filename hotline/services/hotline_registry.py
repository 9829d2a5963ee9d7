"""The registry of "1" hotlines as administrators see and change it: which mode holds where on a day, and the evidence.

A number may have had several lives; those that are over stand under "number@first day" and are shown as past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from hotline.domain import hotlines
from hotline.domain.drafts import clean, one_line
from hotline.domain.errors import NotFound, invalid_field
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import administering as adm

Row = dict[str, Any]
KINDS = {"host": "总客服", "line": "可归并", "emergency": "紧急", "external": "外部"}
CERTAINTIES = {"verified": "已核实", "likely": "较可信", "background": "背景资料", "unknown": "待核实"}
DIRECTIONS = {"in": "转入本热线", "out": "转出", "both": "双向", "none": "不转接"}
MOST_MODES = 60
_TEXTS = {"name": 60, "department": 60, "scope": 300, "script": 300, "source": 200, "note": 300}


def listed(
    uow: UnitOfWork, actor: Actor, on: date, region: str = "", words: str = "", mode: str = ""
) -> list[Row]:
    """The registry with the mode that holds in a region (this city by default) on a day."""
    adm.check_reader(actor)
    places = [region] if region else hotlines.regions(uow.reference)
    rows = []
    for key, body in uow.reference.rows.get("hotline", {}).items():
        held = hotlines.mode_of(body, places, on)
        row = {**body, **_shown(uow, key, body), "held": held, "mode_now": held["mode"] if held else ""}
        if _fits(row, words) and (not mode or row["mode_now"] == mode):
            rows.append(row)
    return rows


def _shown(uow: UnitOfWork, key: str, body: Row) -> Row:
    return {
        "key": key,
        "past": "@" in key,
        "kind_label": KINDS.get(str(body.get("kind")), ""),
        "certainty_label": CERTAINTIES.get(str(body.get("certainty")), ""),
        "direction_label": DIRECTIONS.get(str(body.get("transfer_direction")), ""),
        "unit_name": uow.reference.name("unit", body["default_unit"]) if body.get("default_unit") else "",
    }


def _fits(row: Row, words: str) -> bool:
    text = " ".join(str(row.get(name, "")) for name in ("number", "name", "department", "scope"))
    return all(word in text for word in words.split())


def regions(uow: UnitOfWork) -> list[str]:
    """Every region that the registry names, this city first."""
    home = hotlines.regions(uow.reference)
    named = [str(mode["region"]) for row in uow.reference.all_of("hotline") for mode in row.get("mode", [])]
    return list(dict.fromkeys([*home, "全国", *sorted(named)]))


def one(uow: UnitOfWork, actor: Actor, key: str) -> Row:
    """One hotline with its history. NotFound for an unknown one."""
    adm.check_reader(actor)
    body = uow.reference.row("hotline", key)
    if body is None:
        raise NotFound("hotline.not_found", "登记表里没有这条热线")
    return {
        "body": body,
        **_shown(uow, key, body),
        "mode_now": hotlines.local_mode(uow.reference, key, uow.now.date()),
        "history": adm.history(uow, actor, "hotline", key),
        "based_on": adm.version_of(uow, "hotline"),
    }


def save(
    uow: UnitOfWork,
    actor: Actor,
    key: str,
    values: Mapping[str, str],
    modes: Sequence[Mapping[str, str]],
    note: str,
    based_on: int | None,
) -> int:
    """Changes a hotline (or adds one, where `key` is "") with its modes; the new version."""
    adm.check_writer(actor, "hotline")
    held = (uow.reference.row("hotline", key) or {}) if key else {}
    if key and not held:
        raise NotFound("hotline.not_found", "登记表里没有这条热线")
    number = str(held.get("number") or _number(uow, values.get("number", "")))
    body = {
        **held,
        **_checked(uow, values),
        "number": number,
        "code": key or number,
        "mode": checked_modes(modes),
    }
    body["dialled"] = adm.words(values.get("dialled", "")) or [number]
    return adm.change(uow, actor, "hotline", key or number, adm.without_empty(body), note, based_on)


def _number(uow: UnitOfWork, text: str) -> str:
    number = text.strip()
    if not (number.isascii() and number.isdigit() and 3 <= len(number) <= 12):
        raise invalid_field("number", "热线号码为 3–12 位数字")
    if uow.reference.row("hotline", number) is not None:
        raise invalid_field("number", "登记表里已有这个号码")
    return number


def _checked(uow: UnitOfWork, values: Mapping[str, str]) -> Row:
    found: Row = {}
    for name, most in _TEXTS.items():
        found[name] = one_line(values.get(name if name != "note" else "remark", ""))
        if len(found[name]) > most:
            raise invalid_field(name if name != "note" else "remark", f"最多 {most} 个字")
    if not found["name"]:
        raise invalid_field("name", "请填写热线名称")
    for name, known in (("kind", KINDS), ("certainty", CERTAINTIES), ("transfer_direction", DIRECTIONS)):
        found[name] = values.get(name, "")
        if found[name] not in known:
            raise invalid_field(name, "请从列表中选择")
    found["default_unit"] = values.get("default_unit", "")
    if found["default_unit"]:
        uow.reference.require("unit", found["default_unit"], "default_unit")
    for word in adm.words(values.get("dialled", "")):
        if not (word.isascii() and word.lstrip("+").isdigit() and len(word) <= 20):
            raise invalid_field("dialled", f"被叫号码只能是数字：{word[:20]}")
    return found


def checked_modes(rows: Sequence[Mapping[str, str]]) -> list[Row]:
    """The modes of a hotline; InvalidInput names the row that is wrong."""
    if len(rows) > MOST_MODES:
        raise invalid_field("mode", f"最多 {MOST_MODES} 条归并方式")
    found = []
    for number, row in enumerate(rows, 1):
        region = clean(row.get("region", ""))[:40]
        if not region or row.get("mode") not in hotlines.MODES:
            raise invalid_field("mode", f"第 {number} 条归并方式：请填写地区并选择方式")
        since = adm.checked_day(row.get("valid_from", ""), "mode", f"第 {number} 条的生效日期")
        until = adm.checked_day(row.get("valid_to", ""), "mode", f"第 {number} 条的失效日期")
        adm.checked_span(since, until, "mode")
        body = {"region": region, "mode": row["mode"], "valid_from": since, "valid_to": until}
        extra = {"source": clean(row.get("source", ""))[:200], "certainty": row.get("certainty", "")}
        if extra["certainty"] not in ("", *CERTAINTIES):
            raise invalid_field("mode", f"第 {number} 条的可信度请从列表中选择")
        found.append(adm.without_empty({**body, **extra}))
    return found
