"""Articles for a caller's story, and titles for a search box."""

import pytest

from kb.api import Document
from kb.index_sqlite import SqliteIndex
from kb.suggest import Title, TitleCompleter, suggest, telling_terms

ARTICLES = [
    ("fund", "住房公积金提取怎么办", "租房、购房、退休都可以提取公积金"),
    ("noise", "建筑工地夜间施工噪声", "夜间二十二时至次日六时禁止施工"),
    ("lift", "电梯困人和电梯故障", "物业服务企业应当及时维修电梯"),
    ("water", "自来水水压低", "高层住户水压低，联系供水公司和物业检查加压泵"),
    ("wage", "拖欠农民工工资", "向劳动保障监察机构投诉"),
]


@pytest.fixture
def index(tmp_path, analyser):
    index = SqliteIndex(tmp_path / "kb.db", "articles", analyser, {"scope": "keyword"})
    index.open()
    index.put(Document(id, title, text, {"scope": "public"}) for id, title, text in ARTICLES)
    yield index
    index.close()


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (
            "你好，我住在十八楼，我们小区的电梯上个月就坏了，物业一直说等配件，老人上下楼非常不方便，请问怎么办",
            "lift",
        ),
        ("我们家旁边的工地天天半夜还在施工，吵得孩子睡不着觉，打了几次电话都没有人管", "noise"),
        ("我在工地上干了三个月，老板一直拖欠工资，说没有钱", "wage"),
    ],
)
def test_a_story_finds_its_article(index, analyser, story, expected):
    suggestions = suggest(index, analyser, story)
    assert suggestions[0].id == expected
    assert suggestions[0].terms


def test_a_story_that_has_nothing_to_do_with_any_article_gets_none(index, analyser):
    assert suggest(index, analyser, "火星探测器发射") == []
    assert suggest(index, analyser, "") == []
    assert suggest(index, analyser, "\ud800\x00😀" * 3_000) == []


def test_suggestions_keep_to_the_filters(index, analyser):
    assert suggest(index, analyser, "电梯故障", filters={"scope": "internal"}) == []


def test_telling_terms_are_no_stop_words_and_no_numbers(index, analyser):
    terms = telling_terms(index, analyser, "请问 2026 年电梯 电梯 物业 怎么办")
    assert terms[0] == "电梯"
    assert "怎么办" not in terms
    assert "2026" not in terms


@pytest.fixture(scope="module")
def completer(analyser):
    titles = [Title(id, title) for id, title, _ in ARTICLES]
    return TitleCompleter([*titles, Title("fund2", "公积金贷款", 5.0)], analyser)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("住房", ["fund"]),
        ("公积金", ["fund2", "fund"]),
        ("gjj", ["fund2", "fund"]),
        ("GongJiJin", ["fund2", "fund"]),
        ("gjjdk", ["fund2"]),
        ("zfgj", ["fund"]),
        ("夜间", ["noise"]),
        ("电梯", ["lift"]),
        ("不存在", []),
        ("", []),
        ("\ud800*", []),
    ],
)
def test_titles_are_completed_by_characters_pinyin_and_initials(completer, typed, expected):
    assert [title.id for title in completer.complete(typed)] == expected


def test_no_more_titles_are_given_than_asked_for(completer):
    assert len(completer.complete("g", limit=1)) == 1
