"""What an editor of knowledge has to do: what ends this month, what readers say is wrong, what nobody found."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from hotline.domain.errors import InvalidInput, NotAllowed, NotFound
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import knowledge
from kb.articles import MOVES, STATES, Article, ArticleError

Row = dict[str, Any]
DAYS = 30


def tasks(uow: UnitOfWork, actor: Actor) -> Row:
    """{"ending", "corrections", "unfound"}; corrections and searches in vain for editors only."""
    if not actor.may("kb.read"):
        raise NotAllowed("kb.read", "您没有查看知识的权限")
    today = uow.now.date()
    ending = [
        {"id": one.id, "title": one.title, "state": STATES[one.state], "on": _ends(one, today)}
        for one in uow.articles.ending(today, today + timedelta(days=DAYS))
    ]
    edits = actor.may("kb.write")
    return {
        "ending": ending,
        "corrections": _corrections(uow) if edits else [],
        "unfound": uow.searches.zero_hits(uow.now - timedelta(days=DAYS), 15) if edits else [],
    }


def _ends(article: Article, today: Any) -> Any:
    return min(day for day in (article.valid_to, article.next_review_on) if day and day >= today)


def _corrections(uow: UnitOfWork) -> list[Row]:
    rows = [asdict(one) for one in uow.searches.open_corrections(limit=30)]
    titles = uow.articles.readable([row["article_id"] for row in rows])
    return [
        {**row, "title": titles[row["article_id"]].title if row["article_id"] in titles else "（已下线）"}
        for row in rows
    ]


def one(uow: UnitOfWork, actor: Actor, article_id: int) -> Row:
    """An article as it is being worked on, with labels of its moves, what readers said, and what is read now."""
    whole = knowledge.edited(uow, actor, article_id)
    stored = uow.articles.get(article_id)
    shown = uow.articles.readable([article_id]).get(article_id)
    moves = [
        {"name": name, "label": MOVES[name].label, "reason": MOVES[name].needs_reason}
        for name in whole["moves"]
    ]
    history = [
        {**step, "label": MOVES[step["move"]].label, "state_label": STATES[step["to_state"]]}
        for step in whole["history"]
    ]
    return {
        "article": {
            **whole,
            "areas": list(stored.areas),
            "valid_to": stored.valid_to,
            "edited_by": stored.edited_by,
        },
        "moves": moves,
        "history": list(reversed(history)),
        "editable": stored.state == "draft" and may_edit(uow, actor, stored.unit_code),
        "readable": shown is not None,
        "newer": shown is not None and stored.published_version != stored.version,
        "feedback": uow.searches.counts(article_id),
        "stored": stored,
    }


def may_edit(uow: UnitOfWork, actor: Actor, unit: str) -> bool:
    """Whether the actor writes articles of this unit."""
    if not actor.may("kb.propose"):
        return False
    return not actor.bound_to_unit or unit in uow.reference.subtree("unit", actor.unit)


def units(uow: UnitOfWork, actor: Actor) -> list[tuple[str, str]]:
    """The units whose articles the actor may write."""
    own = uow.reference.subtree("unit", actor.unit) if actor.bound_to_unit else None
    rows = (row for row in uow.reference.all_of("unit") if not row.get("successor"))
    return [(str(row["code"]), str(row["name"])) for row in rows if own is None or row["code"] in own]


def settle(uow: UnitOfWork, actor: Actor, correction_id: int, settlement: str) -> None:
    """Closes a reader's correction with what came of it."""
    if not actor.may("kb.write"):
        raise NotAllowed("kb.write", "只有知识编辑可以处理纠错")
    try:
        uow.searches.settle(correction_id, actor=actor.name, settlement=settlement, now=uow.now)
    except ArticleError as error:
        kind = NotFound if error.code == "kb_not_found" else InvalidInput
        raise kind(error.code, error.message) from error
    uow.audit(actor, "article.correction_settled", str(correction_id))


def preview(uow: UnitOfWork, article: Article) -> Row:
    """An unsaved article as the citizen would see it; nothing is checked or stored."""
    return knowledge.whole(uow.reference, article)
