"""The articles in the database: written on the caller's connection or session, in the caller's transaction.

Nothing here commits. A unique title or external number is claimed inside a savepoint, so that a refusal leaves the
caller's transaction usable on PostgreSQL too. Every change names the revision it started from.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Connection, CursorResult, RowMapping, Select, and_, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kb.api import Document
from kb.articles import (
    NOTICE_DAYS,
    Article,
    ArticleError,
    State,
    checked,
    due_move,
    is_editable,
    moved,
)
from kb.documents import article_document
from kb.rows import article_of, article_of_row, content_of, row_of
from kb.tables import TABLES, Tables


@dataclass(frozen=True, slots=True)
class Page:
    """Articles, the latest changed first; `after` opens the next page and is None on the last."""

    articles: tuple[Article, ...]
    after: tuple[datetime, int] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One move in an article's history."""

    move: str
    to_state: State
    version: int
    actor: str
    reason: str
    at: datetime


class ArticleStore:
    """The repository of articles on one connection; `new_id` makes ids of 53 bits, moments are aware datetimes."""

    def __init__(
        self, connection: Connection | Session, new_id: Callable[[], int], tables: Tables = TABLES
    ) -> None:
        self._connection = connection
        self._new_id = new_id
        self._tables = tables

    def add(self, article: Article, *, actor: str, now: datetime) -> Article:
        """Store a new draft; `ArticleError` for what `checked` finds, a taken title or external number."""
        draft = replace(
            checked(article),
            id=self._new_id(),
            state="draft",
            version=1,
            published_version=None,
            revision=1,
            edited_by=actor,
        )
        with self._claiming():
            self._connection.execute(
                insert(self._tables.articles).values(created_at=now, **row_of(draft, now))
            )
        return draft

    def add_published(self, article: Article, *, actor: str, now: datetime) -> Article:
        """Store an article that was checked elsewhere (starter content, an approved import) as published."""
        draft = self.add(article, actor=actor, now=now)
        ready = replace(draft, state="published", published_version=1)
        return self._save(ready, draft.revision, "publish", actor, "", now)

    def update(self, article: Article, *, actor: str, now: datetime) -> Article:
        """Store the draft's new content; `article.revision` is the revision it was read at."""
        stored = self.get(article.id)
        if not is_editable(stored):
            raise ArticleError("kb_not_editable", "只有草稿可以修改，请先退回或修订", "state")
        changed = replace(checked(article), **_kept(stored), edited_by=actor)
        with self._claiming():
            return self._write(changed, article.revision, now)

    def move(
        self,
        id: int,
        move: str,
        *,
        roles: Sequence[str],
        actor: str,
        revision: int,
        now: datetime,
        reason: str = "",
        next_review_on: date | None = None,
    ) -> Article:
        """Make a move of the life cycle; confirming and publishing may set the day of the next review."""
        article = moved(self.get(id), move, roles, actor, reason)
        if next_review_on is not None:
            article = replace(article, next_review_on=next_review_on)
        return self._save(article, revision, move, actor, reason, now)

    def get(self, id: int) -> Article:
        """The article as it is being worked on; `ArticleError` kb_not_found."""
        return self._one(self._tables.articles.c.id == id)

    def find_external(self, source: str, external_id: str) -> Article | None:
        """The article that came from elsewhere under this number."""
        articles = self._tables.articles.c
        try:
            return self._one(and_(articles.source == source, articles.external_id == external_id))
        except ArticleError:
            return None

    def readable(self, ids: Sequence[int]) -> dict[int, Article]:
        """Those of the articles that readers see, each in its published version; to hold search hits against."""
        rows = self._connection.execute(self._published().where(self._tables.articles.c.id.in_(ids)))
        return {article.id: article for article in map(_published_article, rows.mappings())}

    def page(
        self,
        *,
        state: State | None = None,
        category: str | None = None,
        unit_code: str | None = None,
        after: tuple[datetime, int] | None = None,
        limit: int = 50,
    ) -> Page:
        """A page of articles; `category` means it and all below it."""
        articles = self._tables.articles.c
        asked = select(self._tables.articles).order_by(articles.updated_at.desc(), articles.id.desc())
        if state is not None:
            asked = asked.where(articles.state == state)
        if category is not None:
            asked = asked.where(_at_or_below(articles.category, category))
        if unit_code is not None:
            asked = asked.where(articles.unit_code == unit_code)
        if after is not None:
            asked = asked.where(_before(articles, after))
        rows = self._connection.execute(asked.limit(limit + 1)).mappings().all()
        last = rows[limit - 1] if len(rows) > limit else None
        return Page(
            tuple(article_of_row(row) for row in rows[:limit]),
            (last["updated_at"], last["id"]) if last else None,
        )

    def counts(self) -> dict[State, int]:
        """How many articles are in each state that occurs."""
        articles = self._tables.articles.c
        rows = self._connection.execute(select(articles.state, func.count()).group_by(articles.state))
        return {row[0]: row[1] for row in rows}

    def history(self, id: int) -> list[Step]:
        """The moves the article made, the oldest first."""
        moves = self._tables.article_moves.c
        asked = select(moves.move, moves.to_state, moves.version, moves.actor, moves.reason, moves.at).where(
            moves.article_id == id
        )
        return [Step(*row) for row in self._connection.execute(asked.order_by(moves.at, moves.id))]

    def version(self, id: int, version: int) -> Article:
        """The article as it was published in that version; `ArticleError` kb_not_found."""
        versions = self._tables.article_versions
        asked = select(versions.c.content, versions.c.edited_by).where(
            versions.c.article_id == id, versions.c.version == version
        )
        row = self._connection.execute(asked).mappings().first()
        if row is None:
            raise ArticleError("kb_not_found", "没有这个版本")
        return article_of(row["content"], id=id, version=version, edited_by=row["edited_by"])

    def published_documents(self, batch: int = 500) -> Iterator[Document]:
        """Every readable article as a document, for a rebuild of the index; read in batches, by id."""
        last = -1
        articles = self._tables.articles.c
        while True:
            asked = self._published().where(articles.id > last).order_by(articles.id).limit(batch)
            rows = self._connection.execute(asked).mappings().all()
            yield from (article_document(_published_article(row)) for row in rows)
            if len(rows) < batch:
                return
            last = rows[-1]["id"]

    def due(self, today: date, notice_days: int = NOTICE_DAYS) -> list[tuple[Article, str]]:
        """The articles time asks something of, each with its move ("expire" or "mark_due")."""
        articles = self._tables.articles.c
        soon = today + timedelta(days=notice_days)
        asked = select(self._tables.articles).where(
            articles.state.not_in(("expired", "withdrawn")),
            or_(articles.valid_to <= soon, articles.next_review_on <= soon),
        )
        found = map(article_of_row, self._connection.execute(asked.order_by(articles.id)).mappings())
        return [(article, move) for article in found if (move := due_move(article, today, notice_days))]

    def ending(self, first: date, last: date, limit: int = 50) -> list[Article]:
        """Articles in use that end or are to be looked at again between two days, the nearest first."""
        articles = self._tables.articles.c
        ends, looked = articles.valid_to.between(first, last), articles.next_review_on.between(first, last)
        asked = select(self._tables.articles).where(
            articles.state.not_in(("expired", "withdrawn")), or_(ends, looked)
        )
        rows = self._connection.execute(asked.order_by(articles.id).limit(limit)).mappings()
        found = [article_of_row(row) for row in rows]
        return sorted(found, key=lambda one: min(day for day in (one.valid_to, one.next_review_on) if day))

    def _save(
        self, article: Article, revision: int, move: str, actor: str, reason: str, now: datetime
    ) -> Article:
        """Write the article after a move, with its step of history and, if published, its version."""
        saved = self._write(article, revision, now)
        if move == "publish":
            self._connection.execute(
                insert(self._tables.article_versions).values(
                    article_id=saved.id,
                    version=saved.version,
                    content=content_of(saved),
                    edited_by=saved.edited_by,
                    published_by=actor,
                    published_at=now,
                )
            )
        self._connection.execute(
            insert(self._tables.article_moves).values(
                id=self._new_id(),
                article_id=saved.id,
                move=move,
                to_state=saved.state,
                version=saved.version,
                actor=actor,
                reason=reason.strip(),
                at=now,
            )
        )
        return saved

    def _write(self, article: Article, revision: int, now: datetime) -> Article:
        """Write over exactly that revision; `ArticleError` kb_conflict when somebody was quicker."""
        saved = replace(article, revision=revision + 1)
        articles = self._tables.articles
        done = self._connection.execute(
            update(articles)
            .where(articles.c.id == article.id, articles.c.revision == revision)
            .values(**row_of(saved, now))
        )
        if cast(CursorResult[Any], done).rowcount != 1:
            raise ArticleError("kb_conflict", "文章已被他人修改，请刷新后再试")
        return saved

    def _one(self, condition: Any) -> Article:
        row = self._connection.execute(select(self._tables.articles).where(condition)).mappings().first()
        if row is None:
            raise ArticleError("kb_not_found", "没有这篇文章")
        return article_of_row(row)

    def _published(self) -> Select[Any]:
        articles, versions = self._tables.articles, self._tables.article_versions
        return select(
            articles.c.id,
            articles.c.state,
            articles.c.revision,
            articles.c.published_version,
            versions.c.content,
            versions.c.edited_by,
        ).join(
            versions,
            and_(versions.c.article_id == articles.c.id, versions.c.version == articles.c.published_version),
        )

    def _claiming(self) -> "_Claim":
        return _Claim(self._connection)


