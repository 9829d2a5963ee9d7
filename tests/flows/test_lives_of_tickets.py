"""Whole lives of tickets, each on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import date

import pytest

from hotline.domain.drafts import Person
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from hotline.runtime import Runtime
from hotline.services import (
    applications,
    closing,
    deadline_steps,
    dispatching,
    handling,
    intake,
    lighting,
    merging,
    parties,
    portal,
)
from tests.fakes import BrokenClassifier, BrokenIndex, FixedClock
from tests.flows.story import OTHER, UNIT, Story, draft
from tests.serving import settle

NEIGHBOUR = Person(name="钟离秋", phone="13900002222")


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def test_a_call_becomes_a_ticket_that_is_handled_followed_up_and_archived(story: Story) -> None:
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    assert story.ticket(no)["state"] == "follow_up"
    assert story.ask(no) == "closed"
    story.rt.transact(closing.archive, story.supervisor, no)
    whole = story.ticket(no)
    assert whole["state"] == "archived"
    assert whole["requests"][0]["reply"] == "电梯已更换配件，恢复运行。"
    assert {clock["state"] for clock in whole["clocks"]} == {"met"}


def test_a_dispatch_keeps_the_catalogue_row_and_version_it_used(story: Story) -> None:
    no, _ = story.dispatched()
    opened = story.ticket(no)["rounds"][0]
    assert opened["catalogue_version"] == 1
    assert opened["catalogue_row"].startswith("PD")
    assert opened["basis"]


def test_a_granted_return_goes_to_another_unit_and_the_citizens_clock_goes_on(
    story: Story, clock: FixedClock
) -> None:
    no, assignment = story.dispatched()
    due = story.ticket(no)["due_at"]
    clock.move(hours=5)
    story.decide(no, story.apply(no, assignment, "return", proposed_unit=OTHER))
    whole = story.ticket(no)
    assert whole["lead_unit"] == OTHER
    assert whole["hops"] == 1
    assert whole["due_at"] == due
    assert [item["state"] for item in whole["assignments"]] == ["left", "to_sign"]


def test_a_refused_return_leaves_the_unit_at_work(story: Story) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    story.decide(no, story.apply(no, assignment, "return"), granted=False)
    assert story.ticket(no)["assignments"][0]["state"] == "working"
    story.reply(no, assignment)


def test_a_settled_objection_amends_the_catalogue(story: Story) -> None:
    no, assignment = story.dispatched()
    objection = story.apply(no, assignment, "objection", proposed_unit=OTHER)
    with pytest.raises(NotAllowed):
        story.decide(no, objection)
    story.decide(no, objection, actor=story.arbitrator, amend=True)
    second = story.register()
    proposals = story.rt.query(lambda uow: dispatching.used_row(uow, uow.ticket(second), OTHER))
    assert proposals["id"].startswith("ruling-")
    assert story.rt.query(lambda uow: uow.reference.versions["catalogue"]) == 2


def test_an_extension_moves_the_deadline_and_explains_it(story: Story) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    before = story.ticket(no)["due_at"]
    story.decide(no, story.apply(no, assignment, "extension", amount=5))
    explained = story.rt.query(deadline_steps.explain, story.supervisor, no)
    reply = next(item for item in explained["clocks"] if item["purpose"] == "reply")
    assert story.ticket(no)["due_at"] > before
    assert reply["adjustments"][0]["amount"] == 5
    assert reply["due_at"] == reply["replayed_due_at"]


def test_a_suspended_ticket_rests_and_goes_on_by_itself(story: Story, clock: FixedClock) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    story.decide(no, story.apply(no, assignment, "suspension", until=date(2026, 12, 1)))
    assert story.ticket(no)["assignments"][0]["state"] == "suspended"
    clock.move(days=20)
    assert story.rt.transact(lighting.end_suspensions) == 1
    whole = story.ticket(no)
    assert whole["assignments"][0]["state"] == "working"
    assert whole["due_at"] > clock.at


def test_an_unhappy_caller_opens_a_second_round_with_its_own_deadline(story: Story) -> None:
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    assert story.ask(no, happy=False, rehandle=True, opinion="修好一天又坏了") == "handling"
    whole = story.ticket(no)
    assert whole["round_no"] == 2
    assert whole["rehandles"] == 1
    second = next(item for item in whole["assignments"] if item["round_no"] == 2)
    story.answered(no, second["id"])
    assert story.ask(no) == "closed"
    answers = story.ticket(no)["requests"][0]
    assert (answers["first_satisfied"], answers["satisfied"]) == ("dissatisfied", "satisfied")


def test_a_caller_who_is_never_reached_is_closed_with_that_mark(story: Story) -> None:
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    request = story.ticket(no)["requests"][0]["id"]
    for _ in range(3):
        story.rt.transact(closing.follow_up, story.followup, no, request, False)
    whole = story.ticket(no)
    assert whole["state"] == "closed"
    assert whole["requests"][0]["follow_up"] == "not_reached"


def test_lead_and_assist_must_both_be_done(story: Story) -> None:
    no = story.register()
    lead, assist = story.dispatch(no, assists=(OTHER,))
    story.answered(no, lead)
    assert story.ticket(no)["state"] == "handling"
    story.answered(no, assist, story.other)
    assert story.ticket(no)["state"] == "follow_up"


def test_a_county_passes_down_to_its_town_and_answers_for_it(story: Story) -> None:
    no = story.register(category="", request_type="help")
    county, town = story.people["unit-lz01-zf"], story.people["unit-lz0101-zf"]
    assignment = story.dispatch(no, "LZ01-ZF")[0]
    story.sign(no, assignment, county)
    child = story.rt.transact(handling.pass_down, county, no, assignment, "LZ0101-ZF", "请现场核实")
    with pytest.raises(Conflict):
        story.rt.transact(handling.reply, county, no, assignment, "内部", "公开", {})
    story.sign(no, child, town)
    story.reply(no, child, town)
    story.reply(no, assignment, county)
    story.rt.transact(closing.accept, story.reviewer, no, assignment)
    assert story.ticket(no)["state"] == "follow_up"


def test_merged_callers_keep_secrecy_reply_and_follow_up_of_their_own(story: Story) -> None:
    main, assignment = story.dispatched()
    second = story.register(caller=NEIGHBOUR, secret=True)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    whole = story.ticket(main)
    assert [item["home_no"] for item in whole["requests"]] == [main, second]
    assert [item["secret"] for item in whole["requests"]] == [False, True]
    story.answered(main, assignment)
    assert story.ask(main) == "follow_up"
    assert story.ask(main, happy=False) == "closed"
    satisfied = [item["satisfied"] for item in story.ticket(main)["requests"]]
    assert satisfied == ["satisfied", "dissatisfied"]


def test_a_merge_is_undone_and_nobody_is_lost(story: Story) -> None:
    main, _ = story.dispatched()
    second = story.register(caller=NEIGHBOUR)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    assert story.ticket(second)["state"] == "merged"
    spoken = next(row["id"] for row in story.ticket(main)["requests"] if row["home_no"] == second)
    story.rt.transact(portal.add, spoken, "二单元也停了")
    story.rt.transact(merging.unmerge, story.dispatcher, second, "不是同一部电梯")
    assert "二单元也停了" in [row["text"] for row in story.ticket(second)["timeline"]]
    assert [row["what"] for row in story.rt.query(portal.track, spoken)["entries"]].count("追加了内容") == 1
    assert story.ticket(second)["state"] == "to_dispatch"
    assert len(story.ticket(second)["requests"]) == 1
    assert len(story.ticket(main)["requests"]) == 1
    story.dispatch(second)


def test_no_path_shows_a_unit_who_reported(story: Story) -> None:
    no = story.register(request_type="report", text="有人举报，电话13800001234，请保密。")
    assignment = story.dispatch(no)[0]
    seen = story.ticket(no, story.unit)
    assert "欧阳" not in str(seen)
    assert "13800001234" not in str(seen)
    assert "138****1234" not in str(seen["requests"][0].get("phone_masked"))
    request = seen["requests"][0]["id"]
    with pytest.raises(NotAllowed):
        story.rt.transact(parties.reveal, story.unit, no, request, "phone", "需要联系")
    story.sign(no, assignment)
    shown = story.rt.transact(parties.reveal, story.followup, no, request, "phone", "回访")
    assert shown == "13800001234"


def test_a_unit_does_not_know_of_others_tickets(story: Story) -> None:
    no, _ = story.dispatched()
    with pytest.raises(NotFound):
        story.ticket(no, story.other)


def test_a_withdrawn_ticket_tells_its_units(story: Story) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    assert story.rt.transact(closing.withdraw, story.supervisor, no, "来电人撤诉") == "withdrawn"
    whole = story.ticket(no)
    assert whole["assignments"][0]["state"] == "left"
    assert {clock["state"] for clock in whole["clocks"]} <= {"met", "cancelled"}


def test_a_refusal_tells_the_route(story: Story) -> None:
    refused = story.rt.transact(
        intake.register,
        story.agent,
        draft(),
        intake.Outcome("refuse", reason_code="refuse-emergency"),
    )
    whole = story.ticket(refused.no)
    assert whole["state"] == "refused"
    assert "转接" in whole["requests"][0]["reply"]


def test_an_outage_of_everything_but_the_database_does_not_stop_registration(story: Story) -> None:
    story.rt.ticket_index, story.rt.classifier = BrokenIndex(), BrokenClassifier()
    no = story.register()
    settle(story.rt)
    assert story.ticket(no)["state"] == "to_dispatch"
    state = story.rt.query(lambda uow: uow.views.outbox_state())
    assert (state["waiting"], state["dead"]) == (0, 0)
    assert state["retries"] == 2


def test_a_wrong_township_is_refused_as_lead(story: Story) -> None:
    no = story.register()
    with pytest.raises(InvalidInput, match="不得派由乡镇街道"):
        story.dispatch(no, "LZ0101-ZF")
    story.dispatch(no, UNIT)


def test_an_appeal_takes_a_ticket_out_of_the_assessment(story: Story) -> None:
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    appeal = story.rt.transact(applications.apply, story.unit, no, assignment, "appeal", "诉求超出职责")
    story.decide(no, appeal)
    assert story.ticket(no)["assignments"][0]["facts"]["assessed"] is False


def test_a_later_note_does_not_tell_a_unit_who_reported(story: Story) -> None:
    no = story.register(request_type="report", text="仓库夜里加工假酒。")
    story.dispatch(no)
    story.rt.transact(intake.add_note, story.agent, no, "欧阳小树又来电，说昨晚还在生产")
    assert "欧阳小树" not in str(story.ticket(no, story.unit))
    assert "欧阳小树" in str(story.ticket(no)["timeline"])
