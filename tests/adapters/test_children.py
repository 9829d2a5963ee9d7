"""What a process beside the serving one is told, how it is ended, and what is said of one that failed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hotline.adapters import children


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
