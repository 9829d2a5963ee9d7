"""Requests of several threads in one batch: order, company, errors."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from classifiers.batching import Batcher


def until(condition):
    """Waits for what other threads do; a failure after ten seconds."""
    for _ in range(1_000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("nothing came of it within ten seconds")


def test_a_request_alone_is_a_batch_of_one():
    batches = []
    batcher = Batcher(lambda items: batches.append(list(items)) or [item * 2 for item in items])
    assert batcher.run([1, 2]) == [2, 4]
    assert batcher.run([]) == []
    assert batches[0] == [1, 2]


def test_requests_that_wait_are_answered_together_each_with_its_own():
    free, batches = threading.Event(), []

    def work(items):
        batches.append(len(items))
        free.wait(5)
        return [item + 1 for item in items]

    batcher = Batcher(work, most=10, slots=1)
    with ThreadPoolExecutor(9) as pool:
        asked = [pool.submit(batcher.run, [n, n]) for n in range(9)]
        until(lambda: len(batcher._waiting) == 8)
        free.set()
        assert [one.result(5) for one in asked] == [[n + 1, n + 1] for n in range(9)]
    assert batches[0] == 2
    assert max(batches) == 10
    assert sum(batches) == 18


def test_a_bad_item_spoils_no_other_request():
    gate = threading.Event()

    def work(items):
        gate.wait(5)
        if "bad" in items:
            raise ValueError("bad")
        return items

    batcher = Batcher(work, slots=1)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(batcher.run, [item]) for item in ("a", "bad", "b", "c")]
        until(lambda: len(batcher._waiting) == 3)
        gate.set()
        with pytest.raises(ValueError, match="bad"):
            asked[1].result(5)
        assert [asked[n].result(5) for n in (0, 2, 3)] == [["a"], ["b"], ["c"]]


def test_many_threads_get_every_answer_once():
    batcher = Batcher(lambda items: [item**2 for item in items], most=7)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: batcher.run(range(n % 5, n % 5 + 3)), range(500)))
    assert found == [[n**2 for n in range(k % 5, k % 5 + 3)] for k in range(500)]


@pytest.mark.parametrize("alone", [False, True])
def test_an_interrupt_leaves_nobody_waiting(alone):
    """Broken off in the batch, or while its requests are answered one by one."""
    gate = threading.Event()

    def work(items):
        gate.wait(5)
        if alone and len(items) > 1:
            raise ValueError("one by one")
        raise SystemExit

    batcher = Batcher(work, slots=1)
    ended = []

    def ask(item):
        try:
            batcher.run([item])
        except BaseException as error:
            ended.append(type(error))

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: len(batcher._waiting) == 5)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert sorted(kind.__name__ for kind in ended) == ["RuntimeError"] * 4 + ["SystemExit"] * 2
