"""What a person had read when they acted: an act on a ticket that somebody else moved meanwhile is refused, and the
refusal says who did what.

A page carries the id of the last step it showed. Steps that change nothing of what is decided (lights, the model's
reading, notices) do not count, nor do one's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import Conflict
from hotline.domain.people import Actor
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services.queries import step_label

QUIET = frozenset(
    "classified lit clock_adjusted notice_refused pushed_back urge contacted_again linked indexed".split()
)


def last_step(whole: dict[str, Any]) -> int:
    """What a page has to carry: the id of the newest step that it shows, 0 without any."""
    return max((entry["id"] for entry in whole["timeline"]), default=0)


def news(
    uow: UnitOfWork, actor: Actor, ticket_id: int, since: int, assignment_id: int | None = None
) -> list[dict[str, Any]]:
    """What others did after step `since`: {"at", "actor", "label"}. A unit is told of its own assignment's steps
    and of the ticket's own, not of what its neighbours do."""
    rows = uow.views.steps_after(ticket_id, since)
    return [
        {"at": row["at"], "actor": row["actor"], "label": step_label(row["kind"])}
        for row in rows
        if row["kind"] not in QUIET
        and (row["actor_id"] is None or row["actor_id"] != actor.user_id)
        and (not actor.bound_to_unit or row["assignment_id"] in (None, assignment_id))
    ]


def check(
    uow: UnitOfWork, actor: Actor, ticket: Ticket, since: int, assignment_id: int | None = None
) -> None:
    """Conflict that names who did what since; `since` 0 (nothing was shown) passes."""
    found = news(uow, actor, ticket.id, since, assignment_id) if since else []
    if found:
        raise Conflict(
            "ticket.moved", f"{told(found)}。您的操作没有保存，请看过最新情况再办", {"news": len(found)}
        )


def told(found: list[dict[str, Any]]) -> str:
    """One line for people: 李强 10:31 更正要素."""
    return "；".join(f"{row['actor']} {_clock(row['at'])} {row['label']}" for row in found[-3:])


def _clock(at: datetime) -> str:
    return at.astimezone(LOCAL).strftime("%H:%M")
