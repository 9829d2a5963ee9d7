"""Things with a shape in a message, and their offsets. All numbers are invented."""

import pytest

from classifiers import extraction
from classifiers.api import ENTITY_KINDS
from classifiers.personal_data.checks import is_credit_code, is_id_number, passes_luhn

TEXT = (
    "我住清溪县红枫镇中山路12号,电话１３９00001111,座机0733-8765432,身份证11010519491231002X,"
    "车牌湘B12345,欠我3.5万元,邮箱a.b@example.com"
)


def kinds_of(text: str) -> dict[str, str]:
    return {entity.kind: entity.text for entity in extraction.find(text)}


def test_each_kind_is_found_where_it_stands():
    found = extraction.find(TEXT)
    assert [entity.kind for entity in found] == [
        "place",
        "phone",
        "phone",
        "id_number",
        "plate",
        "amount",
        "email",
    ]
    assert all(TEXT[entity.start : entity.end] == entity.text for entity in found)


def test_offsets_hold_behind_emoji_and_full_width_digits():
    text = "😀𠮷电话：１３９００００１１１１"
    (entity,) = extraction.find(text)
    assert text[entity.start : entity.end] == "１３９００００１１１１"


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_a_true_id_number_passes(number):
    assert is_id_number(number)


@pytest.mark.parametrize("number", ["110105194912310021", "110105194913310021", "1101051949", ""])
def test_a_false_id_number_does_not(number):
    assert not is_id_number(number)


def test_a_credit_code_is_checked():
    assert is_credit_code("91350100M000100Y43")
    assert not is_credit_code("91350100M000100Y44")


def test_a_bank_card_is_checked():
    assert passes_luhn("6222021234567890128") != passes_luhn("6222021234567890127")
    assert kinds_of("卡号6222 0212 3456 7890 128")["bank_card"] == "6222 0212 3456 7890 128"
    assert "bank_card" not in kinds_of("编号6222021234567890127")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("身份证110105 19491231 002X的", "110105 19491231 002X"),
        ("打幺三九零零零零一一一一不通", "幺三九零零零零一一一一"),
        ("客服400-820-8820不接", "400-820-8820"),
        ("座机是8765432", "8765432"),
    ],
)
def test_numbers_are_found_as_people_write_them(text, number):
    assert number in kinds_of(text).values()


def test_a_mistyped_id_number_is_no_id_number_here():
    assert "id_number" not in kinds_of("身份证110105194912310021")


def test_long_numbers_that_are_nothing_are_left_alone():
    assert extraction.find("工单编号202607150000123456789012") == ()
    assert kinds_of("一共12345678901件") == {}


@pytest.mark.parametrize("text", ["收了五百元", "罚款200块", "¥1,280.50", "拖欠3万多元", "两千多元"])
def test_amounts_are_found(text):
    assert "amount" in kinds_of(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("我住在安宁县红旗镇中山路12号", "安宁县红旗镇中山路12号"),
        ("锦绣花园3栋2单元电梯坏了", "锦绣花园3栋2单元"),
        ("关于青山社区的问题", "青山社区"),
    ],
)
def test_simple_places_are_found_without_the_words_around_them(text, place):
    assert kinds_of(text)["place"] == place


def test_words_that_only_end_like_places_are_none():
    assert "place" not in kinds_of("家附近的小区很吵,马路和公路都一样")


def test_every_kind_is_one_of_the_contract():
    assert {entity.kind for entity in extraction.find(TEXT)} <= set(ENTITY_KINDS)


@pytest.mark.parametrize("text", ["", "1" * 100_000, "小区路" * 30_000, "a@" * 50_000, "电话" * 50_000])
def test_pasted_rubbish_is_read_without_harm(text):
    extraction.find(text)
