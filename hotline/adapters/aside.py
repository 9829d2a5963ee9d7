"""Folders for work in progress: only their owner may read them, and they are gone when the work ends, however it ends.

Each holds a lock as long as its process lives, and the kernel lets that go even for a process that was killed. What
`sweep` can lock a minute later is therefore nobody's any more: citizens' texts do not wait for the next run of a command.
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
"""A younger folder is alive whatever its lock says: between its making and its locking it looks abandoned."""


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
    return sum(_swept(folder) for prefix in prefixes for folder in home.glob(f"{prefix}*"))


def _swept(folder: Path) -> bool:
    """Takes the folder away unless somebody is at work in it; its lock is held meanwhile."""
    try:
        if time.time() - folder.stat().st_mtime < YOUNG_S:
            return False
        with _locked(folder / LOCK):
            shutil.rmtree(folder, ignore_errors=True)
            return True
    except OSError:  # locked: at work; or gone already; or not ours to open
        return False


@contextlib.contextmanager
def _locked(lock: Path) -> Iterator[None]:
    """Holds the lock, where there is one. OSError when another process holds it."""
    if not lock.exists():
        yield
        return
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


class Asides:
    """The folders aside of one kind; see hotline.ports.WorkAside."""

    def __init__(self, home: Path, prefix: str) -> None:
        self._home, self._prefix = home, prefix

    def made(self) -> contextlib.AbstractContextManager[Path]:
        return made(self._home, self._prefix)

    def sweep(self) -> int:
        return sweep(self._home, (self._prefix,))
