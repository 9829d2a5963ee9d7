"""Where, when, who, how much and about whom in a message. All names and numbers are invented."""

import sys
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.nlp import extraction as bench
from bench.nlp.marked import examples, parse
from classifiers.api import ENTITY_KINDS, PLACE_FORMS
from classifiers.extraction import READ_CHARS, Gazetteer, find

THURSDAY = datetime(2026, 3, 12, 10)
CITY = Gazetteer(["临澜区", "临澜", "澜桥街道", "桐川县"], ["人民广场", "柳岸花园小区"])


def said(text: str, kind: str) -> list[tuple[str, str]]:
    return [(found.text, found.value) for found in find(text, THURSDAY, CITY) if found.kind == kind]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("昨天下午3点", "2026-03-11T15:00"),
        ("上周五", "2026-03-06"),
        ("本月5号", "2026-03-05"),
        ("3月12日", "2026-03-12"),
        ("4月1日", "2026-04-01"),
        ("12月20日", "2025-12-20"),
        ("前天晚上", "2026-03-10"),
        ("去年国庆", "2025-10-01"),
        ("昨晚12点", "2026-03-12T00:00"),
        ("昨晚凌晨1点", "2026-03-12T01:00"),
        ("今天凌晨2点半", "2026-03-12T02:30"),
        ("3月1日至3月5日", "2026-03-01/2026-03-05"),
        ("昨晚10点到今天凌晨2点", "2026-03-11T22:00/2026-03-12T02:00"),
        ("上周", "2026-03-02/2026-03-08"),
        ("2025年10月", "2025-10"),
        ("去年下半年", "2025-07/2025-12"),
        ("2月下旬", "2026-02-21/2026-02-28"),
        ("三天前", "2026-03-09"),
        ("两个月前", "2026-01"),
        ("大年初一", "2026-02-17"),
        ("2026-03-01 18:45", "2026-03-01T18:45"),
        ("早上8点", "T08:00"),
        ("每天晚上11点", ""),
    ],
)
def test_a_time_is_resolved_against_the_day_the_message_came(words, value):
    assert said(f"，{words}没有人管", "time") == [(words, value)]


@pytest.mark.parametrize(
    "text",
    ["最近一直没人管", "等了三个月", "比例是3:2", "第3点意见", "一点用也没有", "十一路公交", "2月30日"],
)
def test_what_is_no_time_has_no_value(text):
    assert all(value == "" for _, value in said(text, "time"))


def test_a_time_has_no_value_without_a_day_to_count_from():
    (found,) = find("昨天停水")
    assert (found.kind, found.text, found.value) == ("time", "昨天", "")


@pytest.mark.parametrize(
    ("text", "words", "value"),
    [
        ("欠我三千五百元", "三千五百元", "3500"),
        ("交了1.2万", "1.2万", "12000"),
        ("每平米2.5元", "2.5元", "2.5"),
        ("骗了六千八，", "六千八", "6800"),
        ("共12,800.50元", "12,800.50元", "12800.5"),
        ("两三百块", "两三百块", "200/300"),
        ("5000-8000元", "5000-8000元", "5000/8000"),
        ("贰万叁仟元整", "贰万叁仟元整", "23000"),
        ("三块五。", "三块五", "3.5"),
        ("5毛", "5毛", "0.5"),
        ("几百元", "几百元", ""),
    ],
)  # fmt: skip
def test_an_amount_is_worth_what_it_says(text, words, value):
    assert said(text, "amount") == [(words, value)]


@pytest.mark.parametrize("text", ["三单元", "一块地", "元旦放假", "500美元", "两块玻璃", "三千人"])
def test_what_is_no_money_is_no_amount(text):
    assert said(text, "amount") == []


@pytest.mark.parametrize(
    ("text", "words", "form"),
    [
        ("我住在临澜区澜桥街道滨江东路88号", "临澜区澜桥街道滨江东路88号", "road"),
        ("投诉柳岸花园小区3栋2单元的电梯", "柳岸花园小区3栋2单元", "community"),
        ("海棠路与环湖西路交叉口积水", "海棠路与环湖西路交叉口", "crossing"),
        ("K6县人民广场太黑", "K6县人民广场", "site"),
        ("A市B区的路灯", "A市B区", "area"),
        ("西地省的规定", "西地省", "area"),
        ("S210省道塌方", "S210省道", "road"),
        ("昨天临澜停水", "临澜", "area"),
    ],
)
def test_places_join_to_the_longest_and_say_their_form(text, words, form):
    assert (words, form) in said(text, "place")


@pytest.mark.parametrize(
    "text",
    [
        "你们讲的都是大道理",
        "路过工地",
        "分不清区别",
        "元旦快乐",
        "一路上都是泥",
        "我们小区很吵",
        "农村的马路",
        "市民和村民",
        "超市涨价",
    ],
)
def test_words_that_only_end_like_places_are_none(text):
    assert said(text, "place") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("滨江东路路灯不亮", ["滨江东路"]),
        ("滨江东路路面塌陷", ["滨江东路"]),
        ("滨江东路路口拥堵", ["滨江东路"]),
        ("滨江东路路牌倒了", ["滨江东路"]),
        ("滨江东路路障没撤", ["滨江东路"]),
        ("滨江东路中山亭门口有三盏路灯", ["滨江东路中山亭"]),
        ("海棠路与环湖西路路口积水", ["海棠路与环湖西路路口"]),
        ("三盏路灯不亮", []),
        ("门口10盏路灯不亮", []),
        ("村口两条路、三段路都没修", []),
        ("望山路对面有人摆摊", ["望山路"]),
        ("在建设路买菜", ["建设路"]),
        ("在建小区没人管", []),
    ],
)
def test_a_road_ends_where_its_lamps_begin_and_counted_things_are_no_roads(text, words):
    assert [found for found, _ in said(text, "place")] == words


