"""Burst warnings: raised from real counts, one per area × matter, growing, told again only by a factor, settled by people."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from classifiers.bursts import Burst
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from hotline.domain.people import User
from hotline.domain.topics import BurstWarning
from hotline.runtime import Runtime
from hotline.services import notices
from hotline.services.topics import bursts, raising, settling, usual
from tests.fakes import FixedClock
from tests.flows.story import Story
from tests.serving import settle as drain

AREA, MATTER = "LZ0101", "010101"
DAY = date(2026, 11, 16)


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def burst(
    observed: int = 8,
    area: str = AREA,
    matter: str = MATTER,
    day: date = DAY,
    expected: float = 1.0,
    span: int = 1,
) -> Burst:
    return Burst(area, matter, day, span, observed, expected, 1e-6, 6.0, 56)


def look(story: Story, one: Burst) -> bool:
    return story.rt.transact(raising.raise_or_grow, "", one, [(one.day, one.observed)])


def kept(story: Story) -> list[dict[str, Any]]:
    states = tuple(settling.WARNING_STATES)
    return story.rt.query(settling.listed, story.leader, states, None)["items"]


def settle(story: Story, state: str = "acknowledged", note: str = "水务已到场抢修") -> None:
    story.rt.transact(settling.settle, story.dispatcher, kept(story)[0]["id"], state, note)


def told(story: Story, login: str) -> list[str]:
    actor = story.people[login]
    where = story.rt.query(notices.addresses, actor)
    rows = story.rt.query(lambda uow: uow.views.notices(where, actor.user_id))["items"]
    return [row["text"] for row in rows if row["kind"] == "burst"]


# --- one warning, growing ---


def test_a_burst_is_one_open_warning_that_grows(story: Story) -> None:
    assert look(story, burst(8))
    assert not look(story, burst(9))
    assert not look(story, burst(9))
    assert [(row["observed"], row["state"]) for row in kept(story)] == [(9, "open")]


def test_people_are_told_again_only_when_it_has_grown_by_half(story: Story) -> None:
    assert [look(story, burst(n)) for n in (8, 11, 12, 17, 18)] == [True, False, True, False, True]


def test_a_settled_warning_comes_back_only_when_the_burst_grows_by_half(story: Story) -> None:
    look(story, burst(8))
    settle(story)
    assert not look(story, burst(11))
    assert look(story, burst(12))
    assert [row["state"] for row in kept(story)] == ["open", "acknowledged"]


def test_a_new_burst_after_quiet_days_is_a_new_warning(story: Story) -> None:
    look(story, burst(8))
    settle(story, "dismissed", "同一人反复拨打")
    assert look(story, burst(6, day=DAY + timedelta(days=4)))


def test_a_settled_burst_that_goes_on_every_day_does_not_come_back(story: Story) -> None:
    look(story, burst(8))
    settle(story)
    assert not any(look(story, burst(8, day=DAY + timedelta(days=n))) for n in range(1, 9))
    assert [row["state"] for row in kept(story)] == ["acknowledged"]


def test_a_warning_that_nobody_settled_ends_after_quiet_days_and_the_next_burst_is_told(
    story: Story, clock: FixedClock
) -> None:
    clock.at = datetime(2026, 11, 16, 2, tzinfo=UTC)
    look(story, burst(10))
    clock.move(days=3)
    assert story.rt.query(raising.quiet) == []
    clock.move(days=1)
    (over,) = story.rt.query(raising.quiet)
    story.rt.transact(raising.end, over)
    (ended,) = kept(story)
    assert (ended["state_label"], ended["settled_by"]) == ("已平息", "系统")
    rows = story.rt.query(lambda uow: uow.views.audit_rows(action="warning.ended"))["items"]
    assert [(row["actor"], row["subject"]) for row in rows] == [("系统", str(over))]
    with pytest.raises(Conflict, match="平息"):
        settle(story)
    assert look(story, burst(9, day=DAY + timedelta(days=5)))
    assert [(row["state"], row["observed"]) for row in kept(story)] == [("open", 9), ("ended", 10)]


def test_a_burst_of_months_later_is_a_warning_of_its_own_though_the_old_one_still_stands_open(
    story: Story,
) -> None:
    look(story, burst(10))
    assert look(story, burst(9, day=DAY + timedelta(days=150)))
    assert [(row["state"], row["observed"]) for row in kept(story)] == [("open", 9), ("ended", 10)]


def test_counts_of_a_day_and_of_a_week_are_compared_by_their_mean_day(story: Story) -> None:
    assert look(story, burst(10))
    assert not look(story, burst(16, span=7))
    assert not look(story, burst(14))
    assert look(story, burst(15))
    settle(story)
    assert not look(story, burst(30, span=7))


def test_the_notice_reaches_those_whom_it_concerns_and_carries_no_text_of_a_caller(story: Story) -> None:
    look(story, burst(8))
    drain(story.rt)
    for login in ("leader", "supervisor", "dispatcher", "analyst"):
        assert len(told(story, login)) == 1, login
        assert "8 件" in told(story, login)[0]
    assert told(story, "agent") == []
    assert told(story, "unit-lz01-sjg") == []


# --- people settle it ---


def test_settling_needs_a_note_a_known_state_and_happens_once(story: Story) -> None:
    look(story, burst())
    for state, note in (("acknowledged", "好"), ("open", "水务已到场"), ("", "水务已到场")):
        with pytest.raises(InvalidInput):
            settle(story, state, note)
    settle(story)
    with pytest.raises(Conflict, match="已确认"):
        settle(story)
    held = kept(story)[0]
    assert (held["note"], held["settled_by"]) == ("水务已到场抢修", story.dispatcher.name)
    rows = story.rt.query(lambda uow: uow.views.audit_rows(action="warning.acknowledged"))["items"]
    assert [row["actor"] for row in rows] == ["dispatcher"]


def test_analysts_read_but_do_not_settle_agents_and_units_do_neither(story: Story) -> None:
    look(story, burst())
    number = kept(story)[0]["id"]
    assert story.rt.query(settling.one, story.analyst, number)
    with pytest.raises(NotAllowed):
        story.rt.transact(settling.settle, story.analyst, number, "dismissed", "同一人反复拨打")
    for actor in (story.agent, story.unit):
        with pytest.raises(NotAllowed):
            story.rt.query(settling.one, actor, number)
    with pytest.raises(NotFound):
        story.rt.query(settling.one, story.leader, 12345)


# --- which level tells ---


def reference(story: Story) -> Any:
    return story.rt.query(lambda uow: uow.reference)


def test_the_one_street_that_explains_the_districts_burst_stands_for_it(story: Story) -> None:
    street, district, city = burst(10), burst(11, area="LZ01"), burst(12, area="", expected=2.0)
    upper = burst(12, area="", matter="01", expected=3.0)
    kept = bursts.telling([street, district, city, upper], reference(story))
    assert kept == [street]


def test_many_places_at_once_are_told_as_the_city(story: Story) -> None:
    places = [burst(6, area=f"LZ0{n}") for n in range(1, 5)]
    city = burst(26, area="", expected=4.0)
    assert bursts.telling([*places, city], reference(story)) == [city]


def test_bursts_of_different_matters_stand_beside_each_other(story: Story) -> None:
    both = [burst(8), burst(9, matter="0201")]
    assert bursts.telling(both, reference(story)) == both


# --- from tickets to a warning ---


def test_ten_calls_in_a_day_about_one_matter_are_found_by_the_watch(story: Story, clock: FixedClock) -> None:
    clock.at = datetime(2026, 10, 12, 2, tzinfo=UTC)
    for week in range(5):
        story.register(text=f"第 {week} 次反映楼道灯不亮，请维修。")
        clock.move(days=7)
    assert asyncio.run(bursts.watch(story.rt)) == 0
    numbers = [story.register(text=f"{n} 号楼电梯停运，老人被困在家里。") for n in range(10)]
    assert asyncio.run(bursts.watch(story.rt)) == 1
    assert asyncio.run(bursts.watch(story.rt)) == 1
    (row,) = kept(story)
    assert (row["observed"], row["span"], row["state"]) == (10, 1, "open")
    assert row["category"].startswith("01")
    whole = story.rt.query(settling.one, story.leader, row["id"])
    assert {ticket["no"] for ticket in whole["tickets"]} == set(numbers)
    assert (whole["days"][-1]["count"], whole["hidden"]) == (10, 0)


def test_a_house_without_history_raises_nothing(story: Story) -> None:
    for n in range(10):
        story.register(text=f"{n} 号楼电梯停运，老人被困在家里。")
    assert asyncio.run(bursts.watch(story.rt)) == 0
    assert story.rt.query(lambda uow: uow.find(BurstWarning)) == []


def test_an_evening_call_counts_for_the_citys_day(story: Story, clock: FixedClock) -> None:
    clock.at = datetime(2026, 11, 15, 17, tzinfo=UTC)  # 01:00 of the 16th
    story.register()
    story.rt.transact(bursts.count, date(2026, 11, 15))
    story.rt.transact(bursts.count, date(2026, 11, 16))
    counts = bursts._rolled(counted(story), reference(story), "")
    assert counts["LZ010101", "010101"] == {date(2026, 11, 16): 1}
    assert counts["", "01"] == {date(2026, 11, 16): 1}


def counted(story: Story) -> list[Any]:
    return story.rt.query(lambda uow: uow.views.kept_counts("2026-01-01"))


def test_neither_drafts_nor_withdrawn_calls_are_counted(story: Story, clock: FixedClock) -> None:
    clock.at = datetime(2026, 11, 16, 2, tzinfo=UTC)
    for state in ("draft", "withdrawn", ""):
        number = story.ticket(story.register())["id"]
        if state:
            story.rt.transact(set_state, number, state)
    story.rt.transact(bursts.count, date(2026, 11, 16))
    assert [row[-1] for row in counted(story)] == [1]


def set_state(uow: Any, ticket_id: int, state: str) -> None:
    uow.ticket_by_id(ticket_id).state = state


def test_days_gone_by_are_counted_once_and_again_in_turn(story: Story, clock: FixedClock) -> None:
    clock.at = datetime(2026, 11, 16, 2, tzinfo=UTC)
    asyncio.run(bursts.watch(story.rt))
    first = story.rt.query(bursts.to_count)
    assert len(first) == bursts.AGAIN
    story.register(received_at=datetime(2026, 11, 3, 2, tzinfo=UTC))
    for _ in range(bursts.HISTORY_DAYS // bursts.AGAIN):
        clock.move(minutes=3)
        asyncio.run(bursts.watch(story.rt))
    assert [(row[3], row[4]) for row in counted(story)] == [("2026-11-03", 1)]
    clock.move(days=1)
    assert story.rt.query(bursts.to_count)[0] == date(2026, 11, 16)


def test_a_look_takes_as_many_statements_for_many_centres_as_for_none(
    story: Story, clock: FixedClock
) -> None:
    clock.at = datetime(2026, 11, 16, 2, tzinfo=UTC)
    for n in range(6):
        story.register(text=f"{n} 号楼电梯停运，老人被困在家里。")
    before = statements(story)
    story.rt.transact(give_centres)
    assert statements(story) == before <= 6


def give_centres(uow: Any) -> None:
    for number, user in enumerate(uow.find(User, limit=3)):
        user.centre = f"LZ0{number + 1}"


def statements(story: Story) -> int:
    seen: list[str] = []

    def heard(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append(statement)

    engine = story.rt.uows.engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        assert story.rt.query(bursts.look)
    finally:
        event.remove(engine, "before_cursor_execute", heard)
    return len(seen)


def test_the_usual_range_compares_days_of_rest_with_days_of_rest() -> None:
    days = [
        [(DAY + timedelta(days=n)).isoformat(), 2 if (DAY + timedelta(days=n)).weekday() > 4 else 10]
        for n in range(-28, 1)
    ]
    shown = usual.with_usual(days, 3, lambda day: day.weekday() > 4)
    assert [row["expected"] for row in shown] == [2.0, 2.0, 10.0]
    assert all(row["low"] <= row["expected"] <= row["high"] for row in shown)
