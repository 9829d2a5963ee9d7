"""The same matter is found again, with place, time and reasons, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from classifiers.duplicates import Sketch, Sketcher
from classifiers.segment import Segmenter
from hotline.adapters.db import matters as index
from hotline.commands import reindex
from hotline.domain.drafts import Person
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services import (
    archiving,
    closing,
    desk,
    dispatching,
    handling,
    intake,
    matters,
    merging,
    sketching,
)
from hotline.workers import Workers
from tests.fakes import FixedClock
from tests.flows.story import UNIT, Story, draft
from tests.serving import settle
from tests.web.api.test_api_more import counted

WATER = "翠湖小区二期从昨天晚上开始停水，物业说是水泵坏了，到现在没有人来修，老人孩子没法做饭。"
NEIGHBOUR = "我住翠湖小区，水龙头没有水，听说二期水泵坏了，请尽快抢修停水的问题"
ELSEWHERE = "锦绣小区三期停水，水泵坏了没有人修"
OTHER = "建议在市一中门口增设公交站，学生每天要走两公里才能坐车。"
PHONE = "13800001234"


@pytest.fixture(scope="module")
def sketcher() -> Sketcher:
    """One dictionary for all tests."""
    return Sketcher(Segmenter())


@pytest.fixture
def story(both: Runtime, sketcher: Sketcher) -> Story:
    both.sketcher = sketcher
    return Story(both)


def told(story: Story, said: str, **values: Any) -> str:
    """Registers a message and keeps what it is about, as the subscriber does."""
    no = story.register(**{"text": said, "category": "", "area": "", "place": ""} | values)
    keep(story, no)
    return no


def keep(story: Story, no: str) -> None:
    story.rt.transact(matters.remember, made_of(story, no))


def made_of(story: Story, no: str) -> dict[int, Any]:
    """What a ticket says now with its sketch, as `remember` takes it."""
    ticket_id = story.ticket(no)["id"]
    said = story.rt.query(matters.said_by, ticket_id)
    return {ticket_id: (said, matters.sketched(story.rt.sketcher, said))}


def sketch_of(story: Story, said: str) -> Sketch:
    return matters.sketched(story.rt.sketcher, (said,))


def asked(story: Story, said: str, area: str = "", actor: Actor | None = None, **values: Any) -> list[Any]:
    found = matters.Told(sketch_of(story, said), area)
    return story.rt.query(matters.alike, actor or story.agent, found, **values)


def keys_held(story: Story) -> int:
    count = text("SELECT count(*) FROM matter_keys")
    return int(story.rt.query(lambda uow: uow.connection.execute(count).scalar()))


def test_a_registered_ticket_is_kept_by_its_event(story: Story) -> None:
    story.register(text=WATER)
    settle(story.rt)
    assert keys_held(story) == len(sketch_of(story, WATER).keys)


def test_a_neighbour_in_other_words_is_led_to_the_ticket_and_told_why(story: Story) -> None:
    no = told(story, WATER)
    told(story, OTHER)
    (found,) = asked(story, NEIGHBOUR)
    assert found["no"] == no
    why = " ".join(found["why"])
    assert "停水" in why
    assert "同一地点" in why
    assert "24 小时内" in why


def test_what_was_sent_again_is_most_likely_the_same(story: Story) -> None:
    told(story, WATER)
    (found,) = asked(story, WATER + "请回复！")
    assert found["same"]
    assert "文字几乎相同" in found["why"]


def test_the_same_trouble_at_another_place_comes_after_and_is_not_called_the_same(story: Story) -> None:
    here, there = told(story, WATER), told(story, ELSEWHERE)
    found = asked(story, NEIGHBOUR)
    assert found[0]["no"] == here
    assert [row for row in found if row["no"] == there and row["same"]] == []


def test_another_area_lowers_and_the_same_area_raises(story: Story) -> None:
    told(story, WATER, area="LZ010101")
    here, nowhere, away = (asked(story, NEIGHBOUR, area)[0] for area in ("LZ0101", "", "LZ02"))
    assert here["score"] > nowhere["score"] > away["score"]
    assert "区域不同" in away["why"]


def test_age_lowers_and_after_sixty_days_nothing_is_shown(story: Story, clock: FixedClock) -> None:
    told(story, WATER)
    fresh = asked(story, NEIGHBOUR)[0]
    clock.move(days=30)
    older = asked(story, NEIGHBOUR)[0]
    assert older["score"] < fresh["score"]
    assert "30 天前" in older["why"]
    clock.move(days=31)
    assert asked(story, NEIGHBOUR) == []


def test_a_ticket_that_asks_does_not_find_itself(story: Story) -> None:
    no = told(story, WATER)
    assert asked(story, WATER, besides=story.ticket(no)["id"]) == []


def test_a_merged_ticket_leads_to_the_one_that_is_handled(story: Story) -> None:
    main, merged = told(story, WATER), told(story, ELSEWHERE)
    story.rt.transact(merging.merge, story.dispatcher, merged, main, "同一泵房")
    found = asked(story, ELSEWHERE)
    assert [row["no"] for row in found] == [main]
    assert found[0]["same"]


def test_an_edited_ticket_is_found_by_what_it_says_now(story: Story) -> None:
    no = told(story, WATER)
    story.rt.transact(dispatching.edit, story.reviewer, no, {"place": "青桐里棋牌室"})
    settle(story.rt)
    found = asked(story, "青桐里棋牌室门口停水，翠湖小区水泵坏了没人修")
    assert found[0]["no"] == no
    assert "青桐" in " ".join(found[0]["why"])


def test_a_sketch_that_is_older_than_its_ticket_is_not_kept(story: Story) -> None:
    no = story.register(text=WATER)
    before = made_of(story, no)
    story.rt.transact(dispatching.edit, story.reviewer, no, {"place": "青桐里棋牌室"})
    story.rt.transact(matters.remember, before)
    assert keys_held(story) == 0
    settle(story.rt)
    held = keys_held(story)
    story.rt.transact(matters.remember, before)
    assert keys_held(story) == held > 0
    assert "青桐" in " ".join(asked(story, "青桐里棋牌室门口停水，翠湖小区水泵坏了没人修")[0]["why"])


def test_a_ticket_that_ended_while_its_sketch_was_made_is_kept_where_it_belongs(story: Story) -> None:
    gone, done = story.register(text=WATER), story.register(text=ELSEWHERE)
    before = made_of(story, gone) | made_of(story, done)
    story.rt.transact(closing.withdraw, story.supervisor, gone, "撤回")
    (assignment,) = story.dispatch(done)
    story.answered(done, assignment)
    story.ask(done)
    story.rt.transact(matters.remember, before)
    assert gone not in [row["no"] for row in asked(story, WATER)]
    assert keys_held(story) == len(sketch_of(story, ELSEWHERE).keys)
    (found,) = asked(story, ELSEWHERE)
    assert (found["no"], found["finished"]) == (done, True)


def test_nobody_is_shown_what_they_may_not_read(story: Story) -> None:
    told(story, WATER)
    assert asked(story, NEIGHBOUR, actor=story.unit) == []


def test_the_same_caller_is_known_by_the_number(story: Story) -> None:
    told(story, WATER, caller=Person(name="欧阳小树", phone=PHONE))
    for phone, same in ((PHONE, True), ("13900009999", False)):
        phones = story.rt.query(desk.known_as, story.agent, phone, "")
        (found,) = asked(story, NEIGHBOUR, phone_indexes=phones)
        assert found["same_caller"] is same
    assert story.rt.query(desk.known_as, story.agent, "12", "") == ()


def closed(story: Story, said: str = WATER, **values: Any) -> str:
    """A ticket that was handled, answered and asked about."""
    no = told(story, said, category="010101", area="LZ010101", **values)
    (assignment,) = story.dispatch(no)
    story.answered(no, assignment)
    assert story.ask(no) == "closed"
    return no


def test_a_lately_closed_ticket_is_shown_as_closed_for_thirty_days(story: Story, clock: FixedClock) -> None:
    no = closed(story)
    clock.move(days=29)
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (no, True)
    assert "29 天前办结" in found["why"]
    clock.move(days=2)
    assert asked(story, NEIGHBOUR) == []


def test_a_merged_ticket_leads_to_the_closed_one_that_it_was_merged_into(story: Story) -> None:
    main, merged = told(story, OTHER, category="010101", area="LZ010101"), told(story, WATER)
    story.rt.transact(merging.merge, story.dispatcher, merged, main, "同一泵房")
    (assignment,) = story.dispatch(main)
    story.answered(main, assignment)
    while story.ask(main) != "closed":
        pass
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (main, True)


def test_closed_tickets_push_no_open_one_out_of_the_look_up(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "BUCKET", 2)
    monkeypatch.setattr(index, "NEAREST", 2)
    no = told(story, WATER)
    for _ in range(3):
        closed(story)
    found = asked(story, WATER)
    assert [row["no"] for row in found if not row["finished"]] == [no]
    assert len(found) == 4


def test_open_tickets_keep_half_of_the_seats(story: Story) -> None:
    for _ in range(3):
        closed(story)
        told(story, WATER + "一楼也没有水，请尽快处理。")
    found = asked(story, WATER, limit=4)
    assert sorted(row["finished"] for row in found) == [False, False, True, True]
    assert sum(row["finished"] for row in asked(story, WATER, limit=1)) == 0


def test_a_ticket_that_is_handled_again_is_found_among_the_open_ones(story: Story) -> None:
    no = closed(story)
    story.rt.transact(closing.rehandle, story.supervisor, no, "又停水了")
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (no, False)
    assert keys_held(story) == len(sketch_of(story, WATER).keys)


def test_archived_tickets_and_those_merged_into_them_leave_the_look_up_and_come_back(
    story: Story, clock: FixedClock
) -> None:
    no, merged = told(story, WATER, category="010101", area="LZ010101"), told(story, ELSEWHERE)
    held = keys_held(story)
    story.rt.transact(merging.merge, story.dispatcher, merged, no, "同一泵房")
    (assignment,) = story.dispatch(no)
    story.answered(no, assignment)
    while story.ask(no) != "closed":
        pass
    clock.move(days=91)
    story.rt.transact(archiving.archive_old)
    assert keys_held(story) == 0
    story.rt.transact(closing.rehandle, story.supervisor, no, "又停水了")
    assert keys_held(story) == held


@pytest.mark.parametrize("way", ["withdrawn", "refused"])
def test_what_came_to_nothing_leaves_the_look_up_at_once(story: Story, way: str) -> None:
    no = told(story, WATER)
    if way == "withdrawn":
        story.rt.transact(closing.withdraw, story.supervisor, no, "撤回")
    else:
        refused = intake.Outcome("refuse", "请向法院反映", "refuse-litigation")
        story.rt.transact(intake.finish_draft, story.dispatcher, no, refused)
    assert asked(story, NEIGHBOUR) == []
    assert keys_held(story) == 0


def test_a_message_twice_leaves_one_set_of_keys(story: Story) -> None:
    no = told(story, WATER)
    held, ticket = keys_held(story), story.ticket(no)
    for _ in range(2):
        keep(story, no)
    assert keys_held(story) == held == len(sketch_of(story, WATER).keys)
    assert story.ticket(no)["version"] == ticket["version"]


@pytest.mark.parametrize("said", ["", "水", "😀😀😀", "！？。", "停水" * 3_000, "a" * 100_000, WATER * 2_500])
def test_odd_texts_find_something_or_nothing_and_do_no_harm(story: Story, said: str) -> None:
    told(story, WATER)
    assert isinstance(asked(story, said), list)


def test_a_flood_of_one_complaint_costs_no_more_and_the_newest_are_found(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "BUCKET", 3)
    monkeypatch.setattr(index, "NEAREST", 2)
    numbers = [told(story, WATER) for _ in range(5)]
    assert [row["no"] for row in asked(story, WATER)] == [numbers[4], numbers[3]]


def test_looking_takes_three_statements_and_keeping_six(story: Story) -> None:
    told(story, WATER)
    found = matters.Told(sketch_of(story, NEIGHBOUR))
    phones = story.rt.query(desk.known_as, story.agent, PHONE, "")
    story.rt.query(lambda uow: uow.reference)
    with counted(story.rt) as statements:
        story.rt.query(matters.alike, story.agent, found, phone_indexes=phones)
    assert len(statements) <= 3, "\n".join(statements)
    made = made_of(story, told(story, OTHER))
    with counted(story.rt) as statements:
        story.rt.transact(matters.remember, made)
    assert len(statements) <= 6, "\n".join(statements)


# at the desk, in one step
def test_a_caller_who_urges_is_noted_added_and_urges_in_one_step(story: Story) -> None:
    no, assignment = story.dispatched(text=WATER, caller=Person(name="欧阳小树", phone=PHONE))
    story.rt.transact(handling.sign, story.unit, no, assignment)
    story.rt.transact(desk.call_to_urge, story.agent, no, "现在楼上也没有水了", PHONE, None)
    kinds = [entry["kind"] for entry in story.ticket(no)["timeline"]]
    assert {"contacted_again", "note", "urge"} <= set(kinds)
    assert len(story.ticket(no)["urges"]) == 1


def test_urging_what_nobody_handles_yet_changes_nothing(story: Story) -> None:
    no = story.register(text=WATER)
    before = len(story.ticket(no)["timeline"])
    with pytest.raises(Conflict):
        story.rt.transact(desk.call_to_urge, story.agent, no, "催一下", PHONE, None)
    assert len(story.ticket(no)["timeline"]) == before


def test_a_caller_whose_closed_matter_was_not_solved_has_it_handled_again_in_one_step(story: Story) -> None:
    no = closed(story)
    with pytest.raises(NotAllowed):
        story.rt.transact(desk.call_to_rehandle, story.agent, no, "又停水了", PHONE, None)
    with pytest.raises(InvalidInput):
        story.rt.transact(desk.call_to_rehandle, story.supervisor, no, " ", PHONE, None)
    assert story.ticket(no)["state"] == "closed"
    story.rt.transact(desk.call_to_rehandle, story.supervisor, no, "又停水了", PHONE, None)
    assert story.ticket(no)["state"] == "handling"
    assert story.kinds(no)[-2:] == ["contacted_again", "rehandle"]


def test_a_matter_of_its_own_is_registered_and_linked_in_one_step(story: Story) -> None:
    main = told(story, WATER)
    made = story.rt.transact(
        desk.register,
        story.agent,
        draft(text=OTHER),
        intake.Outcome(),
        "form-key-0001",
        beside=main,
    )
    (link,) = story.ticket(made.no)["links"]
    assert (link["no"], link["kind"]) == (main, "related")
    assert story.ticket(made.no)["state"] in ("review", "to_dispatch")


def merged_at_the_desk(story: Story, main: str, said: str) -> str:
    """A neighbour's call that is registered and merged in one step, before anything has read it."""
    form = draft(text=said, category="", area="", place="")
    made = story.rt.transact(desk.register, story.agent, form, intake.Outcome(), "form-key-0003", into=main)
    assert story.ticket(made.no)["state"] == "merged"
    return made.no


