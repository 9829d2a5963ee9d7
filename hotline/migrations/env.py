"""Runs the migrations on the connection that hotline.adapters.db.schema hands in; writes our column types by name."""

from typing import Any

from alembic import context
from sqlalchemy import JSON, BigInteger

from hotline.adapters.db.tables import metadata
from hotline.adapters.db.types import UtcTime
from kb.tables import UtcDateTime


def render_type(kind: str, item: Any, autogen: Any) -> str | bool:
    """types.Id, types.Document, types.UtcTime() instead of what they are made of."""
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "types.UtcTime()"
    if isinstance(item, UtcDateTime):
        return "kb.tables.UtcDateTime()"
    if "sqlite" in item._variant_mapping and isinstance(item, BigInteger):
        return "types.Id"
    if "postgresql" in item._variant_mapping and isinstance(item, JSON):
        return "types.Document"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
