"""What a secret caller says stays with the hotline: no unit reads it, in whatever place it is repeated."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.runtime import Runtime
from hotline.services import closing, desk, dispatching, queries
from tests.flows.story import CALLER, Story

WORDS = "我家二号楼五零二的电梯又停了"


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def read_by_unit(story: Story, no: str) -> str:
    timeline = story.rt.query(queries.timeline, story.unit, no)
    return f"{story.ticket(no, story.unit)} {timeline}"


def closed(story: Story, **values: Any) -> str:
    no, assignment = story.dispatched(**values)
    story.answered(no, assignment)
    assert story.ask(no) == "closed"
    return no


def call_to_rehandle(story: Story, no: str) -> None:
    story.rt.transact(desk.call_to_rehandle, story.supervisor, no, WORDS, CALLER.phone, None)


def test_a_unit_reads_that_a_secret_caller_was_not_content_and_not_in_what_words(story: Story) -> None:
    no = closed(story, secret=True)
    call_to_rehandle(story, no)
    assert WORDS not in read_by_unit(story, no)
    assert desk.CALLED_AGAIN in read_by_unit(story, no)
    assert WORDS in str(story.ticket(no)["timeline"])


def test_a_unit_reads_what_an_open_caller_says_of_a_closed_matter(story: Story) -> None:
    no = closed(story)
    call_to_rehandle(story, no)
    assert WORDS in read_by_unit(story, no)
    (note,) = (entry for entry in story.ticket(no)["timeline"] if entry["kind"] == "note")
    assert note["data"]["request"] == story.ticket(no)["requests"][0]["id"]


def test_what_a_secret_caller_says_when_asked_is_no_reason_that_units_read(story: Story) -> None:
    no, assignment = story.dispatched(secret=True)
    story.answered(no, assignment)
    assert story.ask(no, happy=False, opinion=WORDS, rehandle=True) == "handling"
    assert WORDS not in read_by_unit(story, no)
    assert closing.NOT_SOLVED in read_by_unit(story, no)


def test_a_ticket_made_secret_later_no_longer_repeats_what_its_caller_said(story: Story) -> None:
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    story.ask(no, happy=False, opinion=WORDS, rehandle=True)
    assert WORDS in read_by_unit(story, no)
    story.rt.transact(dispatching.edit, story.supervisor, no, {"secret": True})
    assert WORDS not in read_by_unit(story, no)


def test_a_unit_reads_why_staff_have_a_secret_matter_handled_again(story: Story) -> None:
    no = closed(story, secret=True)
    story.rt.transact(closing.rehandle, story.supervisor, no, "现场核查不到位")
    assert "现场核查不到位" in read_by_unit(story, no)