def bare(story: Story) -> None:
    """As if nothing had ever been sketched."""
    story.rt.transact(lambda uow: uow.connection.execute(text("DELETE FROM matter_keys")))
    story.rt.transact(lambda uow: uow.connection.execute(text("UPDATE tickets SET signature = ''")))


@pytest.mark.parametrize("way", ["event", "walk", "reindex"])
def test_what_was_merged_at_the_desk_leads_to_the_main_ticket_from_then_on(story: Story, way: str) -> None:
    main = story.register(text=OTHER)
    merged_at_the_desk(story, main, WATER)
    if way == "event":
        settle(story.rt)
    elif way == "walk":
        walked(story)
    else:
        reindex.sketch_all(story.rt)
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (main, False)


def test_what_was_merged_stands_with_its_main_ticket_among_the_closed_and_goes_with_it(
    story: Story, clock: FixedClock
) -> None:
    main = told(story, OTHER, category="010101", area="LZ010101")
    merged_at_the_desk(story, main, WATER)
    (assignment,) = story.dispatch(main)
    story.answered(main, assignment)
    while story.ask(main) != "closed":
        pass
    bare(story)
    walked(story)
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (main, True)
    closed_band = text(f"SELECT count(*) FROM matter_keys WHERE key > {index.FINISHED}")
    assert story.rt.query(lambda uow: uow.connection.execute(closed_band).scalar()) == keys_held(story) > 0
    clock.move(days=91)
    story.rt.transact(archiving.archive_old)
    bare(story)
    assert reindex.sketch_all(story.rt) == 0
    walked(story)
    assert keys_held(story) == 0


