"""What people do to a ticket becomes labels, in the same transaction, each marked as what it was."""

from __future__ import annotations

from typing import Any

import pytest

from classifiers.api import Candidate, Entity, Prediction, Text
from hotline.domain.errors import InvalidInput
from hotline.domain.learning import Label, Reading
from hotline.runtime import Runtime
from hotline.services import desk, dispatching, intake, matters, merging, triage
from tests.flows.story import OTHER, UNIT, Story, draft


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
        sensitive=values.get("sensitive", ()),
        entities=values.get("entities", ()),
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


def test_corrected_area_place_and_sensitive_marks_stand_beside_what_the_machine_found(story: Story) -> None:
    no = story.by_web().no
    read(story, no, sensitive=("minor",), entities=(Entity("place", "滨河路", 3, 6, "road"),))
    phone = "13912345678"
    changes = {
        "area": "LZ010102",
        "place": f"滨河路南口，找我{phone}",
        "sensitive": ["safety", "mass", "safety"],
    }
    story.rt.transact(dispatching.edit, story.reviewer, no, changes)
    marks, area, place = told(story, no)
    assert (marks.field, marks.how, marks.value, marks.said) == (
        "sensitive",
        "corrected",
        "mass safety",
        "minor",
    )
    assert (area.field, area.value, area.author) == ("area", "LZ010102", story.reviewer.name)
    assert area.taxonomy_version == story.rt.query(lambda uow: uow.reference.versions["area"])
    assert (place.field, place.said, place.model) == ("place", "滨河路", "linear/first")
    assert place.value.startswith("滨河路南口")
    assert phone not in place.value
    story.rt.transact(dispatching.edit, story.reviewer, no, {"sensitive": []})
    assert told(story, no, "sensitive")[-1].value == ""
    assert story.ticket(no)["sensitive"] == []


def test_a_sensitive_mark_that_does_not_exist_is_refused(story: Story) -> None:
    no = story.register()
    with pytest.raises(InvalidInput) as refused:
        story.rt.transact(dispatching.edit, story.reviewer, no, {"sensitive": ["bored"]})
    assert set(refused.value.details["fields"]) == {"sensitive"}
    assert told(story, no, "sensitive") == []


def sketched(story: Story, text: str) -> str:
    """A ticket that says this, as the finder of duplicates knows it."""
    no = story.register(text=text)
    ticket = story.ticket(no)["id"]
    said = story.rt.query(matters.said_by, ticket)
    story.rt.transact(matters.remember, {ticket: (said, matters.sketched(story.rt.sketcher, said))})
    return no


def test_a_merge_and_its_undoing_are_labels_of_the_finder_of_duplicates(story: Story) -> None:
    lamps = "滨河步道的路灯晚上不亮，散步的老人看不见台阶，已经有人摔倒，请尽快派人修好"
    first, second = sketched(story, lamps), sketched(story, lamps)
    third = sketched(story, "学校门口早上送孩子的车堵成一片，没有交警疏导，请增加人手管一管")
    for no in (second, third):
        story.rt.transact(merging.merge, story.dispatcher, no, first, "同一件事")
    story.rt.transact(merging.unmerge, story.dispatcher, third, "不是同一件事")
    (found,) = told(story, second, "duplicate")
    assert (found.value, found.how, found.said, found.author) == (
        first,
        "confirmed",
        first,
        story.dispatcher.name,
    )
    assert found.said_score > 0.9
    assert found.model.startswith("sketch/")
    missed, undone = told(story, third, "duplicate")
    assert (missed.value, missed.how, missed.said) == (first, "corrected", "")
    assert (undone.value, undone.how, undone.against) == ("", "corrected", first)


def test_a_link_as_a_repeat_says_the_same_as_a_merge_and_other_links_do_not(story: Story) -> None:
    first, second = story.register(), story.register()
    for kind in ("related", "repeat", "repeat"):
        story.rt.transact(merging.link, story.dispatcher, second, first, kind)
    assert said(told(story, second, "duplicate")) == [("chosen", first)]


def test_a_merge_at_the_desk_says_nothing_against_the_finder_that_had_not_read_the_call(story: Story) -> None:
    main = sketched(story, "滨河步道的路灯晚上不亮")
    made = story.rt.transact(
        desk.register,
        story.agent,
        draft(text="滨河步道的路灯晚上不亮"),
        intake.Outcome(),
        "form-key-0002",
        into=main,
    )
    (found,) = told(story, made.no, "duplicate")
    assert (found.value, found.how, found.model, found.said) == (main, "chosen", "", "")


def test_of_a_caller_whom_the_model_makes_secret_not_even_the_masks_are_kept(story: Story) -> None:
    found = (
        Entity("person", "王**", 0, 3),
        Entity("phone", "139****5678", 5, 16),
        Entity("place", "滨河路", 17, 20, "road"),
    )
    for kind, kept in (("report", ["滨河路"]), ("complaint", ["王**", "139****5678", "滨河路"])):
        no = story.by_web(request_type="", text="王小树，13912345678，滨河路的路灯不亮。").no
        read(story, no, request_type=kind, entities=found)
        whole = story.ticket(no)
        assert [one["text"] for one in whole["suggestion"]["entities"]] == kept
        assert whole["secret"] is (kind == "report")
