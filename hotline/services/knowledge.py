"""The knowledge base for staff and citizens: articles with their life cycle, searching, suggesting, feedback.

Search hits come from a copy and are held against the database before anyone sees them: only what is published, and
for the public only what is public. Every search is logged without its asker, so that what nobody finds gets written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, invalid_field
from hotline.domain.events import ArticleChanged
from hotline.domain.people import SYSTEM_ACTOR, Actor
from hotline.domain.places import locate
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork
from kb.api import Document, Hits, Query
from kb.articles import SECTIONS, STATES, Article, ArticleError, possible_moves
from kb.documents import EVERYWHERE, article_document, readable_filters
from kb.importer import article_of_starter

_KINDS = {
    "kb_not_found": NotFound,
    "kb_conflict": Conflict,
    "kb_move_not_possible": Conflict,
    "kb_not_editable": Conflict,
    "kb_title_taken": Conflict,
    "kb_already_there": Conflict,
    "kb_move_not_allowed": NotAllowed,
    "kb_second_person_needed": NotAllowed,
}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The library's errors in the house's few kinds."""
    try:
        yield
    except ArticleError as error:
        kind = _KINDS.get(error.code, InvalidInput)
        details = {"fields": {error.field: error.message}} if error.field else {}
        raise kind(error.code, error.message, details) from error


def install(uow: UnitOfWork, entry: Mapping[str, Any]) -> bool:
    """Adds a starter article as published; False when it is already there."""
    with _translated():
        article = article_of_starter(entry)
        if article.external_id and uow.articles.find_external(article.source, article.external_id):
            return False
        made = uow.articles.add_published(article, actor=SYSTEM_ACTOR.name, now=uow.now)
    uow.emit(ArticleChanged(made.id))
    return True


def document_of(uow: UnitOfWork, article_id: int) -> Document | None:
    """The published version as a document for the index; None when readers do not see the article."""
    article = uow.articles.readable([article_id]).get(article_id)
    return article_document(article) if article else None


def all_documents(query: Any) -> Iterator[Document]:
    """Every published article, for a rebuild; `query` is the runtime's."""
    yield from query(lambda uow: list(uow.articles.published_documents()))


# reading
def question(
    reference: Reference,
    text: str,
    *,
    public_only: bool,
    today: date,
    area: str = "",
    limit: int = 10,
    offset: int = 0,
) -> Query:
    """What a reader asks the index: valid today, for everybody or for the area that the text or the reader names."""
    if len(text) > 500:
        raise invalid_field("q", "搜索内容最多 500 字")
    if not 1 <= limit <= 50 or not 0 <= offset <= 900:
        raise InvalidInput("kb.page", "每页 1–50 条，最多翻到第 900 条")
    filters = readable_filters(on=today, public_only=public_only)
    place = area or locate(reference, text)
    if place:
        filters["area"] = [*(str(row["code"]) for row in reference.path("area", place)), EVERYWHERE]
    return Query(text, filters, limit=limit, offset=offset)


def shown_hits(uow: UnitOfWork, hits: Hits, text: str, scope: str, log: bool = True) -> dict[str, Any]:
    """Hits as a reader sees them: held against the database, with marked excerpts."""
    readable = uow.articles.readable([int(hit.id) for hit in hits.hits])
    items = []
    for hit in hits.hits:
        article = readable.get(int(hit.id))
        if article is not None and (article.public or scope == "staff"):
            items.append(
                {**summary(uow.reference, article), "score": round(hit.score, 4), "excerpts": _excerpts(hit)}
            )
    if log:
        uow.searches.log_search(text, scope=scope, total=hits.total, now=uow.now)
    return {"total": hits.total, "items": items}


def _excerpts(hit: Any) -> list[dict[str, Any]]:
    return [{"field": light.field, "segments": list(light.segments)} for light in hit.highlights]


def summary(reference: Reference, article: Article) -> dict[str, Any]:
    """An article as one entry of a list."""
    return {
        "id": article.id,
        "external_id": article.external_id,
        "title": article.title,
        "answer": article.answer or article.body[:200],
        "category": article.category,
        "category_path": reference.path_name("category", article.category),
        "unit": article.unit_code,
        "unit_name": reference.name("unit", article.unit_code),
        "kind": article.material_kind,
        "public": article.public,
        "valid_from": article.valid_from,
        "next_review_on": article.next_review_on,
        "version": article.version,
        "state": article.state,
        "state_label": STATES[article.state],
    }


def read(uow: UnitOfWork, article_id: int, public_only: bool) -> dict[str, Any]:
    """The published article whole, its sections with headings. NotFound for the public when it is internal."""
    article = uow.articles.readable([article_id]).get(article_id)
    if article is None or (public_only and not article.public):
        raise NotFound("kb_not_found", "没有这篇知识，可能已经下线")
    return whole(uow.reference, article)


