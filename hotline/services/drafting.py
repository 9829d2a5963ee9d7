"""Drafts of the intake form: what an agent is typing, kept until it becomes a ticket.

Sealed, because it holds the caller's data; only its owner ever reads it. A draft is found by a key that the form
carries, so one person may have several open (a call comes in while the last one is still being written up).
"""

from __future__ import annotations

import json
from typing import Any

from hotline.domain.errors import InvalidInput
from hotline.domain.people import Actor
from hotline.domain.records import Draft
from hotline.ports import UnitOfWork

MOST_DRAFTS = 20
MOST_CHARACTERS = 60_000


def save(uow: UnitOfWork, actor: Actor, key: str, fields: dict[str, str]) -> None:
    """Keeps the fields of a form under its key; the oldest drafts beyond the limit go."""
    body = json.dumps(fields, ensure_ascii=False)
    if len(body) > MOST_CHARACTERS:
        raise InvalidInput("draft.large", "草稿太长，没有存上，请先提交或缩短")
    held = _held(uow, actor, key)
    if held is None:
        held = Draft(id=uow.new_id(), owner_id=_owner(actor), key=key, body_sealed="", saved_at=uow.now)
        uow.add(held)
    held.body_sealed, held.saved_at = uow.seal(body, f"draft.body:{held.id}"), uow.now
    uow.flush()
    for old in uow.find(Draft, owner_id=_owner(actor), order="-saved_at")[MOST_DRAFTS:]:
        uow.delete(old)


def load(uow: UnitOfWork, actor: Actor, key: str) -> dict[str, Any] | None:
    """{"key", "saved_at", "fields"} of the actor's draft; None when there is none."""
    held = _held(uow, actor, key)
    return _opened(uow, held) if held else None


def listed(uow: UnitOfWork, actor: Actor) -> list[dict[str, Any]]:
    """The actor's drafts, the latest first."""
    return [_opened(uow, held) for held in uow.find(Draft, owner_id=_owner(actor), order="-saved_at")]


def drop(uow: UnitOfWork, actor: Actor, key: str) -> None:
    """Throws a draft away; nothing happens when it is gone already."""
    held = _held(uow, actor, key)
    if held is not None:
        uow.delete(held)


def _held(uow: UnitOfWork, actor: Actor, key: str) -> Draft | None:
    return uow.first(Draft, owner_id=_owner(actor), key=key)


def _owner(actor: Actor) -> int:
    return actor.user_id or 0


def _opened(uow: UnitOfWork, held: Draft) -> dict[str, Any]:
    fields = json.loads(uow.open(held.body_sealed, f"draft.body:{held.id}") or "{}")
    return {"key": held.key, "saved_at": held.saved_at, "fields": fields}
