"""Runs of the topic miner as rows: one queue, one process at a time, nothing lost when a process dies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from hotline.domain.topics import HotTopic, MiningPlan, TopicMember, TopicRun
from hotline.runtime import Runtime
from hotline.services.topics import reading, running
from tests.fakes import FixedClock
from tests.flows.story import Story

PLAN = MiningPlan(2, (7, 30), 1_000)
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def ask(story: Story, days: int = 0, **filters: str) -> int:
    return story.rt.transact(running.ask, story.supervisor, SINCE, UNTIL, days, filters)


def row(story: Story, run_id: int) -> dict[str, Any]:
    return story.rt.query(reading.run_shown, story.leader, run_id)


def found(name: str = "夜间施工噪声", tickets: tuple[int, ...] = ()) -> dict[str, Any]:
    """A topic as the miner's service hands it over."""
    return {
        "rank": 1,
        "name": name,
        "place": "桥东社区",
        "crowd": "业主",
        "first_at": SINCE,
        "last_at": UNTIL - timedelta(days=1),
        "size": 4,
        "callers": 3,
        "heat": 41.5,
        "growth": 0.2,
        "parts": {"volume": 41.5},
        "words": ["施工", "噪声", "夜间"],
        "trend": [0, 1, 0, 1, 0, 1, 1],
        "bucket_days": 1,
        "areas": {},
        "tickets": list(tickets),
    }


def test_a_run_goes_from_the_queue_to_its_topics_and_tells_who_asked(story: Story) -> None:
    run_id = ask(story)
    taken = story.rt.transact(running.take_next)
    assert (taken["id"], taken["attempts"], row(story, run_id)["state"]) == (run_id, 1, "running")
    story.rt.transact(running.keep_topics, run_id, 1, [found()])
    story.rt.transact(running.finish, run_id, 1, 1, "topics/1")
    shown = story.rt.query(reading.ranking, story.leader, run_id)
    assert [topic["name"] for topic in shown["items"]] == ["夜间施工噪声"]
    assert (shown["run"]["state_label"], shown["run"]["share"]) == ("已完成", 100)
    told = story.rt.query(lambda uow: uow.views.notices(set(), story.supervisor.user_id))["items"]
    assert [notice["text"] for notice in told] == ["热点分析已完成，找到 1 个热点"]


def test_asking_twice_for_the_same_waits_for_one_run(story: Story) -> None:
    assert ask(story) == ask(story)
    assert ask(story, area="LZ01") != ask(story)


def test_only_so_many_runs_may_wait(story: Story) -> None:
    for number in range(running.MOST_WAITING):
        story.rt.transact(running.ask, story.leader, SINCE - timedelta(days=number), UNTIL, 0, {})
    with pytest.raises(Conflict, match="排队"):
        ask(story, area="LZ01")


@pytest.mark.parametrize(
    ("since", "until", "filters"),
    [
        (UNTIL, SINCE, {}),
        (UNTIL - timedelta(days=500), UNTIL, {}),
        (SINCE, UNTIL, {"area": "nowhere"}),
        (SINCE, UNTIL, {"category": "nothing"}),
    ],
)
def test_a_period_or_filter_without_sense_is_refused(
    story: Story, since: datetime, until: datetime, filters: dict[str, str]
) -> None:
    with pytest.raises(InvalidInput):
        story.rt.transact(running.ask, story.supervisor, since, until, 0, filters)


def test_dispatchers_read_but_do_not_start_and_agents_do_neither(story: Story) -> None:
    run_id = ask(story)
    assert story.rt.query(reading.run_shown, story.dispatcher, run_id)
    with pytest.raises(NotAllowed):
        story.rt.transact(running.ask, story.dispatcher, SINCE, UNTIL, 0, {})
    with pytest.raises(NotAllowed):
        story.rt.query(reading.run_shown, story.agent, run_id)
    with pytest.raises(NotAllowed):
        story.rt.query(reading.run_shown, story.unit, run_id)


