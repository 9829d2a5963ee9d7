"""Rows of a spreadsheet or starter file become articles; every row that cannot be taken is refused with its reason.

Reading the file itself is the caller's. The six obligatory columns (类目、标题、内容、发文单位、材料性质、关键字), the leaf
category and the 1,000 rows of one import follow a published import specification
(https://xinyang.gov.cn/2021/11-22/2948071.html); further columns are taken by the headings of an article's sections.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kb.articles import SECTIONS, Article, ArticleError, problems, tidied

MAX_ROWS = 1_000
REQUIRED = {
    "类目": "category",
    "标题": "title",
    "内容": "body",
    "发文单位": "unit_code",
    "材料性质": "material_kind",
    "关键字": "keywords",
}
OPTIONAL = {heading: name for name, heading in SECTIONS.items() if name != "body"} | {
    "适用区域": "areas",
    "公开范围": "public",
    "有效期起": "valid_from",
    "有效期止": "valid_to",
    "下次复核日期": "next_review_on",
    "编号": "external_id",
}
_DATES = ("valid_from", "valid_to", "next_review_on")
_LISTS = ("keywords", "areas")
_PARTED = re.compile("[,，、;；\n]+")
_PUBLIC = {"": True, "公开": True, "内部": False, "不公开": False}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not taken; rows are numbered from 1, the heading not counted."""

    row: int
    title: str
    code: str
    message: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """The articles of an import, each with its row number, and the refused rows (one refusal for each problem)."""

    articles: tuple[tuple[int, Article], ...]
    refused: tuple[Refusal, ...]


def parse_rows(
    rows: Sequence[Mapping[str, Any]],
    *,
    is_leaf: Callable[[str], bool],
    unit_of: Callable[[str], str | None],
    source: str,
) -> Parsed:
    """Turn rows (heading -> cell) into articles.

    `is_leaf` says whether a category exists, has none below it and may be written by this user; `unit_of` gives the
    code of a unit's name or code. `ArticleError` for the whole: no rows, too many, or an obligatory heading missing.
    A title may stand once; which titles are taken already is found out when storing.
    """
    _check_sheet(rows)
    articles: list[tuple[int, Article]] = []
    refused: list[Refusal] = []
    titles: set[str] = set()
    for number, row in enumerate(rows, 1):
        article, wrong = _parse_row(row, is_leaf, unit_of, source)
        if article.title in titles:
            wrong.append(ArticleError("kb_title_repeated", "标题在本次导入中重复", "title"))
        titles.add(article.title)
        refused += [Refusal(number, article.title, e.code, e.message, e.field) for e in wrong]
        if not wrong:
            articles.append((number, article))
    return Parsed(tuple(articles), tuple(refused))


def _check_sheet(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        raise ArticleError("kb_import_empty", "文件中没有数据行")
    if len(rows) > MAX_ROWS:
        raise ArticleError("kb_import_too_many", f"一次最多导入 {MAX_ROWS} 条，本次有 {len(rows)} 条")
    headings = {str(heading).strip() for heading in rows[0] if heading is not None}
    if missing := [heading for heading in REQUIRED if heading not in headings]:
        raise ArticleError("kb_import_heading_missing", f"缺少列：{'、'.join(missing)}")


def _parse_row(
    row: Mapping[str, Any],
    is_leaf: Callable[[str], bool],
    unit_of: Callable[[str], str | None],
    source: str,
) -> tuple[Article, list[ArticleError]]:
    """The article as far as it can be read, and all that is wrong with it."""
    cells = {str(heading).strip(): value for heading, value in row.items() if heading is not None}
    values: dict[str, Any] = {}
    wrong: list[ArticleError] = []
    for heading, name in (REQUIRED | OPTIONAL).items():
        try:
            values[name] = _value(name, heading, cells.get(heading))
        except ArticleError as error:
            wrong.append(error)
    category, unit = values.get("category") or "", values.get("unit_code") or ""
    values |= {"category": category.strip("/"), "unit_code": unit_of(unit) or ""}
    article = tidied(Article(**values, source=source))
    wrong += _missing(values)
    wrong += [e for e in problems(article) if e.field not in {w.field for w in wrong}]
    if article.category and not is_leaf(article.category):
        wrong.append(
            ArticleError("kb_category_unknown", f"没有可写入的末级类目“{article.category}”", "category")
        )
    if unit and not values["unit_code"]:
        wrong = [e for e in wrong if e.field != "unit_code"]
        wrong.append(ArticleError("kb_unit_unknown", f"没有发文单位“{unit[:40]}”", "unit_code"))
    return article, wrong


def _missing(values: Mapping[str, Any]) -> list[ArticleError]:
    names = {"body": "内容", "keywords": "关键字"}
    return [
        ArticleError("kb_cell_missing", f"“{heading}”不能为空", name)
        for name, heading in names.items()
        if not values.get(name)
    ]


def _value(name: str, heading: str, cell: Any) -> Any:
    """A cell as the article's field wants it."""
    if name in _DATES:
        return _date(heading, name, cell)
    text = "" if cell is None else str(cell).strip()
    if name in _LISTS:
        return tuple(part.strip() for part in _PARTED.split(text) if part.strip())
    if name == "public":
        if text not in _PUBLIC:
            raise ArticleError("kb_scope_invalid", "公开范围只能填“公开”或“内部”", "public")
        return _PUBLIC[text]
    return (text or None) if name == "external_id" else text


def _date(heading: str, name: str, cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if cell is None or isinstance(cell, date):
        return cell
    text = str(cell).strip()
    if not text:
        return None
    parts = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", text)
    try:
        return date(*map(int, parts.groups())) if parts else date.fromisoformat(text)
    except ValueError:
        raise ArticleError("kb_date_invalid", f"“{heading}”不是日期：{text[:20]}", name) from None


def article_of_starter(entry: Mapping[str, Any]) -> Article:
    """An entry of a starter file (TOML: lists for sections, `faq` as tables) as an article; not yet checked."""
    sections: dict[str, Any] = {name: _lines(entry.get(name, "")) for name in SECTIONS if name != "process"}
    return Article(
        title=entry["title"],
        category=entry["category"],
        unit_code=entry["unit"],
        material_kind=entry["kind"],
        keywords=tuple(entry.get("keywords", ())),
        process=_lines(entry.get("steps", ""), numbered=True),
        faq=tuple((pair["q"], pair["a"]) for pair in entry.get("faq", ())),
        areas=tuple(entry.get("areas", ())),
        public=entry.get("audience", "public") == "public",
        valid_from=entry.get("valid_from"),
        valid_to=entry.get("valid_to"),
        next_review_on=entry.get("next_review_on"),
        source=entry.get("source", ""),
        external_id=entry.get("id"),
        **sections,
    )


def _lines(value: str | Iterable[str], numbered: bool = False) -> str:
    if isinstance(value, str):
        return value
    return "\n".join(f"{n}. {line}" if numbered else line for n, line in enumerate(value, 1))
