"""A folder aside lasts as long as its work: no sweep takes it away meanwhile, and what was left behind goes soon."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path

import pytest

from hotline.adapters import aside


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
