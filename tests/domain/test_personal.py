"""One form, masks and finding in free text of personal data. All people and numbers are invented."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.errors import InvalidInput
from hotline.domain.personal import (
    find_personal,
    mask_address,
    mask_email,
    mask_id_number,
    mask_name,
    mask_phone,
    mask_text,
    normalise_credit_code,
    normalise_id_number,
    normalise_phone,
)

ID_NUMBER = "11010519491231002X"  # the example of GB 11643
CREDIT_CODE = "91350100M000100Y43"  # the example of GB 32100


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王**"),
        ("王明", "王**"),
        ("欧阳娜娜", "欧阳**"),
        ("欧阳", "欧**"),
        ("张女士", "张女士"),
        ("司马先生", "司马先生"),
        ("阿卜杜拉·买买提", "阿**·**"),
        ("John Smith", "J** S**"),
        ("𠮷田一", "𠮷**"),
        ("衡州市鑫源餐饮有限公司", "衡州市****有限公司"),
        ("鑫源超市", "鑫****超市"),
        (" ", ""),
    ],
)
def test_a_name_is_masked_without_showing_its_length(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("written", "number", "kind", "extension"),
    [
        ("13812341234", "13812341234", "mobile", ""),
        ("+86 138-1234-1234", "13812341234", "mobile", ""),
        ("８６１３８１２３４１２３４", "13812341234", "mobile", ""),
        ("0734-8123456", "07348123456", "landline", ""),
        ("（010）62123456", "01062123456", "landline", ""),
        ("0086 734 8123456", "07348123456", "landline", ""),
        ("+86 10 6212 3456", "01062123456", "landline", ""),
        ("0734-8123456转801", "07348123456", "landline", "801"),
        ("0734-8123456-801", "07348123456", "landline", "801"),
        ("021-62123456 ext. 12", "02162123456", "landline", "12"),
        ("8123456", "8123456", "local", ""),
        ("12345", "12345", "service", ""),
        ("400-800-1234", "4008001234", "service", ""),
        ("+852 2345 6789", "+85223456789", "foreign", ""),
    ],
)
def test_a_phone_number_comes_into_one_form(written: str, number: str, kind: str, extension: str) -> None:
    phone = normalise_phone(written)
    assert (phone.number, phone.kind, phone.extension) == (number, kind, extension)


def test_a_local_number_takes_the_area_of_the_centre() -> None:
    assert normalise_phone("8123456", area="0734").number == "07348123456"


@pytest.mark.parametrize(
    "written", ["", "abc", "1381234123", "138123412345", "11111111111", "无", "1" * 100, "+86"]
)
def test_what_is_no_phone_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="电话"):
        normalise_phone(written)


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812341234", "138****1234"),
        ("+86 138 1234 1234", "138****1234"),
        ("0734-8123456", "0734-*****56"),
        ("021-62123456", "021-******56"),
        ("8123456", "*****56"),
        ("12345", "12345"),
        ("138123", "******"),
        ("", ""),
    ],
)
def test_a_phone_number_is_masked(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    "written", [ID_NUMBER, ID_NUMBER.lower(), "110105 19491231 002X", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_an_id_number_comes_into_one_form(written: str) -> None:
    assert normalise_id_number(written) == ID_NUMBER


def test_an_old_id_number_is_carried_over_to_eighteen_digits() -> None:
    assert normalise_id_number("110105491231002") == ID_NUMBER


@pytest.mark.parametrize(
    "written",
    [
        "",
        "110105194912310021",
        "990105194912310021",
        "11010519491331002X",
        "1101051949123100",
        "X" * 18,
        "9" * 5000,
    ],
)
def test_a_wrong_id_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="身份证号"):
        normalise_id_number(written)


def test_a_credit_code_is_checked() -> None:
    assert normalise_credit_code(CREDIT_CODE.lower()) == CREDIT_CODE
    with pytest.raises(InvalidInput, match="信用代码"):
        normalise_credit_code(CREDIT_CODE[:-1] + "4")


def test_id_number_address_and_email_are_masked() -> None:
    assert mask_id_number(ID_NUMBER) == "110***********002X"
    assert mask_email("wang.li@example.org") == "w***@example.org"
    assert mask_email("a@example.org") == "***@example.org"
    assert mask_email("no address") == "n*********"


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("衡州市蒸阳区解放路12号3栋502室", "衡州市蒸阳区解放路****"),
        ("衡州市蒸阳区云集街道江东社区3组", "衡州市蒸阳区云集街道****"),
        ("蒸阳县三塘镇大桥村5组", "蒸阳县三塘镇****"),
        ("幸福小区3栋", "****"),
        ("", ""),
    ],
)
def test_an_address_is_masked_below_the_road_or_township(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("电话13812341234，请回", "phone", "13812341234"),
        ("电话１３８１２３４１２３４请回", "phone", "１３８１２３４１２３４"),
        ("打幺三八一二三四一二三四不通", "phone", "幺三八一二三四一二三四"),
        ("请回(0734)8123456", "phone", "(0734)8123456"),
        ("车管所(0734-8123456)咨询", "phone", "0734-8123456"),
        ("座机：8123456", "phone", "8123456"),
        ("电话号码是8123456", "phone", "8123456"),
        (f"身份证{ID_NUMBER}的", "id_number", ID_NUMBER),
        ("身份证110105194912310021的", "id_number", "110105194912310021"),
        ("老证110105491231002的", "id_number", "110105491231002"),
        ("卡号6222 0212 3456 7890 123，", "bank_card", "6222 0212 3456 7890 123"),
        ("发到wang.li@example.org吧", "email", "wang.li@example.org"),
        ("车牌湘D·12345的", "plate", "湘D·12345"),
        ("湘DF12345占道", "plate", "湘DF12345"),
        ("我叫王小明，", "name", "王小明"),
        ("联系人：欧阳娜 ", "name", "欧阳娜"),
        ("我是赵隐名，举报", "name", "赵隐名"),
    ],
)
def test_personal_data_is_found_where_it_stands(text: str, kind: str, found: str) -> None:
    (span,) = find_personal(text)
    assert (span.kind, text[span.start : span.end]) == (kind, found)
    assert found not in mask_text(text)
    assert span.text not in repr(span)


@pytest.mark.parametrize(
    "text",
    [
        "工单号20260115000123456",
        "请拨打12345或110，95588也行",
        "客服电话400-820-8820，代码91350100M000100Y43",
        "手机花了8000000块",
        "价格12800元，2026-11-21 10:30到",
        "本人向社区反映，本人白天上班",
        "我是程序员，我是周边住户，我是孙子",
        "业主张贴通知，一二三四五六七八九十",
        "湘江北路，京津冀",
        "",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert find_personal(text) == ()
    assert mask_text(text) == text


def test_a_whole_message_is_masked_before_it_goes_out() -> None:
    text = f"我叫王小明，电话１３８１２３４１２３４，身份证{ID_NUMBER}，湘D·12345占道"
    assert mask_text(text) == "我叫王**，电话138****1234，身份证110***********002X，湘D*****5占道"
    assert "湘D·12345" in mask_text(text, keep=["plate"])


def test_an_id_number_is_not_also_reported_as_a_bank_card() -> None:
    assert [span.kind for span in find_personal("430104199001010015")] == ["id_number"]


@given(st.text(st.sampled_from("王0123456789１３x@.湘D-( )转幺八𠮷"), max_size=60))
def test_no_text_breaks_finding_and_spans_never_overlap(text: str) -> None:
    spans = find_personal(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    mask_text(text)


@given(st.text(max_size=40))
def test_no_value_breaks_a_mask_nor_comes_through_whole(value: str) -> None:
    for mask in (mask_name, mask_phone, mask_id_number, mask_address, mask_email):
        mask(value)
    assert len(value.strip()) < 2 or "*" in mask_id_number(value) or not value.strip(" -")
