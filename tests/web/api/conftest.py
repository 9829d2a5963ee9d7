"""Calling the API: clients with bearer tokens, and a signer for legacy systems. One server serves a whole module."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hotline.domain.people import User
from hotline.services import accounts, signing
from hotline.settings import Settings
from tests.conftest import PASSWORD
from tests.postgres import postgres_database
from tests.serving import Client, Served, serving

API = "/api/v1"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def api(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Api]:
    home = Path(shutil.copytree(template, tmp_path_factory.mktemp("api") / "home"))
    settings = Settings(home=str(home), classifier="rules:", synchronous="OFF", telephony="")
    with contextlib.ExitStack() as stack:
        if request.param == "postgres":
            settings = stack.enter_context(postgres_database(settings, template))
        yield Api(stack.enter_context(serving(settings, PASSWORD)))


class Api:
    """The served house and ways to call it."""

    def __init__(self, served: Served) -> None:
        self.served, self.runtime = served, served.runtime
        self._tokens: dict[str, str] = {}

    def token(self, login: str) -> str:
        if login not in self._tokens:
            self._tokens[login] = self.runtime.transact(_token, login)
        return self._tokens[login]

    def as_(self, login: str = "") -> Caller:
        return Caller(self.served.client(), self.token(login) if login else "")

    def key(self, hotline: str) -> Key:
        made = self.runtime.transact(lambda uow: signing.issue_key(uow, _actor(uow, "secadmin"), hotline))
        return Key(self.served.base, made["key_id"], made["secret"])


def _actor(uow: Any, login: str) -> Any:
    return accounts.actor_of(uow.first(User, login=login))


def _token(uow: Any, login: str) -> str:
    return accounts.issue_token(uow, _actor(uow, login), "tests")


class Caller:
    """Somebody with a token (or nobody): `get`, `post` … answer (status, JSON)."""

    def __init__(self, client: Client, token: str) -> None:
        self.client = client
        if token:
            client.headers["Authorization"] = f"Bearer {token}"

    def send(self, verb: str, path: str, **kwargs: Any) -> requests.Response:
        return self.client.request(verb, f"{API}{path}", **kwargs)

    def get(self, path: str, **params: Any) -> tuple[int, Any]:
        return _read(self.send("GET", path, params=params))

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return _read(self.send("POST", path, json=body if body is not None else {}, headers=headers))

    def put(self, path: str, body: Any) -> tuple[int, Any]:
        return _read(self.send("PUT", path, json=body))

    def delete(self, path: str) -> tuple[int, Any]:
        return _read(self.send("DELETE", path))

    def move(self, no: str, move: str, **data: Any) -> tuple[int, Any]:
        return self.post(f"/tickets/{no}/moves", {"move": move, **data})


def _read(answer: requests.Response) -> tuple[int, Any]:
    assert answer.headers["Content-Type"].startswith("application/json"), answer.text[:500]
    return answer.status_code, answer.json()


class Key:
    """A legacy system with its key. It signs by the written rule, not with the house's own function."""

    def __init__(self, base: str, key_id: str, secret: str) -> None:
        self.base, self.key_id, self.secret = base, key_id, secret

    def headers(
        self, verb: str, path: str, body: bytes = b"", at: float | None = None, nonce: str = ""
    ) -> dict[str, str]:
        moment, nonce = str(int(time.time() if at is None else at)), nonce or secrets.token_hex(12)
        lines = "\n".join((verb, path, moment, nonce, hashlib.sha256(body).hexdigest()))
        return {
            "X-Hotline-Key": self.key_id,
            "X-Hotline-Timestamp": moment,
            "X-Hotline-Nonce": nonce,
            "X-Hotline-Signature": hmac.new(self.secret.encode(), lines.encode(), hashlib.sha256).hexdigest(),
        }

    def post(self, path: str, body: Any, **changed: str) -> tuple[int, Any]:
        raw = json.dumps(body, ensure_ascii=False).encode()
        headers = {**self.headers("POST", f"{API}{path}", raw), **changed}
        return _read(requests.post(f"{self.base}{API}{path}", data=raw, headers=headers, timeout=30))

    def get(self, path: str) -> tuple[int, Any]:
        headers = self.headers("GET", f"{API}{path}")
        return _read(requests.get(f"{self.base}{API}{path}", headers=headers, timeout=30))
