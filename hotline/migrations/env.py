"""Runs the migrations on the connection that `hotline.adapters.db.schema` hands in."""

from alembic import context

from hotline.adapters.db.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
