"""Finished tickets are archived by age, by the house itself, and no others."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hotline.domain.errors import InvalidInput
from hotline.domain.people import SYSTEM_ACTOR
from hotline.runtime import Runtime
from hotline.services import administering, archiving, closing, intake
from tests.fakes import FixedClock
from tests.flows.story import Story, draft


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def answered(story: Story) -> str:
    outcome = intake.Outcome("answer", "已当场说明办理地点和材料。", solved=True)
    return story.rt.transact(intake.register, story.agent, draft(), outcome).no


def sweep(story: Story) -> int:
    return story.rt.transact(archiving.archive_old)


def test_closed_refused_and_withdrawn_tickets_are_archived_after_ninety_days(
    story: Story, clock: FixedClock
) -> None:
    refusal = intake.Outcome("refuse", "请向法院起诉。", reason_code=a_refusal(story))
    refused = story.rt.transact(intake.register, story.agent, draft(), refusal).no
    closed, withdrawn, still_open = answered(story), story.register(), story.register()
    story.rt.transact(closing.withdraw, story.supervisor, withdrawn, "来电人撤回")
    clock.move(days=89)
    assert sweep(story) == 0
    clock.move(days=2)
    assert sweep(story) == 3
    states = [story.ticket(no)["state"] for no in (closed, refused, withdrawn, still_open)]
    assert states[:3] == ["archived"] * 3
    assert states[3] != "archived"
    step = story.ticket(closed)["timeline"][-1]
    assert (step["kind"], step["actor"]) == ("archive", SYSTEM_ACTOR.name)
    assert sweep(story) == 0


def a_refusal(story: Story) -> str:
    return story.rt.query(lambda uow: uow.reference.reasons("refusal")[0]["code"])


def test_a_ticket_that_was_opened_again_is_not_archived(story: Story, clock: FixedClock) -> None:
    no = answered(story)
    story.rt.transact(closing.rehandle, story.supervisor, no, "来电人仍不满意")
    clock.move(days=200)
    assert sweep(story) == 0


def test_archiving_goes_in_batches_the_longest_closed_first(
    story: Story, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archiving, "BATCH", 2)
    numbers = [answered(story) for _ in range(3)]
    clock.move(days=91)
    assert sweep(story) == 2
    assert [story.ticket(no)["state"] for no in numbers] == ["archived", "archived", "closed"]
    assert sweep(story) == 1


def test_the_centre_says_after_how_many_days(story: Story, clock: FixedClock) -> None:
    admin = story.sysadmin
    for wrong in (0, archiving.MOST_DAYS + 1):
        with pytest.raises(InvalidInput):
            setting(story, admin, wrong)
    setting(story, admin, 7)
    no = answered(story)
    clock.move(days=8)
    assert sweep(story) == 1
    assert story.ticket(no)["state"] == "archived"


def setting(story: Story, admin: object, days: int) -> None:
    held = story.rt.query(administering.settings, admin)
    values = {"archive_after_days": days}
    story.rt.transact(administering.change_setting, admin, values, "按档案规定", held["based_on"])


def test_the_sweep_reads_a_partial_index_of_finished_tickets(runtime: Runtime) -> None:
    plan = text(
        "EXPLAIN QUERY PLAN SELECT id FROM tickets WHERE state IN ('closed', 'refused', 'withdrawn') "
        "AND closed_at < '2026-01-01' ORDER BY closed_at LIMIT 5"
    )
    steps = runtime.query(lambda uow: [row[-1] for row in uow.session.execute(plan)])
    assert "ix_tickets_to_archive" in steps[0]
