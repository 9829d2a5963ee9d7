"""Changing versioned reference data from a desk: one row a version, with its author and note, never over somebody else.

A form carries the version of its kind that it was read at. What may surprise: another row of the same kind may have
changed since without harm; only a change of the very row that is saved is a conflict, and it names who and when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from hotline.domain.drafts import required
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, invalid_field
from hotline.domain.people import Actor
from hotline.domain.reference import KINDS
from hotline.ports import UnitOfWork
from hotline.services import archiving

Row = dict[str, Any]
NOTE_LENGTH = 200
_WRITERS = {"catalogue": "catalogue.write"}


def check_writer(actor: Actor, kind: str) -> None:
    """NotAllowed unless the actor may change this kind."""
    need = _WRITERS.get(kind, "reference.write")
    if not actor.may(need):
        raise NotAllowed(need, f"您没有修改{KINDS[kind]}的权限")


def check_reader(actor: Actor) -> None:
    if not actor.may("reference.read"):
        raise NotAllowed("reference.read", "您没有查看基础数据的权限")


def checked_note(note: str) -> str:
    """Why something is changed; kept with the version."""
    return required(note, "note", "请写明修改理由", NOTE_LENGTH)


def change(
    uow: UnitOfWork, actor: Actor, kind: str, key: str, body: Row | None, note: str, based_on: int | None
) -> int:
    """Saves (or, with None, ends) one row as a new version; its number.

    Raises Conflict when the row changed after version `based_on` of its kind, InvalidInput when nothing would change.
    """
    check_writer(actor, kind)
    note = checked_note(note)
    check_unchanged(uow, kind, key, based_on)
    if body is not None and uow.reference.row(kind, key) == body:
        raise InvalidInput("reference.same", "内容没有变化，不需要保存")
    version = uow.change_reference(kind, key, body, actor.name, note)
    uow.audit(actor, "reference.changed", f"{kind}/{key}", version=version, note=note)
    return version


def check_unchanged(uow: UnitOfWork, kind: str, key: str, based_on: int | None) -> None:
    """Conflict, naming who and when, if the row is another one than at version `based_on`."""
    history = uow.views.reference_history(kind, key)
    if based_on is None or not history:
        return
    last = max(row["until"] or row["since"] for row in history)
    if last > based_on:
        changed = _version(uow, kind, last)
        who = f"{changed['author']} 在第 {last} 版改过" if changed else "别人刚刚改过"
        raise Conflict("reference.conflict", f"{who}这一条，您的修改还没有保存。请核对最新内容后再保存")


def _version(uow: UnitOfWork, kind: str, number: int) -> Row | None:
    return next((row for row in uow.views.reference_versions(kind, 200) if row["version"] == number), None)


def version_of(uow: UnitOfWork, kind: str) -> int:
    """The version of a kind in force: what a form is based on."""
    return uow.reference.versions.get(kind, 0)


def versions(uow: UnitOfWork, actor: Actor, kind: str) -> list[Row]:
    """Who changed the kind when and why, the latest first (at most 200)."""
    check_reader(actor)
    return uow.views.reference_versions(_known(kind), 200)


def history(uow: UnitOfWork, actor: Actor, kind: str, key: str) -> list[Row]:
    """The lives of one row, the latest first: {"since", "until", "author", "note", "at"}."""
    check_reader(actor)
    known = {row["version"]: row for row in uow.views.reference_versions(_known(kind), 200)}
    rows = reversed(uow.views.reference_history(kind, key))
    unknown = {"author": "—", "note": "", "at": None}
    return [
        {"since": row["since"], "until": row["until"]}
        | {name: known.get(row["since"], unknown)[name] for name in unknown}
        for row in rows
    ]


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound("reference.kind", "没有这一类基础数据")
    return kind


def change_setting(
    uow: UnitOfWork, actor: Actor, values: Mapping[str, Any], note: str, based_on: int | None
) -> int:
    """Changes some of the centre's settings (the row "intake") as one version. InvalidInput names a faulty one."""
    check_writer(actor, "setting")
    held = uow.reference.require("setting", "intake")
    if "skip_review" in values and values["skip_review"] not in SKIP_REVIEW:
        raise invalid_field("skip_review", "没有这种审核方式")
    if not 1 <= values.get("archive_after_days", archiving.USUAL_DAYS) <= archiving.MOST_DAYS:
        raise invalid_field("archive_after_days", f"归档天数应为 1–{archiving.MOST_DAYS} 的整数")
    if profile := values.get("home_sla_profile"):
        uow.reference.require("sla_profile", profile, "home_sla_profile")
    return change(uow, actor, "setting", "intake", {**held, **values}, note, based_on)


SKIP_REVIEW = {
    "never": "每件都经审核员审核",
    "classified": "分类有把握的直接进入派单，其余审核",
    "always": "提交后一律直接进入派单",
}


def settings(uow: UnitOfWork, actor: Actor) -> Row:
    """The centre's settings and the version they were read at."""
    check_reader(actor)
    held = {
        "archive_after_days": archiving.days(uow.reference),
        **(uow.reference.row("setting", "intake") or {}),
    }
    return {**held, "based_on": version_of(uow, "setting")}


# values as forms give them
def checked_day(text: str, field: str, name: str, needed: bool = False) -> str:
    """A day as ISO text, "" where none was given."""
    text = text.strip()
    if not text and not needed:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        message = f"{name}应为日期，如 2026-01-01" if text else f"请填写{name}"
        raise invalid_field(field, message) from None


def checked_span(since: str, until: str, field: str = "valid_to") -> None:
    """The last day is not before the first."""
    if since and until and until < since:
        raise invalid_field(field, "失效日期不能早于生效日期")


def words(text: str) -> list[str]:
    """A list as people type it: parted by 、，；, commas, semicolons, blanks or lines; each once."""
    for mark in "，,；;、/\n\t　":
        text = text.replace(mark, " ")
    return list(dict.fromkeys(text.split()))


def without_empty(body: Mapping[str, Any]) -> Row:
    """The body as the data files write it: what is empty is left out."""
    return {name: value for name, value in body.items() if value not in ("", None, [])}
