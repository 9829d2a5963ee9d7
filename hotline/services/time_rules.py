"""时限 as administrators see and change them: profiles, the one in force, the calendar by year, and "what would this
ticket's deadline be".

Published profiles stay as they were published; whoever wants another limit copies one and changes the copy. The
calendar is one document; a year of it is edited at a time and the whole is checked before it is saved.
"""

from __future__ import annotations

import calendar as months
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from hotline.domain import deadlines, sla
from hotline.domain.calendar import parse as parse_calendar
from hotline.domain.drafts import one_line
from hotline.domain.errors import InvalidInput, NotAllowed, NotFound, invalid_field
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.ports import UnitOfWork
from hotline.services import administering as adm
from hotline.services.hotline_registry import CERTAINTIES

Row = dict[str, Any]
MOST_LIMITS = 80
_CODE = re.compile(r"[a-z][a-z0-9-]{1,38}")


def profiles(uow: UnitOfWork, actor: Actor) -> Row:
    """{"rows", "home"}: every profile, the one in force first."""
    adm.check_reader(actor)
    home = home_of(uow.reference)
    rows = [_brief(uow.reference, row, home) for row in uow.reference.all_of("sla_profile")]
    return {"rows": sorted(rows, key=lambda row: (not row["home"], not row["own"])), "home": home}


def home_of(reference: Reference) -> str:
    return str((reference.row("setting", "intake") or {}).get("home_sla_profile", ""))


def _brief(reference: Reference, row: Row, home: str) -> Row:
    return {
        **row,
        "home": row["code"] == home,
        "own": is_own(reference, row),
        "certainty_label": CERTAINTIES.get(str(row.get("certainty")), ""),
        "limits": len(row.get("limit", [])),
    }


def is_own(reference: Reference, row: Row) -> bool:
    """Whether this city made the profile and may change it."""
    city = next((str(top["name"]) for top in reference.children("area")), "")
    return bool(row.get("own")) or row.get("place") == city


def profile(uow: UnitOfWork, actor: Actor, code: str) -> Row:
    """One profile with its limits in words. NotFound for an unknown one."""
    adm.check_reader(actor)
    body = uow.reference.row("sla_profile", code)
    if body is None:
        raise NotFound("sla_profile.not_found", "没有这个时限方案")
    parsed = sla.parse(body)
    return {
        "body": body,
        **_brief(uow.reference, body, home_of(uow.reference)),
        "lines": [_line_of(uow.reference, limit) for limit in parsed.limits],
        "counting": _counting_words(parsed.counting),
        "history": adm.history(uow, actor, "sla_profile", code),
        "based_on": adm.version_of(uow, "sla_profile"),
    }


def _line_of(reference: Reference, limit: sla.Limit) -> Row:
    """A limit as the table shows it; the same texts fill the form."""
    warn = f"{limit.warn_amount} {sla.UNITS[limit.warn_unit]}" if limit.warn_amount else ""
    return {
        "purpose": limit.purpose,
        "purpose_label": sla.PURPOSES[limit.purpose],
        "words": limit.words,
        "amount": limit.amount,
        "unit": limit.unit,
        "request_types": "、".join(
            REQUEST_TYPES[code] for code in REQUEST_TYPES if code in limit.request_types
        ),
        "urgency": "、".join(URGENCIES[code] for code in URGENCIES if code in limit.urgencies),
        "categories": "、".join(limit.categories),
        "category_names": "、".join(
            reference.path_name("category", code) or code for code in limit.categories
        ),
        "complexity": limit.complexity,
        "complexity_label": sla.COMPLEXITIES.get(limit.complexity, ""),
        "first_day": limit.first_day,
        "first_day_label": sla.FIRST_DAYS.get(limit.first_day, ""),
        "warn": warn,
        "warn_amount": limit.warn_amount or "",
        "warn_unit": limit.warn_unit,
        "basis": limit.basis,
    }


def _counting_words(counting: sla.Counting) -> list[tuple[str, str]]:
    office = "，".join(f"{first:%H:%M}–{last:%H:%M}" for first, last in counting.office)
    return [
        ("起算", sla.FIRST_DAYS[counting.first_day]),
        ("含本数", "是" if counting.number_included else "否"),
        ("工作时间", office),
        ("一天到几点", f"{counting.day_end:%H:%M}"),
        ("下班后收到", sla.AFTER_HOURS[counting.after_hours]),
        ("自然日遇休息日顺延", "是" if counting.roll_to_working_day else "否"),
    ]