def test_a_run_whose_process_died_is_begun_again_and_the_dead_one_may_write_no_more(
    story: Story, clock: FixedClock
) -> None:
    run_id = ask(story)
    story.rt.transact(running.take_next)
    story.rt.transact(running.keep_topics, run_id, 1, [found()])
    assert story.rt.transact(running.take_next) is None
    clock.move(seconds=61)
    assert story.rt.transact(running.take_next)["attempts"] == 2
    assert story.rt.query(lambda uow: uow.find(HotTopic, run_id=run_id)) == []
    for late in (
        lambda: story.rt.transact(running.beat, run_id, 1, share=50),
        lambda: story.rt.transact(running.keep_topics, run_id, 1, [found()]),
        lambda: story.rt.transact(running.finish, run_id, 1, 1, "topics/1"),
    ):
        with pytest.raises(running.Lost):
            late()
    assert row(story, run_id)["state"] == "running"


def test_a_beat_keeps_the_run_with_its_process(story: Story, clock: FixedClock) -> None:
    run_id = ask(story)
    story.rt.transact(running.take_next)
    for _ in range(3):
        clock.move(seconds=50)
        story.rt.transact(running.beat, run_id, 1, step="归并", share=60)
        assert story.rt.transact(running.take_next) is None
    assert row(story, run_id)["step"] == "归并"


def test_a_run_that_keeps_killing_its_process_is_given_up(story: Story, clock: FixedClock) -> None:
    run_id = ask(story)
    for _ in range(running.MOST_ATTEMPTS):
        assert story.rt.transact(running.take_next)["id"] == run_id
        clock.move(minutes=2)
    assert story.rt.transact(running.take_next) is None
    assert row(story, run_id)["state"] == "failed"
    assert "中断" in row(story, run_id)["error"]


def test_a_stopped_run_takes_nothing_more_and_is_not_stopped_twice(story: Story) -> None:
    run_id = ask(story)
    story.rt.transact(running.take_next)
    story.rt.transact(running.stop, story.leader, run_id)
    with pytest.raises(running.Lost):
        story.rt.transact(running.keep_topics, run_id, 1, [found()])
    with pytest.raises(Conflict):
        story.rt.transact(running.stop, story.leader, run_id)


def test_the_nights_runs_are_planned_once_after_the_hour_and_wait_for_people(
    story: Story, clock: FixedClock
) -> None:
    clock.at = datetime(2026, 11, 16, 17, 30, tzinfo=UTC)  # 01:30 of the 17th
    assert not story.rt.query(running.due, PLAN)
    assert story.rt.transact(running.plan_nightly, PLAN) == 0
    clock.move(hours=1)
    assert story.rt.query(running.due, PLAN)
    assert story.rt.transact(running.plan_nightly, PLAN) == 2
    assert story.rt.transact(running.plan_nightly, PLAN) == 0
    runs = story.rt.query(lambda uow: [(run.days, run.since, run.until) for run in uow.find(TopicRun)])
    midnight = datetime(2026, 11, 16, 16, tzinfo=UTC)
    assert sorted(runs) == [(n, midnight - timedelta(days=n), midnight) for n in (7, 30)]
    clock.move(minutes=2)
    asked = ask(story)
    assert story.rt.transact(running.take_next)["id"] == asked
    assert story.rt.transact(running.take_next)["id"] != asked


def test_old_runs_are_forgotten_with_their_topics(story: Story, clock: FixedClock) -> None:
    no = story.register()
    run_id = ask(story)
    story.rt.transact(running.take_next)
    ticket = story.ticket(no)["id"]
    story.rt.transact(running.keep_topics, run_id, 1, [found(tickets=(ticket,))])
    story.rt.transact(running.finish, run_id, 1, 1, "topics/1")
    assert story.rt.query(running.very_old) == []
    clock.move(days=401)
    assert story.rt.query(running.very_old) == [run_id]
    for _ in range(2):  # another process may have been quicker
        story.rt.transact(running.forget, run_id)
    with pytest.raises(NotFound):
        row(story, run_id)
    assert story.rt.query(lambda uow: uow.find(TopicMember, order="position")) == []


