"""The starter city, read from hotline/data: what `hotline init` installs as the first version of every kind.

Dates become ISO text, so that the rows are plain JSON in the database.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

Row = dict[str, Any]

_LISTS = {
    "area": ("areas.toml", "area"),
    "unit": ("units.toml", "unit"),
    "category": ("taxonomy.toml", "category"),
    "catalogue": ("catalogue.toml", "row"),
    "sla_profile": ("sla.toml", "profile"),
}

CENTRE_SETTINGS: list[Row] = [
    {
        "code": "intake",
        "name": "受理",
        "skip_review": "classified",
        "auto_dispatch": True,
        "archive_after_days": 90,
        "home_sla_profile": "lanzhou",
        "desk_name": "12345 政务服务便民热线",
    }
]


def read(file: str) -> Row:
    """One TOML file of the package, dates as ISO text."""
    return _plain(tomllib.loads((resources.files("hotline") / "data" / file).read_text("utf-8")))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@cache
def starter_rows(today: str = "") -> dict[str, list[Row]]:
    """Rows of every kind of reference data, in the order of the files."""
    rows = {kind: list(read(file)[section]) for kind, (file, section) in _LISTS.items()}
    rows["hotline"] = list(_hotlines(read("hotlines.toml")["hotline"], today or date.today().isoformat()))
    rows["reason"] = list(_reasons(read("reasons.toml")))
    rows["transfer"] = list(_numbered(read("transfers_110.toml"), "transfer"))
    rows["calendar"] = [{"code": "statutory", "name": "法定工作日历", **read("holidays.toml")}]
    rows["setting"] = CENTRE_SETTINGS
    return rows


def _hotlines(entries: list[Row], today: str) -> Iterator[Row]:
    """A number may have had several lives; the one of today goes under the number itself."""
    for entry in entries:
        live = str(entry.get("valid_from") or "") <= today <= str(entry.get("valid_to") or "9999")
        yield {
            **entry,
            "code": entry["number"] if live else f"{entry['number']}@{entry.get('valid_from', '')}",
        }


def _reasons(file: Row) -> Iterator[Row]:
    """Every list of reasons.toml in one kind; `group` says which list a row stands in."""
    for group, rows in file.items():
        if isinstance(rows, list):
            yield from ({**row, "group": group} for row in rows)


def _numbered(file: Row, group: str) -> Iterator[Row]:
    for number, row in enumerate(file[group], 1):
        yield {"code": f"T{number:03}", **row}


def synonyms() -> list[list[str]]:
    """Rows of expressions that mean the same, for searching."""
    return read("synonyms.toml")["rows"]


def articles() -> Iterator[Row]:
    """The starter articles, file by file; their dates stay dates."""
    folder = resources.files("hotline") / "data" / "articles"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            yield from tomllib.loads(file.read_text("utf-8"))["article"]