def copy_profile(uow: UnitOfWork, actor: Actor, source: str, code: str, name: str, note: str) -> str:
    """A profile of the city's own with the limits of another; its code."""
    adm.check_writer(actor, "sla_profile")
    held = uow.reference.require("sla_profile", source)
    code, name = code.strip(), one_line(name)
    if not _CODE.fullmatch(code):
        raise invalid_field("code", "代码为小写字母开头的字母、数字和 -，如 lanzhou-2027")
    if uow.reference.row("sla_profile", code) is not None:
        raise invalid_field("code", "已有这个代码的方案")
    if not name or len(name) > 60:
        raise invalid_field("name", "请填写名称（最多 60 字）")
    body = {**held, "code": code, "name": name, "own": True, "basis": f"参照 {held['name']}"[:200]}
    adm.change(uow, actor, "sla_profile", code, body, note, None)
    return code


def save_profile(
    uow: UnitOfWork,
    actor: Actor,
    code: str,
    values: Mapping[str, str],
    limits: Sequence[Mapping[str, str]],
    note: str,
    based_on: int | None,
) -> int:
    """Changes one of the city's own profiles; the new version. InvalidInput names the limit that is wrong."""
    adm.check_writer(actor, "sla_profile")
    held = uow.reference.require("sla_profile", code)
    if not is_own(uow.reference, held):
        raise NotAllowed("sla.published", "公布的方案保持原样，请复制后再修改")
    name = one_line(values.get("name", ""))
    if not name or len(name) > 60:
        raise invalid_field("name", "请填写名称（最多 60 字）")
    if not 1 <= len(limits) <= MOST_LIMITS:
        raise invalid_field("limit", f"时限应有 1–{MOST_LIMITS} 条")
    rows = [_limit_of(uow.reference, row, number) for number, row in enumerate(limits, 1)]
    counting = {**held.get("counting", {}), **_counting_of(values)}
    body = {
        **held,
        "name": name,
        "basis": one_line(values.get("basis", ""))[:200],
        "limit": rows,
        "counting": counting,
    }
    _parsed(body)
    return adm.change(uow, actor, "sla_profile", code, adm.without_empty(body), note, based_on)


def _counting_of(values: Mapping[str, str]) -> Row:
    office = [
        span.strip().replace("：", ":").replace("–", "-")
        for span in re.split(r"[,，、;；]", values.get("office", ""))
    ]
    return {
        "first_day": values.get("first_day", "next"),
        "after_hours": values.get("after_hours", "as_is"),
        "day_end": values.get("day_end", "18:00"),
        "number_included": values.get("number_included") == "1",
        "roll_to_working_day": values.get("roll_to_working_day") == "1",
        "office": [span for span in office if span],
    }


def _parsed(body: Row) -> sla.Profile:
    """The profile, its faults told beside the limits or the counting."""
    try:
        return sla.parse(body)
    except InvalidInput as error:
        field = "limit" if "第" in error.message else "counting"
        raise invalid_field(field, error.message.partition("：")[2] or error.message) from None


def _limit_of(reference: Reference, row: Mapping[str, str], number: int) -> Row:
    where = f"第 {number} 条"
    body: Row = {"purpose": row.get("purpose", ""), "unit": row.get("unit", "")}
    body["amount"] = _whole(row.get("amount", "") or ("1" if body["unit"] == "same_day" else ""), where)
    body["request_types"] = _codes(row.get("request_types", ""), REQUEST_TYPES, f"{where}诉求类型")
    body["urgency"] = _codes(row.get("urgency", ""), URGENCIES, f"{where}紧急程度")
    body["categories"] = adm.words(row.get("categories", ""))
    for code in body["categories"]:
        if reference.row("category", code) is None:
            raise invalid_field("limit", f"{where}：没有代码为 {code[:20]} 的事项")
    for name in ("complexity", "first_day"):
        body[name] = row.get(name, "")
    if row.get("warn_amount"):
        body["warn_amount"] = _whole(row["warn_amount"], where)
        body["warn_unit"] = row.get("warn_unit", "working_day")
    body["basis"] = one_line(row.get("basis", ""))[:200]
    return adm.without_empty(body)


