"""权责清单 and 事项编码 spreadsheets become catalogue rows: columns found by their names, every row checked, and the
good ones installed together as one new version.

A row replaces the one with the same matter code at the same place, else the one of the same matter, place and lead;
what the file does not name stays, or ends when the whole catalogue is to be replaced. Rows of units and matters are
read with the words of `catalogue_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hotline.domain.errors import Conflict, HotlineError, InvalidInput
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from hotline.services import administering as adm
from hotline.services import catalogue_rows as catalogue

Row = dict[str, Any]
MOST_ROWS = 20_000
COLUMNS = {
    "matter_code": ("事项编码", "权责编码", "权力编码", "职权编码", "事项代码", "编码"),
    "matter": (
        "分类编码",
        "分类代码",
        "事项分类",
        "诉求分类",
        "事项名称",
        "分类名称",
        "职权名称",
        "分类",
        "事项",
    ),
    "lead": ("主办单位", "主办", "责任单位", "实施主体", "行使主体", "牵头单位", "承办单位", "主责单位"),
    "assists": ("协办单位", "协办", "配合单位", "协同单位", "配合部门"),
    "basis": ("依据", "设定依据", "法律依据", "实施依据", "职责依据"),
    "area_scope": ("区域范围", "适用区域", "区域", "适用范围", "管辖范围", "层级"),
    "valid_from": ("生效日期", "实施日期", "启用日期", "开始日期"),
    "valid_to": ("失效日期", "终止日期", "废止日期"),
    "duty_kind": ("职责类型", "职责性质"),
    "township_allowed": ("可派乡镇街道", "可派镇街"),
    "remark": ("说明", "备注"),
}
LABELS = {
    "matter_code": "事项编码",
    "matter": "事项",
    "lead": "主办单位",
    "assists": "协办单位",
    "basis": "依据",
    "area_scope": "区域范围",
    "valid_from": "生效日期",
    "valid_to": "失效日期",
    "duty_kind": "职责类型",
    "township_allowed": "可派乡镇街道",
    "remark": "说明",
}
_NEEDED = ("matter", "lead", "basis")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+00:00(:00)?)?")
_MARKS = re.compile(r"[(（\[【].*?[)）\]】]|[\s*：:_\-]")


@dataclass
class Preview:
    """What a file would do. `rows`: the catalogue afterwards; refused: (row number, field, message)."""

    columns: dict[str, str]
    added: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    same: int = 0
    ended: list[Row] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def effect(self) -> int:
        """How many rows of the catalogue would be different."""
        return len(self.added) + len(self.changed) + len(self.ended)


def guess(columns: Sequence[str]) -> dict[str, str]:
    """field -> the column that gives it. InvalidInput when matter, lead or basis cannot be found."""
    plain = {_MARKS.sub("", column): column for column in reversed(columns)}
    found: dict[str, str] = {}
    for name, usual in COLUMNS.items():
        column = next((plain[word] for word in usual if word in plain), None)
        if column and column not in found.values():
            found[name] = column
    missing = [LABELS[name] for name in _NEEDED if name not in found]
    if missing:
        seen = "、".join(column[:20] for column in columns[:20])
        message = f"看不出哪一列是{'、'.join(missing)}；文件里的列有：{seen}"
        raise InvalidInput("catalogue.columns", message, {"fields": {"file": message}})
    return found


def preview(
    reference: Reference,
    columns: Sequence[str],
    rows: Iterable[tuple[int, Mapping[str, str]]],
    on: date,
    whole: bool,
) -> Preview:
    """Holds a spreadsheet against the catalogue. rows: (number as a spreadsheet program shows it, column -> text).

    whole: what the file does not name ends the day before `on`. Nothing is written.
    """
    found = Preview(guess(columns))
    after = {str(row["id"]): row for row in reference.all_of("catalogue")}
    known = _Known(after.values())
    named: set[str] = set()
    for number, cells in rows:
        if number > MOST_ROWS:
            raise InvalidInput("catalogue.long", f"目录最多 {MOST_ROWS} 行，请分成几个文件导入")
        _take(reference, found, after, known, named, number, cells, on)
    if whole:
        _end_others(found, after, named, on)
    found.rows = list(after.values())
    return found


class _Known:
    """Rows found again by matter code and place, or by matter, place and lead; and the highest number."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.places: dict[tuple[str, ...], str] = {}
        self.by_matter: dict[str, list[Row]] = {}
        self.last = 0
        for row in rows:
            self.learn(row)

    def learn(self, row: Row) -> None:
        key = str(row["id"])
        self.by_matter.setdefault(str(row["matter"]), []).append(row)
        if key[:2] == "PD" and key[2:].isdecimal():
            self.last = max(self.last, int(key[2:]))
        if not row.get("valid_to"):
            for place in _places(row):
                self.places.setdefault(place, key)

    def find(self, body: Row) -> str:
        return next((self.places[place] for place in _places(body) if place in self.places), "")


