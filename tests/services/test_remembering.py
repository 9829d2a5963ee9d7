"""People correct three tickets of one kind; the fourth comes with the corrected matter first, and says why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from hotline.bootstrap import MEMORY
from hotline.runtime import Runtime
from hotline.services import dispatching, remembering
from hotline.settings import Settings
from tests.flows.story import Story

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
    runtime: Runtime, drain: Callable[[], None], settings: Settings
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
    asyncio.run(remembering.refresh(runtime))
    _, thought = suggested(story, "滨河步道路灯又不亮了，晚上散步看不清", drain)
    assert thought["categories"][0]["code"] == target
    assert thought["evidence"][0] == "与 3 件人工改派相近"
    assert thought["certain"] is False
    _, other = suggested(story, "楼下烧烤店半夜油烟大，开不了窗", drain)
    assert other["categories"][:1] == [] or other["categories"][0]["code"] != target


def test_nothing_is_written_anew_while_nobody_says_anything_and_a_broken_memory_stops_nobody(
    runtime: Runtime, drain: Callable[[], None], settings: Settings
) -> None:
    story = Story(runtime)
    no, _ = suggested(story, TEXTS[0], drain)
    asyncio.run(remembering.refresh(runtime))
    file: Path = settings.path(MEMORY)
    assert not file.exists()
    runtime.transact(dispatching.edit, story.reviewer, no, {"category": LAMP})
    asyncio.run(remembering.refresh(runtime))
    written = file.stat().st_mtime_ns
    asyncio.run(remembering.refresh(runtime))
    assert file.stat().st_mtime_ns == written
    file.write_bytes(b"not a memory")
    runtime.classifier.follow()
    assert suggested(story, TEXTS[1], drain)[1]["request_type"]
