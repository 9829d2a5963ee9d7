"""Mining hot topics in a process of its own, so that neither the event loop nor the desks wait for it.

The child gets masked texts through a pipe and nothing else: no database, no keys, no file. It can be killed at any
moment, and dies with the house by itself because its pipes break.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from hotline.adapters import children
from hotline.ports import MinerFailed, MiningProgress

log = logging.getLogger(__name__)
MOST_TOPICS = 1_000
LEAST_MEMBERS = 3
"""Fewer messages are no topic for a leader; two of the same matter are found at intake."""
LONGEST_LINE = 64 * 1024 * 1024
BEAT_S = 5.0
CHILD = (sys.executable, "-m", "hotline.adapters.topic_child")


class ChildMiner:
    """A ports.TopicMiner. `model` is kept with every run that it made."""

    model = "topics/1"

    def __init__(self, command: tuple[str, ...] = CHILD) -> None:
        self._command = command

    async def mine(
        self, batches: AsyncIterator[list[dict[str, Any]]], until: datetime, told: MiningProgress
    ) -> list[dict[str, Any]]:
        child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            env=children.environment(),
        )
        assert child.stderr is not None
        feeding = asyncio.create_task(_feed(child, batches, until))
        ending = asyncio.create_task(children.last_error(child.stderr))
        try:
            found = await _heard(child, feeding, ending, told)
            await feeding
            return found
        finally:
            feeding.cancel()
            ending.cancel()
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await asyncio.gather(feeding, ending, child.wait(), return_exceptions=True)


async def _feed(
    child: asyncio.subprocess.Process, batches: AsyncIterator[list[dict[str, Any]]], until: datetime
) -> None:
    head = {"until": until.isoformat(), "limit": MOST_TOPICS, "least": LEAST_MEMBERS}
    with contextlib.suppress(ConnectionError):  # the child's own last words tell more
        await _send(child, head)
        async for batch in batches:
            await _send(child, batch)
        await _send(child, None)


async def _send(child: asyncio.subprocess.Process, what: Any) -> None:
    assert child.stdin is not None
    child.stdin.write(json.dumps(what, ensure_ascii=False).encode() + b"\n")
    await child.stdin.drain()


async def _heard(
    child: asyncio.subprocess.Process,
    feeding: asyncio.Task[None],
    ending: asyncio.Task[str],
    told: MiningProgress,
) -> list[dict[str, Any]]:
    """The topics that the child tells. Raises MinerFailed when it ends without having told all, and what feeding
    it raised."""
    topics: list[dict[str, Any]] = []
    while True:
        if feeding.done():
            feeding.result()
        said = await _line(child, ending)
        if said is None:
            await told("", 0, 0)
        elif "topic" in said:
            topics.append(_revived(said["topic"]))
        elif "found" in said:
            return topics
        elif "error" in said:
            log.error("topics.miner_failed", extra={"reason": said["error"]})
            raise MinerFailed(f"分析程序出错（{said['error']}）")
        else:
            await told(said["step"], said["done"], said["total"])


async def _line(child: asyncio.subprocess.Process, ending: asyncio.Task[str]) -> dict[str, Any] | None:
    """The next thing said; None when nothing came for a while."""
    assert child.stdout is not None
    try:
        line = await asyncio.wait_for(child.stdout.readline(), BEAT_S)
    except TimeoutError:
        return None
    if not line.endswith(b"\n"):
        code = await child.wait()
        log.error("topics.miner_ended", extra={"exit_code": code, "reason": await ending})
        raise MinerFailed("分析进程被系统终止，可能是内存不足" if code < 0 else "分析进程意外退出")
    return json.loads(line)


def _revived(topic: dict[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(v) if name in ("first", "last") else v for name, v in topic.items()}
