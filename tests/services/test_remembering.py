"""People correct three tickets of one kind; the fourth comes with the corrected matter first, and says why. The memory is
written by a child process, not too often, and not for nothing."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from classifiers.api import Text
from classifiers.corrections import Corrections, Example
from hotline import workers
from hotline.adapters import current_classifier
from hotline.bootstrap import MEMORY
from hotline.domain.learning import Spoken
from hotline.runtime import Runtime
from hotline.services import dispatching, sweeps
from hotline.services.learning import remembering
from hotline.settings import Settings
from tests.fakes import FixedClock
from tests.flows.story import Story
from tests.processes import alive, until

LAMP = "010102"
TEXTS = (
    "滨河步道的路灯晚上不亮，散步看不见台阶",
    "滨河步道路灯坏了一排，晚上散步很危险",
    "滨河步道上的路灯不亮，老人晚上散步摔了一跤",
)


def suggested(story: Story, text: str, drain: Callable[[], None]) -> tuple[str, dict]:
    made = story.by_web(text=text)
    drain()
    return made.no, story.ticket(made.no)["suggestion"]


def test_the_fourth_message_gets_the_matter_that_three_were_corrected_to(
    runtime: Runtime, drain: Callable[[], None], clock: FixedClock
) -> None:
    story = Story(runtime)
    target = runtime.query(
        lambda uow: next(
            str(row["code"])
            for row in uow.reference.all_of("category")
            if row["level"] == 3 and row["code"].startswith("07")
        )
    )
    for text in TEXTS:
        no, thought = suggested(story, text, drain)
        assert target not in [row["code"] for row in thought["categories"]]
        runtime.transact(dispatching.edit, story.reviewer, no, {"category": target})
    clock.move(minutes=11)
    asyncio.run(remembering.refresh(runtime))
    _, thought = suggested(story, "滨河步道路灯又不亮了，晚上散步看不清", drain)
    assert thought["categories"][0]["code"] == target
    assert thought["evidence"][0] == "与 3 件人工改派相近"
    assert thought["certain"] is False
    _, other = suggested(story, "楼下烧烤店半夜油烟大，开不了窗", drain)
    assert other["categories"][:1] == [] or other["categories"][0]["code"] != target


def test_nothing_is_written_anew_while_nobody_says_anything_and_a_broken_memory_stops_nobody(
    runtime: Runtime, drain: Callable[[], None], settings: Settings, clock: FixedClock
) -> None:
    story = Story(runtime)
    no, _ = suggested(story, TEXTS[0], drain)
    asyncio.run(remembering.refresh(runtime))
    file: Path = settings.path(MEMORY)
    assert not file.exists()
    runtime.transact(dispatching.edit, story.reviewer, no, {"category": LAMP})
    clock.move(minutes=11)
    asyncio.run(remembering.refresh(runtime))
    written = file.stat().st_mtime_ns
    clock.move(minutes=11)
    asyncio.run(remembering.refresh(runtime))
    assert file.stat().st_mtime_ns == written
    file.write_bytes(b"not a memory")
    runtime.classifier.follow()
    assert suggested(story, TEXTS[1], drain)[1]["request_type"]


def test_one_correction_waits_many_do_not_and_no_two_writings_follow_each_other_closely(
    runtime: Runtime, drain: Callable[[], None], clock: FixedClock
) -> None:
    story = Story(runtime)
    no, _ = suggested(story, TEXTS[0], drain)

    def correct(times: int) -> int:
        for number in range(times):
            code = ("010101", "010102")[number % 2]
            runtime.transact(dispatching.edit, story.reviewer, no, {"category": code})
        return runtime.query(remembering.due, 0)

    known = correct(1)
    assert known == 0, "a single one waits"
    clock.move(minutes=10)
    known = runtime.query(remembering.due, 0)
    assert known, "but not for ever"
    correct(remembering.ENOUGH + 1)
    assert runtime.query(remembering.due, known), "many are worth it"
    newest = runtime.query(remembering.due, 0)
    correct(remembering.ENOUGH + 1)
    assert runtime.query(remembering.due, newest) == 0, "but not at once after the last time"
    clock.move(minutes=5)
    assert runtime.query(remembering.due, newest) > newest


def test_the_child_masks_what_it_indexes_and_its_failure_leaves_the_last_memory(
    runtime: Runtime, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [Spoken("", f"路灯不亮，我叫王小明，电话1391234{n}78", True, LAMP, True) for n in (45, 46)]
    asyncio.run(runtime.classifier.remember(texts, 7))
    assert runtime.classifier.remembers_until == 7
    memory = Corrections.load(settings.path(MEMORY))
    masked = Corrections.of([Example(Text("", "路灯不亮，我叫〔隐去〕，电话〔隐去〕"), LAMP, True)] * 2, str)
    assert set(memory._tables["hashes"]) == set(masked._tables["hashes"])
    asyncio.run(runtime.classifier.remember([replace(texts[0], words=None)], 9))  # type: ignore[arg-type]
    assert "corrections.not_written" in caplog.text
    assert runtime.classifier.remembers_until == 9, "it is not tried every few seconds"
    assert Corrections.load(settings.path(MEMORY)).until == 7


def test_the_newest_tickets_are_counted_by_ticket_however_often_people_spoke_of_one(
    runtime: Runtime, drain: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "MOST", 2)
    story = Story(runtime)
    tickets = []
    for text in TEXTS:
        no, _ = suggested(story, text, drain)
        tickets.append((no, story.ticket(no)["id"]))
    for no, _ in tickets:
        runtime.transact(dispatching.edit, story.reviewer, no, {"category": "010101"})
    for code in (LAMP, "010101", LAMP):
        runtime.transact(dispatching.edit, story.reviewer, tickets[0][0], {"category": code})
    assert runtime.query(remembering.recent) == sorted((tickets[0][1], tickets[2][1]))


SLOW = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"


def test_a_memory_that_takes_long_stops_no_sweep_and_no_shutdown(
    runtime: Runtime,
    drain: Callable[[], None],
    tmp_path: Path,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        current_classifier, "_REMEMBERING", (sys.executable, "-c", SLOW, str(tmp_path / "pid"))
    )
    monkeypatch.setattr(workers, "SWEEP_S", 0.01)
    swept: list[int] = []

    async def counts(rt: Runtime) -> None:
        swept.append(1)

    monkeypatch.setattr(sweeps, "STEPS", (*sweeps.STEPS, counts))
    story = Story(runtime)
    no, _ = suggested(story, TEXTS[0], drain)
    runtime.transact(dispatching.edit, story.reviewer, no, {"category": LAMP})
    clock.move(minutes=11)
    told = tmp_path / "pid"

    async def house() -> tuple[int, float]:
        at_work = workers.Workers(runtime)
        await at_work.start(frozenset({"sweeps"}))
        await until(lambda: told.exists() and bool(told.read_text()))
        seen = len(swept)
        await until(lambda: len(swept) > seen + 1)
        began = time.monotonic()
        await at_work.stop()
        return int(told.read_text()), time.monotonic() - began

    pid, took = asyncio.run(house())
    assert took < 10
    assert not alive(pid)


def test_a_memory_that_never_ends_is_given_up_and_its_process_killed(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        current_classifier, "_REMEMBERING", (sys.executable, "-c", SLOW, str(tmp_path / "pid"))
    )
    monkeypatch.setattr(current_classifier, "_REMEMBERING_S", 3)
    asyncio.run(runtime.classifier.remember([Spoken("", TEXTS[0], False, LAMP, True)], 5))
    assert "corrections.not_written" in caplog.text
    assert runtime.classifier.remembers_until == 5
    assert not alive(int((tmp_path / "pid").read_text()))
