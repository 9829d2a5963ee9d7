"""Killed at any point: no acknowledged ticket is lost, no effect happens twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from hotline.bootstrap import build_runtime
from hotline.domain.records import Notice
from hotline.runtime import Runtime
from hotline.services import lighting, queries
from hotline.settings import Settings
from tests.conftest import actors_of
from tests.fakes import FixedClock
from tests.flows.story import Story
from tests.serving import settle

REGISTERS_AND_DIES = """
    import os, signal
    from hotline.bootstrap import build_runtime
    from hotline.settings import Settings
    from tests.flows.story import Story
    runtime = build_runtime(Settings(home={home!r}, classifier="rules:"))
    story = Story(runtime)
    no = story.register()
    story.dispatch(no)
    print(no, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""

DIES_BETWEEN_EFFECT_AND_MARK = """
    import asyncio, os, signal
    from hotline.adapters.db import outbox
    from hotline.bootstrap import build_runtime
    from hotline.settings import Settings
    from hotline.workers import Workers
    runtime = build_runtime(Settings(home={home!r}, classifier="rules:"))
    runtime.ticket_index.open()
    outbox.mark_published = lambda uow, ids: os.kill(os.getpid(), signal.SIGKILL)
    async def run():
        workers = Workers(runtime)
        await workers.start(frozenset(["consumers"]))
        await workers.drain()
    asyncio.run(run())
"""


def _run(script: str, home: Path) -> str:
    code = textwrap.dedent(script).format(home=str(home))
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=100)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return done.stdout.strip()


def _reopened(home: Path) -> Runtime:
    runtime = build_runtime(Settings(home=str(home), classifier="rules:"))
    runtime.ticket_index.open()
    return runtime


def test_a_kill_between_commit_and_publish_loses_nothing(home: Path) -> None:
    no = _run(REGISTERS_AND_DIES, home)
    runtime = _reopened(home)
    try:
        assert runtime.query(lambda uow: uow.views.outbox_state())["waiting"] > 0
        settle(runtime)
        assert runtime.query(queries.ticket, actors_of(runtime)["supervisor"], no)["state"] == "handling"
        assert runtime.ticket_index.count() == 1
        assert len(_notices(runtime, "dispatched")) == 1
    finally:
        runtime.close()


def test_a_kill_after_the_effects_repeats_none_of_them(home: Path) -> None:
    no = _run(REGISTERS_AND_DIES, home)
    _run(DIES_BETWEEN_EFFECT_AND_MARK, home)
    runtime = _reopened(home)
    try:
        assert runtime.query(lambda uow: uow.views.outbox_state())["waiting"] > 0
        settle(runtime)
        assert len(_notices(runtime, "dispatched")) == 1
        assert len(_notices(runtime, "ticket.registered")) == 1
        entries = runtime.query(queries.timeline, actors_of(runtime)["supervisor"], no)
        assert [entry["kind"] for entry in entries].count("dispatch") == 1
    finally:
        runtime.close()


def _notices(runtime: Runtime, kind: str) -> list[int]:
    return runtime.query(lambda uow: [notice.id for notice in uow.find(Notice, kind=kind)])


def test_the_sweep_announces_each_light_once_over_restarts(settings: Settings) -> None:
    clock = FixedClock()
    first = build_runtime(settings, clock)
    story = Story(first)
    no, _ = story.dispatched()
    clock.move(days=40)
    while first.transact(lighting.announce):
        pass
    urges = story.ticket(no)["urges"]
    assert {urge["level"] for urge in urges} == {"red"}
    first.close()
    second = build_runtime(settings, clock)
    assert second.transact(lighting.announce) is False
    assert len(Story(second).ticket(no)["urges"]) == len(urges)
    second.close()
