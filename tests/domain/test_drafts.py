"""What comes in at any door: one form, limits, and every fault named in Chinese. All people are invented."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.drafts import (
    LABELS,
    LIMITS,
    TITLE_LENGTH,
    Person,
    TicketDraft,
    clean,
    one_line,
    title_of,
)
from hotline.domain.errors import InvalidInput
from tests.domain.starter_city import starter_city

CITY = starter_city()
RARE = "𠮷㑇𰻞𫝆𪚥\U0002ebf0\U00030000\U000323b0"
EMOJI = "💡👨‍👩‍👧‍👦❤️🇨🇳"
ANYTHING = st.text(st.characters(), max_size=80)
FIELDS_OF_DRAFT = (
    "text",
    "title",
    "place",
    "subject",
    "source_no",
    "source_system",
    "dialled",
    "call_id",
    "related_no",
)
FIELDS_OF_PERSON = ("name", "phone", "id_number", "address", "credit_code")


def faults_of(draft: TicketDraft) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refusal:
        draft.checked(CITY)
    assert refusal.value.code == "draft.invalid"
    assert all(fault in refusal.value.message for fault in refusal.value.details["fields"].values())
    return refusal.value.details["fields"]


# clean text
@given(ANYTHING)
def test_clean_text_can_be_stored_and_sent_and_is_clean_already(text):
    cleaned = clean(text)
    cleaned.encode()
    json.dumps(cleaned, ensure_ascii=False).encode()
    assert clean(cleaned) == cleaned == cleaned.strip()
    assert not any(unicodedata.category(mark) in ("Cc", "Cs") and mark not in "\t\n" for mark in cleaned)


@given(ANYTHING)
def test_a_line_is_one_line(text):
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(one_line(text)) == one_line(text)


@pytest.mark.parametrize("text", [RARE, EMOJI, "“引号”——省略……", "乌鲁木齐 ئۇيغۇر", "e\u0301"])
def test_rare_characters_and_emoji_stay_as_they_are(text):
    assert clean(text) == text
    assert TicketDraft(text).checked(CITY).text == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("路灯\x00不亮\x07", "路灯不亮"),
        ("一\r\n二\r三\n四\t五", "一\n二\n三\n四\t五"),
        ("\u3000 路灯\u200b不亮\ufeff ", "路灯不亮"),
        ("收款\u202e号码\u2066一\u2069", "收款号码一"),
        ("半\ud83d个", "半个"),
        ("\x85\x9f行", "行"),
        ("\ud83d\udca1", ""),
    ],
)
def test_what_cannot_be_seen_goes(text, cleaned):
    assert clean(text) == cleaned


# titles
@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("路灯不亮。请来修", "路灯不亮"),
        ("。。！\n路灯不亮！请来修", "路灯不亮"),
        ("路灯  \t不亮\n请来修", "路灯 不亮"),
        ("。！？", "（无标题）"),
        ("", "（无标题）"),
        ("灯" * 30, "灯" * 30),
        ("灯" * 31, "灯" * 29 + "…"),
        (
            "临澜区滨江东路中山亭门口三盏路灯连续五晚不亮，老人昨晚摔了一跤",
            "临澜区滨江东路中山亭门口三盏路灯连续五晚不亮",
        ),
        ("您好，" + "灯" * 31, "您好，" + "灯" * 26 + "…"),
        ("𠮷" * 31, "𠮷" * 29 + "…"),
    ],
)
def test_a_text_gives_its_own_title(text, title):
    assert title_of(text) == title


@given(ANYTHING)
def test_a_title_is_never_empty_nor_long_nor_broken(text):
    title = title_of(text)
    assert 0 < len(title) <= TITLE_LENGTH
    assert title == one_line(title)


# drafts
def test_a_draft_comes_out_in_one_form():
    draft = TicketDraft(
        " 路灯不亮。\r\n请来修 ",
        place="澜桥\n老街",
        source_no=" A-1\x00 ",
        caller=Person(name="王 小明 ", phone="+86 138-1234-1234", id_number="11010519491231002x"),
    ).checked(CITY)
    assert draft.text == "路灯不亮。\n请来修"
    assert (draft.title, draft.place, draft.source_no) == ("路灯不亮", "澜桥 老街", "A-1")
    assert draft.caller == Person(name="王 小明", phone="13812341234", id_number="11010519491231002X")
    assert draft.secret is False


def test_what_was_not_given_stays_not_given():
    draft = TicketDraft("路灯不亮").checked(CITY)
    assert (draft.source_no, draft.call_id, draft.dialled) == (None, None, "")
    assert draft.caller.empty


@pytest.mark.parametrize(
    ("secret", "request_type", "expected"),
    [
        (None, "report", True),
        (None, "help", False),
        (False, "report", True),
        (True, "help", True),
        (False, "help", False),
        (None, "", False),
    ],
)
def test_a_report_is_secret_whatever_was_ticked(secret, request_type, expected):
    draft = TicketDraft("举报", secret=secret, request_type=request_type).checked(CITY)
    assert draft.secret is expected


def test_a_secret_callers_own_name_stands_in_no_words_that_units_read():
    given = TicketDraft("我王小明举报，王小明愿作证", title="王小明举报", caller=Person(name="王小明"))
    secret = replace(given, request_type="report").checked(CITY)
    assert "王小明" not in secret.title + secret.text
    assert secret.caller.name == "王小明"
    assert given.checked(CITY).text == "我王小明举报，王小明愿作证"


@pytest.mark.parametrize("name", FIELDS_OF_DRAFT)
@pytest.mark.parametrize("mark", ["灯", "𠮷", "💡"])
def test_each_field_takes_its_limit_and_not_one_character_more(name, mark):
    limit = LIMITS[name]
    kept = replace(TicketDraft("路灯"), **{name: mark * limit}).checked(CITY)
    assert getattr(kept, name) == mark * limit
    faults = faults_of(replace(TicketDraft("路灯"), **{name: mark * (limit + 1)}))
    assert faults == {name: f"{LABELS[name]}最多 {limit} 个字，现有 {limit + 1} 个字"}


@pytest.mark.parametrize("name", FIELDS_OF_PERSON)
def test_each_field_of_a_person_has_its_limit(name):
    faults = faults_of(TicketDraft("路灯", caller=Person(**{name: "9" * (LIMITS[name] + 1)})))
    assert f"最多 {LIMITS[name]} 个字" in faults[name]


def test_blanks_and_controls_do_not_count_against_a_limit():
    title = "\u200b" * 50 + " " * 50 + "灯" * LIMITS["title"] + "\x00" * 50
    assert TicketDraft("路灯", title=title).checked(CITY).title == "灯" * LIMITS["title"]


@pytest.mark.parametrize("text", ["", "  \n\t", "\x00\x01", "\u200b\u2060\ufeff", "\ud83d", "\u3000"])
def test_a_text_without_anything_to_read_is_empty(text):
    assert faults_of(TicketDraft(text)) == {"text": "诉求内容不能为空"}


def test_all_faults_are_told_at_once():
    draft = TicketDraft(
        "",
        title="灯" * 101,
        request_type="wish",
        urgency="now",
        channel="pigeon",
        hotline="12399",
        category="999999",
        area="XX",
        caller=Person(phone="12", id_number="11010519491231002Y", credit_code="X", kind="robot"),
    )
    assert set(faults_of(draft)) == {
        "text", "title", "request_type", "urgency", "channel", "hotline", "category", "area",
        "phone", "id_number", "credit_code", "kind",
    }  # fmt: skip


def test_a_fault_never_repeats_what_the_person_gave():
    draft = TicketDraft("路灯", caller=Person(phone="王小明1381234", id_number="110105194912310021"))
    with pytest.raises(InvalidInput) as refusal:
        draft.checked(CITY)
    told = refusal.value.message + json.dumps(refusal.value.details, ensure_ascii=False)
    assert "王小明" not in told
    assert "1949" not in told


CODES = ("request_type", "urgency", "channel", "hotline", "category", "area")


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys((*FIELDS_OF_DRAFT, *CODES), ANYTHING)),
    ANYTHING,
    ANYTHING,
)
def test_whatever_comes_in_is_taken_or_refused_in_words(values, name, phone):
    draft = TicketDraft(**{"text": "路灯", **values}, caller=Person(name=name, phone=phone, gender=name))
    try:
        kept = draft.checked(CITY)
    except InvalidInput as refusal:
        json.dumps([refusal.message, refusal.details], ensure_ascii=False).encode()
        return
    for field in FIELDS_OF_DRAFT:
        (getattr(kept, field) or "").encode()
    (kept.caller.name + kept.caller.phone + kept.caller.gender).encode()
    assert kept.checked(CITY) == kept


def test_markup_and_sql_are_text_like_any_other():
    text = "<script>alert(1)</script>'; DROP TABLE tickets; -- {{7*7}}"
    assert TicketDraft(text).checked(CITY).text == text
