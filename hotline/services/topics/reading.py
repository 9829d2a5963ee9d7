"""热点 as people read them: the ranking of a run, one topic with its members, the comparison with the period before.

Only people of the run's operating centre read it, and a topic's members are shown as far as each reader may see the
tickets; counts include the rest.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from classifiers.topics.heat import NAMES as PARTS
from hotline.domain import workflow
from hotline.domain.errors import NotFound
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.topics import RUN_STATES, UNFINISHED, TopicRun
from hotline.ports import UnitOfWork
from hotline.services import queries
from hotline.services.topics import running

Row = dict[str, Any]
PAGE = 50
SORTS = {"heat": "热度", "size": "件数", "growth": "增长", "last_at": "最近"}
SAME_TOPIC = 0.34
"""The share of words that two topics of different periods have in common when they are the same matter."""
WORDS_COMPARED = 8


def latest(uow: UnitOfWork, actor: Actor, days: int, filters: Row) -> int | None:
    """The newest finished run of a preset with just these filters."""
    running.check_reader(actor)
    return uow.views.last_run(actor.centre, days, _whole_cut(filters))


def run_shown(uow: UnitOfWork, actor: Actor, run_id: int) -> Row:
    """One run with its state, filters and progress in words."""
    running.check_reader(actor)
    run = running.visible(uow, actor, run_id)
    values = {name: value for name, value in vars(run).items() if not name.startswith("_")}
    return _run(uow.reference, values)


def runs(uow: UnitOfWork, actor: Actor, after: int | None = None, limit: int = 50) -> Row:
    """A page of runs, newest first."""
    running.check_reader(actor)
    found = uow.views.topic_runs(actor.centre, after, limit)
    return {**found, "items": [_run(uow.reference, row) for row in found["items"]]}


def unfinished(uow: UnitOfWork, actor: Actor) -> list[Row]:
    """Runs that wait or work now."""
    waiting = uow.find(TopicRun, state=UNFINISHED, centre=actor.centre, limit=20)
    return [run_shown(uow, actor, run.id) for run in waiting]


def _whole_cut(filters: Row) -> Row:
    """Every name by which a run may be cut, "" where this one is not."""
    return {name: filters.get(name) or "" for name in running.FILTERS}


def _run(reference: Reference, row: Row) -> Row:
    words = [reference.name(running.FILTERS[name], code) for name, code in row["filters"].items()]
    last = row["until"] - timedelta(seconds=1)
    return {**row, "state_label": RUN_STATES[row["state"]], "filter_names": words, "last": last}


def ranking(
    uow: UnitOfWork, actor: Actor, run_id: int, sort: str = "heat", start: int = 0, limit: int = PAGE
) -> Row:
    """A page of a run's topics: {"run", "items", "next", "before"}; `before` is the run compared with, or None.

    Each topic has `earlier`: its count in the period before, 0 when it is new, None without such a run.
    """
    run = run_shown(uow, actor, run_id)
    rows = uow.views.topics_of(run_id, sort, start, limit + 1)
    before = _before(uow, run)
    known = uow.views.topic_words(before["id"]) if before else []
    return {
        "run": run,
        "items": [_compared(_topic(uow.reference, row), known, before) for row in rows[:limit]],
        "next": start + limit if len(rows) > limit else None,
        "before": before,
    }


def _before(uow: UnitOfWork, run: Row) -> Row | None:
    """The finished run of the same length and filters that ended where this one begins, give or take a quarter or a
    day; never one that covers most of the same days."""
    length = run["until"] - run["since"]
    slack, start = max(length / 4, timedelta(hours=24)), run["since"]
    begins = (start - length - slack, start - length + slack)
    ends = (start - slack, start + length / 4)
    found = uow.views.run_between(run["centre"], _whole_cut(run["filters"]), begins, ends)
    return _run(uow.reference, found) if found else None


def _compared(topic: Row, known: list[Row], before: Row | None) -> Row:
    if before is None:
        return {**topic, "earlier": None, "earlier_id": None}
    same = _same(topic, known)
    return {**topic, "earlier": same["size"] if same else 0, "earlier_id": same["id"] if same else None}


def _same(topic: Row, known: list[Row]) -> Row | None:
    """The topic of the other run that speaks of the same matter at the same place."""
    near = [row for row in known if row["place"] == topic["place"]] if topic["place"] else known
    best = max(near, key=lambda row: _alike(topic, row), default=None)
    return best if best is not None and _alike(topic, best) >= SAME_TOPIC else None


def _alike(one: Row, other: Row) -> float:
    mine, theirs = set(one["words"][:WORDS_COMPARED]), set(other["words"][:WORDS_COMPARED])
    return 1.0 if one["name"] == other["name"] else len(mine & theirs) / max(len(mine | theirs), 1)


def _topic(reference: Reference, row: Row) -> Row:
    areas = [
        {"area": code, "name": reference.path_name("area", code), "count": count}
        for code, count in sorted(row["areas"].items(), key=lambda pair: -pair[1])
    ]
    parts = [{"key": k, "name": PARTS.get(k, k), "value": v} for k, v in row["parts"].items()]
    return {**row, "areas": areas, "parts": parts}


def topic(uow: UnitOfWork, actor: Actor, topic_id: int, asked: Row, start: int = 0, limit: int = PAGE) -> Row:
    """One topic with a page of its members that the reader may see: {"topic", "run", "members", "next", "seen",
    "states", "units", "matters"}.

    asked: filters of the members as queries.filters_of takes them. NotFound for a topic of another centre.
    """
    row, run = _readable(uow, actor, topic_id)
    bounds = {**queries.filters_of(uow, asked), **queries.scope(uow, actor)}
    ids = uow.views.topic_tickets(topic_id, start, limit + 1, bounds)
    before = _before(uow, run)
    known = uow.views.topic_words(before["id"]) if before else []
    return {
        "topic": _compared(_topic(uow.reference, row), known, before),
        "run": run,
        "members": queries.by_hits(uow, actor, ids[:limit], {}),
        "next": start + limit if len(ids) > limit else None,
        "seen": uow.views.topic_ticket_count(topic_id, bounds),
        **_breakdown(uow, topic_id, bounds),
    }


def members(
    uow: UnitOfWork, actor: Actor, topic_id: int, start: int, limit: int
) -> tuple[list[Row], int | None]:
    """The members from a position on as far as the reader may see them, and where to go on, or None."""
    _readable(uow, actor, topic_id)
    rows = uow.views.topic_member_rows(topic_id, start, limit + 1, queries.scope(uow, actor))
    listed = [queries.listed(uow.reference, row, uow.now) for row in rows[:limit]]
    return listed, rows[limit]["position"] if len(rows) > limit else None


def _readable(uow: UnitOfWork, actor: Actor, topic_id: int) -> tuple[Row, Row]:
    """A topic and its run. Raises NotFound for one of another centre."""
    running.check_reader(actor)
    row = uow.views.topic_row(topic_id)
    try:
        run = run_shown(uow, actor, row["run_id"]) if row else None
    except NotFound:
        run = None
    if row is None or run is None:
        raise NotFound("topics.not_found", "没有这个热点")
    return row, run


def _breakdown(uow: UnitOfWork, topic_id: int, bounds: Row) -> Row:
    """The members by state, by leading unit and by matter, the most frequent first."""
    rows = uow.views.topic_breakdown(topic_id, bounds)
    reference = uow.reference
    return {
        "states": _sums(rows, "state", lambda code: workflow.TICKET_STATES.get(code, code)),
        "units": _sums(rows, "lead_unit", lambda code: reference.name("unit", code) if code else "未派单"),
        "matters": _sums(
            rows, "category", lambda code: reference.path_name("category", code) or code or "未分类"
        ),
    }


def _sums(rows: list[Row], column: str, name: Any) -> list[Row]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[column]] = sums.get(row[column], 0) + row["count"]
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"key": key, "name": name(key), "count": count} for key, count in ordered]
