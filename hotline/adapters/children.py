"""Processes of our own beside the serving one: what they may know of the house, and how little they may be in its way."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Sequence

NICENESS = 10
"""The desks come first: a child takes the processor when nobody else wants it."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_KEPT = re.compile(
    r"PATH|PYTHONPATH|PYTHONHOME|VIRTUAL_ENV|LANG|LC_\w+|TZ|LD_LIBRARY_PATH|TMPDIR|TEMP|TMP|SYSTEMROOT|\w+_NUM_THREADS|OMP_\w+"
)
_KIND = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*(?:Error|Exception|Interrupt|Exit))(?::|$)", re.ASCII)
"""How the last line of a traceback begins; what stands behind it may be a citizen's words."""
_LONGEST_END = 4096


class ChildFailed(Exception):
    """A child did not end well; the message is what it said of its error, or what became of it."""


def environment() -> dict[str, str]:
    """What Python needs to start, and nothing of the house, whose keys and passwords may stand under any name. The pipes
    carry UTF-8, whatever the locale of the host says."""
    kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    return kept | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONUTF8": "1"}


async def last_error(stderr: asyncio.StreamReader) -> str:
    """Reads all that a child says on its error output: the kind of error it ended with; "" where it tells none."""
    end = b""
    while piece := await stderr.read(_LONGEST_END):
        end = (end + piece)[-_LONGEST_END:]
    last = end.decode(errors="replace").strip().rpartition("\n")[2]
    kind = _KIND.match(last)
    return kind[1] if kind else ""


async def fed(command: Sequence[str], what: bytes, seconds: float) -> None:
    """Runs a child to its end on what it is given. Raises ChildFailed. It is killed when it takes longer, and when whoever
    waits for it is cancelled."""
    try:
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment(),
        )
    except OSError as error:
        raise ChildFailed(type(error).__name__) from error
    try:
        said, kind = await asyncio.wait_for(_heard(child, what), seconds)
    except TimeoutError as error:
        raise ChildFailed(f"not done within {seconds:g} s") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
    if child.returncode:
        raise ChildFailed(said or kind or f"exit code {child.returncode}")


async def _heard(child: asyncio.subprocess.Process, what: bytes) -> tuple[str, str]:
    """What a child says of itself when it is given this, and the kind of the error that it ended with."""
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    said, kind, _ = await asyncio.gather(
        child.stdout.read(), last_error(child.stderr), _give(child.stdin, what)
    )
    await child.wait()
    return said.decode(errors="replace"), kind


async def _give(stdin: asyncio.StreamWriter, what: bytes) -> None:
    with contextlib.suppress(ConnectionError):  # the child's own last words tell more
        stdin.write(what)
        await stdin.drain()
        stdin.close()
