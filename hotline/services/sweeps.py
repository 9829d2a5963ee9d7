"""What time itself brings: lights, ended suspensions, notices and push-backs that wait, archiving, seals on the audit."""

from __future__ import annotations

import logging
from datetime import timedelta

from hotline.domain.errors import Unavailable
from hotline.runtime import Runtime
from hotline.services import archiving, auditing, knowledge, lighting, notices, pushback
from hotline.services.learning import scores

log = logging.getLogger(__name__)


async def lights(rt: Runtime) -> None:
    """Announces every clock that turned yellow or red since the last look; survives restarts because the light
    that was announced is a column."""
    while await rt.run(lighting.announce):
        pass


async def suspensions(rt: Runtime) -> None:
    """挂账 that has reached its day goes on."""
    await rt.run(lighting.end_suspensions)


async def send_notices(rt: Runtime) -> None:
    for outgoing in await rt.run(notices.take_outgoing):
        channel = rt.notifiers.get(outgoing.channel)
        if channel is None:
            await rt.run(notices.settle, outgoing.id, "没有配置这种通知渠道")
            continue
        try:
            refusal = await rt.call(channel.send, outgoing.address, outgoing.text, str(outgoing.id))
        except Unavailable as error:
            log.warning("notice.later", extra={"notice": outgoing.id, "code": error.code})
            continue
        await rt.run(notices.settle, outgoing.id, refusal)


async def push_backs(rt: Runtime) -> None:
    for push_id, hotline, payload in await rt.run(pushback.take_due):
        try:
            refusal = await rt.call(rt.outlet.push, hotline, payload, str(push_id))
        except Unavailable as error:
            log.warning("push_back.later", extra={"push": push_id, "code": error.code})
            continue
        await rt.run(pushback.settle, push_id, refusal)


async def seal_audit(rt: Runtime) -> None:
    while await rt.run(auditing.seal):
        pass


async def archive(rt: Runtime) -> None:
    """Tickets that were closed long ago are archived, a batch at a time."""
    await rt.run(archiving.archive_old)


async def articles(rt: Runtime) -> None:
    """Articles whose time has come expire or are marked for review."""
    await rt.run(knowledge.sweep)


REMEMBERED = timedelta(hours=24)
"""How long an Idempotency-Key and a signature's nonce are kept; a signature itself holds for minutes."""


async def repeats(rt: Runtime) -> None:
    """Answers kept for repeated requests are dropped after a day; they hold tracking codes."""
    await rt.run(lambda uow: uow.forget_remembered(uow.now - REMEMBERED))


async def weekly_scores(rt: Runtime) -> None:
    """What the models achieved week by week, reckoned anew while people still speak about those weeks."""
    await scores.refresh(rt)


async def left_asides(rt: Runtime) -> None:
    """Texts of a training, models half copied and tables half sent, left by processes that were killed."""
    await rt.call(rt.models.sweep)
    await rt.call(rt.exports.sweep)


STEPS = (
    lights,
    suspensions,
    send_notices,
    push_backs,
    archive,
    articles,
    repeats,
    weekly_scores,
    left_asides,
    seal_audit,
)
