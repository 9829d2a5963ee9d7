"""What tests of child processes wait for and look at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path


async def until(holds: Callable[[], bool]) -> None:
    """Waits some seconds for this to hold; fails where it does not."""
    for _ in range(600):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("waited in vain")


def alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text()
