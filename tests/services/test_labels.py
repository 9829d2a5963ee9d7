"""What people do to a ticket becomes labels, in the same transaction, each marked as what it was."""

from __future__ import annotations

from typing import Any

import pytest

from classifiers.api import Candidate, Prediction, Text
from hotline.domain.errors import InvalidInput
from hotline.domain.learning import Label, Reading
from hotline.runtime import Runtime
from hotline.services import dispatching, triage
from tests.flows.story import OTHER, UNIT, Story


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def told(story: Story, no: str, field: str = "") -> list[Label]:
    """The labels of a ticket in the order they were given."""
    ticket = story.ticket(no)["id"]
    labels = story.rt.query(lambda uow: list(uow.find(Label, ticket_id=ticket)))
    return [label for label in labels if field in ("", label.field)]


def said(labels: list[Label]) -> list[tuple[str, str]]:
    return [(label.how, label.value) for label in labels]


def read(story: Story, no: str, code: str = "010101", certain: bool = False, **values: Any) -> None:
    """The model reads a ticket and answers this."""
    path = story.rt.query(lambda uow: tuple(row["name"] for row in uow.reference.path("category", code)))
    answer = Prediction(
        request_type=values.get("request_type", "complaint"),
        request_type_score=0.7,
        categories=(Candidate(code, path, 0.61),),
        certain=certain,
        urgency=values.get("urgency", "normal"),
        classes=(Candidate(code[:2], path[:1], 0.83),),
    )
    ticket = story.ticket(no)["id"]
    story.rt.transact(triage.record_prediction, ticket, Text("", ""), answer, "linear/first")


def test_what_an_agent_chooses_at_the_door_is_kept_with_who_and_when(story: Story) -> None:
    no = story.register()
    labels = told(story, no)
    assert {(label.field, label.how, label.value) for label in labels} == {
        ("category", "chosen", "010101"),
        ("request_type", "chosen", "complaint"),
    }
    (matter,) = told(story, no, "category")
    assert (matter.author, matter.author_id) == (story.agent.name, story.agent.user_id)
    assert matter.role == "agent"
    assert matter.taxonomy_version == story.rt.query(lambda uow: uow.reference.versions["category"])
    assert (matter.model, matter.said) == ("", "")


def test_a_correction_stands_beside_what_the_model_had_said(story: Story) -> None:
    no = story.by_web().no
    read(story, no, "010101")
    story.rt.transact(dispatching.edit, story.reviewer, no, {"category": "010201", "urgency": "urgent"})
    matter, urgency = told(story, no)
    assert (matter.how, matter.value, matter.said, matter.said_score) == (
        "corrected",
        "010201",
        "010101",
        0.61,
    )
    assert (matter.model, matter.role) == ("linear/first", "reviewer")
    assert (urgency.field, urgency.value, urgency.said) == ("urgency", "urgent", "normal")


def test_taking_what_the_model_said_is_marked_as_a_confirmation(story: Story) -> None:
    no = story.by_web().no
    read(story, no, "010101")
    story.rt.transact(dispatching.edit, story.reviewer, no, {"category": "010101"})
    assert said(told(story, no, "category")) == [("confirmed", "010101")]


def test_letting_pass_what_the_model_filled_in_confirms_it_and_the_house_itself_says_nothing(
    story: Story,
) -> None:
    no = story.by_web().no
    read(story, no, "010101", certain=True)
    assert told(story, no) == []
    if story.ticket(no)["state"] == "review":
        story.rt.transact(dispatching.approve, story.reviewer, no)
    assert ("confirmed", "010101") in said(told(story, no, "category"))


def test_a_change_that_is_refused_leaves_no_label(story: Story) -> None:
    no = story.register()
    before = said(told(story, no))
    with pytest.raises(InvalidInput):
        story.rt.transact(dispatching.edit, story.reviewer, no, {"urgency": "urgent", "category": "nowhere"})
    assert said(told(story, no)) == before


def test_dispatch_reassignment_claim_and_ruling_are_all_kept(story: Story) -> None:
    no, assignment = story.dispatched()
    first = story.apply(no, assignment, "objection", proposed_unit=OTHER)
    story.decide(no, first, granted=False, actor=story.arbitrator)
    second = story.apply(no, assignment, "objection", proposed_unit=OTHER)
    story.decide(no, second, granted=True, actor=story.arbitrator)
    labels = told(story, no, "unit")
    assert said(labels) == [
        ("corrected", UNIT),
        ("objected", OTHER),
        ("ruled", UNIT),
        ("objected", OTHER),
        ("ruled", OTHER),
    ]
    assert {label.against for label in labels[1:]} == {UNIT}
    assert labels[1].unit == UNIT
    assert labels[2].role == "arbitrator"


def test_a_plain_reassignment_is_a_correction_of_the_unit(story: Story) -> None:
    no, assignment = story.dispatched()
    story.rt.transact(dispatching.reassign, story.dispatcher, no, assignment, OTHER, "应由住建部门办理")
    assert said(told(story, no, "unit"))[-1] == ("corrected", OTHER)


def test_every_answer_of_the_serving_model_is_kept_for_its_score(story: Story) -> None:
    no = story.by_web().no
    read(story, no, "010101")
    read(story, no, "010201")
    readings = story.rt.query(lambda uow: list(uow.find(Reading, ticket_id=story.ticket(no)["id"])))
    assert [(r.model, r.category, r.score, r.shadow) for r in readings] == [
        ("linear/first", "010101", 0.83, False)
    ]


def test_an_old_system_teaches_nothing(story: Story) -> None:
    no = story.register(source_system="12319", source_no="A-1")
    assert told(story, no) == []
