"""Judging a reply that is being written, for its page and the API: beside the event loop, and nobody waits long for it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from hotline.domain.errors import Unavailable
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import reply_quality

log = logging.getLogger(__name__)
PATIENCE_S = 3.0
MOST_CHARS = 12_001
"""One more than is judged: a longer paper, which nobody could hand in, is told so."""


async def judged(rt: Runtime, actor: Actor, no: str, assignment_id: int, text: str) -> dict[str, Any] | None:
    """The assessment as services/reply_quality.shown gives it; None where there is nothing to judge, or it came late or
    failed: the reply goes on without. NotFound for somebody else's assignment."""
    asked, unit = await rt.read(_asked, actor, no, assignment_id, text[:MOST_CHARS])
    if not text.strip():
        return None
    try:
        found = await asyncio.wait_for(rt.call(rt.assessor.assess, **asked), PATIENCE_S)
    except (TimeoutError, Unavailable):
        log.warning("reply_quality.late")
        return None
    except Exception:
        log.exception("reply_quality.failed")
        return None
    return reply_quality.fresh(found.to_dict(), unit, rt.clock.now())


def _asked(uow: UnitOfWork, actor: Actor, no: str, key: int, text: str) -> tuple[dict[str, Any], str]:
    return reply_quality.typed(uow, actor, no, key, text), uow.reference.name("unit", actor.unit)
