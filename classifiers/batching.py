"""Requests that come at the same time answered in one go, by the threads that brought them.

Whoever finds a free slot takes what is waiting, his own included, and works it off as one batch; the
others find their answers ready when they wake. Nobody waits for company: a request alone is a batch of
one. No thread of its own means none to stop when a model is changed.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(eq=False)
class _Request(Generic[Item, Answer]):
    items: Sequence[Item]
    answers: list[Answer] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False


class Batcher(Generic[Item, Answer]):
    """Calls `work` with the items of one or several requests: `most` at most, unless one request alone has more.

    `slots` batches run at once. An error of a batch is tried again request by request, so that one bad
    text spoils nobody else's answer.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Sequence[Answer]], most: int = 32, slots: int = 2
    ) -> None:
        self._work, self._most, self._free = work, most, slots
        self._changed = threading.Condition()
        self._waiting: deque[_Request[Item, Answer]] = deque()

    def run(self, items: Sequence[Item]) -> list[Answer]:
        """The answers to these items, in order; raises what `work` raises for them."""
        own: _Request[Item, Answer] = _Request(items)
        with self._changed:
            self._waiting.append(own)
        while taken := self._batch_or_done(own):
            try:
                self._answer(taken)
            finally:
                with self._changed:
                    _give_up(taken)
                    self._free += 1
                    self._changed.notify_all()
        if own.error is not None:
            raise own.error
        return own.answers

    def _batch_or_done(self, own: _Request[Item, Answer]) -> list[_Request[Item, Answer]]:
        """Waits until there is a batch to work off, with a slot taken for it, or nothing left to wait for."""
        with self._changed:
            self._changed.wait_for(lambda: own.done or (self._free > 0 and own in self._waiting))
            if own.done:
                return []
            self._free -= 1
            return self._taken()

    def _taken(self) -> list[_Request[Item, Answer]]:
        """The requests that have waited longest, as many as fit in a batch."""
        taken = [self._waiting.popleft()]
        size = len(taken[0].items)
        while self._waiting and size + len(self._waiting[0].items) <= self._most:
            taken.append(self._waiting.popleft())
            size += len(taken[-1].items)
        return taken

    def _answer(self, requests: Sequence[_Request[Item, Answer]]) -> None:
        try:
            answers = self._work([item for request in requests for item in request.items])
        except Exception as error:  # whatever it is, it belongs to whoever asked
            self._answer_alone(requests, error)
            return
        start = 0
        for request in requests:
            request.answers = list(answers[start : start + len(request.items)])
            start += len(request.items)
            request.done = True

    def _answer_alone(self, requests: Sequence[_Request[Item, Answer]], error: Exception) -> None:
        if len(requests) == 1:
            requests[0].error, requests[0].done = error, True
            return
        for request in requests:
            self._answer([request])


def _give_up(requests: Sequence[_Request[Item, Answer]]) -> None:
    """Wakes those whose batch was broken off (an interrupt ends the thread that works for all of them)."""
    for request in requests:
        if not request.done:
            request.error, request.done = RuntimeError("interrupted"), True
