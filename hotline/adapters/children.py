"""Processes of our own beside the serving one: what they may know of the house, and how little they may be in its way."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence

NICENESS = 10
"""The desks come first: a child takes the processor when nobody else wants it."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class ChildFailed(Exception):
    """A child did not end well; the message is what it said of its error, or what became of it."""


def environment() -> dict[str, str]:
    """What Python needs to start, and nothing of the house: its keys and passwords stand in HOTLINE_*. The pipes carry
    UTF-8, whatever the locale of the host says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    return kept | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONUTF8": "1"}


async def fed(command: Sequence[str], what: bytes, seconds: float) -> None:
    """Runs a child to its end on what it is given. Raises ChildFailed. It is killed when it takes longer, and when whoever
    waits for it is cancelled."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment(),
        )
    except OSError as error:
        raise ChildFailed(type(error).__name__) from error
    try:
        said, _ = await asyncio.wait_for(child.communicate(what), seconds)
    except TimeoutError as error:
        raise ChildFailed(f"not done within {seconds:g} s") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    if child.returncode:
        raise ChildFailed(said.decode(errors="replace") or f"exit code {child.returncode}")
