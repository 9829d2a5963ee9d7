"""Answer times of lists, details and search on many tickets, one reader, over HTTP: pages as people get them, and JSON."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.bulk import fill
from bench.served import serving
from bench.texts import QUERIES
from bench.wire import exchange, request
from hotline.bootstrap import build_runtime
from hotline.runtime import Runtime
from hotline.settings import Settings

ROUNDS = 200
WARM_UP = 10
READER = "supervisor"


@dataclass(frozen=True)
class Answers:
    """Milliseconds of one kind of question."""

    name: str
    count: int
    median: float
    p95: float


def filled(settings: Settings, count: int) -> None:
    """Makes sure that the installation holds `count` bulk tickets (made once and kept)."""
    mark = Path(settings.home) / "bulk-tickets"
    if mark.is_file() and mark.read_text() == str(count):
        return
    runtime = build_runtime(settings)
    try:
        fill(runtime, count)
    finally:
        runtime.close()
    mark.write_text(str(count))


def answer_times(settings: Settings) -> list[Answers]:
    """Each question set asked by one reader."""
    runtime = build_runtime(settings)
    try:
        sets = _questions(runtime)
    finally:
        runtime.close()
    found = []
    with serving(settings, READER) as server:
        for name, paths in sets.items():
            messages = [request("GET", path, server.secret) for path in paths]
            exchange(server.port, messages[:WARM_UP], 1, 200)
            _, seconds = exchange(server.port, messages, 1, 200)
            ranked = sorted(taken * 1000 for taken in seconds)
            found.append(
                Answers(name, len(ranked), ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.95)])
            )
    return found


def _questions(runtime: Runtime) -> dict[str, list[str]]:
    """The fixed questions: lists by filter and page, tickets at random, the query set."""
    pick = random.Random(3)
    tickets = [
        runtime.query(lambda uow, at=at: uow.views.tickets({}, at + 1, 1))["items"] for at in _spread(runtime)
    ]
    numbers = [found[0]["no"] for found in tickets if found]
    filters = ["", "state=handling", "state=review", "request_type=complaint", "overdue=true", "area=LZ01"]
    lists = [f"?limit=50&{pick.choice(filters)}" for _ in range(ROUNDS)]
    queries = [f"?q={quote(pick.choice(QUERIES))}&limit=20" for _ in range(ROUNDS)]
    api, pages = "/api/v1/tickets", "/tickets"
    return {
        "list page (JSON)": [api + query for query in lists],
        "list page (HTML)": [pages + query.replace("limit=50&", "") for query in lists],
        "ticket detail (JSON)": [f"{api}/{no}" for no in numbers],
        "ticket detail (HTML)": [f"{pages}/{no}" for no in numbers],
        "search (JSON)": [api + query for query in queries],
        "search (HTML)": [pages + query.replace("&limit=20", "") for query in queries],
    }


def _spread(runtime: Runtime) -> list[int]:
    """Ids all over the tickets."""
    newest = runtime.query(lambda uow: uow.views.tickets({}, None, 1))["items"][0]["id"]
    oldest = runtime.query(lambda uow: uow.views.ids_after("tickets", 0, 1))[0]
    return [oldest + (newest - oldest) * step // ROUNDS for step in range(1, ROUNDS + 1)]
