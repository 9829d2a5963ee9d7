"""Asking an index from the web: outside any transaction, its errors in the house's kinds, its hits held against the
database before anybody sees or counts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hotline.domain.errors import InvalidInput, Unavailable
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import queries
from kb.api import MAX_LIMIT, MAX_WINDOW, Hits, IndexUnavailable, InvalidQuery, Query

T = TypeVar("T")


async def asked(runtime: Runtime, index: Any, query: Query) -> Hits:
    """The index's answer. Raises Unavailable, InvalidInput."""
    return await answered(runtime, lambda: index.search(query))


async def answered(runtime: Runtime, question: Callable[[], T]) -> T:
    """What a function that asks an index gives. Raises Unavailable, InvalidInput."""
    try:
        return await runtime.call(question)
    except IndexUnavailable as error:
        raise Unavailable("index.unavailable", "检索暂时不可用，请稍后再试") from error
    except InvalidQuery as error:
        raise InvalidInput("query.invalid", error.message) from error


async def ticket_hits(
    runtime: Runtime, actor: Actor, text: str, filters: dict[str, Any], after: int | None, limit: int
) -> dict[str, Any]:
    """A page of tickets by text, best first; "next" is how far down the ranked hits this page reached."""
    at = after or 0
    items: list[dict[str, Any]] = []
    if at:
        _check_window(at)
    while at < MAX_WINDOW and len(items) < limit:
        size = min(MAX_LIMIT, MAX_WINDOW - at)
        query = Query(text, _index_filters(filters), limit=size, offset=at, highlight=False)
        ids = [int(hit.id) for hit in (await asked(runtime, runtime.ticket_index, query)).hits]
        rows = {row["id"]: row for row in await runtime.read(_held, actor, ids, filters)}
        for ticket_id in ids:
            at += 1
            if ticket_id in rows:
                items.append(rows[ticket_id])
            if len(items) == limit:
                break
        if len(ids) < size and len(items) < limit:
            return {"items": items, "next": None}
    return {"items": items, "next": at if at < MAX_WINDOW else None}


def _check_window(at: int) -> None:
    if at >= MAX_WINDOW:
        raise InvalidInput("query.window", f"检索最多翻到第 {MAX_WINDOW} 条，请补充检索词")


def _index_filters(filters: dict[str, Any]) -> dict[str, Any]:
    """What the index knows too, so that fewer hits are thrown away."""
    return {name: filters[name] for name in ("state", "hotline") if filters.get(name)}


def check_codes(uow: UnitOfWork, filters: dict[str, Any]) -> None:
    """InvalidInput for a hotline or unit that nobody knows, where a list would just be empty."""
    for name, kind in (("hotline", "hotline"), ("lead_unit", "unit")):
        if filters.get(name):
            uow.reference.require(kind, filters[name], name)


def _held(uow: UnitOfWork, actor: Actor, ids: list[int], filters: dict[str, Any]) -> list[dict[str, Any]]:
    check_codes(uow, filters)
    return queries.by_hits(uow, actor, ids, filters)