class _Claim:
    """A savepoint in which a unique value is claimed: taken means an `ArticleError`, and the transaction goes on."""

    def __init__(self, connection: Connection | Session) -> None:
        self._savepoint = connection.begin_nested()

    def __enter__(self) -> None:
        self._savepoint.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._savepoint.__exit__(kind, error, trace)
        if isinstance(error, IntegrityError):
            if "external_id" in str(error.orig):
                raise ArticleError("kb_already_there", "同一来源的这个编号已有文章", "external_id") from error
            raise ArticleError("kb_title_taken", "标题已被另一篇文章使用", "title") from error


def _kept(stored: Article) -> dict[str, Any]:
    """What an edit of the content does not change."""
    return {
        name: getattr(stored, name)
        for name in ("id", "state", "version", "published_version", "source", "external_id")
    }


def _published_article(row: RowMapping) -> Article:
    kept = {name: row[name] for name in ("id", "state", "revision", "published_version", "edited_by")}
    return article_of(row["content"], version=row["published_version"], **kept)


def _at_or_below(column: Any, category: str) -> Any:
    """The category itself and those below it: codes grow by digits, paths by "/"."""
    below = category if category.isdigit() else f"{category}/"
    return or_(column == category, column.startswith(below, autoescape=True))


def _before(columns: Any, after: tuple[datetime, int]) -> Any:
    """Rows that come later in a list by falling (updated_at, id)."""
    moment, id = after
    return or_(columns.updated_at < moment, and_(columns.updated_at == moment, columns.id < id))
