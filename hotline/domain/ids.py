"""Row ids: 53-bit integers that grow with time, made by the process that writes the row.

41 bits of milliseconds since 2020 and 12 bits of counter. They fit a JavaScript number, need no round trip to
the database, and sort by age, which keyset pages use. Two processes may meet in one millisecond (1 in 4096 for
the same table); the primary key then refuses the second and the runtime runs its transaction again.
"""

from __future__ import annotations

import random
import threading
import time
from datetime import datetime

EPOCH_MS = 1_577_836_800_000
"""2020-01-01T00:00:00Z in milliseconds."""


def first_id_at(at: datetime) -> int:
    """The least id that a row written at this moment may have; older rows have smaller ones."""
    return (int(at.timestamp() * 1000) - EPOCH_MS) << 12


class IdSource:
    """Thread-safe source of ids, strictly growing within one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def __call__(self) -> int:
        now = (time.time_ns() // 1_000_000 - EPOCH_MS) << 12 | random.getrandbits(8)
        with self._lock:
            self._last = max(now, self._last + 1)
            return self._last
