"""Makes .venv with the pinned packages: environment.py FOLDER [EXTRA...]. Needs Python >= 3.11 and nothing else.

Written so that an old Python (3.6) can read it: it looks for a newer one beside it and otherwise says what is missing. A stamp
holds the hash of setup.cfg, constraints.txt and the extras, so a second call does nothing. pip is asked in the usual way,
so its PIP_* environment and configuration hold.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

OLDEST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SLOW = "transformers, onnxruntime and numpy are large: the first time takes one to five minutes"


def newer_python():
    """The path of a Python that is new enough, or None."""
    for name in ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"):
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) == 0:
            return path
    return None


def insist_on_version():
    """Go on under a newer Python, or end with a sentence."""
    if sys.version_info >= OLDEST:
        return
    path = newer_python()
    if path is None:
        have = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(
            f"需要 Python 3.11 或更高版本，现有 {have}。\nPython >= 3.11 is needed, this is {have}. "
            "Install one, or name it: make PYTHON=/path/to/python3.11 run"
        )
    os.execv(path, [path, *sys.argv])


def wanted_stamp(extras):
    """What the environment was made of."""
    digest = hashlib.sha256(repr((sys.version_info[:2], ROOT)).encode())
    for name in ("setup.cfg", "constraints.txt"):
        with open(os.path.join(ROOT, name), "rb") as stream:
            digest.update(stream.read())
    return digest.hexdigest() + " " + ",".join(extras)


def covers(stamp, wanted):
    """Whether an environment with this stamp has all that is wanted."""
    have, _, have_extras = stamp.strip().partition(" ")
    need, _, need_extras = wanted.partition(" ")
    return have == need and set(need_extras.split(",")) <= set(have_extras.split(",")) | {""}


def timed(what, command):
    """Run a step and tell how long it took; end the program where it fails."""
    sys.stdout.write(f"  {what} ... ")
    sys.stdout.flush()
    began = time.monotonic()
    if subprocess.call(command, cwd=ROOT) != 0:
        sys.exit(f"\n  failed: {what}\n  More to see: PIP_VERBOSE=1 make install")
    sys.stdout.write(f"{time.monotonic() - began:.0f} s\n")
    sys.stdout.flush()


def make_venv(folder):
    """A fresh virtual environment; Debian parts venv from python3, so that gets a sentence of its own."""
    if subprocess.call([sys.executable, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL) != 0:
        sys.exit("  Python's venv module is missing. Debian and Ubuntu: apt-get install python3-venv")
    timed("making " + os.path.basename(folder), [sys.executable, "-m", "venv", "--clear", folder])


def is_usable(folder):
    """Whether the environment's Python starts and is of this version (an upgraded system leaves dead ones behind)."""
    python = os.path.join(folder, "bin", "python")
    test = f"import sys, pip; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return os.path.exists(python) and subprocess.call([python, "-c", test], stderr=subprocess.DEVNULL) == 0


def install(folder, extras):
    """Bring the environment up to what setup.cfg asks for."""
    stamp_path = os.path.join(folder, ".installed")
    wanted = wanted_stamp(extras)
    if is_usable(folder) and os.path.exists(stamp_path):
        with open(stamp_path) as stream:
            if covers(stream.read(), wanted):
                return
    if not is_usable(folder):
        make_venv(folder)
    python = os.path.join(folder, "bin", "python")
    quiet = [] if os.environ.get("PIP_VERBOSE") else ["--quiet"]
    # --no-compile: of the thousands of modules few are ever imported, and Python compiles those by itself
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", *quiet]
    target = f".[{','.join(extras)}]" if extras else "."
    print("  " + SLOW)
    timed(f"installing {target}", [*pip, "-c", "constraints.txt", "-e", target])
    with open(stamp_path, "w") as stream:
        stream.write(wanted + "\n")


if __name__ == "__main__":
    insist_on_version()
    install(os.path.abspath(sys.argv[1]), sorted(sys.argv[2:]))
