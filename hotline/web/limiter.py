"""How often one address may do a thing: a sliding window in memory, per process.

Guards the doors that stand open to everybody (tracking codes, requests from the portal) against guessing and floods;
a reverse proxy may be stricter.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from hotline.domain.errors import NotAllowed

MOST_KEYS = 50_000


class Limiter:
    """At most `most` acts in `window_s` seconds for each key."""

    def __init__(self, most: int, window_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._window, self._clock = most, window_s, clock
        self._acts: dict[str, deque[float]] = {}

    def count(self, key: str) -> None:
        """Counts one act. NotAllowed, saying when to try again, when it is one too many."""
        now = self._clock()
        acts = self._acts.setdefault(key, deque())
        while acts and acts[0] <= now - self._window:
            acts.popleft()
        if len(acts) >= self._most:
            minutes = max(1, round((acts[0] + self._window - now) / 60))
            raise NotAllowed("too_many", f"操作太频繁，请 {minutes} 分钟后再试，或拨打 12345")
        acts.append(now)
        if len(self._acts) > MOST_KEYS:
            self._acts = {
                key: acts for key, acts in self._acts.items() if acts and acts[-1] > now - self._window
            }
