"""Imports a real file into a fresh installation, through the command itself in a process of its own: it prints rate
and peak memory. `make bench DATA=file.csv`, with HOTLINE_NUMBER and MAP=mapping.toml where they are wanted.

The file stays where it is, outside this repository.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hotline.commands import setup
from hotline.domain.errors import InvalidInput
from hotline.settings import Settings


def measure(data: str) -> int:
    """The exit status of the import. Raises InvalidInput when there is no such file."""
    if not Path(data).is_file():
        raise InvalidInput("bench.data", f"没有文件 {data}")
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        home = Path(folder) / "home"
        setup.prepare(Settings(home=str(home)), demo=False)
        command = [sys.executable, "-m", "hotline", "import-tickets", data]
        command += ["--hotline", os.environ.get("HOTLINE_NUMBER", "12345")]
        command += ["--map", os.environ["MAP"]] if os.environ.get("MAP") else []
        environment = {**os.environ, "HOTLINE_HOME": str(home)}
        return subprocess.run(command, env=environment, check=False).returncode
