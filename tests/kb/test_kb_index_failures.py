"""When an index cannot answer it says so, as `IndexUnavailable`, where it was noticed."""

import pytest

from kb.api import Document, IndexUnavailable, Query
from kb.index_elastic import ElasticIndex
from kb.index_sqlite import SqliteIndex

NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens there


@pytest.fixture
def sqlite_index(tmp_path, analyser):
    index = SqliteIndex(tmp_path / "kb.db", "articles", analyser)
    yield index
    index.close()


def test_an_index_that_was_not_opened_is_unavailable(sqlite_index, analyser):
    for index in (sqlite_index, ElasticIndex(NOBODY, "articles", analyser)):
        for ask in (index.count, lambda i=index: i.search(Query("税")), lambda i=index: i.rebuild([])):
            with pytest.raises(IndexUnavailable) as refused:
                ask()
            assert refused.value.code == "index_unavailable"


def test_a_server_that_is_not_there_is_unavailable(analyser):
    index = ElasticIndex(NOBODY, "articles", analyser, timeout=0.5)
    with pytest.raises(IndexUnavailable):
        index.open()
    for ask in (index.count, index.refresh, lambda: index.put([Document("a", "税", "")])):
        with pytest.raises(IndexUnavailable):
            ask()
    index.close()


def test_a_file_that_is_no_index_is_unavailable(sqlite_index, tmp_path):
    (tmp_path / "kb.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(IndexUnavailable):
        sqlite_index.open()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path, analyser):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailable):
        SqliteIndex(tmp_path / "file" / "kb.db", "articles", analyser).open()


@pytest.mark.parametrize("name", ["", "Articles", "a b", "x;drop table", "a-b", "1a"])
def test_a_collection_name_is_plain(tmp_path, analyser, name):
    with pytest.raises(ValueError, match="collection name"):
        SqliteIndex(tmp_path / "kb.db", name, analyser)
    with pytest.raises(ValueError, match="collection name"):
        ElasticIndex(NOBODY, name, analyser)


def test_two_collections_live_in_one_file(tmp_path, analyser):
    articles = SqliteIndex(tmp_path / "kb.db", "articles", analyser)
    tickets = SqliteIndex(tmp_path / "kb.db", "tickets", analyser)
    for index in (articles, tickets):
        index.open()
    articles.put([Document("a", "供水", "")])
    assert (articles.count(), tickets.count()) == (1, 0)
    articles.close()
    tickets.close()


def test_of_very_many_matches_the_total_is_exact_and_the_pages_are_full(sqlite_index):
    sqlite_index.open()
    sqlite_index.put(
        Document(f"d{n:05}", "来信", "路灯 损坏" if n % 9 else "路灯 损坏 桥面") for n in range(4_500)
    )
    rare = sqlite_index.search(Query("路灯 桥面", limit=100, highlight=False))
    assert rare.total == 4_500
    assert all(int(hit.id[1:]) % 9 == 0 for hit in rare.hits)
    common = sqlite_index.search(Query("路灯", limit=100, offset=900, highlight=False))
    assert (common.total, len(common.hits)) == (4_500, 100)
