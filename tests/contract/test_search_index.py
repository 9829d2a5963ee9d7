"""One suite for the search seam, run on every adapter: SQLite always, Elasticsearch where a server is named."""

import os
import threading
import uuid
from collections.abc import Callable, Iterator

import jieba
import pytest

from kb.api import Document, Hits, IndexUnavailable, InvalidDocument, InvalidQuery, Query, Range, SearchIndex
from kb.index_elastic import ElasticIndex
from kb.index_sqlite import SqliteIndex
from kb.query import Analyser

ELASTIC_URL = os.environ.get("HOTLINE_TEST_ELASTIC_URL")
FIELDS = {"unit": "keyword", "area": "keyword", "valid_to": "number"}
SYNONYMS = [("公积金", "住房公积金", "housing fund"), ("噪音", "噪声", "扰民")]

TOKENIZER = jieba.Tokenizer()
TOKENIZER.tmp_dir = None

MakeIndex = Callable[[], SearchIndex]


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser(lambda text: list(TOKENIZER.cut_for_search(text)), synonyms=SYNONYMS)


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param(
            "elastic",
            marks=[
                pytest.mark.external,
                pytest.mark.skipif(not ELASTIC_URL, reason="HOTLINE_TEST_ELASTIC_URL names no Elasticsearch"),
            ],
        ),
    ]
)
def make_index(request, tmp_path, analyser) -> Iterator[MakeIndex]:
    """Makes open indexes that share one collection, as two processes would."""
    made: list[SearchIndex] = []
    collection = f"t{uuid.uuid4().hex[:12]}"

    def make() -> SearchIndex:
        if request.param == "sqlite":
            index: SearchIndex = SqliteIndex(tmp_path / "index.db", collection, analyser, FIELDS)
        else:
            index = ElasticIndex(ELASTIC_URL, collection, analyser, FIELDS, prefix="test")
        index.open()
        made.append(index)
        return index

    yield make
    if request.param == "elastic":
        made[0].drop()
    for index in made:
        index.close()


@pytest.fixture
def index(make_index: MakeIndex) -> SearchIndex:
    return make_index()


def article(id: str, title: str, text: str = "", boost: float = 1.0, **fields) -> Document:
    return Document(id, title, text, fields, boost)


ARTICLES = [
    article(
        "fund", "住房公积金提取办理指南", "职工购买自住住房，可以申请提取住房公积金账户余额。", unit="gjj"
    ),
    article("noise", "建筑工地夜间施工噪声投诉须知", "夜间二十二时后禁止产生噪声的施工作业。", unit="cg"),
    article("card", "社会保障卡补办流程", "社保卡遗失后先挂失，再到网点补办。", unit="rs"),
    article(
        "rare", "户主姓名含生僻字𠮷与㑇时如何登记", "姓名中有𫝆、𰻞等字的，带户口簿到窗口办理。", unit="ga"
    ),
    article("emoji", "微笑服务😀评价说明", "评价后请点按😀图标。", unit="zw"),
]


def fill(index: SearchIndex, documents: list[Document]) -> None:
    index.put(documents)
    index.refresh()


def ids(hits: Hits) -> list[str]:
    return [hit.id for hit in hits.hits]


def found(index: SearchIndex, text: str, **rest) -> set[str]:
    return set(ids(index.search(Query(text, **rest))))


def test_both_adapters_are_search_indexes(index):
    assert isinstance(index, SearchIndex)


def test_what_was_put_is_found_and_counted(index):
    fill(index, ARTICLES)
    assert index.count() == 5
    assert ids(index.search(Query("社保卡丢了怎么补办")))[0] == "card"


def test_an_empty_index_answers_with_nothing(index):
    assert index.search(Query("公积金")) == Hits(0, ())
    assert index.search(Query("")) == Hits(0, ())
    assert index.count() == 0


def test_opening_again_keeps_what_is_there(index):
    fill(index, ARTICLES)
    index.open()
    assert index.count() == 5


def test_a_closed_index_can_be_opened_again(index):
    fill(index, ARTICLES)
    index.close()
    with pytest.raises(IndexUnavailable):
        index.search(Query("社保卡"))
    index.open()
    assert index.count() == 5


def test_putting_again_replaces(index):
    fill(index, ARTICLES)
    fill(index, [article("fund", "老年人优待证申领", unit="mz")])
    assert index.count() == 5
    assert found(index, "提取", match="all") == set()
    assert found(index, "优待证") == {"fund"}
    assert found(index, "", filters={"unit": "gjj"}) == set()


