"""The life of an article, and what keeps one from being stored."""

from dataclasses import replace
from datetime import date

import pytest

from kb.articles import (
    MOVES,
    STATES,
    Article,
    ArticleError,
    checked,
    due_move,
    moved,
    possible_moves,
    problems,
)
from kb.documents import article_document, category_levels, readable_filters

GUIDE = Article(
    title="老年人乘车优待证怎么办？",
    category="民政/养老/优待",
    unit_code="MZ",
    material_kind="办事指南",
    keywords=("老年卡",),
    answer="年满六十五周岁可到社区申领。",
    edited_by="li",
)


def codes(article: Article) -> list[str]:
    return [problem.code for problem in problems(article)]


def test_a_whole_article_has_no_problems():
    assert problems(GUIDE) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": ""}, "kb_title_missing"),
        ({"title": "长" * 129}, "kb_title_too_long"),
        ({"category": ""}, "kb_category_invalid"),
        ({"unit_code": ""}, "kb_unit_missing"),
        ({"material_kind": "小说"}, "kb_kind_unknown"),
        ({"keywords": ("长" * 21,)}, "kb_keyword_too_long"),
        ({"keywords": (GUIDE.title,)}, "kb_keyword_is_title"),
        ({"keywords": tuple(f"词{n}" for n in range(31))}, "kb_keywords_too_many"),
        ({"answer": ""}, "kb_content_missing"),
        ({"body": "长" * 20_001}, "kb_text_too_long"),
        ({"faq": (("问", ""),)}, "kb_faq_invalid"),
        ({"external_id": "x" * 129}, "kb_source_too_long"),
        ({"valid_from": date(2026, 2, 1), "valid_to": date(2026, 1, 1)}, "kb_dates_reversed"),
    ],
)
def test_each_problem_has_a_code_and_a_chinese_message(change, code):
    found = problems(replace(GUIDE, **change))
    assert [problem.code for problem in found] == [code]
    assert any("\u4e00" <= character <= "\u9fff" for character in found[0].message)


def test_the_longest_title_and_keyword_are_taken():
    assert codes(replace(GUIDE, title="长" * 128, keywords=("词" * 20,))) == []


def test_checking_tidies_blanks_control_characters_and_repeated_keywords():
    tidy = checked(replace(GUIDE, title=" 停水\x00通知 ", keywords=("水 ", "水", ""), body="\ud800生僻字𠮷"))
    assert (tidy.title, tidy.keywords, tidy.body) == ("停水 通知", ("水",), "\ufffd生僻字𠮷")


def test_a_blank_title_is_missing():
    with pytest.raises(ArticleError) as refused:
        checked(replace(GUIDE, title=" \x00 "))
    assert (refused.value.code, refused.value.field) == ("kb_title_missing", "title")


def publish(article: Article) -> Article:
    article = moved(article, "submit", ["unit_handler"], "li")
    article = moved(article, "approve", ["unit_approver"], "wang")
    return moved(article, "publish", ["kb_reviewer"], "zhao")


def test_an_article_is_published_after_two_checks():
    article = publish(GUIDE)
    assert (article.state, article.published_version, article.is_readable) == ("published", 1, True)


def test_readers_keep_the_old_version_while_the_next_is_written():
    article = moved(publish(GUIDE), "revise", ["kb_editor"], "li")
    assert (article.state, article.version, article.published_version) == ("draft", 2, 1)
    assert publish(article).published_version == 2


@pytest.mark.parametrize("move", ["expire", "withdraw"])
def test_expired_and_withdrawn_articles_are_not_readable_and_can_be_revised(move):
    article = moved(publish(GUIDE), move, ["kb_editor"], "li", reason="政策废止")
    assert not article.is_readable
    assert moved(article, "revise", ["kb_editor"], "li").state == "draft"


def test_whoever_edited_last_does_not_check():
    waiting = moved(GUIDE, "submit", ["kb_editor"], "li")
    with pytest.raises(ArticleError, match="编辑者以外") as refused:
        moved(waiting, "approve", ["kb_editor"], "li")
    assert refused.value.code == "kb_second_person_needed"
    assert "approve" not in possible_moves(waiting, ["kb_editor"], "li")
    assert "approve" in possible_moves(waiting, ["kb_editor"], "wang")


@pytest.mark.parametrize(
    ("move", "roles", "reason", "code"),
    [
        ("fly", ["kb_editor"], "", "kb_move_unknown"),
        ("publish", ["kb_reviewer"], "", "kb_move_not_possible"),
        ("submit", ["agent"], "", "kb_move_not_allowed"),
        ("submit", [], "", "kb_move_not_allowed"),
        ("withdraw", ["kb_editor"], "  ", "kb_reason_missing"),
    ],
)
def test_a_move_that_may_not_be_made_is_refused_with_its_reason(move, roles, reason, code):
    with pytest.raises(ArticleError) as refused:
        moved(GUIDE, move, roles, "li", reason)
    assert refused.value.code == code


def test_every_state_can_be_left_and_every_move_has_someone_who_may():
    left = {source for step in MOVES.values() for source in step.sources}
    assert left == set(STATES)
    assert all(step.roles for step in MOVES.values())


def test_time_asks_for_a_reminder_and_then_for_expiry():
    article = replace(publish(GUIDE), valid_to=date(2026, 6, 30))
    assert due_move(article, date(2026, 5, 1)) is None
    assert due_move(article, date(2026, 5, 31)) == "mark_due"
    assert due_move(article, date(2026, 6, 30)) == "mark_due"
    assert due_move(article, date(2026, 7, 1)) == "expire"
    assert due_move(replace(article, state="expired"), date(2027, 1, 1)) is None
    assert due_move(replace(GUIDE, next_review_on=date(2026, 1, 1)), date(2026, 1, 1)) is None


def test_a_category_is_found_at_each_of_its_levels():
    assert category_levels("民政/养老/优待") == ["民政", "民政/养老", "民政/养老/优待"]
    assert category_levels("012001") == ["01", "0120", "012001"]
    assert category_levels("其他") == ["其他"]


def test_the_document_holds_every_section_and_no_date_means_always():
    document = article_document(replace(GUIDE, id=7, body="全文", faq=(("几岁？", "六十五岁"),)))
    assert document.id == "7"
    assert document.text.split("\n") == [
        "老年卡",
        "年满六十五周岁可到社区申领。",
        "全文",
        "几岁？",
        "六十五岁",
    ]
    assert document.fields["scope"] == "public"
    assert document.fields["valid_from"] < date(2026, 1, 1).toordinal() < document.fields["valid_to"]


def test_readers_ask_for_what_is_valid_public_and_of_their_area():
    filters = readable_filters(on=date(2026, 1, 1), public_only=True, area="LZ")
    assert set(filters) == {"valid_from", "valid_to", "scope", "area"}
    assert "scope" not in readable_filters(on=date(2026, 1, 1), public_only=False)