def test_all_tickets_that_may_be_found_can_be_sketched_anew(story: Story) -> None:
    no = told(story, WATER)
    done = closed(story, ELSEWHERE)
    gone = told(story, OTHER)
    story.rt.transact(closing.withdraw, story.supervisor, gone, "撤回")
    story.rt.transact(lambda uow: uow.connection.execute(text("DELETE FROM matter_keys")))
    story.rt.transact(lambda uow: uow.connection.execute(text("INSERT INTO matter_keys VALUES (7, 1)")))
    reindex.sketch_all(story.rt)
    assert asked(story, WATER)[0]["no"] == no
    assert [row["finished"] for row in asked(story, ELSEWHERE) if row["no"] == done] == [True]
    assert asked(story, OTHER) == []
    left = text("SELECT count(*) FROM matter_keys WHERE key = 7")
    assert story.rt.query(lambda uow: uow.connection.execute(left).scalar()) == 0


def test_sketching_anew_takes_the_keys_of_what_came_to_nothing_away(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone, turned = (told(story, said) for said in (OTHER, WATER, ELSEWHERE))
    with monkeypatch.context() as before:
        before.setattr(index.MatterIndex, "drop", lambda self, ids: None)
        story.rt.transact(closing.withdraw, story.supervisor, gone, "撤回")
        refused = intake.Outcome("refuse", "请向法院反映", "refuse-litigation")
        story.rt.transact(intake.finish_draft, story.dispatcher, turned, refused)
    assert keys_held(story) > len(sketch_of(story, OTHER).keys)
    reindex.sketch_all(story.rt)
    assert [row["no"] for row in asked(story, OTHER)] == [kept]
    assert keys_held(story) == len(sketch_of(story, OTHER).keys)


def walked(story: Story) -> int:
    """The walk through the tickets to its end; how many steps it took."""
    before, steps = sketching.NEWEST, 0
    while before:
        before, steps = asyncio.run(sketching.step(story.rt, before)), steps + 1
    return steps


def test_tickets_from_before_the_look_up_are_found_after_a_walk_in_small_steps(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = [story.register(text=said, area="") for said in (WATER, NEIGHBOUR, ELSEWHERE)]
    done = closed(story, OTHER)
    gone = story.register(text=WATER)
    story.rt.transact(closing.withdraw, story.supervisor, gone, "撤回")
    story.rt.transact(lambda uow: uow.connection.execute(text("DELETE FROM matter_keys")))
    story.rt.transact(lambda uow: uow.connection.execute(text("UPDATE tickets SET signature = 'old format'")))
    assert asked(story, WATER) == []
    monkeypatch.setattr(sketching, "LOOKED", 2)
    monkeypatch.setattr(sketching, "MADE", 1)
    assert walked(story) >= 3
    assert {row["no"] for row in asked(story, WATER)} >= set(numbers[:2])
    assert [row["no"] for row in asked(story, OTHER)] == [done]
    assert story.ticket(gone)["signature"] == "old format"
    monkeypatch.undo()
    with counted(story.rt) as statements:
        walked(story)
    assert not [one for one in statements if not one.startswith("SELECT")]


def test_after_a_walk_no_row_of_an_earlier_way_of_sketching_is_left_and_those_of_a_later_one_stay(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(story, WATER)
    held = keys_held(story)
    first = (index.SCHEME - 1) << 32
    rows = [(key + band, 1) for key in range(first, first + 5) for band in (0, index.FINISHED)]
    rows.append(((index.SCHEME + 1) << 32, 1))
    into = text("INSERT INTO matter_keys (key, ticket_id) VALUES (:key, :of)")
    told_rows = [{"key": key, "of": of} for key, of in rows]
    story.rt.transact(lambda uow: uow.connection.execute(into, told_rows))
    monkeypatch.setattr(matters, "ROWS", 3)
    walked(story)
    assert keys_held(story) == held + 1
    assert asked(story, NEIGHBOUR)


def test_the_house_walks_by_itself_after_a_start(story: Story) -> None:
    story.register(text=WATER)
    house = Workers(story.rt)
    asyncio.run(house._sketch_old())
    assert keys_held(story) == len(sketch_of(story, WATER).keys)
    assert house._unsketched == 0


def test_the_house_walks_again_every_hour_for_what_no_event_has_told_of(
    story: Story, clock: FixedClock
) -> None:
    house = Workers(story.rt)
    asyncio.run(house._sketch_old())
    answer = intake.Outcome("answer", reply="水泵今天下午修好")
    form = draft(text=WATER, category="", area="", place="")
    no = story.rt.transact(intake.register, story.agent, form, answer).no
    clock.move(minutes=59)
    asyncio.run(house._sketch_old())
    assert asked(story, NEIGHBOUR) == []
    clock.move(minutes=1)
    asyncio.run(house._sketch_old())
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (no, True)


def test_what_was_imported_is_found_when_it_is_opened_again(story: Story, clock: FixedClock) -> None:
    old = intake.HistoricalRecord(
        draft(text=WATER, source_system="12319", source_no="A-1"), reply="已修好", unit=UNIT
    )
    no = story.rt.transact(intake.register_historical, story.supervisor, old).no
    house = Workers(story.rt)
    asyncio.run(house._sketch_old())
    assert asked(story, NEIGHBOUR) == []
    story.rt.transact(closing.rehandle, story.supervisor, no, "又停水了")
    settle(story.rt)
    assert asked(story, NEIGHBOUR) == []
    clock.move(hours=1)
    asyncio.run(house._sketch_old())
    (found,) = asked(story, NEIGHBOUR)
    assert (found["no"], found["finished"]) == (no, False)
