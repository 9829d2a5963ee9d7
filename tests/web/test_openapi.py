"""The OpenAPI document: complete, valid, true. schemathesis asks every operation what the document allows and what it
forbids, with the tokens of several roles and tickets in several states; nothing may fail or answer otherwise than
the document says."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hotline.web.api import HANDLERS, openapi
from hotline.web.api.moves import CALLS
from tests.web.api.conftest import API, Api, Key, api
from tests.web.api.test_api_tickets import registered

__all__ = ["api"]

DOCUMENT = json.loads(json.dumps(openapi.document(HANDLERS, "澜州市 12345 热线 API")))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
LOGINS = ("supervisor", "agent", "dispatcher", "unit-lz01-cgj", "editor", "secadmin", "sysadmin")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


class Known:
    """What is there to be asked for: tickets in several states, an article, a key."""

    def __init__(self, api: Api) -> None:
        self.api, self.key = api, api.key("12369")
        self.key.post("/intake/12369", {"external_no": "S-1", "text": "夜间施工扰民"})
        self.tickets = [
            self._ticket(state) for state in ("draft", "review", "handling", "follow_up", "closed")
        ]
        self.article = str(api.as_("editor").get("/kb/articles", limit=1)[1]["items"][0]["id"])

    def _ticket(self, state: str) -> str:
        if state == "draft":
            return registered(self.api, outcome={"kind": "draft"})
        if state in ("follow_up", "closed"):
            solved = state == "closed"
            return registered(self.api, outcome={"kind": "answer", "reply": "已告知。", "solved": solved})
        no = registered(self.api)
        if state == "handling":
            self.api.as_("reviewer").move(no, "approve")
            self.api.as_("dispatcher").move(no, "dispatch", lead="LZ01-CGJ")
        return no

    def place(self, name: str, choice: int) -> str:
        return {
            "no": self.tickets[choice % len(self.tickets)],
            "hotline": "12369",
            "external_no": "S-1",
            "kind": ("areas", "units", "categories", "hotlines", "reasons")[choice % 5],
            "id": self.article,
            "key_id": self.key.key_id,
        }[name]


@pytest.fixture(scope="module")
def known(api: Api) -> Known:
    return Known(api)


class Signing(requests.auth.AuthBase):
    """Signs the request as it goes out."""

    def __init__(self, key: Key) -> None:
        self.key = key

    def __call__(self, request: Any) -> Any:
        body = request.body or b""
        raw = body if isinstance(body, bytes) else body.encode()
        nonce = secrets.token_hex(8)
        request.headers.update(self.key.headers(request.method, request.path_url, raw, time.time(), nonce))
        return request


class Bearing(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@pytest.mark.filterwarnings(
    # the server runs in a thread beside the strategies and may draw an id while they draw a case
    "ignore:Do not use the `random` module inside strategies:hypothesis.errors.HypothesisDeprecationWarning"
)
@SCHEMA.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_the_document_says(case: Any, known: Known) -> None:
    choice = int.from_bytes(hashlib.sha256(repr(case.body).encode("utf-8", "replace")).digest()[:4], "big")
    places = case.path_parameters
    if places and choice % 4:
        for name in list(places):
            places[name] = known.place(name, choice)
    signed = "signature" in str(case.operation.definition.raw.get("security"))
    auth: Any = Signing(known.key) if signed else Bearing(known.api.token(LOGINS[choice % len(LOGINS)]))
    answer = case.call(base_url=known.api.served.base, auth=auth, timeout=30)
    case.validate_response(answer, checks=CHECKS)


def test_every_operation_is_there_once_and_says_what_it_is() -> None:
    ids = [written["operationId"] for verbs in DOCUMENT["paths"].values() for written in verbs.values()]
    assert len(ids) == len(set(ids))
    for handler, verb, operation in openapi.every(HANDLERS):
        written = DOCUMENT["paths"][handler.path][verb]
        assert written["summary"]
        assert str(operation.status) in written["responses"]
    assert set(ids) == {operation.id for _, _, operation in openapi.every(HANDLERS)}


def test_a_handler_declares_the_verbs_that_it_answers() -> None:
    for handler in HANDLERS:
        assert set(handler.verbs()) == set(handler.operations), handler


def test_every_move_has_its_shape_in_the_document() -> None:
    body = DOCUMENT["components"]["schemas"]["MoveBody"]
    assert body["discriminator"]["propertyName"] == "move"
    assert set(body["discriminator"]["mapping"]) == set(CALLS)


def test_the_examples_of_the_document_are_taken(api: Api) -> None:
    for handler, _, operation in openapi.every(HANDLERS):
        for sample in operation.samples.values():
            assert operation.body is not None
            operation.body.model_validate(sample)
            assert handler.path.startswith(API)


def test_the_document_is_served(api: Api) -> None:
    status, served = api.as_().get("/openapi.json")
    assert status == 200
    assert served["openapi"] == "3.1.0"
    assert served["paths"] == DOCUMENT["paths"]


def test_the_readable_page_names_every_operation_and_needs_nothing_from_elsewhere(api: Api) -> None:
    page = api.served.client().get("/api/docs")
    assert page.status_code == 200
    for path, verbs in DOCUMENT["paths"].items():
        assert path in page.text
        for written in verbs.values():
            assert written["summary"] in page.text
    for forbidden in ("https://", "<style", "style=", "onclick="):
        assert forbidden not in page.text


def test_the_guide_lists_every_operation_and_what_it_takes() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "api.md").read_text("utf-8")
    for handler, verb, operation in openapi.every(HANDLERS):
        need = "signature" if operation.signed else operation.needs
        assert f"| `{verb.upper()} {handler.path}` | {operation.id} | {need} |" in guide
