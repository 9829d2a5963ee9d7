"""Commands beside a running server: export, dead letters, audit, keys, reindexing."""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from hotline.adapters.crypto.keyring import Keyring
from hotline.adapters.db.tables import metadata
from hotline.bootstrap import build_runtime
from hotline.cli import main
from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.people import Actor
from hotline.domain.records import AuditRow, DeadLetter
from hotline.runtime import Runtime
from hotline.services import intake, parties, portal, queries, rotation
from hotline.settings import Settings

PHONE = "13900000077"


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command line over this test's installation."""
    for name in ("home", "classifier", "synchronous", "telephony"):
        monkeypatch.setenv(f"HOTLINE_{name.upper()}", str(getattr(settings, name)))
    return lambda *words: main([str(word) for word in words])


@pytest.fixture
def registered(runtime: Runtime, actors: dict[str, Actor]) -> intake.Registered:
    draft = TicketDraft(
        text="小区门口路灯不亮，晚上看不清路",
        title="=HYPERLINK(路灯)",
        area="LZ01",
        caller=Person(name="林小满", phone=PHONE, address="清河路1号"),
    )
    return runtime.transact(intake.register, actors["agent"], draft)


def test_an_export_is_masked_harmless_and_audited(run, runtime, registered, tmp_path) -> None:
    out = tmp_path / "tickets.csv"
    assert run("export", "tickets", "--out", out, "--as", "supervisor", "--state", "review") == 0
    text = out.read_text("utf-8-sig")
    row = next(row for row in csv.DictReader(text.splitlines()) if row["工单号"] == registered.no)
    assert row["标题"] == "'=HYPERLINK(路灯)"
    assert row["区域"] == "临澜区"
    assert PHONE not in text
    assert "林小满" not in text
    entry = runtime.query(lambda uow: uow.views.audit_rows(action="tickets.exported"))["items"][0]
    assert (entry["actor"], entry["via"], entry["detail"]["form"]) == ("supervisor", "command", "csv")


def test_an_export_to_a_workbook_holds_texts_and_no_formulas(run, registered, tmp_path) -> None:
    out = tmp_path / "tickets.xlsx"
    run("export", "tickets", "--out", out, "--as", "supervisor")
    book = load_workbook(out)
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert any(cell.value == "'=HYPERLINK(路灯)" for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


def test_who_may_not_export_leaves_no_file(run, registered, tmp_path, capsys) -> None:
    out = tmp_path / "tickets.csv"
    assert run("export", "tickets", "--out", out, "--as", "agent") == 2
    assert "没有导出" in capsys.readouterr().err
    assert list(tmp_path.glob("*tickets*")) == []


@pytest.mark.parametrize(("action", "state"), [("retry", "retried"), ("dismiss", "dismissed")])
def test_a_person_settles_dead_letters(run, runtime, capsys, action: str, state: str) -> None:
    def bury(uow) -> int:
        letter = DeadLetter(
            id=uow.new_id(),
            message_id=uow.new_id(),
            consumer="tell",
            topic="ticket.closed",
            payload={"ticket_id": 1, "no": "x", "state": "closed"},
            error="KeyError",
            attempts=5,
            at=uow.now,
        )
        uow.add(letter)
        return letter.id

    letter_id = runtime.transact(bury)
    assert run("dead-letters") == 0
    assert str(letter_id) in capsys.readouterr().out
    assert run("dead-letters", "show", letter_id) == 0
    assert "KeyError" in capsys.readouterr().out
    assert run("dead-letters", action, letter_id) == 0
    assert runtime.query(lambda uow: uow.get(DeadLetter, letter_id).state) == state
    assert run("dead-letters", action, letter_id) == 2
    assert "已经处理过" in capsys.readouterr().err
    assert runtime.query(lambda uow: uow.views.outbox_state())["retries"] == (1 if action == "retry" else 0)
    assert runtime.query(lambda uow: uow.first(AuditRow, action=f"dead_letter.{action}")) is not None


def test_audit_verify_finds_what_was_changed_and_names_the_row(run, runtime, registered, capsys) -> None:
    assert run("audit", "anchor") == 0
    anchor = capsys.readouterr().out.strip()
    assert run("audit", "verify", "--anchor", anchor) == 0

    def tamper(uow) -> int:
        row = uow.first(AuditRow, action="ticket.registered", subject=registered.no)
        row.actor = "nobody"
        return row.id

    row_id = runtime.transact(tamper)
    capsys.readouterr()
    assert run("audit", "verify") == 1
    assert f"记录 {row_id}" in capsys.readouterr().err
    assert run("audit", "verify", "--anchor", "99-ffff") == 1


def found_by_phone(runtime: Runtime, actors: dict[str, Actor]) -> list[str]:
    return [
        row["no"] for row in runtime.query(queries.tickets, actors["supervisor"], {"phone": PHONE})["items"]
    ]


@pytest.mark.parametrize("purpose", ["field", "index"])
def test_keys_rotate_beside_a_running_server(
    run, runtime, settings, actors, registered, purpose: str
) -> None:
    """`runtime` stands for the server: it was built before the rotation and goes on with what it finds."""
    assert run("keys", "rotate", purpose, "--now") == 0
    runtime.uows.refresh_reference()
    assert found_by_phone(runtime, actors) == [registered.no]
    whole = runtime.query(queries.ticket, actors["supervisor"], registered.no)
    clear = runtime.transact(
        parties.reveal, actors["agent"], registered.no, whole["requests"][0]["id"], "phone", "回拨核实"
    )
    assert clear == PHONE
    assert runtime.query(portal.find, registered.no, registered.code)
    assert all_under_active_keys(runtime)


def all_under_active_keys(runtime: Runtime) -> bool:
    return all(runtime.transact(rotation.renew, table, 0)[1] == 0 for table in rotation.SEALED)


def test_a_value_under_a_key_that_is_new_to_the_server_opens_at_once(
    run, runtime, actors, registered
) -> None:
    run("keys", "rotate", "field", "--now")
    whole = runtime.query(queries.ticket, actors["supervisor"], registered.no)
    request_id = whole["requests"][0]["id"]
    assert (
        runtime.transact(parties.reveal, actors["agent"], registered.no, request_id, "phone", "回拨") == PHONE
    )


def test_half_way_through_an_index_rotation_everybody_is_found(
    run, runtime, settings, actors, registered
) -> None:
    ring = Keyring.load(settings.path("keys")).rotated("index", runtime.clock.now().date())
    ring.save(settings.path("keys"))
    runtime.uows.refresh_reference()
    again = TicketDraft(text="又来反映路灯问题", caller=Person(phone=PHONE))
    second = runtime.transact(intake.register, actors["agent"], again)
    assert set(found_by_phone(runtime, actors)) == {registered.no, second.no}
    assert run("keys", "rotate", "index", "--continue") == 0
    assert set(found_by_phone(runtime, actors)) == {registered.no, second.no}
    assert all_under_active_keys(runtime)


def test_rotation_knows_every_column_that_holds_sealed_values() -> None:
    sealed = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    known = {(table, column) for table, place in rotation.SEALED.items() for column in place.contexts}
    assert known == sealed


def test_reindexing_finds_what_the_index_had_lost(run, runtime, settings, registered, capsys) -> None:
    runtime.ticket_index.remove([str(registered.ticket_id)])
    before = runtime.ticket_index.count()
    assert run("reindex", "tickets") == 0
    assert "工单索引已重建" in capsys.readouterr().out
    fresh = build_runtime(settings)
    fresh.ticket_index.open()
    assert fresh.ticket_index.count() > before
    fresh.close()
