"""What a page does beside its answer: it reads texts on the call pool, and takes no lock while it only reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from hotline.services import desk_help, elements, matters
from hotline.services.elements import READ_CHARS
from hotline.web.desk import suggestions
from tests.serving import Served
from tests.web.desk_words import HANDLER, LIFT, City

LONG = LIFT * 200
READERS = (
    (elements, "find"),
    (elements, "hide_text"),
    (elements, "find_personal"),
    (matters, "mask_text"),
    (suggestions, "mask_text"),
    (desk_help, "locate"),
)
"""The functions that go through a text sign by sign."""


@pytest.fixture
def city(server: Served, monkeypatch: pytest.MonkeyPatch) -> City:
    """A machine under load leaves no help out here."""
    monkeypatch.setattr(suggestions, "PATIENCE_S", 60.0)
    return City(server)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """(function, thread, length of the text) of everything that was read; the functions do their work as ever."""
    found: list[tuple[str, str, int]] = []

    def noted(name: str, function: Any) -> Any:
        def reading(*args: Any, **kwargs: Any) -> Any:
            length = max((len(arg) for arg in args if isinstance(arg, str)), default=0)
            found.append((name, threading.current_thread().name, length))
            return function(*args, **kwargs)

        return reading

    for module, name in READERS:
        monkeypatch.setattr(module, name, noted(f"{module.__name__}.{name}", getattr(module, name)))
    return found


def test_help_while_typing_reads_the_text_beside_the_loop_and_only_its_beginning(
    server: Served, city: City, read: list[tuple[str, str, int]]
) -> None:
    agent = server.client("agent")
    agent.get("/desk?new=1")
    read.clear()
    answer = agent.post("/desk/suggest", data={"key": "form-key-0001", "text": LIFT * 2_000})
    assert "二号楼" in answer.json()["auto"]["title"] or answer.json()["entities"]
    assert {name.rsplit(".", 1)[1] for name, _, _ in read} == {
        "find",
        "hide_text",
        "find_personal",
        "mask_text",
        "locate",
    }
    assert {thread.rsplit("_", 1)[0] for _, thread, _ in read} == {"hotline-call"}
    assert max(length for _, _, length in read) <= READ_CHARS + 100


def test_pages_of_a_ticket_read_its_texts_beside_the_loop(
    server: Served, city: City, read: list[tuple[str, str, int]]
) -> None:
    waiting = city.waiting(LONG)
    no, key = city.signed(text=LONG)
    for login, page in (
        ("supervisor", f"/tickets/{no}"),
        ("supervisor", f"/tickets/{no}/acts/note"),
        ("dispatcher", f"/dispatch/tickets/{waiting}"),
        (HANDLER, f"/unit/{no}/{key}"),
    ):
        client = server.client(login)
        read.clear()
        answer = client.get(page)
        assert answer.status_code == 200
        assert 'class="evidence' in answer.text, page
        found = [(thread, length) for name, thread, length in read if name.endswith(".find")]
        assert found, page
        assert {thread.rsplit("_", 1)[0] for thread, _ in found} == {"hotline-call"}
        assert max(length for _, length in found) <= READ_CHARS


@contextmanager
def locks_of_readers(server: Served) -> Iterator[list[str]]:
    """The locking statements of reading transactions, whatever a database makes of them (SQLite locks no row)."""
    found: list[str] = []

    def note(connection: Any, statement: Any, *_: Any) -> None:
        reading = connection.get_execution_options().get("hotline_reading")
        if reading and getattr(statement, "_for_update_arg", None) is not None:
            found.append(str(statement))

    engine = server.runtime.uows.engine
    event.listen(engine, "before_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_execute", note)


def test_what_only_reads_locks_no_ticket(server: Served, city: City) -> None:
    waiting = city.waiting()
    no, key = city.signed()
    unit, dispatcher, boss = (server.client(login) for login in (HANDLER, "dispatcher", "supervisor"))
    unit.get(f"/unit/{no}/{key}")
    with locks_of_readers(server) as locks:
        typed = unit.post(f"/unit/{no}/{key}/quality", data={"public_reply": "您好，电梯已经修好。"})
        judged = unit.post(
            f"/api/v1/tickets/{no}/reply-quality", json={"assignment_id": key, "public_reply": "您好。"}
        )
        pages = [
            unit.get(f"/unit/{no}/{key}"),
            dispatcher.get(f"/dispatch/tickets/{waiting}"),
            boss.get(f"/tickets/{no}"),
            boss.get("/reply-quality"),
        ]
    assert [answer.status_code for answer in (typed, judged, *pages)] == [200] * 6
    assert locks == []


def test_the_watch_for_locks_sees_one(server: Served, city: City) -> None:
    no = city.waiting()
    with locks_of_readers(server) as locks:
        server.runtime.query(lambda uow: uow.ticket(no))
        server.runtime.transact(lambda uow: uow.ticket(no))
    assert len(locks) == 1
