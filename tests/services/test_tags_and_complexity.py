"""标签 and 复杂程度 of a ticket: given at the door, corrected later, and only of the published lists."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.domain.errors import InvalidInput
from hotline.runtime import Runtime
from hotline.services import dispatching
from tests.flows.story import Story


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def edit(story: Story, no: str, **changes: Any) -> None:
    story.rt.transact(dispatching.edit, story.supervisor, no, changes)


def test_tags_and_complexity_are_taken_at_the_door_and_shown_in_words(story: Story) -> None:
    shown = story.ticket(story.register(tags=("tag-elderly",), complexity="complex"))
    assert (shown["tags"], shown["complexity"]) == (["tag-elderly"], "complex")
    assert shown["complexity_label"] == "复杂"
    assert shown["tag_names"] != shown["tags"]


def test_tags_and_complexity_are_corrected_and_the_timeline_keeps_both(story: Story) -> None:
    no = story.register(tags=("tag-elderly",))
    edit(story, no, tags=["tag-disabled", "tag-minor"], complexity="simple")
    shown = story.ticket(no)
    assert (shown["tags"], shown["complexity"]) == (["tag-disabled", "tag-minor"], "simple")
    step = next(entry for entry in shown["timeline"] if entry["kind"] == "edit")
    assert step["data"]["before"] == {"tags": ["tag-elderly"], "complexity": ""}
    edit(story, no, tags=[])
    assert story.ticket(no)["tags"] == []


@pytest.mark.parametrize("tags", [("tag-unknown",), ("tag-minor", "tag-minor"), ("refusal-closed",)])
def test_a_tag_that_is_unknown_or_given_twice_is_refused(runtime: Runtime, tags: tuple[str, ...]) -> None:
    story = Story(runtime)
    with pytest.raises(InvalidInput) as at_the_door:
        story.register(tags=tags)
    assert set(at_the_door.value.details["fields"]) == {"tags"}
    no = story.register()
    with pytest.raises(InvalidInput) as later:
        edit(story, no, tags=list(tags))
    assert set(later.value.details["fields"]) == {"tags"}
    assert story.ticket(no)["tags"] == []


def test_an_unknown_complexity_is_refused_at_every_door(runtime: Runtime) -> None:
    story = Story(runtime)
    with pytest.raises(InvalidInput):
        story.register(complexity="hard")
    with pytest.raises(InvalidInput):
        edit(story, story.register(), complexity="hard")
