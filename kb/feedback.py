"""What readers say about articles, and what is searched for: the two ways a knowledge base learns of its gaps.

A correction request is a task with a due day until it is settled. The search log is for zero-hit lists and carries no
person: no user, no address, and long runs of digits (telephone and identity numbers) are struck out of the query.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, cast

from sqlalchemy import Connection, CursorResult, func, insert, select, update
from sqlalchemy.orm import Session

from kb.articles import ArticleError
from kb.query import clean
from kb.tables import TABLES, Tables

MAX_TEXT = 2_000
MAX_LOGGED = 200

Kind = Literal["useful", "not_useful", "correction"]
KINDS: dict[Kind, str] = {"useful": "有用", "not_useful": "无用", "correction": "纠错"}

_NUMBER = re.compile(r"[0-9０-９][0-9０-９\- ]{5,}[0-9０-９xXＸ]")


@dataclass(frozen=True, slots=True)
class Feedback:
    """One word of a reader about one version of an article; a correction is open until it is settled."""

    id: int
    article_id: int
    version: int
    kind: Kind
    text: str
    actor: str
    at: datetime
    due_on: date | None
    settled_at: datetime | None
    settled_by: str | None
    settlement: str | None


class FeedbackStore:
    """Feedback and search log on the caller's connection, in the caller's transaction."""

    def __init__(
        self, connection: Connection | Session, new_id: Callable[[], int], tables: Tables = TABLES
    ) -> None:
        self._connection = connection
        self._new_id = new_id
        self._feedback = tables.article_feedback
        self._articles = tables.articles
        self._log = tables.search_log

    def add(
        self,
        article_id: int,
        kind: Kind,
        *,
        actor: str,
        now: datetime,
        text: str = "",
        due_on: date | None = None,
    ) -> int:
        """Take feedback on the version readers see; gives its id. A correction needs a text.

        `ArticleError`: kb_not_found when readers do not see the article, kb_feedback_invalid for the rest.
        """
        text = clean(text).strip()
        if kind not in KINDS or len(text) > MAX_TEXT or (kind == "correction" and not text):
            raise ArticleError(
                "kb_feedback_invalid", f"请选择反馈类型；纠错须写明内容，不超过 {MAX_TEXT} 字", "text"
            )
        articles = self._articles.c
        version = self._connection.scalar(select(articles.published_version).where(articles.id == article_id))
        if version is None:
            raise ArticleError("kb_not_found", "没有这篇文章")
        id = self._new_id()
        values = {"article_id": article_id, "version": version, "kind": kind, "text": text, "actor": actor}
        self._connection.execute(insert(self._feedback).values(id=id, at=now, due_on=due_on, **values))
        return id

    def open_corrections(self, *, unit_code: str | None = None, limit: int = 100) -> list[Feedback]:
        """Corrections not settled yet, the most pressing first; of one unit's articles if asked."""
        feedback = self._feedback.c
        asked = select(self._feedback).where(feedback.kind == "correction", feedback.settled_at.is_(None))
        if unit_code is not None:
            asked = asked.join(self._articles).where(self._articles.c.unit_code == unit_code)
        order = (feedback.due_on.is_(None), feedback.due_on, feedback.id)
        return [Feedback(*row) for row in self._connection.execute(asked.order_by(*order).limit(limit))]

    def settle(self, id: int, *, actor: str, settlement: str, now: datetime) -> None:
        """Close a correction with what came of it; `ArticleError` if it is not open or nothing is said."""
        settlement = clean(settlement).strip()
        if not settlement or len(settlement) > MAX_TEXT:
            raise ArticleError("kb_settlement_missing", f"须填写处理结果，不超过 {MAX_TEXT} 字", "settlement")
        feedback = self._feedback.c
        done = self._connection.execute(
            update(self._feedback)
            .where(feedback.id == id, feedback.kind == "correction", feedback.settled_at.is_(None))
            .values(settled_at=now, settled_by=actor, settlement=settlement)
        )
        if cast(CursorResult[Any], done).rowcount != 1:
            raise ArticleError("kb_not_found", "没有这条待处理的纠错")

    def counts(self, article_id: int) -> dict[Kind, int]:
        """How often each kind was given to the article."""
        feedback = self._feedback.c
        asked = select(feedback.kind, func.count()).where(feedback.article_id == article_id)
        found = {row[0]: row[1] for row in self._connection.execute(asked.group_by(feedback.kind))}
        return {kind: found.get(kind, 0) for kind in KINDS}

    def log_search(self, query: str, *, scope: str, total: int, now: datetime) -> None:
        """Note a search, without whoever searched."""
        query = _NUMBER.sub("#", clean(query)).strip()[:MAX_LOGGED]
        if query:
            values = {"query": query, "scope": scope, "total": total, "at": now}
            self._connection.execute(insert(self._log).values(id=self._new_id(), **values))

    def zero_hits(self, since: datetime, limit: int = 50) -> list[tuple[str, int]]:
        """What was searched for in vain since then and how often, the most frequent first."""
        log = self._log.c
        times = func.count().label("times")
        asked = select(log.query, times).where(log.total == 0, log.at >= since).group_by(log.query)
        rows = self._connection.execute(asked.order_by(times.desc(), log.query).limit(limit))
        return [(query, count) for query, count in rows]
