"""Creates per second through HTTP: eight clients, one request one ticket one transaction."""

from __future__ import annotations

import json
from dataclasses import asdict

from bench.creation import WARM_UP, drafts
from bench.served import serving
from bench.wire import exchange, request
from hotline.bootstrap import build_runtime
from hotline.domain.drafts import TicketDraft
from hotline.settings import Settings

CLIENTS = 8
PATH = "/api/v1/tickets"
_SENT = ("text", "title", "place", "area", "category", "request_type")


def _body(draft: TicketDraft) -> bytes:
    caller = {name: value for name, value in asdict(draft.caller).items() if name in ("name", "phone")}
    return json.dumps({**{name: getattr(draft, name) for name in _SENT}, "caller": caller}).encode()


def through_http(settings: Settings, count: int) -> float:
    """Creates per second of the API."""
    runtime = build_runtime(settings)
    try:
        bodies = [_body(draft) for draft in drafts(runtime, count + WARM_UP, seed=2)]
    finally:
        runtime.close()
    with serving(settings, "agent") as server:
        messages = [request("POST", PATH, server.secret, body) for body in bodies]
        exchange(server.port, messages[:WARM_UP], CLIENTS, 201)
        seconds, _ = exchange(server.port, messages[WARM_UP:], CLIENTS, 201)
    return count / seconds
