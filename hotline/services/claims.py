"""占有人: who holds an item of a queue while working on it, so that two people do not do the same work.

A claim is taken by opening the item and ends when it is left, acted on, or after HOLD; then the item is in the 公共池
again. Somebody else may take it over openly; the old holder's act is then refused with the new holder's name.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from hotline.domain.errors import Conflict, invalid_field
from hotline.domain.people import Actor
from hotline.domain.ticket import Claim
from hotline.ports import UnitOfWork

HOLD = timedelta(minutes=15)
QUEUES = {"dispatch": "派单", "application": "申请", "reply": "答复"}


def take(uow: UnitOfWork, actor: Actor, queue: str, subject_id: int, over: bool = False) -> dict[str, Any]:
    """Claims a free item, renews one's own, with `over` takes one over: {"mine", "holder", "at", "changed"}."""
    held = _live(uow, queue, subject_id)
    if held is not None and held.holder_id != actor.user_id and not over:
        return {"mine": False, "holder": held.holder, "at": held.at, "changed": False}
    changed = held is None or held.holder_id != actor.user_id
    row = uow.first(Claim, queue=_known(queue), subject_id=subject_id)
    if row is None:
        row = Claim(
            queue=queue, subject_id=subject_id, holder_id=actor.user_id or 0, holder=actor.name, at=uow.now
        )
        uow.add(row)
    row.holder_id, row.holder, row.at = actor.user_id or 0, actor.name, uow.now
    return {"mine": True, "holder": actor.name, "at": uow.now, "changed": changed}


def release(uow: UnitOfWork, actor: Actor, queue: str, subject_id: int) -> bool:
    """Ends one's own claim; True when there was one."""
    row = uow.first(Claim, queue=_known(queue), subject_id=subject_id, holder_id=actor.user_id)
    if row is not None:
        uow.delete(row)
    return row is not None


def check(uow: UnitOfWork, actor: Actor, queue: str, subject_id: int) -> None:
    """Conflict while somebody else holds the item."""
    held = _live(uow, queue, subject_id)
    if held is not None and held.holder_id != actor.user_id:
        raise Conflict(
            "claim.held",
            f"{held.holder}正在处理这一件，您的操作没有保存；可以先接手，或处理下一件",
            {"holder": held.holder},
        )


def holders(uow: UnitOfWork, queue: str, subjects: Collection[int]) -> dict[int, dict[str, Any]]:
    """Item -> {"holder", "holder_id", "at"} of those that are held now."""
    rows = uow.find(Claim, queue=queue, subject_id=list(subjects), order="subject_id") if subjects else []
    since = uow.now - HOLD
    return {
        row.subject_id: {"holder": row.holder, "holder_id": row.holder_id, "at": row.at}
        for row in rows
        if row.at > since
    }


def _live(uow: UnitOfWork, queue: str, subject_id: int) -> Claim | None:
    row = uow.first(Claim, queue=_known(queue), subject_id=subject_id)
    return row if row is not None and row.at > uow.now - HOLD else None


def _known(queue: str) -> str:
    if queue not in QUEUES:
        raise invalid_field("queue", "没有这个队列")
    return queue
