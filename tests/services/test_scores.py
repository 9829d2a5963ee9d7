"""The weekly score: what models answered against what people said since, stored week by week."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from classifiers.api import Candidate, Prediction, Text
from hotline.domain.errors import NotAllowed
from hotline.domain.learning import LabelCount, ScoreWeek
from hotline.runtime import Runtime
from hotline.services import applications, dispatching, triage
from hotline.services.learning import readings, scores, truth
from tests.fakes import FixedClock
from tests.flows.story import OTHER, Story

LIFT, ROAD = "010101", "060101"


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def answer(story: Story, code: str, score: float, certain: bool) -> Prediction:
    path = story.rt.query(lambda uow: tuple(row["name"] for row in uow.reference.path("category", code)))
    classes = (Candidate(code[:2], path[:1], score),)
    return Prediction("complaint", 0.7, (Candidate(code, path, score),), certain, classes=classes)


def read(story: Story, code: str = LIFT, score: float = 0.9, certain: bool = True, shadow: str = "") -> str:
    """A ticket from the web that the model read, and the shadow too where one answers."""
    made = story.by_web()
    story.rt.transact(
        triage.record_prediction,
        made.ticket_id,
        Text("", ""),
        answer(story, code, score, certain),
        "linear/first",
    )
    if shadow:
        other = answer(story, shadow, 0.8, certain)
        story.rt.transact(readings.keep, made.ticket_id, other, "linear/second", shadow=True)
    return made.no


def correct(story: Story, no: str, code: str) -> None:
    story.rt.transact(dispatching.edit, story.reviewer, no, {"category": code})


def reckoned(story: Story) -> dict:
    return story.rt.query(lambda uow: scores.reckon(uow, scores.monday(uow.now)))


def test_answers_are_judged_by_the_last_word_of_people(story: Story) -> None:
    right, wrong, _unspoken = read(story), read(story, score=0.6, certain=False), read(story)
    correct(story, right, "010102")
    correct(story, right, LIFT)
    correct(story, wrong, ROAD)
    found = reckoned(story)["linear/first", False]
    assert (found["read"], found["judged"]) == (3, 2)
    assert (found["all"]["right"], found["certain"]["right"], found["certain"]["n"]) == (1, 1, 1)
    assert found["certain_read"]["right"] == 2
    assert found["confusions"] == [{"truth": "06", "said": "01", "count": 1}]


def test_the_shadow_is_judged_beside_the_serving_model_by_the_same_truth(story: Story) -> None:
    correct(story, read(story, code=LIFT, shadow=ROAD), ROAD)
    found = reckoned(story)
    assert found["linear/first", False]["all"]["share"] == 0.0
    assert found["linear/second", True]["all"]["share"] == 1.0


def test_a_claim_is_no_truth_but_the_ruling_on_it_is(story: Story) -> None:
    no, assignment = story.dispatched()
    ticket = story.ticket(no)["id"]
    before = story.rt.query(truth.of, [ticket], "unit")
    claim = story.apply(no, assignment, "objection", proposed_unit=OTHER)
    assert story.rt.query(truth.of, [ticket], "unit") == before
    story.rt.transact(applications.decide, story.arbitrator, no, claim, True, "属实")
    assert story.rt.query(truth.of, [ticket], "unit") == {ticket: OTHER}


def test_the_weekly_job_stores_what_is_due_and_reckons_late_corrections_in(
    runtime: Runtime, clock: FixedClock
) -> None:
    story = Story(runtime)
    no = read(story)
    asyncio.run(scores.refresh(runtime))
    assert runtime.query(scores.due) == []
    (first,) = runtime.query(scores.weeks, story.supervisor)
    assert (first["week"], first["figures"]["read"], first["figures"]["judged"]) == ("2026-11-16", 1, 0)
    correct(story, no, ROAD)
    clock.move(days=8)
    asyncio.run(scores.refresh(runtime))
    weeks = {row["week"]: row["figures"] for row in runtime.query(scores.weeks, story.supervisor)}
    assert weeks["2026-11-16"]["judged"] == 1
    assert weeks["2026-11-16"]["classes"][0]["name"]
    rows = runtime.query(lambda uow: list(uow.find(ScoreWeek)))
    assert len({(row.week, row.model, row.shadow) for row in rows}) == len(rows)


def test_a_house_that_has_read_nothing_reckons_nothing(runtime: Runtime) -> None:
    assert runtime.query(scores.due) == []
    assert scores.monday(runtime.clock.now() + timedelta(days=6)).isoformat() == "2026-11-16"
    with pytest.raises(NotAllowed):
        runtime.query(scores.weeks, Story(runtime).agent)


def test_a_ticket_that_a_model_reads_twice_counts_once(story: Story) -> None:
    no = read(story, code=LIFT, shadow=ROAD)
    for model, shadow in (("linear/first", False), ("linear/second", True)):
        again = answer(story, ROAD, 0.8, True)
        story.rt.transact(readings.keep, story.ticket(no)["id"], again, model, shadow=shadow)
    assert [found["read"] for found in reckoned(story).values()] == [1, 1]


def test_labels_are_counted_every_hour_and_not_when_somebody_looks(
    runtime: Runtime, clock: FixedClock
) -> None:
    story = Story(runtime)
    correct(story, story.by_web().no, ROAD)

    def counted() -> dict[tuple[str, str], int]:
        return runtime.query(lambda uow: {(row.field, row.how): row.labels for row in uow.find(LabelCount)})

    asyncio.run(scores.refresh(runtime))
    assert counted() == {("category", "corrected"): 1}
    correct(story, story.by_web().no, ROAD)
    asyncio.run(scores.refresh(runtime))
    assert counted() == {("category", "corrected"): 1}
    clock.move(minutes=61)
    asyncio.run(scores.refresh(runtime))
    assert counted() == {("category", "corrected"): 2}
