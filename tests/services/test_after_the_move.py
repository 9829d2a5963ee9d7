"""What must hold after a ticket changed hands or shape: deadlines, applications, callers, notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from hotline.domain.assignment import Clock
from hotline.domain.drafts import Upload
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed
from hotline.domain.hotlines import PARALLEL
from hotline.domain.records import Notice, PushBack
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import (
    applications,
    closing,
    deadline_steps,
    dispatching,
    handling,
    intake,
    lighting,
    matters,
    merging,
    notices,
    parties,
    portal,
    supervising,
)
from tests.fakes import FixedClock
from tests.flows.story import OTHER, UNIT, Story, draft
from tests.flows.test_lives_of_tickets import NEIGHBOUR
from tests.serving import settle


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def clock_of(story: Story, no: str, purpose: str) -> dict[str, Any]:
    """The newest clock of a purpose as it is explained, which must be what reckoning it again gives."""
    found = story.rt.query(deadline_steps.explain, story.supervisor, no)["clocks"]
    last = [clock for clock in found if clock["purpose"] == purpose][-1]
    assert last["replayed_due_at"] == last["due_at"]
    return last


def texts(story: Story, unit: str) -> list[str]:
    settle(story.rt)
    return story.rt.query(lambda uow: [notice.text for notice in uow.find(Notice, to_unit=unit)])


# deadlines
def test_an_extension_stays_with_the_matter_when_the_unit_changes(story: Story) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    story.decide(no, story.apply(no, assignment, "extension", amount=5))
    due = story.ticket(no)["due_at"]
    story.rt.transact(dispatching.reassign, story.dispatcher, no, assignment, OTHER, "职责划转")
    assert story.ticket(no)["due_at"] == due
    assert clock_of(story, no, "reply")["adjustments"][0]["kind"] == "extend"


def test_a_suspended_ticket_is_not_overdue_and_its_rest_goes_to_the_next_unit(
    story: Story, clock: FixedClock
) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    due = story.ticket(no)["due_at"]
    story.decide(no, story.apply(no, assignment, "suspension", until=date(2026, 12, 20)))
    assert story.ticket(no)["due_at"] is None
    clock.move(days=14)
    story.rt.transact(dispatching.reassign, story.dispatcher, no, assignment, OTHER, "职责划转")
    assert story.ticket(no)["due_at"] > due
    clock_of(story, no, "reply")


def test_a_correction_of_the_urgency_fits_the_clocks(story: Story) -> None:
    no, _ = story.dispatched()
    due = story.ticket(no)["due_at"]
    story.rt.transact(dispatching.edit, story.dispatcher, no, {"urgency": "critical"})
    assert story.ticket(no)["due_at"] < due
    assert clock_of(story, no, "reply")["limit"]["urgency"]


def test_an_unknown_urgency_is_refused(story: Story) -> None:
    no, _ = story.dispatched()
    for wrong in ({"urgency": "soon"}, {"request_type": "x"}, {"complexity": "x"}, {"secret": "yes"}):
        with pytest.raises(InvalidInput):
            story.rt.transact(dispatching.edit, story.dispatcher, no, wrong)


def test_a_matter_from_above_has_its_deadline_wherever_it_is_handled(story: Story, clock: FixedClock) -> None:
    main = story.register()
    above = story.register(caller=NEIGHBOUR, upstream_due_at=clock.at + timedelta(days=25))
    assert clock_of(story, above, "upstream")["state"] == "running"
    story.rt.transact(merging.merge, story.dispatcher, above, main)
    assert (
        clock_of(story, main, "upstream")["due_at"][:16] == clock_of(story, above, "upstream")["due_at"][:16]
    )
    story.rt.transact(merging.unmerge, story.dispatcher, above)
    assert clock_of(story, main, "upstream")["state"] == "cancelled"
    assert clock_of(story, above, "upstream")["state"] == "running"
    story.answered(above, story.dispatch(above)[0])
    story.ask(above)
    assert clock_of(story, above, "upstream")["state"] == "met"


def test_a_deadline_given_to_the_unit_below_can_be_far_away(story: Story, clock: FixedClock) -> None:
    no = story.register(category="", request_type="help")
    county = story.people["unit-lz01-zf"]
    upper = story.dispatch(no, "LZ01-ZF")[0]
    story.sign(no, upper, county)
    story.decide(no, story.apply(no, upper, "extension", county, amount=10))
    due = clock.at + timedelta(days=13)
    child = story.rt.transact(handling.pass_down, county, no, upper, "LZ0101-ZF", "请核实", due)
    own = next(item for item in story.ticket(no)["assignments"] if item["id"] == child)
    assert timedelta() <= due - own["due_at"] < timedelta(minutes=1)
    clock_of(story, no, "reply")


def test_a_return_window_that_closes_is_nobodys_delay(story: Story, clock: FixedClock) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    clock.move(days=60)
    while story.rt.transact(lighting.announce):
        pass
    windows = story.rt.query(lambda uow: [c.light for c in uow.find(Clock, purpose="return_window")])
    assert windows == ["none"]


# applications
def test_what_was_applied_for_lapses_with_the_reply(story: Story) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    pending = story.apply(no, assignment, "suspension", until=date(2026, 12, 1))
    story.reply(no, assignment)
    with pytest.raises(Conflict):
        story.decide(no, pending)
    story.rt.transact(closing.accept, story.reviewer, no, assignment)
    assert story.ticket(no)["state"] == "follow_up"
    assert story.ticket(no)["applications"][0]["state"] == "lapsed"


def test_an_extension_waits_until_the_suspension_ends(story: Story) -> None:
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    extension = story.apply(no, assignment, "extension", amount=3)
    story.decide(no, story.apply(no, assignment, "suspension", until=date(2026, 12, 1)))
    with pytest.raises(Conflict):
        story.decide(no, extension)
    story.rt.transact(applications.resume, story.dispatcher, no, assignment)
    story.decide(no, extension)
    assert clock_of(story, no, "reply")["adjustments"][-1]["kind"] == "extend"


def test_what_was_passed_down_goes_back_to_the_unit_above(story: Story) -> None:
    no = story.register(category="", request_type="help")
    county, town = story.people["unit-lz01-zf"], story.people["unit-lz0101-zf"]
    upper = story.dispatch(no, "LZ01-ZF")[0]
    story.sign(no, upper, county)
    child = story.rt.transact(handling.pass_down, county, no, upper, "LZ0101-ZF")
    assert any("已派到贵单位" in text for text in texts(story, "LZ0101-ZF"))
    with pytest.raises(Conflict):
        story.apply(no, child, "objection", town)
    story.decide(no, story.apply(no, child, "return", town))
    states = {item["id"]: item["state"] for item in story.ticket(no)["assignments"]}
    assert states == {upper: "working", child: "left"}
    assert any("不必再办理" in text for text in texts(story, "LZ0101-ZF"))


def test_a_released_reply_of_what_was_passed_down_tells_the_unit_above(story: Story) -> None:
    no = story.register(category="", request_type="help")
    county, town = story.people["unit-lz01-zf"], story.people["unit-lz0101-zf"]
    upper = story.dispatch(no, "LZ01-ZF")[0]
    story.sign(no, upper, county)
    child = story.rt.transact(handling.pass_down, county, no, upper, "LZ0101-ZF")
    story.sign(no, child, town)
    story.reply(no, child, town)
    assert any("的部分已答复" in text for text in texts(story, "LZ01-ZF"))
    assert not any("的部分已答复" in text for text in texts(story, "LZ0101-ZF"))
    story.reply(no, upper, county)
    assert sum("的部分已答复" in text for text in texts(story, "LZ01-ZF")) == 1


@pytest.mark.parametrize("code", ["", "extend-complex", "return-unknown"])
def test_a_return_gives_a_reason_of_the_published_list(story: Story, code: str) -> None:
    no, assignment = story.dispatched()
    with pytest.raises(InvalidInput) as caught:
        story.apply(no, assignment, "return", reason_code=code)
    assert set(caught.value.details["fields"]) == {"reason_code"}


def test_a_departments_duty_is_not_passed_down_to_a_township(story: Story) -> None:
    no = story.register()
    county = story.people["unit-lz01-zf"]
    upper = story.dispatch(no, "LZ01-ZF")[0]
    story.sign(no, upper, county)
    with pytest.raises(InvalidInput, match="不得派由乡镇街道"):
        story.rt.transact(handling.pass_down, county, no, upper, "LZ0101-ZF")


def test_an_assist_may_become_the_lead(story: Story) -> None:
    no = story.register()
    lead, assist = story.dispatch(no, assists=(OTHER,))
    with pytest.raises(InvalidInput):
        story.rt.transact(dispatching.reassign, story.dispatcher, no, assist, UNIT, "改由主办兼办")
    story.rt.transact(dispatching.reassign, story.dispatcher, no, lead, OTHER, "协办单位主责")
    open_ones = [a for a in story.ticket(no)["assignments"] if a["state"] != "left"]
    assert [(a["unit"], a["duty"]) for a in open_ones] == [(OTHER, "lead")]


def test_a_township_may_take_over_an_assist(story: Story) -> None:
    no = story.register()
    _, assist = story.dispatch(no, assists=(OTHER,))
    story.rt.transact(dispatching.reassign, story.dispatcher, no, assist, "LZ0101-ZF", "请街道配合")
    assert story.ticket(no)["assignments"][-1]["unit"] == "LZ0101-ZF"


# endings
def test_the_last_caller_who_is_waited_for_may_withdraw(story: Story) -> None:
    main, assignment = story.dispatched()
    second = story.register(caller=NEIGHBOUR)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    story.answered(main, assignment)
    story.ask(main)
    waiting = next(r["id"] for r in story.ticket(main)["requests"] if r["follow_up"] == "pending")
    assert story.rt.transact(portal.withdraw, waiting, "不用了") is None
    assert story.ticket(main)["state"] == "closed"


def test_a_request_is_withdrawn_once_and_only_from_its_own_ticket(story: Story) -> None:
    no, _ = story.dispatched()
    other = story.register(caller=NEIGHBOUR)
    foreign = story.ticket(other)["requests"][0]["id"]
    with pytest.raises(Conflict):
        story.rt.transact(closing.withdraw, story.supervisor, no, "弄错了", foreign)
    assert story.ticket(no)["state"] == "handling"


def test_undoing_a_merge_gives_an_answered_ticket_its_answer_back(story: Story) -> None:
    main, first = story.dispatched()
    second, assignment = story.dispatched(caller=NEIGHBOUR)
    story.answered(second, assignment)
    story.answered(main, first)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    own = next(r["id"] for r in story.ticket(main)["requests"] if r["home_no"] == main)
    answers = {"contacted": "yes", "solved": "solved", "satisfied": "satisfied"}
    story.rt.transact(closing.follow_up, story.followup, main, own, True, **answers)
    story.rt.transact(merging.unmerge, story.dispatcher, second)
    assert story.ticket(main)["state"] == "closed"
    assert story.ticket(second)["state"] == "follow_up"
    assert story.ask(second) == "closed"


def test_not_reached_is_counted_anew_in_every_round(story: Story) -> None:
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    request = story.ticket(no)["requests"][0]["id"]
    for _ in range(2):
        story.rt.transact(closing.follow_up, story.followup, no, request, False)
    story.ask(no, happy=False, rehandle=True, opinion="没修好")
    second = story.ticket(no)["assignments"][-1]["id"]
    assert clock_of(story, no, "reply")["limit"]["purpose"] == "rehandle"
    story.answered(no, second)
    assert story.rt.transact(closing.follow_up, story.followup, no, request, False) == "follow_up"


def test_a_direct_answer_that_did_not_help_goes_to_the_dispatchers(story: Story) -> None:
    answered = intake.Outcome("answer", reply="请联系物业报修", solved=False)
    no = story.rt.transact(intake.register, story.agent, draft(), answered).no
    assert story.ask(no, happy=False, rehandle=True, opinion="物业不管") == "to_dispatch"
    story.dispatch(no)
    assert story.ticket(no)["rehandles"] == 1


@pytest.mark.parametrize("solved", [True, False])
def test_what_was_answered_on_the_spot_is_found_by_the_next_who_calls_about_it(
    story: Story, solved: bool
) -> None:
    said = "翠湖小区二期从昨天晚上开始停水，物业说是水泵坏了，到现在没有人来修。"
    answered = intake.Outcome("answer", reply="今晚八点恢复供水", solved=solved)
    no = story.rt.transact(intake.register, story.agent, draft(text=said), answered).no
    settle(story.rt)
    told = matters.Told(matters.sketched(story.rt.sketcher, (said,)), "")
    (found,) = story.rt.query(matters.alike, story.agent, told)
    assert (found["no"], found["finished"]) == (no, solved)


# callers
def test_a_merged_callers_photo_keeps_that_callers_secrecy(story: Story) -> None:
    main, _ = story.dispatched()
    second = story.register(caller=NEIGHBOUR, anonymous=True)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    request = story.ticket(main)["requests"][1]["id"]
    photo = Upload("钟离秋家阳台.jpg", "image/jpeg", 10, "0" * 64)
    story.rt.transact(portal.add, request, "补一张照片", (photo,))
    names = [row["name"] for row in story.ticket(main, story.unit)["attachments"]]
    assert len(names) == 1
    assert "钟离" not in names[0]


def test_a_citizen_does_not_see_what_another_caller_did(story: Story) -> None:
    main, assignment = story.dispatched()
    second = story.register(caller=NEIGHBOUR)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    story.answered(main, assignment)
    one, two = (r["id"] for r in story.ticket(main)["requests"])
    story.rt.transact(portal.rate, two, "yes", "unsolved", "very_bad", "没人来")
    with pytest.raises(Conflict):
        story.rt.transact(portal.rate, two, "yes", "unsolved", "very_bad", "没人来")
    assert "rated" in [entry["kind"] for entry in story.rt.query(portal.track, two)["entries"]]
    assert "rated" not in [entry["kind"] for entry in story.rt.query(portal.track, one)["entries"]]


def test_callers_are_told_under_the_number_they_were_given(story: Story) -> None:
    main, assignment = story.dispatched()
    second = story.register(caller=NEIGHBOUR)
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    story.answered(main, assignment)
    settle(story.rt)
    told = story.rt.query(lambda uow: [n.text for n in uow.find(Notice, kind="ticket.replied")])
    assert sorted(no in text for no in (main, second) for text in told) == [False, False, True, True]


def test_a_unit_that_has_left_reveals_nothing(story: Story) -> None:
    no, assignment = story.dispatched()
    request = story.ticket(no)["requests"][0]["id"]
    assert story.rt.transact(parties.reveal, story.unit, no, request, "phone", "联系诉求人")
    story.rt.transact(dispatching.reassign, story.dispatcher, no, assignment, OTHER, "职责划转")
    with pytest.raises(NotAllowed):
        story.rt.transact(parties.reveal, story.unit, no, request, "phone", "联系诉求人")


def test_a_kept_answer_holds_no_clear_tracking_code(story: Story) -> None:
    made = [
        story.rt.transact(intake.register_once, story.agent, draft(), None, "form-1", "same")
        for _ in range(2)
    ]
    assert made[0].code == made[1].code != ""
    kept = story.rt.query(lambda uow: uow.remembered("desk:agent", "form-1", "same"))
    assert made[0].code not in str(kept)


def test_an_urge_reaches_only_units_of_its_ticket(story: Story) -> None:
    one, _ = story.dispatched()
    _, foreign = story.dispatched(caller=NEIGHBOUR)
    with pytest.raises(Exception, match="没有这个承办子单"):
        story.rt.transact(supervising.urge, story.dispatcher, one, "phone", "请快办", foreign)


# messages
def test_in_app_notices_do_not_keep_text_messages_from_leaving(story: Story) -> None:
    for _ in range(60):
        story.rt.transact(_inbox_notice)
    story.register()
    settle(story.rt)
    assert [notice.channel for notice in story.rt.transact(notices.take_outgoing)] == ["sms"]


def _inbox_notice(uow: UnitOfWork) -> None:
    uow.add(Notice(id=uow.new_id(), to_unit=UNIT, kind="x", text="x", created_at=uow.now))


def test_a_gateway_that_is_away_is_asked_again_later_and_not_at_once(story: Story, clock: FixedClock) -> None:
    story.register()
    settle(story.rt)
    tries = 0
    for _ in range(400):
        tries += len(story.rt.transact(notices.take_outgoing))
        clock.move(minutes=3)
    assert tries == notices.MOST_TRIES


def test_the_outcome_of_a_merged_matter_goes_back_to_its_old_system(story: Story) -> None:
    body = story.rt.query(lambda uow: dict(uow.reference.require("hotline", "12315")))
    body["mode"] = [{"region": "全国", "mode": PARALLEL, "valid_from": "2020-01-01"}]
    story.rt.transact(lambda uow: uow.change_reference("hotline", "12315", body, "测试", "双号并行"))
    main, assignment = story.dispatched()
    second = story.register(caller=NEIGHBOUR, hotline="12315", source_system="12315", source_no="A-7")
    story.rt.transact(merging.merge, story.dispatcher, second, main)
    story.answered(main, assignment)
    story.ask(main)
    story.ask(main)
    settle(story.rt)
    rows = story.rt.query(lambda uow: [row.payload for row in uow.find(PushBack)])
    assert [(row["source_no"], row["ticket_no"], row["state"]) for row in rows] == [("A-7", second, "办结")]
