"""Engines for the two databases, and what each needs to be told at connect.

SQLite runs in WAL with one writer: write transactions begin IMMEDIATE so that two writers queue instead of
failing half-way. `synchronous` FULL survives a power cut, NORMAL only a crash of the process.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import QueuePool

LOCK_WAIT_S = 10
LARGEST_IDLE_WAL = 64 * 1024 * 1024
"""Bytes that the write-ahead log keeps after a checkpoint; a large import would leave it large for good."""


def build_engine(url: str, *, threads: int, synchronous: str = "FULL") -> Engine:
    """An engine for a `sqlite:///path` or `postgresql+psycopg://…` URL with a pool as large as its threads.

    What its errors say holds no values: they would carry callers' words into the log.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=threads, max_overflow=2, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=threads,
        max_overflow=2,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": LOCK_WAIT_S},
    )
    event.listen(engine, "connect", _prepare_sqlite(synchronous))
    event.listen(engine, "begin", _begin)
    return engine


def fate_of(error: Exception) -> str:
    """What to do about an error of the database: "again" (two transactions clashed), "later" (it is away), ""."""
    if isinstance(error, IntegrityError | StaleDataError):
        return "again"
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", "") or ""
        return "again" if state in _CLASHES else "later" if isinstance(error, OperationalError) else ""
    return "later" if isinstance(error, PoolTimeout) else ""


_CLASHES = frozenset({"40001", "40P01"})
"""PostgreSQL: serialization_failure, deadlock_detected."""


def _prepare_sqlite(synchronous: str) -> Any:
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-32000",
            "mmap_size=268435456",
            f"journal_size_limit={LARGEST_IDLE_WAL}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return prepare


def _begin(connection: Any) -> None:
    reading = connection.get_execution_options().get("hotline_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