def _places(row: Row) -> list[tuple[str, ...]]:
    scope = str(row.get("area_scope", "city"))
    code = [("code", str(row["matter_code"]), scope)] if row.get("matter_code") else []
    return [*code, ("matter", str(row["matter"]), scope, str(row["lead"]))]


def _take(
    reference: Reference,
    found: Preview,
    after: dict[str, Row],
    known: _Known,
    named: set[str],
    number: int,
    cells: Mapping[str, str],
    on: date,
) -> None:
    """One row of the file: added, changed, the same, or refused with its reason."""
    try:
        body = _body(reference, found.columns, cells, on)
        key = known.find(body)
        if key in named:
            raise InvalidInput("catalogue.twice", f"文件里前面已有同一事项、区域的行（{key}）")
        held = after.get(key, {})
        body = adm.without_empty({**held, **body, "id": key or f"PD{known.last + 1:04d}"})
        rivals = [
            row for row in known.by_matter.get(str(body["matter"]), []) if after.get(str(row["id"])) is row
        ]
        catalogue.check_alone(rivals, body)
    except HotlineError as error:
        name, message = next(iter((error.details.get("fields") or {"": error.message}).items()))
        found.refused.append((number, LABELS.get(name, ""), message))
        return
    named.add(str(body["id"]))
    if body == held:
        found.same += 1
        return
    (found.changed if held else found.added).append({**body, "number": number})
    after[str(body["id"])] = body
    known.learn(body)


def _body(reference: Reference, columns: Mapping[str, str], cells: Mapping[str, str], on: date) -> Row:
    values = {name: cells.get(column, "") for name, column in columns.items()}
    for name in ("valid_from", "valid_to"):
        values[name] = day_text(values.get(name, ""))
    values["valid_from"] = values["valid_from"] or on.isoformat()
    values["duty_kind"] = "territorial" if "属地" in values.get("duty_kind", "") else "functional"
    if "duty_kind" not in columns and "乡镇街道" in values["lead"]:
        values["duty_kind"] = "territorial"
    body = catalogue.checked(reference, values)
    optional = {"duty_kind", "township_allowed", "note"}
    given = {"note" if name == "remark" else name for name in columns}
    return {
        name: value
        for name, value in body.items()
        if name not in optional or name in given or name == "duty_kind"
    }


def day_text(text: str) -> str:
    """A day as spreadsheets write it -> ISO text; what is no day stays as it is and is refused by name."""
    match = _DAY.fullmatch(text.strip())
    return f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}" if match else text.strip()


def _end_others(found: Preview, after: dict[str, Row], named: set[str], on: date) -> None:
    """Whole catalogue: what the file leaves out has its last day before `on`; what has not begun goes."""
    last = (on - timedelta(days=1)).isoformat()
    for key, row in list(after.items()):
        if key in named or (row.get("valid_to") and str(row["valid_to"]) <= last):
            continue
        found.ended.append(row)
        if str(row.get("valid_from") or "") > last:
            del after[key]
        else:
            after[key] = {**row, "valid_to": last}


def install(uow: UnitOfWork, actor: Actor, made: Preview, note: str, based_on: int | None) -> int:
    """Makes what the preview shows the catalogue's next version. Conflict when it has changed meanwhile."""
    adm.check_writer(actor, "catalogue")
    note = adm.checked_note(note)
    if based_on is not None and based_on != adm.version_of(uow, "catalogue"):
        raise Conflict("reference.conflict", "预览之后目录又有了新版本，请重新预览再安装")
    if not made.effect:
        raise InvalidInput("reference.same", "文件与现有目录相同，没有可安装的改动")
    version = uow.install_reference("catalogue", made.rows, actor.name, note)
    counts = {"added": len(made.added), "changed": len(made.changed), "ended": len(made.ended)}
    uow.audit(actor, "catalogue.imported", str(version), refused=len(made.refused), note=note, **counts)
    return version
