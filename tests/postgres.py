"""A database of a test's own on a real PostgreSQL, filled once per run from the same starter city."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from hotline.commands import setup
from hotline.settings import Settings

VARIABLE = "HOTLINE_TEST_DATABASE_URL"


def server_url() -> str:
    """The URL of the server, or a skip that names the variable."""
    url = os.environ.get(VARIABLE, "")
    if not url:
        pytest.skip(f"set {VARIABLE} to run on PostgreSQL")
    return url


def _execute(statement: str) -> None:
    engine = create_engine(server_url(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _named(name: str) -> str:
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False)


@cache
def _template(home: str, password: str) -> str:
    """The name of a filled database with the same keys as the template installation."""
    name = f"hotline_template_{uuid.uuid4().hex[:8]}"
    _execute(f'CREATE DATABASE "{name}"')
    setup.prepare(
        Settings(home=home, database=_named(name), classifier="rules:", index=f"sqlite:///{name}.db"),
        requests=False,
        password=password,
    )
    return name


@contextlib.contextmanager
def postgres_database(settings: Settings, home: Path) -> Iterator[Settings]:
    """The settings moved to a fresh copy of the template database, dropped afterwards."""
    from tests.conftest import PASSWORD

    source, name = _template(str(home), PASSWORD), f"hotline_{uuid.uuid4().hex[:12]}"
    _execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    try:
        yield replace(settings, database=_named(name), writers=4)
    finally:
        _execute(f'DROP DATABASE "{name}" WITH (FORCE)')