def test_a_centre_sees_its_own_runs_only(story: Story) -> None:
    county = replace(story.supervisor, centre="LZ02")
    run_id = story.rt.transact(running.ask, county, SINCE, UNTIL, 0, {})
    assert story.rt.query(reading.run_shown, county, run_id)["centre"] == "LZ02"
    with pytest.raises(NotFound):
        row(story, run_id)


def done(
    story: Story, since: datetime, until: datetime, *topics: dict[str, Any], days: int = 7, **filters: str
) -> int:
    """A finished run with these topics."""
    run_id = story.rt.transact(running.ask, story.leader, since, until, days, filters)
    attempt = story.rt.transact(running.take_next)["attempts"]
    ranked = [{**topic, "rank": rank} for rank, topic in enumerate(topics, 1)]
    story.rt.transact(running.keep_topics, run_id, attempt, ranked)
    story.rt.transact(running.finish, run_id, attempt, len(topics), "topics/1")
    return run_id


def test_the_newest_run_of_a_preset_is_found_behind_any_number_of_runs_with_filters(story: Story) -> None:
    whole = done(story, SINCE, UNTIL, found())
    cut = [done(story, SINCE, UNTIL, area="LZ01") for _ in range(51)]
    both = done(story, SINCE, UNTIL, area="LZ01", category="01")

    def latest(**filters: str) -> int | None:
        return story.rt.query(reading.latest, story.leader, 7, filters)

    assert latest() == latest(area="", category="") == whole
    assert latest(area="LZ01") == cut[-1]
    assert latest(area="LZ01", category="01") == both
    assert latest(category="01") is None


def test_a_run_is_compared_with_one_of_its_own_filters_and_never_with_one_of_the_same_day(
    story: Story,
) -> None:
    day = timedelta(days=1)
    yesterday = done(story, SINCE, SINCE + day * 0.6, found(), days=1)
    for _ in range(51):
        done(story, SINCE, SINCE + day, found(), days=1, area="LZ01")
    done(story, SINCE + day, SINCE + day * 1.3, found(), days=1)
    now = done(story, SINCE + day, SINCE + day * 1.4, found(), days=1)
    shown = story.rt.query(reading.ranking, story.leader, now)
    assert shown["before"]["id"] == yesterday


def test_a_centres_waiting_runs_are_seen_behind_those_of_many_others(story: Story) -> None:
    for number in range(25):
        county = replace(story.supervisor, centre=f"LZ{number}")
        story.rt.transact(running.ask, county, SINCE, UNTIL, 0, {})
    own = ask(story)
    assert [run["id"] for run in story.rt.query(reading.unfinished, story.leader)] == [own]


def test_topics_are_compared_with_the_run_before(story: Story) -> None:
    new = {**found("停水三天无人修"), "words": ["停水", "水压", "水管"]}
    done(story, SINCE - timedelta(days=7), SINCE, {**found("桥东工地夜里施工"), "size": 9})
    later = done(story, SINCE, UNTIL, found(), new)
    shown = story.rt.query(reading.ranking, story.leader, later)
    assert [(topic["name"], topic["earlier"]) for topic in shown["items"]] == [
        ("夜间施工噪声", 9),
        ("停水三天无人修", 0),
    ]


@pytest.mark.parametrize("days", ["", "x", "0", "7,9999"])
def test_settings_that_make_no_plan_are_refused_by_name(days: str) -> None:
    with pytest.raises(InvalidInput, match="topics_days"):
        MiningPlan.parse(2, days, 1_000)
    assert MiningPlan.parse(2, "7,30", 1_000) == PLAN
