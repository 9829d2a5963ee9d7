"""The knowledge base's tables, for SQLite and PostgreSQL alike.

`define_tables` puts them on a MetaData handed in, so that an application migrates them with its own; `TABLES` stand on
a MetaData of this library. Ids are 53-bit integers made by the caller. The long sections of an article are one JSON
value: they are read together and never searched in the database.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored in UTC, comes back aware on every database; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, turned to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """SQLite gives back what was stored without its zone, which was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of the knowledge base on one MetaData."""

    articles: Table
    article_versions: Table
    article_moves: Table
    article_feedback: Table
    search_log: Table


def define_tables(metadata: MetaData) -> Tables:
    """Add the tables to the metadata."""
    return Tables(
        _articles(metadata), _versions(metadata), _moves(metadata), _feedback(metadata), _search_log(metadata)
    )


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _article_id() -> Column[int]:
    return Column("article_id", BigInteger, ForeignKey("articles.id"), nullable=False)


def _articles(metadata: MetaData) -> Table:
    return Table(
        "articles",
        metadata,
        _id(),
        Column("title", String(128), nullable=False),
        Column("category", String(200), nullable=False),
        Column("unit_code", String(64), nullable=False),
        Column("material_kind", String(20), nullable=False),
        Column("public", Boolean, nullable=False),
        Column("valid_to", Date),
        Column("next_review_on", Date),
        Column("source", String(128), nullable=False),
        Column("external_id", String(128)),
        Column("content", JSON, nullable=False),
        Column("state", String(20), nullable=False),
        Column("version", Integer, nullable=False),
        Column("published_version", Integer),
        Column("revision", Integer, nullable=False),
        Column("edited_by", String(64), nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        UniqueConstraint("title"),
        UniqueConstraint("source", "external_id"),
        Index(None, "state", "updated_at", "id"),
        Index(None, "unit_code", "updated_at", "id"),
        Index(None, "category", "updated_at", "id"),
        Index(None, "updated_at", "id"),
    )


def _versions(metadata: MetaData) -> Table:
    return Table(
        "article_versions",
        metadata,
        Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True, autoincrement=False),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("content", JSON, nullable=False),
        Column("edited_by", String(64), nullable=False),
        Column("published_by", String(64), nullable=False),
        Column("published_at", UtcDateTime, nullable=False),
    )


def _moves(metadata: MetaData) -> Table:
    return Table(
        "article_moves",
        metadata,
        _id(),
        _article_id(),
        Column("move", String(20), nullable=False),
        Column("to_state", String(20), nullable=False),
        Column("version", Integer, nullable=False),
        Column("actor", String(64), nullable=False),
        Column("reason", Text, nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Index(None, "article_id", "at", "id"),
    )


def _feedback(metadata: MetaData) -> Table:
    return Table(
        "article_feedback",
        metadata,
        _id(),
        _article_id(),
        Column("version", Integer, nullable=False),
        Column("kind", String(20), nullable=False),
        Column("text", Text, nullable=False),
        Column("actor", String(64), nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Column("due_on", Date),
        Column("settled_at", UtcDateTime),
        Column("settled_by", String(64)),
        Column("settlement", Text),
        Index(None, "article_id", "kind"),
        Index(None, "kind", "settled_at", "due_on", "id"),
    )


def _search_log(metadata: MetaData) -> Table:
    return Table(
        "search_log",
        metadata,
        _id(),
        Column("query", String(200), nullable=False),
        Column("scope", String(20), nullable=False),
        Column("total", Integer, nullable=False),
        Column("at", UtcDateTime, nullable=False),
        Index(None, "at"),
        Index(None, "total", "at"),
    )


metadata = MetaData(naming_convention=NAMING)
TABLES = define_tables(metadata)
