"""Processes of our own beside the serving one: what they may know of the house, and how little they may be in its way."""

from __future__ import annotations

import os

NICENESS = 10
"""The desks come first: a child takes the processor when nobody else wants it."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def environment() -> dict[str, str]:
    """What Python needs to start, and nothing of the house: its keys and passwords stand in HOTLINE_*. The pipes carry
    UTF-8, whatever the locale of the host says."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    return kept | dict.fromkeys(_ONE_THREAD, "1") | {"PYTHONUTF8": "1"}
