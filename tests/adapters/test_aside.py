"""A folder aside lasts as long as its work: no sweep takes it away meanwhile, and what was left behind goes soon."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hotline.adapters import aside
from hotline.runtime import Runtime
from hotline.services import sweeps
from hotline.settings import Settings


def aged(folder: Path) -> Path:
    long_ago = time.time() - 2 * aside.YOUNG_S
    os.utime(folder, (long_ago, long_ago))
    return folder


def test_a_sweep_between_making_and_locking_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, swept = fcntl.flock, []

    def swept_before(file: object, how: int) -> None:
        if how == fcntl.LOCK_EX:
            swept.append(aside.sweep(tmp_path, (".work-",)))
        lock(file, how)  # type: ignore[arg-type]

    monkeypatch.setattr(aside.fcntl, "flock", swept_before)
    with aside.made(tmp_path, ".work-") as place:
        assert swept == [0]
        assert place.is_dir()
        assert aside.sweep(tmp_path, (".work-",)) == 0


def test_long_work_is_left_alone_and_what_nobody_holds_is_not(tmp_path: Path) -> None:
    for left in (".work-locked", ".work-never-locked"):
        (tmp_path / left).mkdir()
    (tmp_path / ".work-locked" / aside.LOCK).touch()
    aged(tmp_path / ".work-locked")
    aged(tmp_path / ".work-never-locked")
    with aside.made(tmp_path, ".work-") as place:
        assert aside.sweep(tmp_path, (".work-",)) == 2
        aged(place)
        assert aside.sweep(tmp_path, (".work-",)) == 0
        assert list(tmp_path.iterdir()) == [place]


def test_the_lock_is_held_while_the_folder_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tmp_path / ".work-left"
    left.mkdir()
    (left / aside.LOCK).touch()
    aged(left)
    remove, others = shutil.rmtree, []

    def meanwhile(folder: Path, **how: bool) -> None:
        with (folder / aside.LOCK).open("r+") as other:
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            others.append(folder)
        remove(folder, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(aside.shutil, "rmtree", meanwhile)
    assert aside.sweep(tmp_path, (".work-",)) == 1
    assert others == [left]


HOUSE = """
import asyncio, os, signal, sys
from hotline.adapters import current_classifier
from hotline.bootstrap import build_runtime
from hotline.domain.learning import Spoken
from hotline.settings import Settings
rt = build_runtime(Settings(home=sys.argv[1], classifier="rules:", telephony=""))
with rt.exports.made() as place:
    (place / "export.xlsx").write_text("rows")
    code = "import os, signal, sys; open(sys.argv[1], 'w').write('half'); os.kill(os.getppid(), signal.SIGKILL)"
    current_classifier._REMEMBERING = (sys.executable, "-c", code)
    asyncio.run(rt.classifier.remember([Spoken("", "路灯不亮", False, "010102", True)], 1))
"""


def test_a_house_killed_while_it_sends_a_table_and_writes_its_memory_leaves_neither(
    settings: Settings, runtime: Runtime
) -> None:
    killed = subprocess.run([sys.executable, "-c", HOUSE, settings.home], cwd=os.getcwd(), check=False)
    assert killed.returncode == -signal.SIGKILL
    (table,) = settings.path("exports").iterdir()
    (memory,) = settings.path("models").iterdir()
    assert (table / "export.xlsx").exists()
    assert table.stat().st_mode & 0o077 == memory.stat().st_mode & 0o077 == 0
    asyncio.run(sweeps.left_asides(runtime))
    assert table.exists()
    assert memory.exists(), "it may be at work for all that the sweep knows"
    aged(table)
    aged(memory)
    asyncio.run(sweeps.left_asides(runtime))
    assert not list(settings.path("exports").iterdir())
    assert not list(settings.path("models").iterdir())
