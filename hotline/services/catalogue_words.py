"""Matters, places and units of the dispatch catalogue as people write them, to codes and patterns and back.

"各区县住建局" is the pattern county:住建局, "属地乡镇街道" is town:*, a full or short name is that unit's code. Used by
the form of a row and by the import of spreadsheets alike, so that both understand the same words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from hotline.domain.errors import invalid_field
from hotline.domain.reference import Reference
from hotline.services.administering import words as parted

SCOPES = {"city": "全市", "county": "各区县", "town": "各乡镇街道"}
_SCOPE_WORDS = {
    "city": ("全市", "市本级", "全市范围", "city"),
    "county": ("各区县", "各县区", "各县市区", "区县", "县区", "county"),
    "town": ("各乡镇街道", "乡镇街道", "各镇街", "镇街", "town"),
}
_ANY = {
    "town": ("乡镇街道", "镇街", "乡镇街道办事处", "街道乡镇", "乡镇政府街道办事处"),
    "county": ("区县政府", "县区政府", "县市区政府", "区县人民政府"),
}
_LEVELS = {"county": ("区县", "县区", "县市区"), "city": ("市",), "town": ("乡镇街道", "镇街")}
_HEADS = ("各", "属地", "所在", "辖区", "")
_PATTERN = re.compile(r"(city|county|town|village):(\*|[\w（）()·-]{1,40})")
_STROKES = re.compile(r"\s*[/›>＞→\\|-]\s*")
_CODE = re.compile(r"(\d{2,8})(?:\s.*)?", re.DOTALL)


@lru_cache(maxsize=4)
def roles(reference: Reference) -> frozenset[str]:
    """Every role that some unit in force carries."""
    live = (row for row in reference.all_of("unit") if not row.get("successor"))
    return frozenset(role for row in live for role in row.get("roles", []))


@lru_cache(maxsize=4)
def _unit_names(reference: Reference) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in reference.all_of("unit"):
        if not row.get("successor"):
            for name in {str(row["name"]), str(row.get("short") or row["name"])}:
                found.setdefault(name, []).append(str(row["code"]))
    return found


@lru_cache(maxsize=4)
def _matter_names(reference: Reference) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in reference.all_of("category"):
        code = str(row["code"])
        path = [str(part["name"]) for part in reference.path("category", code)]
        for start in range(len(path)):
            found.setdefault("/".join(path[start:]), []).append(code)
    return found


@lru_cache(maxsize=4)
def _area_names(reference: Reference) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in reference.all_of("area"):
        for name in {str(row["name"]), *row.get("aliases", [])}:
            found.setdefault(name, []).append(str(row["code"]))
    return found


def pattern_of(reference: Reference, text: str, field: str = "lead") -> str:
    """The unit code or pattern that a text means. InvalidInput, saying what is possible, for anything else."""
    text = text.strip()
    code = re.sub(r".*[（(]([A-Z0-9-]+)[)）]$", r"\1", text)
    if reference.row("unit", code) is not None:
        return code
    found = _written_out(reference, text) or _by_words(reference, text)
    if found:
        return found
    named = _unit_names(reference).get(text, [])
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        codes = "、".join(named[:4])
        raise invalid_field(field, f"叫“{text[:20]}”的单位有 {len(named)} 个，请写全称或代码（{codes}）")
    raise invalid_field(field, f"不认识单位“{text[:30]}”，请写全称、代码，或“各区县住建局”这样的说法")


def _written_out(reference: Reference, text: str) -> str:
    match = _PATTERN.fullmatch(text)
    return text if match and (match[2] == "*" or match[2] in roles(reference)) else ""


def _by_words(reference: Reference, text: str) -> str:
    plain = re.sub(r"[（）()、·\s]", "", text)
    for head in _HEADS:
        if not plain.startswith(head):
            continue
        rest = plain.removeprefix(head)
        for level, names in _ANY.items():
            if rest in names:
                return f"{level}:*"
        for level, names in _LEVELS.items():
            for name in names:
                if (
                    rest.startswith(name)
                    and rest.removeprefix(name) in roles(reference)
                    and (head or level == "city")
                ):
                    return f"{level}:{rest.removeprefix(name)}"
    return ""


def patterns_of(reference: Reference, text: str, field: str = "assists") -> list[str]:
    """Several units or patterns, parted by marks."""
    return list(dict.fromkeys(pattern_of(reference, word, field) for word in parted(text)))


def pattern_words(reference: Reference, pattern: str) -> str:
    """A pattern as people write it; `pattern_of` reads it again."""
    level, _, role = pattern.partition(":")
    if not role:
        return reference.name("unit", pattern)
    if role == "*":
        return {"town": "属地乡镇街道", "county": "各区县政府"}.get(level, pattern)
    head = {"city": "市", "county": "各区县", "town": "各乡镇街道"}.get(level)
    return f"{head}{role}" if head else pattern


def matter_of(reference: Reference, text: str, field: str = "matter") -> str:
    """The category code (second level or below) that a code, a path or a unique name means."""
    text = text.strip()
    match = _CODE.fullmatch(text)
    codes = [match[1]] if match else _matter_names(reference).get("/".join(_STROKES.split(text)), [])
    known = [code for code in codes if (row := reference.row("category", code)) and row.get("level", 1) >= 2]
    if len(known) == 1:
        return known[0]
    if len(known) > 1:
        paths = "；".join(reference.path_name("category", code) for code in known[:3])
        raise invalid_field(field, f"叫“{text[:20]}”的事项不止一个，请写路径或代码，如 {paths}")
    raise invalid_field(field, f"没有“{text[:30]}”这个事项（要二级或三级），请写代码、路径或名称")


def scope_of(reference: Reference, text: str, field: str = "area_scope") -> str:
    """city, county, town or an area code."""
    text = text.strip()
    for scope, names in _SCOPE_WORDS.items():
        if text in names:
            return scope
    codes = [text] if reference.row("area", text) else _area_names(reference).get(text, [])
    if len(codes) == 1:
        top = reference.row("area", codes[0]) or {}
        return "city" if top.get("level") == "city" else codes[0]
    if len(codes) > 1:
        raise invalid_field(field, f"叫“{text[:20]}”的区域不止一个，请写代码（{'、'.join(codes[:4])}）")
    raise invalid_field(field, f"没有“{text[:20]}”这个区域，可写全市、各区县、各乡镇街道或区域名称")


def scope_words(reference: Reference, scope: str) -> str:
    return SCOPES.get(scope) or reference.name("area", scope)


def unit_options(reference: Reference) -> list[str]:
    """What the field of a unit offers: patterns of every role first, then the units' names."""
    patterns = [pattern_words(reference, f"county:{role}") for role in sorted(roles(reference))]
    names = [name for name, codes in _unit_names(reference).items() if len(codes) == 1]
    return ["属地乡镇街道", "各区县政府", *patterns, *sorted(names)]


def matter_options(reference: Reference) -> list[str]:
    """Code and path of every second- and third-level matter."""
    rows = (row for row in reference.all_of("category") if row.get("level", 1) >= 2)
    return [f"{row['code']} {reference.path_name('category', row['code'])}" for row in rows]


def stands_for(unit: dict[str, Any], pattern: str) -> bool:
    """Whether a unit can be meant by a pattern."""
    level, _, role = pattern.partition(":")
    if not role:
        return pattern == unit["code"]
    if role == "*":
        return unit.get("kind") == "territory" and unit.get("level") == level
    return role in unit.get("roles", []) and unit.get("level") in (level, "city", "enterprise")
