"""DATA=file.csv python -m bench.imports: imports a real file into a fresh installation; rate and peak memory.

The file stays where it is; it is imported through the command itself, in a process of its own.
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


def main() -> int:
    data = os.environ.get("DATA", "")
    if not Path(data).is_file():
        raise InvalidInput("bench.data", "请用 DATA=文件 指明要导入的文件")
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        home = Path(folder) / "home"
        setup.prepare(Settings(home=str(home)), bare=True)
        command = [
            sys.executable,
            "-m",
            "hotline",
            "import-tickets",
            data,
            "--hotline",
            os.environ.get("HOTLINE", "12345"),
        ]
        mapping = ["--map", os.environ["MAP"]] if os.environ.get("MAP") else []
        return subprocess.run(
            [*command, *mapping, *sys.argv[1:]], env={**os.environ, "HOTLINE_HOME": str(home)}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
