"""Mining in a process of its own, with the real miner: what it is told, what it finds, and what happens to it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hotline.adapters.topic_miner import ChildMiner
from hotline.domain.drafts import Person
from hotline.domain.topics import MiningPlan
from hotline.runtime import Runtime
from hotline.services import merging
from hotline.services.topics import mining, reading, running
from hotline.settings import Settings
from tests.fakes import FixedClock
from tests.flows.story import Story
from tests.processes import alive, until

NOISE = (
    "滨江花园三期工地每天夜里施工到凌晨两点，混凝土车轰鸣，业主没法睡觉。",
    "滨江花园三期旁边的工地半夜还在浇混凝土，噪声太大，全楼业主都睡不着，请查处。",
    "反映滨江花园三期工地夜间施工扰民，凌晨一点还在打桩，业主多次报警没有用。",
    "住在滨江花园三期，工地连续一周夜间施工，噪声扰民，业主要求停工整改。",
    "滨江花园三期工地夜里施工噪声扰民，孩子要高考，业主请求限制施工时间。",
)
OTHERS = ("咨询灵活就业人员怎样参加医疗保险。", "公交 12 路班次太少，早上等半小时。", "河边路灯坏了两盏。")
SLEEPER = (sys.executable, "-c", "import sys, time; sys.stdin.readline(); time.sleep(600)")


@pytest.fixture
def story(runtime: Runtime) -> Story:
    return Story(runtime)


@pytest.fixture
def told(story: Story, clock: FixedClock) -> list[str]:
    """Numbers of tickets about one matter, with others between them, over eight days."""
    numbers = []
    for count, text in enumerate((*NOISE, *OTHERS)):
        caller = Person(name=f"欧阳{'甲乙丙丁戊己庚辛'[count]}", phone=f"1380000120{count}")
        numbers.append(
            story.register(text=text, title=text[:18], category="", area="LZ010101", caller=caller)
        )
        clock.move(days=1)
    return numbers


def ask(story: Story, days: int = 30) -> int:
    since, until = running.period(story.rt.clock.now(), days, "", "")
    return story.rt.transact(running.ask, story.supervisor, since, until, days, {})


def mine(story: Story) -> bool:
    return asyncio.run(mining.mine_next(story.rt))


def run_of(story: Story, run_id: int) -> dict[str, Any]:
    return story.rt.query(reading.run_shown, story.leader, run_id)


def test_calls_about_one_matter_become_a_topic_with_their_tickets(story: Story, told: list[str]) -> None:
    run_id = ask(story)
    assert mine(story)
    ranking = story.rt.query(reading.ranking, story.leader, run_id)
    assert (ranking["run"]["state"], ranking["run"]["total"]) == ("finished", 8)
    hottest = ranking["items"][0]
    whole = story.rt.query(reading.topic, story.leader, hottest["id"], {})
    assert {row["no"] for row in whole["members"]} == set(told[:5])
    assert (hottest["size"], hottest["ticket_count"]) == (5, 5)
    assert hottest["areas"] == [
        {
            "area": "LZ010101",
            "name": story.rt.query(lambda uow: uow.reference.path_name("area", "LZ010101")),
            "count": 5,
        }
    ]
    assert hottest["heat"] == pytest.approx(sum(part["value"] for part in hottest["parts"]), abs=0.1)


def test_an_empty_period_ends_without_a_process(story: Story) -> None:
    story.rt.miner = ChildMiner(("/nowhere/at/all",))
    run_id = ask(story)
    assert mine(story)
    assert run_of(story, run_id)["state"] == "finished"
    assert not mine(story)


def test_the_miner_reads_masked_texts_and_of_secret_callers_nothing_personal(story: Story) -> None:
    open_no = story.register(text="我的电话是 13912345678，楼道灯坏了。", title="楼道灯坏了 13912345678")
    secret_no = story.register(text="我叫李小梅，电话 13912345678，举报饭店用地沟油。", secret=True)
    ids = [story.ticket(no)["requests"][0]["id"] for no in (open_no, secret_no)]
    messages = mining.messages_of(story.rt.query(mining.texts_of, ids))
    said = " ".join(f"{message['title']} {message['detail']}" for message in messages)
    assert "13912345678" not in said
    assert [message["id"] for message in messages] == [str(number) for number in ids]
    secret = messages[1]["detail"]
    assert "李" not in secret
    assert "139" not in secret


def test_calls_merged_into_a_ticket_of_before_the_period_still_heat_the_topic(
    story: Story, clock: FixedClock
) -> None:
    old = story.register(text=NOISE[0], title=NOISE[0][:18])
    clock.move(days=9)
    new = [
        story.register(text=text, title=text[:18], caller=Person(name="欧阳甲", phone=f"1380000120{count}"))
        for count, text in enumerate(NOISE[1:])
    ]
    for no in new[:2]:
        story.rt.transact(merging.merge, story.dispatcher, no, old)
    run_id = ask(story, days=7)
    assert mine(story)
    (topic,) = story.rt.query(reading.ranking, story.leader, run_id)["items"]
    assert (topic["size"], topic["ticket_count"]) == (4, 3)
    members = story.rt.query(reading.topic, story.leader, topic["id"], {})["members"]
    assert {row["no"] for row in members} == {old, *new[2:]}


def test_a_merged_call_keeps_its_own_title_and_makes_nothing_secret_readable(story: Story) -> None:
    main = story.register(text=NOISE[0], title="夜间施工")
    merged = story.register(text="我叫李小梅，工地半夜打桩。", title="我叫李小梅，举报工地", secret=True)
    story.rt.transact(merging.merge, story.dispatcher, merged, main)
    ids = [request["id"] for request in story.ticket(main)["requests"]]
    first, second = mining.messages_of(story.rt.query(mining.texts_of, ids))
    assert (first["title"], first["id"]) == ("夜间施工", str(ids[0]))
    assert "举报工地" in second["title"]
    assert "李小梅" not in second["title"] + second["detail"]


def test_only_the_newest_tickets_are_taken_where_there_are_too_many(story: Story, told: list[str]) -> None:
    story.rt.mining = MiningPlan(2, (7,), 3)
    seen: list[str] = []
    story.rt.miner = Recorder(seen)
    run_id = ask(story)
    assert mine(story)
    assert (run_of(story, run_id)["total"], run_of(story, run_id)["cut"]) == (3, True)
    assert sorted(seen) == sorted(OTHERS)


class Recorder:
    """A miner that finds nothing and remembers what it was given."""

    model = "recorder/1"

    def __init__(self, seen: list[str]) -> None:
        self._seen = seen

    async def mine(self, batches: AsyncIterator[list[dict[str, Any]]], until: Any, told: Any) -> list[Any]:
        async for batch in batches:
            self._seen += [message["detail"] for message in batch]
        return []


def test_a_killed_miner_fails_the_run_with_a_reason_for_people(story: Story, told: list[str]) -> None:
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    story.rt.miner = ChildMiner((sys.executable, "-c", code))
    run_id = ask(story)
    assert mine(story)
    assert "内存不足" in run_of(story, run_id)["error"]
    assert run_of(story, run_id)["state"] == "failed"


def test_a_miner_that_raises_says_where_and_nothing_of_the_messages(story: Story, told: list[str]) -> None:
    code = (
        "import hotline.adapters.topic_child as child\n"
        "def broken(*_, **__): raise ValueError('滨江花园')\n"
        "child.mine = broken\nraise SystemExit(child.main())"
    )
    story.rt.miner = ChildMiner((sys.executable, "-c", code))
    run_id = ask(story)
    assert mine(story)
    assert "ValueError" in run_of(story, run_id)["error"]
    assert "滨江" not in run_of(story, run_id)["error"]


def test_stopping_a_run_ends_its_process(
    story: Story, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.adapters.topic_miner.BEAT_S", 0.05)
    pids: list[int] = []
    story.rt.miner = Watched(pids)
    run_id = ask(story)

    async def stopped() -> None:
        working = asyncio.create_task(mining.mine_next(story.rt))
        await until(lambda: bool(pids))
        await story.rt.run(running.stop, story.supervisor, run_id)
        await working

    asyncio.run(stopped())
    assert run_of(story, run_id)["state"] == "stopped"
    assert not alive(pids[0])


class Confused(Recorder):
    """A miner that tells of messages that it was never given."""

    async def mine(self, *args: Any) -> list[Any]:
        await super().mine(*args)
        return [{"members": ["7"]}]


def test_what_nobody_foresaw_ends_the_run_at_once_and_says_what_kind_it_was(
    story: Story, told: list[str]
) -> None:
    story.rt.miner = Confused([])
    run_id = ask(story)
    assert mine(story)
    assert (run_of(story, run_id)["state"], run_of(story, run_id)["attempts"]) == ("failed", 1)
    assert "KeyError" in run_of(story, run_id)["error"]
    assert not mine(story)


class Watched(ChildMiner):
    """A miner whose process sleeps; tells its id."""

    def __init__(self, pids: list[int]) -> None:
        super().__init__(SLEEPER)
        self._pids = pids

    async def mine(self, *args: Any) -> list[dict[str, Any]]:
        real = asyncio.create_subprocess_exec

        async def told(*command: Any, **options: Any) -> Any:
            child = await real(*command, **options)
            self._pids.append(child.pid)
            return child

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio, "create_subprocess_exec", told)
            return await super().mine(*args)


HOUSE = """
import asyncio, sys
from hotline.bootstrap import build_runtime
from hotline.services.topics import mining
from hotline.settings import Settings
from hotline.adapters.topic_miner import ChildMiner
runtime = build_runtime(Settings(home=sys.argv[1], classifier="rules:", synchronous="OFF", telephony=""))
runtime.miner = ChildMiner((sys.executable, "-c", "import sys, time; sys.stdin.readline(); time.sleep(600)"))
asyncio.run(mining.mine_next(runtime))
"""


def test_a_house_killed_while_mining_leaves_a_run_that_the_next_one_finishes(
    settings: Settings, story: Story, told: list[str], clock: FixedClock
) -> None:
    run_id = ask(story)
    house = subprocess.Popen([sys.executable, "-c", HOUSE, settings.home])
    try:
        for _ in range(1200):
            if run_of(story, run_id)["state"] == "running":
                break
            time.sleep(0.05)
        assert run_of(story, run_id)["state"] == "running"
    finally:
        os.kill(house.pid, signal.SIGKILL)
        house.wait()
    beat = run_of(story, run_id)["beat_at"]
    clock.at = beat + running.LEASE * 2
    assert mine(story)
    assert (run_of(story, run_id)["state"], run_of(story, run_id)["attempts"]) == ("finished", 2)
    assert run_of(story, run_id)["found"] >= 1
