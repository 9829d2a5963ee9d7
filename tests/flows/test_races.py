"""Two people at once: on one ticket, on numbers, on merges. Safe on one serial writer is not enough."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from hotline.domain.errors import Conflict, HotlineError
from hotline.runtime import Runtime
from hotline.services import dispatching, handling, intake, merging
from tests.flows.story import OTHER, UNIT, Story, draft


@pytest.fixture
def story(both: Runtime) -> Story:
    return Story(both)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Runs the acts in threads that start together; each gives its result or the error it raised."""
    gate, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        gate.wait(10)
        try:
            results[place] = act()
        except HotlineError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_one_of_two_dispatchers_wins(story: Story) -> None:
    no = story.register()
    acts = [
        lambda unit=unit: story.rt.transact(dispatching.dispatch, story.dispatcher, no, unit)
        for unit in (UNIT, OTHER)
    ]
    results = at_once(*acts)
    assert sum(isinstance(result, Conflict) for result in results) == 1
    whole = story.ticket(no)
    assert len(whole["assignments"]) == 1
    assert whole["round_no"] == 1


def test_a_unit_signs_once(story: Story) -> None:
    no, assignment = story.dispatched()
    results = at_once(*[lambda: story.rt.transact(handling.sign, story.unit, no, assignment)] * 4)
    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert story.kinds(no).count("sign") == 1


def test_numbers_are_unique_and_without_gaps(story: Story) -> None:
    acts = [lambda: [story.register() for _ in range(5)]] * 4
    numbers = sorted(no for result in at_once(*acts) for no in result)
    assert [int(no.split("-")[1]) for no in numbers] == list(range(1, 21))


def test_one_external_number_becomes_one_ticket(story: Story) -> None:
    def once() -> intake.Registered:
        return story.rt.transact(
            intake.register, story.agent, draft(source_system="12315", source_no="A-1", caller=draft().caller)
        )

    results = at_once(once, once, once)
    assert len({result.no for result in results}) == 1
    assert sum(not result.already for result in results) == 1


def test_one_idempotency_key_registers_once(story: Story) -> None:
    def once() -> intake.Registered:
        return story.rt.transact(intake.register_once, story.agent, draft(), None, "key-1", "print-1")

    results = at_once(once, once, once)
    assert len({result.no for result in results}) == 1
    with pytest.raises(Conflict):
        story.rt.transact(intake.register_once, story.agent, draft(), None, "key-1", "print-2")


def test_merging_in_opposite_directions_loses_nobody(story: Story) -> None:
    one, two = story.register(), story.register()
    results = at_once(
        lambda: story.rt.transact(merging.merge, story.dispatcher, one, two),
        lambda: story.rt.transact(merging.merge, story.dispatcher, two, one),
    )
    assert sum(isinstance(result, Conflict) for result in results) == 1
    states = sorted(story.ticket(no)["state"] for no in (one, two))
    assert states == ["merged", "to_dispatch"]
    assert sum(len(story.ticket(no)["requests"]) for no in (one, two)) == 2


def test_a_merge_races_with_a_dispatch_and_leaves_one_truth(story: Story) -> None:
    one, two = story.register(), story.register()
    at_once(
        lambda: story.rt.transact(merging.merge, story.dispatcher, one, two),
        lambda: story.rt.transact(dispatching.dispatch, story.dispatcher, one, UNIT),
    )
    whole = story.ticket(one)
    open_ones = [item for item in whole["assignments"] if item["state"] != "left"]
    assert (whole["state"] == "merged") == (not open_ones)
