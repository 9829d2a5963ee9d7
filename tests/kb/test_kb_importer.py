"""Rows become articles, or are refused one by one with what is wrong."""

from datetime import date, datetime

import pytest

from kb.articles import ArticleError, checked
from kb.importer import article_of_starter, parse_rows

LEAVES = {"便民热线/民政/养老"}
UNITS = {"民政局": "MZ"}
ROW = {
    "类目": "便民热线/民政/养老",
    "标题": "高龄津贴申领",
    "内容": "年满八十周岁可申领。",
    "发文单位": "民政局",
    "材料性质": "办事指南",
    "关键字": "津贴，高龄;补贴",
}


def parse(*rows: dict):
    return parse_rows(rows, is_leaf=LEAVES.__contains__, unit_of=UNITS.get, source="导入")


def refusals(**change) -> list[tuple[str, str | None]]:
    return [(refusal.code, refusal.field) for refusal in parse(ROW | change).refused]


def test_a_row_becomes_a_draft():
    ((number, article),) = parse(ROW).articles
    assert (number, article.unit_code, article.keywords) == (1, "MZ", ("津贴", "高龄", "补贴"))
    assert (article.body, article.state, article.source) == ("年满八十周岁可申领。", "draft", "导入")


def test_further_columns_are_taken_by_their_headings():
    more = {
        "办理时限": "五个工作日",
        "适用区域": "LZ01、LZ02",
        "公开范围": "内部",
        "有效期起": datetime(2026, 1, 1),
        "有效期止": "2027年1月1日",
        "下次复核日期": "2026/6/30",
        "编号": "G-1",
        "无关列": "x",
        None: "y",
    }
    ((_, article),) = parse(ROW | more).articles
    assert (article.time_limit, article.areas, article.public) == ("五个工作日", ("LZ01", "LZ02"), False)
    assert (article.valid_from, article.valid_to) == (date(2026, 1, 1), date(2027, 1, 1))
    assert (article.next_review_on, article.external_id) == (date(2026, 6, 30), "G-1")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"标题": ""}, ("kb_title_missing", "title")),
        ({"标题": "长" * 129}, ("kb_title_too_long", "title")),
        ({"类目": "便民热线/民政"}, ("kb_category_unknown", "category")),
        ({"类目": None}, ("kb_category_invalid", "category")),
        ({"发文单位": "气象局"}, ("kb_unit_unknown", "unit_code")),
        ({"发文单位": " "}, ("kb_unit_missing", "unit_code")),
        ({"材料性质": "小说"}, ("kb_kind_unknown", "material_kind")),
        ({"关键字": "长" * 21}, ("kb_keyword_too_long", "keywords")),
        ({"关键字": "高龄津贴申领"}, ("kb_keyword_is_title", "keywords")),
        ({"关键字": ""}, ("kb_cell_missing", "keywords")),
        ({"内容": None}, ("kb_cell_missing", "body")),
        ({"有效期止": "明年"}, ("kb_date_invalid", "valid_to")),
        ({"有效期止": "2026-02-30"}, ("kb_date_invalid", "valid_to")),
        ({"公开范围": "也许"}, ("kb_scope_invalid", "public")),
    ],
)
def test_what_is_wrong_with_a_row_is_said_once(change, expected):
    assert refusals(**change) == [expected]


def test_all_problems_of_a_row_are_told_and_the_other_rows_are_taken():
    parsed = parse(ROW, ROW | {"标题": "", "材料性质": ""}, ROW | {"标题": "另一篇"})
    assert [number for number, _ in parsed.articles] == [1, 3]
    assert {(refusal.row, refusal.code) for refusal in parsed.refused} == {
        (2, "kb_title_missing"),
        (2, "kb_kind_unknown"),
    }


def test_a_title_stands_once_in_an_import():
    parsed = parse(ROW, ROW)
    assert len(parsed.articles) == 1
    assert [(refusal.row, refusal.code) for refusal in parsed.refused] == [(2, "kb_title_repeated")]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "kb_import_empty"),
        ([ROW] * 1_001, "kb_import_too_many"),
        ([{"标题": "x"}], "kb_import_heading_missing"),
    ],
)
def test_a_sheet_that_cannot_be_an_import_is_refused_whole(rows, code):
    with pytest.raises(ArticleError) as refused:
        parse(*rows)
    assert refused.value.code == code


def test_numbers_and_odd_characters_in_cells_are_read_as_text():
    ((_, article),) = parse(ROW | {"标题": 12345, "内容": "𠮷😀<b>'; DROP"}).articles
    assert (article.title, article.body) == ("12345", "𠮷😀<b>'; DROP")


def test_a_starter_entry_becomes_a_whole_article():
    article = article_of_starter(
        {
            "id": "s-1",
            "title": "施工噪声怎么投诉？",
            "category": "0301",
            "unit": "CG",
            "kind": "热点问答",
            "keywords": ["噪声"],
            "answer": "夜间施工须有证明。",
            "steps": ["登记", "派单"],
            "basis": ["噪声污染防治法"],
            "faq": [{"q": "多久？", "a": "五日"}],
            "audience": "internal",
        }
    )
    assert checked(article) == article
    assert (article.process, article.public, article.faq) == (
        "1. 登记\n2. 派单",
        False,
        (("多久？", "五日"),),
    )