def test_the_last_of_equal_ids_in_a_batch_counts(index):
    fill(index, [article("a", "供水"), article("a", "供热")])
    assert (found(index, "供水"), found(index, "供热"), index.count()) == (set(), {"a"}, 1)


def test_what_was_removed_is_gone_and_unknown_ids_are_passed_over(index):
    fill(index, ARTICLES)
    index.remove(["card", "nobody", "card"])
    index.refresh()
    assert index.count() == 4
    assert found(index, "社保卡") == set()
    index.remove([])


def test_a_document_without_text_is_found_by_its_title_or_filter(index):
    fill(index, [article("bare", "停电公告", unit="gd"), article("blank", "", unit="gd")])
    assert found(index, "停电") == {"bare"}
    assert found(index, "", filters={"unit": "gd"}) == {"bare", "blank"}


@pytest.mark.parametrize("text", ["", "   ", "\t\n", "？！，。", '"', "()"])
def test_a_query_without_words_lists_everything(index, text):
    fill(index, ARTICLES)
    assert index.search(Query(text)).total == 5


def test_a_stop_word_alone_is_searched_for(index):
    fill(index, ARTICLES)
    assert found(index, "的") == {"noise", "rare"}


def test_an_empty_query_lists_everything_by_boost_then_id(index):
    fill(index, [article("b", "乙"), article("a", "甲"), article("c", "丙", boost=2.0)])
    assert ids(index.search(Query(""))) == ["c", "a", "b"]
    assert index.search(Query("", limit=1, offset=1)).total == 3


@pytest.mark.parametrize(
    ("text", "expected"),
    [("公积", "fund"), ("噪声", "noise"), ("补办", "card"), ("施工", "noise"), ("卡", "card")],
)
def test_one_and_two_character_queries_find_words_and_parts_of_words(index, text, expected):
    fill(index, ARTICLES)
    assert ids(index.search(Query(text)))[0] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("𠮷", "rare"), ("㑇", "rare"), ("𫝆", "rare"), ("𰻞", "rare"), ("😀", "emoji"), ("𠮷㑇", "rare")],
)
def test_rare_characters_and_emoji_are_found(index, text, expected):
    fill(index, ARTICLES)
    assert found(index, text, match="all") == {expected}


def test_synonyms_find_each_other(index):
    fill(index, ARTICLES)
    assert found(index, "噪音", match="all") == {"noise"}
    assert found(index, "Housing Fund 提取", match="all") == {"fund"}


@pytest.mark.parametrize("text", ["gongjijin", "gjj", "GJJ", "buban"])
def test_pinyin_of_title_words_finds_the_article(index, text):
    fill(index, ARTICLES)
    assert len(found(index, text)) == 1


def test_full_width_and_capital_letters_are_the_same_words(index):
    fill(index, [article("etc", "ＥＴＣ通行费减免", "Etc 卡号 ＡＢ１２")])
    assert found(index, "etc") == {"etc"}
    assert found(index, "ab12") == {"etc"}


def test_all_words_are_wanted_or_any(index):
    fill(index, ARTICLES)
    assert found(index, "施工 挂失", match="any") == {"noise", "card"}
    assert found(index, "施工 挂失", match="all") == set()
    assert found(index, "施工 夜间", match="all") == {"noise"}


def test_a_word_in_the_title_counts_more_than_one_in_the_text(index):
    fill(
        index,
        [
            article("text", "便民服务", "电梯故障请联系物业服务企业处理，勿自行处置"),
            article("title", "电梯故障", "请联系物业服务企业处理，勿自行处置，注意安全"),
            *(article(f"o{n}", f"垃圾分类第{n}期", "厨余垃圾投放时间调整") for n in range(20)),
        ],
    )
    assert ids(index.search(Query("电梯故障"))) == ["title", "text"]


def test_a_boost_lifts_a_document_over_its_equal(index):
    fill(index, [article("a", "供暖开始时间"), article("b", "供暖开始时间", boost=3.0)])
    assert ids(index.search(Query("供暖"))) == ["b", "a"]


