"""What units read and hear of tickets: no more than their own affair, nothing of a secret caller's words."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hotline.adapters.db import outbox
from hotline.domain.errors import Conflict
from hotline.domain.records import DeadLetter
from hotline.ports import Message
from hotline.runtime import Runtime
from hotline.services import portal, queries, sweeps
from hotline.workers import Workers
from tests.flows.story import Story


@pytest.fixture
def story(runtime: Runtime) -> Story:
    return Story(runtime)


def test_open_pages_hear_only_of_tickets_that_their_people_may_see(story: Story) -> None:
    no, _ = story.dispatched()
    to = story.rt.query(queries.audience, story.ticket(no)["id"])
    heard = {login for login, actor in story.people.items() if queries.hears(actor, to)}
    assert {"agent", "dispatcher", "supervisor", "unit-lz01-sjg"} <= heard
    assert not heard & {"unit-lz01-zjj", "unit-lz-swu", "sysadmin", "secadmin", "audadmin", "editor"}
    assert not queries.hears(replace(story.agent, centre="东城"), {**to, "centre": "西城"})


def test_a_secret_callers_urging_tells_a_unit_nothing_but_that_it_happened(story: Story) -> None:
    no, _ = story.dispatched(request_type="report")
    request = story.ticket(no)["requests"][0]["id"]
    story.rt.transact(portal.urge, request, "我是二号楼的欧阳，三天没人来")
    seen = story.ticket(no, story.unit)
    assert "欧阳" not in str(seen)
    assert "urge" in [entry["kind"] for entry in seen["timeline"]]
    assert "欧阳" in str(story.ticket(no))


def test_one_failing_sweep_does_not_stop_the_others(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    async def fails(_rt: Runtime) -> None:
        raise RuntimeError("broken")

    async def works(_rt: Runtime) -> None:
        done.append(1)

    monkeypatch.setattr(sweeps, "STEPS", (fails, works))
    assert asyncio.run(Workers(runtime)._sweep()) is False
    assert done
    assert "sweep.failed" in caplog.text


def test_a_dead_letter_is_settled_once(runtime: Runtime) -> None:
    message = Message(1, "ticket.changed", {"ticket_id": 1, "no": "x", "move": "edit"})
    for attempt in range(1, 6):
        runtime.transact(outbox.put_aside, "tell", message, "KeyError", attempt, True)
    letter = runtime.query(lambda uow: uow.find(DeadLetter)[0].id)
    runtime.transact(outbox.retry_dead, letter, "sysadmin")
    for act in (outbox.retry_dead, outbox.dismiss_dead):
        with pytest.raises(Conflict):
            runtime.transact(act, letter, "sysadmin")
