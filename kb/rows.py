"""Between articles and their rows: content as JSON and back, on whichever connection the caller brought."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping

from kb.articles import CONTENT, Article

_DATES = ("valid_from", "valid_to", "next_review_on")
_KEPT = ("id", "state", "version", "published_version", "revision", "edited_by")
_COLUMNS = (
    "title",
    "category",
    "unit_code",
    "material_kind",
    "public",
    "valid_to",
    "next_review_on",
    "source",
    "external_id",
)


def content_of(article: Article) -> dict[str, Any]:
    """What a version keeps: all fields people write, as JSON."""
    return {name: _plain(getattr(article, name)) for name in CONTENT}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(map(_plain, value)) if isinstance(value, tuple) else value


def article_of(content: Mapping[str, Any], **kept: Any) -> Article:
    """The article of a content as `content_of` made it, with id, state and the rest beside it.

    Content of an older release may lack fields or have some that are gone: they get their defaults, or are left.
    """
    known = {f.name for f in fields(Article)}
    values: dict[str, Any] = {name: value for name, value in content.items() if name in known}
    for name in _DATES:
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    for name in ("keywords", "areas"):
        values[name] = tuple(values.get(name, ()))
    values["faq"] = tuple((question, answer) for question, answer in values.get("faq", ()))
    return Article(**(values | kept))


def article_of_row(row: RowMapping) -> Article:
    """The article of a row of `articles`."""
    return article_of(row["content"], **{name: row[name] for name in _KEPT})


def row_of(article: Article, now: datetime) -> dict[str, Any]:
    """The row of `articles`, without `created_at`."""
    columns = {name: getattr(article, name) for name in (*_KEPT, *_COLUMNS)}
    return columns | {"content": content_of(article), "updated_at": now}
