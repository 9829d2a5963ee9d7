"""The one line of history: up, down, and equal to the tables that the code declares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, inspect

from hotline.adapters.db import schema
from hotline.adapters.db.engine import build_engine
from hotline.adapters.db.mapping import map_domain
from hotline.adapters.db.matters import FINISHED
from hotline.adapters.db.tables import metadata
from hotline.domain.errors import Unavailable
from hotline.settings import Settings
from tests.postgres import postgres_database


@pytest.fixture
def empty(tmp_path: Path) -> Engine:
    map_domain()
    return build_engine(f"sqlite:///{tmp_path}/empty.db", threads=1)


def test_an_empty_database_is_refused_and_says_what_to_type(empty: Engine) -> None:
    with pytest.raises(Unavailable, match="hotline init"):
        schema.check(empty)
    assert schema.migrate(empty)
    assert not schema.migrate(empty)
    schema.check(empty)


def _differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return compare_metadata(context, metadata)


def test_the_migrated_tables_are_those_of_the_code(empty: Engine) -> None:
    schema.migrate(empty)
    assert _differences(empty) == []


def test_every_revision_goes_down_again(empty: Engine) -> None:
    schema.migrate(empty)
    with empty.begin() as connection:
        command.downgrade(schema._config(connection), "base")
    assert set(inspect(empty).get_table_names()) == {"alembic_version"}


def test_of_two_versions_in_service_the_upgrade_leaves_the_later_one(empty: Engine) -> None:
    with empty.begin() as connection:
        command.upgrade(schema._config(connection), "0002")
        told = "name, kind, folder, digest, figures, labels, made_by, made_at, state, state_by, state_at, before, fault"
        for number, state in enumerate(("serving", "serving", "shadow", "candidate"), start=1):
            connection.exec_driver_sql(
                f"INSERT INTO model_versions (id, {told}, shadow_cursor, shadow_failures, version) VALUES"
                f" ({number}, 'm{number}', 'k', '', '', '{{}}', 0, '', '2026-01-01', '{state}', '', '2026-01-0{number}',"
                " '', '', 0, 0, 0)"
            )
        command.upgrade(schema._config(connection), "0003")
        rows = connection.exec_driver_sql("SELECT name, state FROM model_versions ORDER BY id").all()
    assert [tuple(row) for row in rows] == [
        ("m1", "retired"),
        ("m2", "serving"),
        ("m3", "shadow"),
        ("m4", "candidate"),
    ]


def _put_tickets(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Tickets (id, state, what it was merged into) in the columns that the table has at this revision."""
    table = Table("tickets", MetaData(), autoload_with=connection)
    filled = {c.name: _FILLED.get(c.type.python_type, "") for c in table.c if not c.nullable}
    for id, state, merged_into in rows:
        told = {"id": id, "no": f"no-{id}", "state": state, "merged_into": merged_into}
        connection.execute(table.insert(), filled | told)


_FILLED = {int: 0, bool: False, float: 0.0, dict: {}, datetime: datetime(2026, 1, 1, tzinfo=UTC)}


_STATES = ("handling", "closed", "archived", "refused", "withdrawn")


def _upgraded_keys(engine: Engine) -> list[tuple[int, int]]:
    """Ticket and band of each key after tickets that were ended before the third revision are taken over."""
    old = [
        *((id, state, None) for id, state in enumerate(_STATES, start=1)),
        *((6, "merged", 1), (7, "merged", 2), (8, "merged", 3)),
    ]
    with engine.begin() as connection:
        config = schema._config(connection)
        command.downgrade(config, "0002")
        _put_tickets(connection, old)
        keys = [{"key": 2 << 32 | word, "ticket_id": row[0]} for row in old for word in (5, 6)]
        connection.execute(metadata.tables["matter_keys"].insert(), keys)
        command.upgrade(config, "0003")
        held = connection.exec_driver_sql(
            "SELECT ticket_id, key FROM matter_keys ORDER BY ticket_id, key"
        ).all()
    assert {key % FINISHED for _, key in held} == {2 << 32 | 5, 2 << 32 | 6}
    return [(ticket_id, key // FINISHED) for ticket_id, key in held]


TAKEN_OVER = [(1, 0), (1, 0), (2, 1), (2, 1), (6, 0), (6, 0), (7, 1), (7, 1)]


def test_the_upgrade_puts_the_keys_of_closed_tickets_apart_and_takes_others_away(empty: Engine) -> None:
    schema.migrate(empty)
    assert _upgraded_keys(empty) == TAKEN_OVER
    with empty.begin() as connection:
        command.downgrade(schema._config(connection), "0002")
        assert (
            connection.exec_driver_sql(f"SELECT count(*) FROM matter_keys WHERE key < {FINISHED}").scalar()
            == 8
        )


@pytest.mark.external
def test_the_upgrade_puts_the_keys_of_closed_tickets_apart_on_postgresql(
    settings: Settings, template: Path
) -> None:
    with postgres_database(settings, template) as moved:
        engine = create_engine(moved.database)
        with engine.begin() as connection:
            connection.exec_driver_sql("TRUNCATE tickets, matter_keys CASCADE")
        assert _upgraded_keys(engine) == TAKEN_OVER
        engine.dispose()


@pytest.mark.external
def test_the_migrated_tables_are_those_of_the_code_on_postgresql(settings: Settings, template: Path) -> None:
    with postgres_database(settings, template) as moved:
        engine = create_engine(moved.database)
        assert _differences(engine) == []
        engine.dispose()


def test_a_database_file_is_copied_before_it_is_upgraded(empty: Engine, tmp_path: Path) -> None:
    schema.migrate(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    schema._copy_aside(Path(str(empty.url.database)), "0001")
    assert list(tmp_path.glob("empty.db.0001.*.bak"))
