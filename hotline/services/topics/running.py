"""Runs of the topic miner as rows: asked for, planned every night, taken up by one process, finished or given up.

A process that works on a run leaves a beat every few seconds. A run without one has lost its process (killed, power
cut) and is begun again; after `MOST_ATTEMPTS` it is given up. The number of the attempt fences: what an older attempt
still wants to write is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hotline.domain import spans
from hotline.domain.deadlines import local
from hotline.domain.errors import Conflict, NotAllowed, NotFound, invalid_field
from hotline.domain.people import SYSTEM_ACTOR, Actor
from hotline.domain.records import Notice
from hotline.domain.topics import LONGEST_PERIOD, UNFINISHED, HotTopic, MiningPlan, TopicMember, TopicRun
from hotline.ports import UnitOfWork

Row = dict[str, Any]
LEASE = timedelta(seconds=60)
NIGHTLY_WAITS = timedelta(seconds=60)
"""A process that has just been started first serves those who wait for it."""
MOST_ATTEMPTS = 3
MOST_WAITING = 5
"""Runs that may wait at the same time; each takes the processor for up to a minute."""
KEPT = timedelta(days=400)
FILTERS = {"area": "area", "category": "category", "hotline": "hotline"}


class Lost(Exception):
    """The run is no longer this attempt's: somebody stopped it, or another process took it over."""


def check_reader(actor: Actor) -> None:
    if not actor.may("topics.read"):
        raise NotAllowed("topics.read", "您没有查看热点的权限")


def check_runner(actor: Actor) -> None:
    if not actor.may("topics.run"):
        raise NotAllowed("topics.run", "您没有发起热点分析的权限")


def period(now: datetime, days: int, since: str, until: str) -> tuple[datetime, datetime]:
    """So many days up to now, the city's today among them; with 0 the days named (ISO), both included.

    Raises InvalidInput, naming the field that is no day.
    """
    if days:
        midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=days - 1), now
    first, last = spans.read_day(since, "since"), spans.read_day(until, "until")
    return first, min(last + timedelta(days=1), now)


def ask(uow: UnitOfWork, actor: Actor, since: datetime, until: datetime, days: int, filters: Row) -> int:
    """Puts a run of a period in the queue; the id of the one that already waits for the same thing, if there is one.

    Raises InvalidInput for a period or filter that makes no sense, Conflict when too many wait.
    """
    check_runner(actor)
    _check_period(since, until)
    kept = {name: filters[name] for name in FILTERS if filters.get(name)}
    for name, code in kept.items():
        uow.reference.require(FILTERS[name], code, name)
    waiting = [run for run in uow.find(TopicRun, state=UNFINISHED) if run.centre == actor.centre]
    for run in waiting:
        if run.filters == kept and run.since == since and (run.days == days != 0 or run.until == until):
            return run.id
    if len(waiting) >= MOST_WAITING:
        raise Conflict("topics.queue", f"已有 {len(waiting)} 个分析在排队，请等它们完成或停止后再试")
    run = TopicRun(
        id=uow.new_id(),
        centre=actor.centre,
        days=days,
        since=since,
        until=until,
        filters=kept,
        asked_by=actor.login or actor.name,
        asked_by_id=actor.user_id,
        asked_at=uow.now,
    )
    uow.add(run)
    uow.audit(actor, "topics.asked", str(run.id), since=since.isoformat(), until=until.isoformat(), **kept)
    return run.id


def _check_period(since: datetime, until: datetime) -> None:
    if since >= until:
        raise invalid_field("until", "结束应晚于开始")
    if until - since > timedelta(days=LONGEST_PERIOD + 1):
        raise invalid_field("since", f"一次最多分析 {LONGEST_PERIOD} 天")


def stop(uow: UnitOfWork, actor: Actor, run_id: int) -> None:
    """Ends a run that waits or works; what it has found so far is thrown away."""
    check_runner(actor)
    run = visible(uow, actor, run_id)
    if run.state not in UNFINISHED:
        raise Conflict("topics.ended", "这次分析已经结束")
    run.state, run.ended_at = "stopped", uow.now
    uow.audit(actor, "topics.stopped", str(run_id))


def visible(uow: UnitOfWork, actor: Actor, run_id: int) -> TopicRun:
    """The run, if it is of the actor's operating centre; NotFound otherwise."""
    run = uow.first(TopicRun, id=run_id)
    if run is None or run.centre != actor.centre:
        raise NotFound("topics.run_not_found", "没有这次分析")
    return run


# what the workers do
def plan_nightly(uow: UnitOfWork, plan: MiningPlan) -> int:
    """Queues the runs of today's small hours that nobody has queued yet; how many were queued."""
    now = local(uow.now)
    if now.hour < plan.hour:
        return 0
    until = now.replace(hour=0, minute=0, second=0, microsecond=0)
    keys = {
        f"{until:%Y-%m-%d}:{days}:{centre}": (days, centre)
        for centre in ("", *uow.views.centres())
        for days in plan.days
    }
    known = {run.daily_key for run in uow.find(TopicRun, daily_key=list(keys))}
    for key in keys.keys() - known:
        days, centre = keys[key]
        uow.add(_nightly(uow, key, days, centre, until))
    return len(keys.keys() - known)