def _whole(text: str, where: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise invalid_field("limit", f"{where}：数量应为整数")
    return int(text)


def _codes(text: str, known: Mapping[str, str], where: str) -> list[str]:
    by_label = {label: code for code, label in known.items()}
    found = []
    for word in adm.words(text):
        code = by_label.get(word, word)
        if code not in known:
            raise invalid_field("limit", f"{where}：没有“{word[:10]}”，可写{'、'.join(known.values())}")
        found.append(code)
    return found


def switch(uow: UnitOfWork, actor: Actor, code: str, note: str, based_on: int | None) -> int:
    """Makes a profile the one that new clocks run by; running ones keep theirs."""
    _parsed(uow.reference.require("sla_profile", code, "home_sla_profile"))
    return adm.change_setting(uow, actor, {"home_sla_profile": code}, note, based_on)


# the calendar
def year(uow: UnitOfWork, actor: Actor, number: int) -> Row:
    """A year of the calendar: its lines for editing and its twelve months for looking at."""
    adm.check_reader(actor)
    body = uow.reference.require("calendar", "statutory")
    held = next((row for row in body.get("year", []) if row["year"] == number), None)
    return {
        "number": number,
        "held": held,
        "years": [{"year": row["year"], "announced": row["announced"]} for row in body.get("year", [])],
        "months": _months(body, number),
        "history": adm.history(uow, actor, "calendar", "statutory"),
        "based_on": adm.version_of(uow, "calendar"),
    }


def _months(body: Row, number: int) -> list[Row]:
    kept = parse_calendar(body)
    weeks = months.Calendar()
    found = []
    for month in range(1, 13):
        rows = [[_day(kept, day, month) for day in week] for week in weeks.monthdatescalendar(number, month)]
        found.append({"month": month, "weeks": rows})
    return found


def _day(kept: Any, day: date, month: int) -> Row:
    if day.month != month:
        return {"day": "", "kind": "", "title": ""}
    working = kept.is_working_day(day)
    kind = "make-up" if working and day.weekday() >= 5 else "off" if not working else ""
    return {"day": day.day, "kind": kind, "title": kept.describe(day)}


def save_year(
    uow: UnitOfWork,
    actor: Actor,
    number: int,
    rest: str,
    work: str,
    announced: bool,
    note: str,
    based_on: int | None,
) -> int:
    """Replaces one year of the calendar; the new version. InvalidInput names the line that is wrong."""
    adm.check_writer(actor, "calendar")
    body = uow.reference.require("calendar", "statutory")
    held: Row = {
        "code": str(number),
        "name": f"{number}年",
        "year": number,
        "announced": announced,
        "rest": _lines(rest),
        "work": _lines(work),
    }
    others = [row for row in body.get("year", []) if row["year"] != number]
    years = sorted([*others, held], key=lambda row: int(row["year"]))
    version = adm.version_of(uow, "calendar") + 1
    changed = {**body, "year": years, "version": f"{version}-{number}"}
    try:
        kept = parse_calendar(changed)
        kept.next_working_day(date(number, 12, 31))
    except InvalidInput as error:
        field = "work" if "上班" in error.message or "工作日" in error.message else "rest"
        raise invalid_field(field, error.message) from None
    return adm.change(uow, actor, "calendar", "statutory", changed, note, based_on)


def _lines(text: str) -> list[str]:
    return [
        line.strip().replace("～", "..").replace("至", "..") for line in text.splitlines() if line.strip()
    ]


# what would be due
def trial(
    uow: UnitOfWork,
    actor: Actor,
    code: str,
    at: datetime,
    request_type: str,
    urgency: str,
    category: str,
    complexity: str,
) -> list[Row]:
    """Every purpose's due time under a profile, with the steps of its reckoning; purposes without a limit are left out."""
    adm.check_reader(actor)
    held = sla.parse(uow.reference.require("sla_profile", code or home_of(uow.reference), "profile"))
    kept = parse_calendar(uow.reference.require("calendar", "statutory"))
    if category:
        uow.reference.require("category", category, "category")
    found = []
    for purpose, label in sla.PURPOSES.items():
        limit = held.select(purpose, request_type, urgency, category, complexity)
        if limit is not None and purpose != "extension_notice":
            due = deadlines.reckon(at, limit, held, kept)
            found.append(
                {
                    "purpose": purpose,
                    "label": label,
                    "words": limit.words,
                    "basis": limit.basis or held.basis,
                    "due": due,
                }
            )
    return found