@pytest.mark.parametrize(
    ("text", "place", "firm"),
    [
        ("在建设路128号华联超市买到过期牛奶", "建设路128号", "华联超市"),
        ("海棠路12号鼎盛超市短斤少两", "海棠路12号", "鼎盛超市"),
    ],
)
def test_a_firms_address_is_a_place_and_no_part_of_its_name(text, place, firm):
    assert said(text, "place") == [(place, "road")]
    assert said(text, "organisation") == [(firm, "against")]


@pytest.mark.parametrize(
    ("text", "words"),
    [("张女士反映", "张女士"), ("被李某打了", "李某"), ("王主任很好", "王主任"), ("姓名：陈建国，", "陈建国"), ("欧阳先生来电", "欧阳先生"), ("刘某某占地", "刘某某")],
)  # fmt: skip
def test_persons_are_found_by_title_or_by_what_names_them(text, words):
    assert said(text, "person") == [(words, "")]


@pytest.mark.parametrize("text", ["向老师反映", "高中三年", "方便市民", "车主任意停车", "安全局势"])
def test_everyday_words_are_no_persons(text):
    assert said(text, "person") == []


@pytest.mark.parametrize(
    ("text", "years"),
    [("7岁的女儿", "7"), ("八十三岁", "83"), ("三岁半", "3.5"), ("六七十岁", "60"), ("90多岁", "90")],
)
def test_ages_are_read(text, years):
    assert [value for _, value in said(text, "age")] == [years]


def test_the_one_complained_about_is_told_from_the_office_it_was_reported_to():
    text = "投诉鼎盛物业公司乱收费，已向望棠区城管局反映"
    assert said(text, "organisation") == [("鼎盛物业公司", "against"), ("望棠区城管局", "")]


def test_an_office_without_a_name_is_no_organisation():
    assert said("物业公司和派出所都不管", "organisation") == []


def test_a_firm_named_after_an_estate_holds_the_place():
    kinds = [(found.kind, found.text) for found in find("柳岸花园小区物业不作为", THURSDAY, CITY)]
    assert kinds == [("organisation", "柳岸花园小区物业"), ("place", "柳岸花园小区")]


def test_praise_accuses_nobody():
    assert [value for _, value in said("表扬澜州市人民医院的彭医生", "organisation")] == [""]


RUBBISH = [
    "小区路",
    "3点到",
    "昨天",
    "一二三",
    "1,234",
    "五百",
    "李某",
    "公司",
    "A1县",
    "2025年",
    "岁",
    "¥1,",
    "a@",
    "每周",
    "投诉",
    "\ud800",
    "\x00",
    "😀",
    "路与",
]


@pytest.mark.parametrize("unit", RUBBISH)
def test_pasted_rubbish_is_read_to_the_reading_length(unit):
    text = (unit * 100_000)[:100_000]
    assert all(found.end <= READ_CHARS for found in find(text, THURSDAY, CITY))


@pytest.mark.parametrize("unit", ["小区路", "昨天在路上", "李某公司", "五百元"])
def test_twice_the_text_is_twice_the_work(unit):
    once, twice = (_steps(unit * times) for times in (1_000, 2_000))
    assert twice < 2.5 * once


def _steps(text: str) -> int:
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        find(text, THURSDAY, CITY)
    finally:
        sys.setprofile(before)
    return steps


@pytest.mark.parametrize(
    "text", ["", "一", "The street lamp is broken, please help.", "😀😀", "\ud83d", "\x07\x1b", "１２：３０"]
)
def test_odd_texts_are_read_without_harm(text):
    assert all(text[found.start : found.end] == found.text for found in find(text, THURSDAY, CITY))


PIECES = [
    *"在，。\n 的1２A路村区元岁月日点某😀𠮷\ud800",
    "昨天", "下午", "3点", "张女士", "中山路", "12号", "人民广场", "公司", "五百", "2026年", "13900001111", "每天", "至", "大年初", "K6县", "投诉",
]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)),
)
def test_every_entity_stands_where_it_says(text, received_at):
    found = find(text, received_at, CITY)
    assert all(text[one.start : one.end] == one.text for one in found)
    assert {one.kind for one in found} <= set(ENTITY_KINDS)
    assert {one.value for one in found if one.kind == "place"} <= set(PLACE_FORMS)
    assert list(found) == sorted(found, key=lambda one: (one.start, -one.end))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text):
    assert all(text[one.start : one.end] == one.text for one in find(text, THURSDAY, CITY))


def test_the_example_set_is_whole_and_split_by_its_words():
    chosen = list(examples())
    assert len(chosen) >= 300
    assert len({example.text for example in chosen}) == len(chosen)
    assert 0.25 < sum(example.tuning for example in chosen) / len(chosen) < 0.42
    assert all(example.text[mark.start : mark.end].strip() for example in chosen for mark in example.marks)


def test_an_unclosed_mark_is_refused():
    with pytest.raises(IndexError):
        parse("{t:昨天", THURSDAY)


def test_the_scorer_counts_a_half_right_span_only_as_overlap():
    example = parse("{t:昨天下午|2026-03-11}停水", THURSDAY)
    tally = bench.score([example], lambda text, when: list(find(text[:2], when)))["time"]
    assert (tally.marked, tally.found, tally.exact, tally.overlap, tally.right_value) == (1, 1, 0, 1, 1)


def test_extraction_keeps_its_level_on_the_tuning_third():
    fields = bench.report("tuning")["fields"]
    for name in ("time", "amount", "person", "place", "organisation"):
        assert fields[name]["exact"]["f1"] > 0.9, name
