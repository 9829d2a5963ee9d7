"""What a process beside the serving one is told, how it is ended, and what is said of one that failed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from hotline.adapters import children
from hotline.adapters.topic_miner import ChildMiner
from hotline.ports import MinerFailed


def test_the_pipes_carry_utf_8_where_the_locale_of_the_host_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    locale = {"LANG": "zh_CN.GB18030", "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    told = "import sys; print(ascii(sys.stdin.read()))"
    heard = subprocess.run(
        [sys.executable, "-c", told],
        input="路灯不亮".encode(),
        stdout=subprocess.PIPE,
        env=children.environment(),
        check=True,
    )
    assert heard.stdout.decode().strip() == ascii("路灯不亮")


def test_a_child_gets_what_python_needs_and_no_variable_that_nobody_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets = ("HOTLINE_KEYS", "PGPASSWORD", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "XPATH", "PATHS")
    needed = ("PATH", "PYTHONPATH", "LANG", "LC_CTYPE", "LD_LIBRARY_PATH", "TMPDIR", "OMP_WAIT_POLICY")
    for name in (*secrets, *needed):
        monkeypatch.setenv(name, os.environ.get(name, "there"))
    known = children.environment()
    assert not known.keys() & set(secrets)
    assert known.keys() >= set(needed)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("class Odd(Exception): pass\nraise ValueError('王小明 13900000000')", "ValueError"),
        ("import json; json.loads('王小明')", "JSONDecodeError"),
        ("import sys; print('王小明: 电话', file=sys.stderr); sys.exit(3)", "exit code 3"),
        ("import sys; print('x' * 300_000, file=sys.stderr); raise KeyError('王小明\\n王')", "KeyError"),
        ("import sys; sys.stdin.close(); sys.stdout.write('OSError'); sys.exit(1)", "OSError"),
    ],
)
def test_of_a_child_that_failed_the_kind_of_error_is_told_and_no_word_more(code: str, told: str) -> None:
    with pytest.raises(children.ChildFailed) as failed:
        asyncio.run(children.fed([sys.executable, "-c", code], b"x" * 1_000_000, 60))
    assert str(failed.value) == told


def test_what_cannot_be_started_has_failed_too() -> None:
    with pytest.raises(children.ChildFailed, match="FileNotFoundError"):
        asyncio.run(children.fed(["/nowhere/at/all"], b"", 60))


def test_a_miner_that_breaks_outside_its_own_words_leaves_the_kind_of_error_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def batches() -> AsyncIterator[list[dict[str, Any]]]:
        yield []

    async def told(step: str, done: int, total: int) -> None:
        return None

    miner = ChildMiner((sys.executable, "-c", "raise ImportError('王小明')"))
    with pytest.raises(MinerFailed):
        asyncio.run(miner.mine(batches(), datetime(2026, 1, 1, tzinfo=UTC), told))
    (record,) = [row for row in caplog.records if row.msg == "topics.miner_ended"]
    assert vars(record)["reason"] == "ImportError"
    assert vars(record)["exit_code"] == 1
