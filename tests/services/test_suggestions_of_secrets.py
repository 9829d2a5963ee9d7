"""A suggestion whose ticket the model makes secret keeps nothing of the masks that the model read."""

from __future__ import annotations

from typing import Any

import pytest

from classifiers.api import Candidate, Entity, Prediction, Text
from hotline.domain.drafts import Person
from hotline.runtime import Runtime
from hotline.services import triage
from tests.flows.story import Story

TOLD = "王小树，13912341234，A座12号楼的路灯坏了。"


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def suggested(story: Story, request_type: str) -> dict[str, Any]:
    """The suggestion of a model that read the caller's words under their masks."""
    made = story.by_web(
        text=TOLD, title="", request_type="", caller=Person(name="王小树", phone="13912341234")
    )
    path = story.rt.query(lambda uow: tuple(row["name"] for row in uow.reference.path("category", "010101")))
    answer = Prediction(
        request_type,
        0.7,
        (Candidate("010101", path, 0.6),),
        entities=(
            Entity("person", "王**", 0, 3),
            Entity("number", "1234", 11, 15),
            Entity("place", "12号楼", 18, 22),
        ),
        evidence=("与 3 件人工改派相近", "路灯", "1234", "王**", "a座"),
    )
    story.rt.transact(triage.record_prediction, made.ticket_id, Text("", ""), answer, "linear/first")
    return dict(story.ticket(made.no)["suggestion"])


def test_a_suggestion_made_secret_keeps_no_remains_of_masks_for_units_either(story: Story) -> None:
    found = suggested(story, "report")
    kept = ["与 3 件人工改派相近", "路灯", "a座"]
    assert found["evidence"] == kept
    assert [one["text"] for one in found["entities"]] == ["12号楼"]
    assert found["units"]
    assert all(unit["evidence"] == kept for unit in found["units"])


def test_a_suggestion_that_is_no_secret_keeps_its_evidence(story: Story) -> None:
    assert "1234" in suggested(story, "complaint")["evidence"]
