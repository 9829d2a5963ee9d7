"""Creates per second: bare sqlite3 against the use case, one transaction each.

The bare side writes exactly what the use case wrote: its INSERTs are captured with their values and played into
another copy of the same empty database, so tables, indexes, rows and commits are the same.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event

from bench.texts import Texts
from hotline.bootstrap import build_runtime
from hotline.domain.drafts import TicketDraft
from hotline.domain.people import Actor, User
from hotline.runtime import Runtime
from hotline.services import intake
from hotline.services.accounts import actor_of
from hotline.settings import Settings

WARM_UP = 50
Statements = list[tuple[str, Any]]


def copied(template: Settings, name: str, **changes: Any) -> Settings:
    """An installation of its own, copied from the template."""
    home = Path(template.home).with_name(name)
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template.home, home)
    return replace(template, home=str(home), **changes)


def agent_of(runtime: Runtime) -> Actor:
    return runtime.query(lambda uow: actor_of(uow.first(User, login="agent")))


def drafts(runtime: Runtime, count: int, seed: int = 1) -> list[TicketDraft]:
    return list(Texts(runtime.query(lambda uow: uow.reference), seed).drafts(count))


def captured(settings: Settings, count: int) -> list[Statements]:
    """The writing statements of each of `count` registrations, with their values."""
    runtime = build_runtime(settings)
    try:
        actor, taken = agent_of(runtime), drafts(runtime, count)
        heard: list[Statements] = []

        def hear(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
            if statement.startswith(("INSERT", "UPDATE")):
                heard[-1] += [(statement, row) for row in values] if many else [(statement, values)]

        event.listen(runtime.uows.engine, "before_cursor_execute", hear)
        for draft in taken:
            heard.append([])
            runtime.transact(intake.register, actor, draft)
        return heard
    finally:
        runtime.close()


def bare(settings: Settings, transactions: Sequence[Statements]) -> float:
    """Creates per second of sqlite3 alone."""
    database = sqlite3.connect(Path(settings.home) / "hotline.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", f"synchronous={settings.synchronous}", "foreign_keys=ON"):
        database.execute(f"PRAGMA {pragma}")
    try:
        for statements in transactions[:WARM_UP]:
            _play(database, statements)
        started = time.perf_counter()
        for statements in transactions[WARM_UP:]:
            _play(database, statements)
        return (len(transactions) - WARM_UP) / (time.perf_counter() - started)
    finally:
        database.close()


def _play(database: sqlite3.Connection, statements: Statements) -> None:
    database.execute("BEGIN IMMEDIATE")
    for statement, values in statements:
        database.execute(statement, values)
    database.execute("COMMIT")


def use_case(settings: Settings, count: int) -> float:
    """Creates per second of `intake.register`, called in this process."""
    runtime = build_runtime(settings)
    try:
        actor, taken = agent_of(runtime), drafts(runtime, count + WARM_UP)
        for draft in taken[:WARM_UP]:
            runtime.transact(intake.register, actor, draft)
        started = time.perf_counter()
        for draft in taken[WARM_UP:]:
            runtime.transact(intake.register, actor, draft)
        return count / (time.perf_counter() - started)
    finally:
        runtime.close()
