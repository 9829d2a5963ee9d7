"""Folders for work in progress: only their owner may read them, and they are gone when the work ends, however it ends.

Each holds a lock as long as its process lives, and the kernel lets that go even for a process that was killed. What
`sweep` can lock is therefore nobody's any more: citizens' texts do not wait for the next run of a command.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LOCK = ".lock"
YOUNG_S = 60
"""A folder without a lock is not being made any more after this time."""


@contextlib.contextmanager
def made(home: Path, prefix: str) -> Iterator[Path]:
    """A folder in `home` (made where it is missing) whose name begins with `prefix`."""
    home.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=home, prefix=prefix, ignore_cleanup_errors=True) as name,
        (Path(name) / LOCK).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(name)


def sweep(home: Path, prefixes: tuple[str, ...]) -> int:
    """Takes away what killed processes have left in `home`; how many folders."""
    left = [folder for prefix in prefixes for folder in home.glob(f"{prefix}*") if _abandoned(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _abandoned(folder: Path) -> bool:
    try:
        with (folder / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            return time.time() - folder.stat().st_mtime > YOUNG_S
        return False
    except OSError:  # locked: at work; or not ours to open
        return False
