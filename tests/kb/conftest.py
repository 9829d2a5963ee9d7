"""What the knowledge-base tests share: an analyser with jieba, and a database connection that is rolled back."""

import itertools
import os

import jieba
import pytest
from sqlalchemy import create_engine

from kb.query import Analyser
from kb.tables import metadata

TOKENIZER = jieba.Tokenizer()
DATABASE_URL = os.environ.get("HOTLINE_TEST_DATABASE_URL")


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser(
        lambda text: list(TOKENIZER.cut_for_search(text)),
        synonyms=[("住房公积金", "公积金"), ("噪声", "噪音", "扰民")],
    )


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param(
            "postgresql",
            marks=[
                pytest.mark.external,
                pytest.mark.skipif(
                    not DATABASE_URL, reason="HOTLINE_TEST_DATABASE_URL names no PostgreSQL database"
                ),
            ],
        ),
    ]
)
def connection(request):
    if request.param == "sqlite":
        engine = create_engine("sqlite://")
    else:
        engine = create_engine(DATABASE_URL)
    with engine.connect() as connection:
        if request.param == "postgresql":
            connection.exec_driver_sql("CREATE SCHEMA kb_test")
            connection.exec_driver_sql("SET LOCAL search_path TO kb_test")
        metadata.create_all(connection, checkfirst=False)
        yield connection
        connection.rollback()
    engine.dispose()


@pytest.fixture
def new_id():
    return itertools.count(2**52).__next__
