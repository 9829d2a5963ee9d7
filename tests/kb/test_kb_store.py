"""Articles in a real database: SQLite always, PostgreSQL where one is named."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import MetaData, create_engine, insert, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from kb.articles import Article, ArticleError
from kb.feedback import FeedbackStore
from kb.store import ArticleStore
from kb.tables import TABLES, define_tables

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
GUIDE = Article(
    title="居住证签注办理",
    category="0102",
    unit_code="GA",
    material_kind="办事指南",
    keywords=("居住证", "签注"),
    answer="到居住地派出所办理，姓名含𠮷等生僻字的照此办理😀。",
    faq=(("要多久？", "当场办结。"),),
    areas=("LZ01",),
    valid_from=date(2026, 1, 1),
    next_review_on=date(2026, 12, 31),
)
EVERY_ROLE = ("kb_editor", "kb_reviewer", "unit_handler", "unit_approver", "supervisor", "system")


@pytest.fixture
def store(connection, new_id):
    return ArticleStore(connection, new_id)


@pytest.fixture
def feedback(connection, new_id):
    return FeedbackStore(connection, new_id)


def go(
    store: ArticleStore, article: Article, *moves: str, actor: str = "zhao", now: datetime = NOW
) -> Article:
    for move in moves:
        article = store.move(
            article.id, move, roles=EVERY_ROLE, actor=actor, revision=article.revision, now=now, reason="原因"
        )
    return article


def published(store: ArticleStore, article: Article = GUIDE) -> Article:
    return go(store, store.add(article, actor="li", now=NOW), "submit", "approve", "publish")


def test_an_article_comes_back_as_it_was_stored(store):
    added = store.add(GUIDE, actor="li", now=NOW)
    assert store.get(added.id) == added
    assert replace(added, id=0, edited_by="") == GUIDE


def test_a_bad_article_is_not_stored(store):
    with pytest.raises(ArticleError):
        store.add(replace(GUIDE, title=""), actor="li", now=NOW)
    assert store.page().articles == ()


def test_a_taken_title_is_refused_and_the_transaction_goes_on(store):
    first = store.add(GUIDE, actor="li", now=NOW)
    with pytest.raises(ArticleError) as refused:
        store.add(GUIDE, actor="li", now=NOW)
    assert refused.value.code == "kb_title_taken"
    other = store.add(replace(GUIDE, title="另一篇"), actor="li", now=NOW)
    with pytest.raises(ArticleError, match="标题"):
        store.update(replace(other, title=first.title), actor="li", now=NOW)
    assert store.get(other.id).title == "另一篇"


def test_an_external_number_is_there_once_in_each_source(store):
    store.add(replace(GUIDE, source="市级库", external_id="A1"), actor="li", now=NOW)
    store.add(replace(GUIDE, title="乙", source="省级库", external_id="A1"), actor="li", now=NOW)
    with pytest.raises(ArticleError) as refused:
        store.add(replace(GUIDE, title="丙", source="市级库", external_id="A1"), actor="li", now=NOW)
    assert refused.value.code == "kb_already_there"
    assert store.find_external("省级库", "A1").title == "乙"
    assert store.find_external("省级库", "A2") is None


def test_an_edit_needs_the_revision_it_was_read_at(store):
    added = store.add(GUIDE, actor="li", now=NOW)
    edited = store.update(replace(added, fee="免费"), actor="wang", now=NOW)
    assert (edited.fee, edited.edited_by, edited.revision) == ("免费", "wang", 2)
    with pytest.raises(ArticleError) as refused:
        store.update(replace(added, fee="十元"), actor="li", now=NOW)
    assert refused.value.code == "kb_conflict"
    assert store.get(added.id).fee == "免费"


def test_only_drafts_are_edited(store):
    article = published(store)
    with pytest.raises(ArticleError) as refused:
        store.update(article, actor="li", now=NOW)
    assert refused.value.code == "kb_not_editable"


def test_an_edit_cannot_change_state_version_or_origin(store):
    added = store.add(GUIDE, actor="li", now=NOW)
    edited = store.update(
        replace(added, state="published", published_version=9, external_id="x"), actor="li", now=NOW
    )
    assert (edited.state, edited.published_version, edited.external_id) == ("draft", None, None)


def test_a_missing_article_is_said_to_be_missing(store):
    for ask in (lambda: store.get(1), lambda: store.version(1, 1)):
        with pytest.raises(ArticleError) as refused:
            ask()
        assert refused.value.code == "kb_not_found"


def test_every_move_is_in_the_history(store):
    article = go(store, published(store), "withdraw")
    steps = store.history(article.id)
    assert [(step.move, step.to_state) for step in steps] == [
        ("submit", "in_review"),
        ("approve", "second_check"),
        ("publish", "published"),
        ("withdraw", "withdrawn"),
    ]
    assert (steps[-1].reason, steps[-1].at) == ("原因", NOW)


def test_a_move_on_an_old_revision_is_a_conflict(store):
    added = store.add(GUIDE, actor="li", now=NOW)
    go(store, added, "submit")
    with pytest.raises(ArticleError):
        store.move(added.id, "submit", roles=EVERY_ROLE, actor="li", revision=added.revision, now=NOW)


def test_readers_see_the_published_version_while_the_next_is_written(store):
    article = go(store, published(store), "revise")
    article = store.update(replace(article, title="居住证签注（新）", answer="网上办理"), actor="li", now=NOW)
    assert store.readable([article.id, 5])[article.id].title == GUIDE.title
    assert [document.title for document in store.published_documents()] == [GUIDE.title]
    go(store, article, "submit", "approve", "publish")
    assert store.readable([article.id])[article.id].title == "居住证签注（新）"
    assert store.version(article.id, 1).answer == GUIDE.answer


def test_withdrawn_articles_and_drafts_are_not_readable(store):
    gone = go(store, published(store), "withdraw")
    draft = store.add(replace(GUIDE, title="草稿"), actor="li", now=NOW)
    assert store.readable([gone.id, draft.id]) == {}
    assert store.readable([]) == {}
    assert list(store.published_documents()) == []


def test_published_documents_come_in_batches_without_gap_or_repeat(store):
    for n in range(7):
        store.add_published(replace(GUIDE, title=f"第{n}篇"), actor="li", now=NOW)
    assert [document.title for document in store.published_documents(batch=3)] == [
        f"第{n}篇" for n in range(7)
    ]


def test_confirming_sets_the_next_review(store):
    article = go(store, published(store), "mark_due")
    later = date(2027, 6, 30)
    article = store.move(
        article.id,
        "confirm",
        roles=["kb_editor"],
        actor="li",
        revision=article.revision,
        now=NOW,
        next_review_on=later,
    )
    assert (article.state, store.get(article.id).next_review_on) == ("published", later)


def test_pages_are_by_state_unit_and_category_latest_first(store):
    for n, (unit, category) in enumerate(
        [("A", "01"), ("B", "0102"), ("A", "02"), ("A", "民政"), ("A", "民政/养老")]
    ):
        article = replace(GUIDE, title=f"第{n}篇", unit_code=unit, category=category)
        store.add(article, actor="li", now=NOW + timedelta(minutes=n // 2))
    titles = lambda page: [article.title[1] for article in page.articles]  # noqa: E731 -- said thrice below
    assert titles(store.page(category="01")) == ["1", "0"]
    assert titles(store.page(category="民政")) == ["4", "3"]
    assert titles(store.page(unit_code="B")) == ["1"]
    assert titles(store.page(state="published")) == []
    assert titles(store.page(category="%")) == []
    first = store.page(limit=2)
    second = store.page(limit=2, after=first.after)
    third = store.page(limit=2, after=second.after)
    assert titles(first) + titles(second) + titles(third) == ["4", "3", "2", "1", "0"]
    assert third.after is None
    assert store.counts() == {"draft": 5}


def test_due_articles_come_with_their_move(store):
    old = store.add_published(replace(GUIDE, title="旧", valid_to=date(2026, 3, 1)), actor="li", now=NOW)
    soon = store.add_published(
        replace(GUIDE, title="近", next_review_on=date(2026, 3, 20)), actor="li", now=NOW
    )
    store.add_published(GUIDE, actor="li", now=NOW)
    assert store.due(NOW.date()) == [(old, "expire"), (soon, "mark_due")]


def test_the_store_works_on_a_session_too(connection, new_id):
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        store = ArticleStore(session, new_id)
        article = published(store)
        with pytest.raises(ArticleError):
            store.add(GUIDE, actor="li", now=NOW)
        assert store.get(article.id) == article


def test_moments_come_back_aware_in_utc_and_naive_ones_are_refused(connection):
    log = TABLES.search_log
    shanghai = datetime(2026, 3, 2, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    row = {"id": 1, "query": "税", "scope": "public", "total": 0}
    connection.execute(insert(log).values(**row, at=shanghai))
    assert connection.scalar(select(log.c.at)) == NOW
    assert connection.scalar(select(log.c.at)).utcoffset() == timedelta(0)
    with pytest.raises(StatementError, match="time zone"):
        connection.execute(insert(log).values(**(row | {"id": 2}), at=datetime(2026, 3, 2)))


def test_the_tables_can_stand_on_another_metadata():
    metadata = MetaData()
    define_tables(metadata)
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    assert set(metadata.tables) == {
        "articles",
        "article_versions",
        "article_moves",
        "article_feedback",
        "search_log",
    }
    engine.dispose()


def test_feedback_is_counted_by_kind(store, feedback):
    article = published(store)
    for kind in ("useful", "useful", "not_useful"):
        feedback.add(article.id, kind, actor="p", now=NOW)
    assert feedback.counts(article.id) == {"useful": 2, "not_useful": 1, "correction": 0}


def test_a_correction_is_open_until_it_is_settled(store, feedback):
    article = published(store)
    late = feedback.add(
        article.id, "correction", actor="p", now=NOW, text="电话有误", due_on=date(2026, 3, 9)
    )
    soon = feedback.add(
        article.id, "correction", actor="p", now=NOW, text="地址有误", due_on=date(2026, 3, 5)
    )
    assert [one.id for one in feedback.open_corrections()] == [soon, late]
    assert feedback.open_corrections(unit_code="other") == []
    feedback.settle(soon, actor="li", settlement="已更正", now=NOW)
    assert [one.text for one in feedback.open_corrections(unit_code="GA")] == ["电话有误"]
    with pytest.raises(ArticleError):
        feedback.settle(soon, actor="li", settlement="再次", now=NOW)
    with pytest.raises(ArticleError, match="处理结果"):
        feedback.settle(late, actor="li", settlement=" ", now=NOW)


@pytest.mark.parametrize(("kind", "text"), [("correction", ""), ("shout", "x"), ("useful", "长" * 2_001)])
def test_bad_feedback_is_refused(store, feedback, kind, text):
    article = published(store)
    with pytest.raises(ArticleError) as refused:
        feedback.add(article.id, kind, actor="p", now=NOW, text=text)
    assert refused.value.code == "kb_feedback_invalid"


def test_feedback_on_what_readers_do_not_see_is_refused(store, feedback):
    draft = store.add(GUIDE, actor="li", now=NOW)
    with pytest.raises(ArticleError) as refused:
        feedback.add(draft.id, "useful", actor="p", now=NOW)
    assert refused.value.code == "kb_not_found"


def test_searches_in_vain_are_listed_by_how_often_and_without_numbers_of_people(feedback):
    for query, total in [
        ("飞机票", 0),
        ("飞机票", 0),
        ("我是１３９ 0000 1111 要查询", 0),
        ("居住证", 4),
        ("  ", 0),
    ]:
        feedback.log_search(query, scope="public", total=total, now=NOW)
    assert feedback.zero_hits(NOW - timedelta(days=1)) == [("飞机票", 2), ("我是# 要查询", 1)]
    assert feedback.zero_hits(NOW + timedelta(days=1)) == []