def test_equal_scores_are_ordered_by_id_and_scores_never_rise(index):
    fill(index, [article(f"d{n}", "公交线路调整") for n in (3, 1, 2)] + ARTICLES)
    hits = index.search(Query("公交线路调整 办理")).hits
    assert [hit.id for hit in hits[:3]] == ["d1", "d2", "d3"]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_filters_hold_for_keywords_numbers_and_ranges(index):
    fill(
        index,
        [
            article("a", "供水", unit="w1", area=["河东", "河西"], valid_to=20_000),
            article("b", "供水", unit="w2", area="河东", valid_to=20_100),
            article("c", "供水", unit="w3"),
        ],
    )
    assert found(index, "供水", filters={"unit": "w1"}) == {"a"}
    assert found(index, "供水", filters={"unit": ["w1", "w3"]}) == {"a", "c"}
    assert found(index, "供水", filters={"area": "河西"}) == {"a"}
    assert found(index, "供水", filters={"area": "河东", "valid_to": Range(low=20_050)}) == {"b"}
    assert found(index, "", filters={"valid_to": Range(20_000, 20_050)}) == {"a"}
    assert found(index, "", filters={"valid_to": 20_100}) == {"b"}
    assert found(index, "", filters={"valid_to": Range()}) == {"a", "b"}
    assert found(index, "供水", filters={"unit": []}) == set()
    assert found(index, "供水", filters={"unit": "W1"}) == set()


@pytest.mark.parametrize(
    "filters",
    [{"colour": "red"}, {"unit": 3}, {"valid_to": "x"}, {"valid_to": Range(low="x")}, {"unit": [3]}],
)
def test_a_filter_the_index_does_not_have_is_refused(index, filters):
    with pytest.raises(InvalidQuery):
        index.search(Query("供水", filters=filters))


@pytest.mark.parametrize(
    "page", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"offset": 990, "limit": 20}, {"match": "some"}]
)
def test_a_page_out_of_bounds_is_refused(index, page):
    with pytest.raises(InvalidQuery):
        index.search(Query("供水", **page))


def test_an_over_long_query_is_refused(index):
    with pytest.raises(InvalidQuery):
        index.search(Query("水" * 2_001))


def test_pages_follow_each_other_without_gap_or_repeat(index):
    fill(index, [article(f"p{n:03}", "路灯不亮", "路灯 " * (n % 7)) for n in range(45)])
    pages = [index.search(Query("路灯", limit=20, offset=offset)) for offset in (0, 20, 40, 60)]
    assert [len(page.hits) for page in pages] == [20, 20, 5, 0]
    assert {page.total for page in pages} == {45}
    assert sorted(id for page in pages for id in ids(page)) == [f"p{n:03}" for n in range(45)]


@pytest.mark.parametrize(
    "document",
    [
        article("", "无编号"),
        article("x" * 513, "编号过长"),
        article("a\ud800", "坏编号"),
        article("a", "未声明的字段", colour="red"),
        article("a", "类型不符", unit=3),
        article("a", "类型不符", valid_to="明天"),
        article("a", "类型不符", valid_to=float("nan")),
        article("a", "权重", boost=0),
    ],
)
def test_a_bad_document_is_refused_and_nothing_of_its_batch_is_written(index, document):
    with pytest.raises(InvalidDocument):
        index.put([*ARTICLES, document])
    index.refresh()
    assert index.count() == 0


def test_broken_text_is_taken_up_as_far_as_it_can_be_read(index):
    fill(index, [article("a", "停水\ud800通知\x00", "检修\x07完成\ufeff" + "长" * 300)])
    hit = index.search(Query("停水")).hits[0]
    assert hit.highlights[0].text == "停水\ufffd通知 "


