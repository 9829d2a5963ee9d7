"""A message in short: its title and its five elements. All names are invented."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.extraction import find
from classifiers.summary import ELEMENTS, TITLE_LENGTH, Summary, summarise, title

NOW = datetime(2026, 3, 12, 10)
STORY = "尊敬的领导：您好！我是学府名苑小区的业主，3月10日晚上小区电梯坠落，物业鼎盛物业公司至今不修。恳请政府督促维修。"


def short(text: str) -> Summary:
    return summarise(text, find(text, NOW))


def words(text: str) -> dict[str, list[str]]:
    return {name: [piece.text for piece in getattr(short(text), name)] for name in ELEMENTS}


def test_the_five_elements_are_pieces_of_the_text():
    found = words(STORY)
    assert found["who"] == ["业主", "鼎盛物业公司"]
    assert found["when"] == ["3月10日晚上"]
    assert found["where"] == ["学府名苑小区"]
    assert "电梯坠落" in found["what"][0]
    assert found["wants"] == ["恳请政府督促维修"]


def test_a_time_keeps_the_day_it_means():
    assert short(STORY).when[0].value == "2026-03-10"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("您好，我想反映一下海棠路路灯不亮的问题", "海棠路路灯不亮的问题"),
        ("标题：梅坞路井盖缺失\n内容：昨天发现的，请尽快处理", "梅坞路井盖缺失"),
        ("昨天下午3点在美佳惠超市买到过期牛奶", "在美佳惠超市买到过期牛奶"),
        ("我住在柳岸花园小区，楼上每天漏水", "柳岸花园小区楼上每天漏水"),
    ],
)
def test_a_title_says_what_and_where_without_greeting_or_time(text, wanted):
    assert title(text, find(text, NOW)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("路灯不亮，希望尽快修好，我叫〔隐去〕，电话〔隐去〕。", "希望尽快修好"),
        ("路灯不亮，希望尽快修好，我叫陈建国 电话13900001111", "希望尽快修好"),
        ("路灯不亮，希望尽快修好。联系人：〔隐去〕，联系电话：〔隐去〕", "希望尽快修好"),
        ("路灯不亮，我叫〔隐去〕，电话〔隐去〕，请尽快修好", "请尽快修好"),
        ("请通知〔隐去〕", "请通知〔隐去〕"),
        ("电话没人接，请派人来修，我叫他修也没用", "请派人来修，我叫他修也没用"),
    ],
)
def test_a_name_and_a_number_to_call_are_no_part_of_the_demand(text, wanted):
    assert words(text)["wants"] == [wanted]


def test_neither_is_told_with_the_matter():
    assert words("路灯不亮，我叫〔隐去〕，电话〔隐去〕")["what"] == ["路灯不亮"]


@pytest.mark.parametrize("lead", range(20, 60))
def test_no_mask_is_cut_in_half(lead):
    text = "请通知" + "修" * lead + "〔隐去〕处理"
    for told in (*words(text)["wants"], *words(text)["what"], title(text)):
        assert told.count("〔") == told.count("〕")


@pytest.mark.parametrize("text", ["", " ", "😀", "。。。", "\n"])
def test_a_text_without_a_word_has_an_empty_title_and_summary(text):
    assert title(text) == ""
    assert short(text).empty


@settings(deadline=None)
@given(
    st.text(max_size=300)
    | st.lists(
        st.sampled_from([*"，。：我\n的", "希望", "小区漏水", "昨天", "李某", "中山路", STORY]), max_size=30
    ).map("".join)
)
def test_every_piece_stands_where_it_says_and_a_title_is_short(text):
    found = find(text, NOW)
    shortly = summarise(text, found)
    assert all(
        text[piece.start : piece.end] == piece.text for name in ELEMENTS for piece in getattr(shortly, name)
    )
    assert len(title(text, found)) <= TITLE_LENGTH


@pytest.mark.parametrize(
    "unit", ["，", "〔", "我叫", "1", "1 ", "我姓张、", "我想反映", "希望漏水，", "您好", "a", "。"]
)
def test_long_texts_are_summarised_from_their_beginning(unit):
    text = (unit * 100_000)[:100_000]
    assert len(title(text, find(text, NOW))) <= TITLE_LENGTH
    summarise(text, find(text, NOW))
