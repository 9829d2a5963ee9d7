"""Bringing a database to the newest revision, and refusing to run on any other."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from hotline.domain.errors import Unavailable


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", "hotline:migrations")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(engine: Engine) -> str:
    """The revision that the database is at; "" for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def migrate(engine: Engine) -> bool:
    """Upgrades to the newest revision; True when there was something to do. A SQLite file is copied first."""
    before = revision(engine)
    if before == head():
        return False
    if before and engine.dialect.name == "sqlite" and engine.url.database:
        _copy_aside(Path(engine.url.database), before)
    with engine.begin() as connection:
        command.upgrade(_config(connection), "head")
    return True


def _copy_aside(file: Path, revision_before: str) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    shutil.copy2(file, file.with_name(f"{file.name}.{revision_before}.{stamp}.bak"))


def check(engine: Engine) -> None:
    """Unavailable, saying what to type, when the database is not at the newest revision."""
    found = revision(engine)
    if found != head():
        state = f"版本 {found}" if found else "空库"
        raise Unavailable(
            "schema.outdated",
            f"数据库是{state}，程序需要版本 {head()}：请先运行 hotline migrate（新装请运行 hotline init）",
        )
