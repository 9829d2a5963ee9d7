"""Cells that leave the house: texts that a spreadsheet program would run as a formula are made plain text.

What citizens write ends up in exports; a cell that begins with = + - @ (or a tab or line end before it) is executed
by Excel and WPS when the file is opened. An apostrophe in front makes it text, as OWASP's "CSV injection" advises.
"""

from __future__ import annotations

from typing import Any

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(value: Any) -> Any:
    """The value for a cell; a text that would be a formula gets an apostrophe in front."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTERS):
        return f"'{value}"
    return value
