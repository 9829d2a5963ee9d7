"""An article as a document of the search index, and the fields articles can be filtered by."""

from datetime import date

from kb.api import Document, FieldKind, FieldValue, Filter, Range
from kb.articles import SECTIONS, Article

ARTICLE_FIELDS: dict[str, FieldKind] = {
    "category": "keyword",
    "unit": "keyword",
    "kind": "keyword",
    "area": "keyword",
    "scope": "keyword",
    "valid_from": "number",
    "valid_to": "number",
}
EVERYWHERE = "*"
_FOREVER = date(9999, 12, 31).toordinal()


def article_document(article: Article) -> Document:
    """The article as it is found: keywords, question and all sections are searched.

    A category is filtered for at each of its levels ("A", "A/B", "A/B/C"; of a code each two digits). `scope` is
    "public" or "internal"; dates are day ordinals.
    """
    filters: dict[str, FieldValue] = {
        "category": category_levels(article.category),
        "unit": article.unit_code,
        "kind": article.material_kind,
        "area": list(article.areas) or [EVERYWHERE],
        "scope": "public" if article.public else "internal",
        "valid_from": article.valid_from.toordinal() if article.valid_from else 0,
        "valid_to": article.valid_to.toordinal() if article.valid_to else _FOREVER,
    }
    return Document(str(article.id), article.title, article_text(article), filters)


def article_text(article: Article) -> str:
    """All readable text of the article but its title, one line a piece."""
    sections = [getattr(article, name) for name in SECTIONS]
    pairs = [text for pair in article.faq for text in pair]
    return "\n".join(part for part in ("、".join(article.keywords), *sections, *pairs) if part)


def category_levels(category: str) -> list[str]:
    """The category and everything above it, the widest first."""
    if "/" in category:
        parts = category.split("/")
        return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    if category.isascii() and category.isdigit() and len(category) % 2 == 0:
        return [category[:n] for n in range(2, len(category) + 1, 2)]
    return [category]


def readable_filters(*, on: date, public_only: bool, area: str | None = None) -> dict[str, Filter]:
    """The filters of a reader: valid on that day, public if asked, and holding in the area (or everywhere)."""
    day = on.toordinal()
    filters: dict[str, Filter] = {"valid_from": Range(high=day), "valid_to": Range(low=day)}
    if public_only:
        filters["scope"] = "public"
    if area is not None:
        filters["area"] = [area, EVERYWHERE]
    return filters