def _nightly(uow: UnitOfWork, key: str, days: int, centre: str, until: datetime) -> TopicRun:
    return TopicRun(
        id=uow.new_id(),
        centre=centre,
        days=days,
        since=until - timedelta(days=days),
        until=until,
        daily_key=key,
        asked_by=SYSTEM_ACTOR.name,
        asked_at=uow.now,
    )


def very_old(uow: UnitOfWork) -> list[int]:
    """Runs that nobody will ask for any more."""
    return uow.views.runs_before(uow.now - KEPT)


def forget(uow: UnitOfWork, run_id: int) -> None:
    """Drops a run with its topics: up to a hundred thousand rows, so one run a transaction."""
    run = uow.first(TopicRun, id=run_id)
    if run is not None:
        uow.views.forget_topics(run_id)
        uow.delete(run)


def due(uow: UnitOfWork, plan: MiningPlan) -> bool:
    """Whether `plan_nightly` or `take_next` would find anything to do. Only reads."""
    if _next(uow) or _abandoned(uow):
        return True
    now = local(uow.now)
    key = f"{now:%Y-%m-%d}:{plan.days[-1]}:"
    return now.hour >= plan.hour and uow.first(TopicRun, daily_key=key) is None


def _next(uow: UnitOfWork) -> TopicRun | None:
    """The run that has waited longest; what a person waits for comes before the nightly ones."""
    waiting = uow.find(TopicRun, state="queued")
    patient = uow.now - NIGHTLY_WAITS
    ready = [run for run in waiting if run.daily_key is None or run.attempts or run.asked_at <= patient]
    return min(ready, key=lambda run: (run.daily_key is not None, run.id), default=None)


def _abandoned(uow: UnitOfWork) -> list[TopicRun]:
    last = uow.now - LEASE
    return [run for run in uow.find(TopicRun, state="running") if run.beat_at is None or run.beat_at < last]


def take_next(uow: UnitOfWork) -> Row | None:
    """Takes up the run that has waited longest; runs that lost their process go back into the queue first."""
    for left in _abandoned(uow):
        if left.attempts >= MOST_ATTEMPTS:
            _end(uow, left, "failed", "服务多次在分析途中中断，已放弃；请缩小范围后重试")
        else:
            left.state = "queued"
    uow.flush()
    run = _next(uow)
    if run is None:
        return None
    run.state, run.step, run.done, run.total, run.share = "running", "读取诉求", 0, 0, 0
    run.attempts, run.beat_at = run.attempts + 1, uow.now
    run.started_at = run.started_at or uow.now
    uow.views.forget_topics(run.id)
    names = ("id", "centre", "since", "until", "filters", "attempts")
    return {name: getattr(run, name) for name in names}


def _held(uow: UnitOfWork, run_id: int, attempt: int) -> TopicRun:
    run = uow.first(TopicRun, id=run_id)
    if run is None or run.state != "running" or run.attempts != attempt:
        raise Lost
    return run


def beat(uow: UnitOfWork, run_id: int, attempt: int, **facts: Any) -> None:
    """Leaves a sign of life with how far it is. Raises Lost."""
    run = _held(uow, run_id, attempt)
    run.beat_at = uow.now
    for name, value in facts.items():
        setattr(run, name, value)


def keep_topics(uow: UnitOfWork, run_id: int, attempt: int, topics: Sequence[Row]) -> None:
    """Writes some topics of the run: the columns of HotTopic and "tickets", their ids. Raises Lost."""
    _held(uow, run_id, attempt).beat_at = uow.now
    for topic in topics:
        members = topic["tickets"]
        columns = {name: value for name, value in topic.items() if name != "tickets"}
        made = HotTopic(id=uow.new_id(), run_id=run_id, ticket_count=len(members), **columns)
        uow.add(
            made, *(TopicMember(topic_id=made.id, position=n, ticket_id=i) for n, i in enumerate(members))
        )


def finish(uow: UnitOfWork, run_id: int, attempt: int, found: int, model: str) -> None:
    """The run is complete; whoever asked for it is told. Raises Lost."""
    run = _held(uow, run_id, attempt)
    run.found, run.model, run.share = found, model, 100
    _end(uow, run, "finished", "")


def fail(uow: UnitOfWork, run_id: int, attempt: int, why: str) -> None:
    """The run is given up with a reason for people. Raises Lost."""
    _end(uow, _held(uow, run_id, attempt), "failed", why)


def _end(uow: UnitOfWork, run: TopicRun, state: str, why: str) -> None:
    run.state, run.error, run.ended_at, run.step = state, why[:500], uow.now, ""
    if run.asked_by_id is None:
        return
    uow.audit(SYSTEM_ACTOR, f"topics.{state}", str(run.id), found=run.found)
    told = (
        f"热点分析已完成，找到 {run.found} 个热点"
        if state == "finished"
        else f"热点分析没有完成：{why[:200]}"
    )
    uow.add(
        Notice(
            id=uow.new_id(),
            to_user_id=run.asked_by_id,
            kind="topics",
            text=told,
            state="sent",
            created_at=uow.now,
            sent_at=uow.now,
        )
    )
