"""Fixtures that the whole suite shares.

home        an installation folder of this test's own: keys, database, indexes, demo accounts (copied from a template)
clock       a FixedClock that tests move by hand
runtime     the embedded house over `home`; `database` parametrised to PostgreSQL where a test asks for both
actors      login -> Actor of every demo account
server      the house behind HTTP in a thread of its own, workers included; `server.client("agent")` is logged in
drain       relays and consumes until nothing waits

External suites run when HOTLINE_TEST_DATABASE_URL, HOTLINE_TEST_AMQP_URL, HOTLINE_TEST_ELASTIC_URL or
HOTLINE_TEST_ASTERISK is set; with HOTLINE_REQUIRE_EXTERNAL=1 a skip of one of them (or of a browser test) is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hotline.bootstrap import build_runtime
from hotline.commands import setup
from hotline.domain.people import Actor, User
from hotline.runtime import Runtime
from hotline.services.accounts import actor_of
from hotline.settings import Settings
from tests.fakes import FixedClock
from tests.postgres import postgres_database
from tests.serving import Served, serving, settle

PASSWORD = "Demo-pass-2026"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One finished installation that tests copy."""
    home = tmp_path_factory.mktemp("template") / "home"
    setup.prepare(
        Settings(home=str(home), classifier="rules:", synchronous="OFF"), requests=False, password=PASSWORD
    )
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "home"))


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=str(home), classifier="rules:", synchronous="OFF", telephony="")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def runtime(settings: Settings, clock: FixedClock) -> Iterator[Runtime]:
    yield from _opened(settings, clock)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def both(request: pytest.FixtureRequest, settings: Settings, clock: FixedClock) -> Iterator[Runtime]:
    """The runtime on SQLite and on a real PostgreSQL, the same test on each."""
    if request.param == "sqlite":
        yield from _opened(settings, clock)
        return
    with postgres_database(settings, request.getfixturevalue("template")) as moved:
        yield from _opened(moved, clock)


def _opened(settings: Settings, clock: FixedClock) -> Iterator[Runtime]:
    runtime = build_runtime(settings, clock)
    runtime.ticket_index.open()
    runtime.article_index.open()
    yield runtime
    runtime.close()


@pytest.fixture
def actors(runtime: Runtime) -> dict[str, Actor]:
    return actors_of(runtime)


def actors_of(runtime: Runtime) -> dict[str, Actor]:
    return runtime.query(lambda uow: {user.login: actor_of(user) for user in uow.find(User)})


@pytest.fixture
def drain(runtime: Runtime) -> Callable[[], None]:
    return lambda: settle(runtime)


@pytest.fixture
def server(settings: Settings) -> Iterator[Served]:
    with serving(settings, PASSWORD) as served:
        yield served


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
    """Where everything has to run, a skipped external or browser test is a failure."""
    wanted = item.get_closest_marker("external") or item.get_closest_marker("browser")
    required = os.environ.get("HOTLINE_REQUIRE_EXTERNAL") == "1"
    if call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception) and wanted and required:
        reason = str(call.excinfo.value)
        call.excinfo = pytest.ExceptionInfo.from_exception(
            AssertionError(f"must not be skipped here: {reason}")
        )
