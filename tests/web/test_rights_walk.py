"""Every route × role × verb of the application, held against the permission table.

Routes are read from the application itself, so a new page is walked without anybody adding it here; only a path group
of a new form needs a value in SAMPLES. Bodies are empty: what the table lets through may then be refused as bad input,
not found or out of state, but neither as "who are you" nor by the table.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tornado.websocket import WebSocketHandler

from hotline.domain.people import User
from hotline.domain.rights import PERMISSIONS, ROLES
from hotline.services import accounts
from hotline.settings import Settings
from hotline.web import app
from hotline.web.base import LOGGED_IN, PUBLIC, Handler
from tests.conftest import PASSWORD
from tests.serving import serving

SAMPLES = (
    "1",
    "20260101-00001",
    "12345",
    "abc",
    "note",
    "areas",
    "phone",
    "LZ-GAJ",
    "x/y",
    "2026",
    "2026-01-01",
    *("0" * length for length in (12, 16, 24, 32, 36, 40, 64)),
)
VERBS = ("get", "post", "put", "patch", "delete")
BY_TABLE = "not_allowed"


def path_of(pattern: str) -> str:
    """A path that the route's pattern takes, each group filled with the first sample that fits it."""
    filled = _GROUP.sub(lambda group: _sample(group[0]), pattern)
    path = re.sub(r"\\(.)", r"\1", filled).rstrip("$").replace("/?", "")
    assert re.fullmatch(pattern.rstrip("$"), path), f"no plausible path for {pattern}: {path}"
    return path


_GROUP = re.compile(r"\((?:[^()\[\]]|\[[^\]]*\])*\)")


def _sample(group: str) -> str:
    for sample in (*SAMPLES, *re.findall(r"[\w-]+", group)):
        if re.fullmatch(group, sample):
            return sample
    raise AssertionError(f"add a sample for the path group {group}")


def declared() -> Iterator[tuple[str, type[Handler], str, str]]:
    """(path, handler, verb, need) of every verb that the application answers."""
    for pattern, handler, *_ in app.routes():
        if issubclass(handler, WebSocketHandler):
            continue
        for verb in handler.verbs_at(re.compile(pattern).groups):
            yield path_of(pattern), handler, verb, handler.need(verb)


WALKED = list(declared())
IDS = [f"{verb} {path}" for path, _, verb, _ in WALKED]


@pytest.fixture(scope="module")
def walkers(template: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, requests.Session]]:
    """role -> a session with a token of an account that has this role alone; "" is nobody."""
    home = shutil.copytree(template, tmp_path_factory.mktemp("walk") / "home")
    settings = Settings(home=str(home), classifier="rules:", synchronous="OFF", telephony="")
    with serving(settings, PASSWORD) as served:
        sessions = {}
        for role in ("", *ROLES):
            session = sessions[role] = served.client()
            session.headers["Accept"] = "application/json"
            if role:
                session.headers["Authorization"] = f"Bearer {served.runtime.transact(_token, role)}"
            else:
                session.get("/login")
        yield sessions


def _token(uow: Any, role: str) -> str:
    unit = "LZ01-CGJ" if role.startswith("unit_") else ""
    user = User(
        id=uow.new_id(),
        login=f"walk-{role}",
        name=ROLES[role],
        password_hash="",
        roles=[role],
        unit=unit,
        created_at=uow.now,
        changed_at=uow.now,
    )
    uow.add(user)
    uow.flush()
    return accounts.issue_token(uow, accounts.actor_of(user), "walk")


def asked(session: requests.Session, verb: str, path: str) -> tuple[int, str]:
    """(status, error code or "") of a request with an empty body."""
    answer = session.request(verb.upper(), path, allow_redirects=False)
    try:
        body = answer.json()
    except ValueError:
        body = {}
    code = body.get("code", "") if isinstance(body, dict) else ""
    assert answer.status_code < 500 or answer.status_code == 503, answer.text[:500]
    return answer.status_code, str(code)


def test_every_need_is_a_permission_of_the_table() -> None:
    for path, handler, verb, need in WALKED:
        assert need in {*PERMISSIONS, PUBLIC, LOGGED_IN}, (path, handler, verb, need)


def test_every_route_answers_some_verb() -> None:
    walked = {handler for _, handler, _, _ in WALKED}
    for _, handler, *_ in app.routes():
        assert handler in walked or issubclass(handler, WebSocketHandler)


@pytest.mark.parametrize(("path", "handler", "verb", "need"), WALKED, ids=IDS)
def test_each_verb_serves_exactly_those_whom_the_table_names(
    walkers: dict[str, requests.Session], path: str, handler: type[Handler], verb: str, need: str
) -> None:
    status, code = asked(walkers[""], verb, path)
    if need == PUBLIC:
        signed = getattr(handler, "operations", {}).get(verb)
        assert (status == 401) == bool(signed and signed.signed)
        assert code != BY_TABLE
        return
    to_login = status == 302
    assert status == 401 or (to_login and verb == "get" and handler.wants_html), (status, code)
    for role in ROLES:
        status, code = asked(walkers[role], verb, path)
        if need == LOGGED_IN or role in PERMISSIONS[need]:
            assert status != 401, role
            assert code != BY_TABLE, role
        else:
            assert (status, code) == (403, BY_TABLE), role


@pytest.mark.parametrize("path", sorted({path for path, *_ in WALKED}))
def test_other_verbs_are_refused_whoever_asks(walkers: dict[str, requests.Session], path: str) -> None:
    answered = {verb for at, _, verb, _ in WALKED if at == path}
    for verb in (*VERBS, "trace"):
        if verb not in answered:
            refused = walkers["supervisor"].request(verb.upper(), path, allow_redirects=False)
            assert refused.status_code in (404, 405)
            assert refused.json()["ok"] is False
    told = walkers["supervisor"].request("OPTIONS", path)
    assert told.status_code == 204
    assert {verb.lower() for verb in told.headers["Allow"].split(", ")} >= answered
