"""Installations to measure on: base data and accounts, made once and kept for the next run."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

from hotline.commands import setup
from hotline.settings import Settings


def installation(name: str = "template", classifier: str = "rules:") -> Settings:
    """Its settings, under HOTLINE_BENCH (a folder under the system's temporary one by default)."""
    folder = Path(os.environ.get("HOTLINE_BENCH") or Path(tempfile.gettempdir()) / "hotline-bench")
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(home=str(folder / name), classifier=classifier, telephony="")
    with contextlib.redirect_stdout(io.StringIO()):  # what init tells is not ours to show
        setup.prepare(settings, requests=False)
    return settings
