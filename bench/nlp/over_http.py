"""The whole answer of POST /api/v1/classify, with rules, extraction, places, catalogue and history, as a client sees it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.installations import installation
from bench.served import serving
from bench.wire import exchange, request
from classifiers import corpus

PATH = "/api/v1/classify"
ASKED, WARM_UP, CLIENTS = 400, 20, 8


def report(data: Path) -> dict[str, Any]:
    """Milliseconds of one message a request, messages uncut; and messages a second of eight clients."""
    messages = [message.raw for message in corpus.read(data) if message.raw][: ASKED + WARM_UP]
    settings = installation(classifier="onnx:shipped")
    with serving(settings, "agent") as server:
        asked = [request("POST", PATH, server.secret, _body([text])) for text in messages]
        exchange(server.port, asked[:WARM_UP], 1, 200)
        _, taken = exchange(server.port, asked[WARM_UP:], 1, 200)
        together, _ = exchange(server.port, asked[WARM_UP:], CLIENTS, 200)
    return {"ms": percentiles(taken), f"per_s_of_{CLIENTS}_clients": round(ASKED / together)}


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile in milliseconds."""
    parts = (np.percentile(seconds, [50, 95, 99]) * 1000).round(2).tolist()
    return dict(zip(("p50", "p95", "p99"), parts, strict=True))


def _body(texts: Sequence[str]) -> bytes:
    return json.dumps({"texts": list(texts)}).encode()