HOSTILE = [
    '"',
    "' OR 1=1 --",
    '公积金" OR "社保',
    "title:公积金",
    "{title} : x",
    "NEAR(公积金 提取, 2)",
    "公积金 AND NOT 提取",
    "公积* ^提取",
    "-公积金 +提取",
    "*:*",
    "(((",
    "a\\",
    "/.*/",
    "公积金~2^5",
    "_exists_:id",
    "<script>alert(1)</script>",
    "'; DROP TABLE articles_1_docs; --",
    "{{7*7}}",
    "\x00\x01\ud800",
    "𠮷" * 500,
    "公积金 " * 600,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_character_of_a_query_is_an_operator(index, text):
    fill(index, ARTICLES)
    for match in ("any", "all"):
        index.search(Query(text[:2_000], match=match))
    assert index.count() == 5


@pytest.mark.parametrize("value", ['"', "a b", "' OR 1=1", "𠮷", "", "*", "x" * 5_000])
def test_any_string_is_a_keyword_value(index, value):
    fill(index, [article("a", "供水", unit=value), article("b", "供水", unit="other")])
    assert found(index, "供水", filters={"unit": value}) == {"a"}


def test_highlights_mark_the_words_in_the_text_as_it_was_put_in(index):
    text = "前言。" * 60 + "夜间施工应当公告附近居民；" + "附则。" * 60
    fill(index, [article("n", "工地<b>施工</b>管理", text)])
    title, body = index.search(Query("施工 居民")).hits[0].highlights
    assert [piece for piece, marked in title.segments if marked] == ["施工"]
    assert "".join(piece for piece, _ in title.segments) == "工地<b>施工</b>管理"
    assert text[body.start : body.start + len(body.text)] == body.text
    assert [piece for piece, marked in body.segments if marked] == ["施工", "居民"]


def test_highlights_can_be_left_out(index):
    fill(index, ARTICLES)
    assert index.search(Query("公积金", highlight=False)).hits[0].highlights == ()


def test_marks_keep_their_place_where_normalising_changes_lengths(index):
    fill(index, [article("a", "㈱㎏ ＥＴＣ卡①", "ﬁ ＥＴＣ")])
    title, body = index.search(Query("etc")).hits[0].highlights
    assert [piece for piece, marked in title.segments if marked] == ["ＥＴＣ"]
    assert [piece for piece, marked in body.segments if marked] == ["ＥＴＣ"]


def test_frequencies_count_documents(index):
    fill(index, ARTICLES)
    assert index.frequencies(["办理", "挂失", "没有这个", "𠮷", '"']) == {
        "办理": 2,
        "挂失": 1,
        "没有这个": 0,
        "𠮷": 1,
        '"': 0,
    }
    assert index.frequencies([]) == {}
    with pytest.raises(InvalidQuery):
        index.frequencies(["词"] * 101)


def test_a_rebuild_replaces_everything_and_tells_how_far_it_is(index):
    fill(index, ARTICLES)
    seen: list[int] = []
    taken = index.rebuild((article(f"r{n}", "管道燃气安检") for n in range(1_200)), seen.append)
    assert (taken, index.count(), seen[-1]) == (1_200, 1_200, 1_200)
    assert seen == sorted(seen)
    assert found(index, "社保卡") == set()


def test_a_rebuild_from_nothing_empties_the_index(index):
    fill(index, ARTICLES)
    assert index.rebuild([]) == 0
    assert index.count() == 0


def test_searches_go_on_in_the_old_content_until_the_switch(index, make_index):
    fill(index, ARTICLES)
    other = make_index()

    def watched() -> Iterator[Document]:
        for n in range(1_100):
            if n in (0, 600, 1_099):
                assert found(other, "社保卡") == {"card"}
                assert (other.count(), found(index, "燃气")) == (5, set())
            yield article(f"r{n}", "管道燃气安检")

    index.rebuild(watched())
    assert (other.count(), found(other, "社保卡")) == (1_100, set())


def test_what_changes_during_a_rebuild_wins_over_it(index, make_index):
    fill(index, ARTICLES)
    other = make_index()

    def changing() -> Iterator[Document]:
        other.put([article("fund", "公积金贷款利率"), article("new", "新开公交线路")])
        other.remove(["card"])
        other.refresh()
        assert found(other, "利率") == {"fund"}
        yield from ARTICLES

    index.rebuild(changing())
    index.refresh()
    assert found(index, "", limit=100) == {"fund", "new", "noise", "rare", "emoji"}
    assert found(index, "利率") == {"fund"}
    assert found(index, "提取", match="all") == set()


def test_a_rebuild_that_fails_leaves_the_old_content(index):
    fill(index, ARTICLES)

    def failing() -> Iterator[Document]:
        yield article("r", "管道燃气安检")
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        index.rebuild(failing())
    assert index.count() == 5
    fill(index, [article("later", "后来的文章")])
    assert index.rebuild([*ARTICLES, article("later", "后来的文章")]) == 6
    assert index.count() == 6


def test_a_second_rebuild_takes_over_from_a_running_one(index, make_index):
    other = make_index()

    def overtaken() -> Iterator[Document]:
        yield ARTICLES[0]
        other.rebuild(ARTICLES[1:3])

    with pytest.raises(IndexUnavailable):
        index.rebuild(overtaken())
    assert found(index, "") == {"noise", "card"}


def test_many_threads_put_search_and_rebuild_at_once(index):
    fill(index, ARTICLES)
    failures: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for n in range(8):
                index.put([article(f"w{name}-{n}", "道路积水")])
                assert "card" in found(index, "社保卡 道路")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    index.rebuild(ARTICLES)
    for thread in threads:
        thread.join()
    index.refresh()
    assert failures == []
    assert found(index, "社保卡") == {"card"}