def whole(reference: Reference, article: Article) -> dict[str, Any]:
    sections = [
        {"name": name, "heading": heading, "text": getattr(article, name)}
        for name, heading in SECTIONS.items()
        if getattr(article, name)
    ]
    faq = [{"q": asked, "a": answered} for asked, answered in article.faq]
    return {
        **summary(reference, article),
        "keywords": list(article.keywords),
        "sections": sections,
        "faq": faq,
    }


# writing
def save(uow: UnitOfWork, actor: Actor, article: Article) -> dict[str, Any]:
    """Adds a draft, or changes one (article.id and the revision it was read at)."""
    if not actor.may("kb.propose"):
        raise NotAllowed("kb.propose", "您没有编写知识的权限")
    uow.reference.require("category", article.category, "category")
    uow.reference.require("unit", article.unit_code, "unit")
    if actor.bound_to_unit and article.unit_code not in uow.reference.subtree("unit", actor.unit):
        raise invalid_field("unit", "只能编写本单位的知识")
    if article.id:
        _check_own(uow, actor, article.id)
    with _translated():
        if article.id:
            saved = uow.articles.update(article, actor=actor.name, now=uow.now)
        else:
            saved = uow.articles.add(article, actor=actor.name, now=uow.now)
    uow.audit(actor, "article.saved", str(saved.id), version=saved.version)
    return edited(uow, actor, saved.id)


def _check_own(uow: UnitOfWork, actor: Actor, article_id: int) -> None:
    """NotAllowed for unit people where the article, as it stands, is another unit's."""
    with _translated():
        stored = uow.articles.get(article_id)
    if actor.bound_to_unit and stored.unit_code not in uow.reference.subtree("unit", actor.unit):
        raise NotAllowed("kb.other_unit", "这是其他单位的知识")


def move(
    uow: UnitOfWork, actor: Actor, article_id: int, move_name: str, revision: int, reason: str = ""
) -> dict[str, Any]:
    """A move of the article's life cycle."""
    _check_own(uow, actor, article_id)
    with _translated():
        uow.articles.move(
            article_id,
            move_name,
            roles=sorted(actor.roles),
            actor=actor.name,
            revision=revision,
            now=uow.now,
            reason=reason,
        )
    uow.audit(actor, f"article.{move_name}", str(article_id))
    uow.emit(ArticleChanged(article_id))
    return edited(uow, actor, article_id)


def edited(uow: UnitOfWork, actor: Actor, article_id: int) -> dict[str, Any]:
    """The article as it is being worked on, its history, and the moves this person can make."""
    if not actor.may("kb.read"):
        raise NotAllowed("kb.read", "您没有查看知识的权限")
    with _translated():
        article = uow.articles.get(article_id)
    return {
        **whole(uow.reference, article),
        "revision": article.revision,
        "content": {name: getattr(article, name) for name in SECTIONS},
        "published_version": article.published_version,
        "moves": possible_moves(article, sorted(actor.roles), actor.name),
        "history": [asdict(step) for step in uow.articles.history(article_id)],
    }


def listed(
    uow: UnitOfWork,
    actor: Actor,
    state: str = "",
    category: str = "",
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> dict[str, Any]:
    """Articles for editors, the latest changed first, with how many stand in each state."""
    if not actor.may("kb.read"):
        raise NotAllowed("kb.read", "您没有查看知识的权限")
    if state and state not in STATES:
        raise invalid_field("state", "没有这种状态")
    page = uow.articles.page(
        state=state or None, category=category or None, limit=max(1, min(limit, 200)), after=after
    )
    return {
        "items": [summary(uow.reference, article) for article in page.articles],
        "counts": uow.articles.counts(),
        "next": page.after,
    }


def give_feedback(uow: UnitOfWork, actor: Actor, article_id: int, kind: str, text: str = "") -> int:
    """有用 / 无用 / 纠错 of a reader; its id."""
    if kind not in ("useful", "not_useful", "correction"):
        raise invalid_field("kind", "反馈应为有用、无用或纠错")
    with _translated():
        return uow.searches.add(
            article_id, kind, actor=actor.login or actor.via, now=uow.now, text=text[:2000]
        )


def sweep(uow: UnitOfWork) -> int:
    """Expires what has ended and marks what is due for its review; how many."""
    due = uow.articles.due(uow.now.date())
    for article, move_name in due:
        uow.articles.move(
            article.id,
            move_name,
            roles=["system"],
            actor=SYSTEM_ACTOR.name,
            revision=article.revision,
            now=uow.now,
        )
        uow.emit(ArticleChanged(article.id))
    return len(due)
