"""Phone numbers as the network sends them, made comparable, and masked for logs.

Rules for mainland China (numbering plan of MIIT): mobiles have 11 digits and begin with 1[3-9]; land lines
are dialled with a 0-prefixed area code; 7 or 8 digits alone are local and need the centre's own area code.
Anything else, such as extensions and the hotlines themselves, is kept as it came: a wrong guess would join
two people.
"""

from __future__ import annotations

import re

ANONYMOUS = "anonymous"
_HIDDEN = {"", "<unknown>", "unknown", "anonymous", "private", "restricted", "unavailable", "asterisk"}
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0(10|2\d|[3-9]\d{2})\d{7,8}")
_LOCAL = re.compile(r"[2-8]\d{6,7}")


def normalise(raw: str, area: str = "") -> str:
    """E.164 of `raw` where it can be told, "anonymous" for a hidden number, else its digits.

    `area` is the centre's area code with its 0 ("010"); without it local numbers keep their digits.
    """
    text = raw.strip()
    if text.lower() in _HIDDEN:
        return ANONYMOUS
    plus = text.startswith("+")
    digits = "".join(char for char in text if char in "0123456789*#")
    if not digits:
        return ANONYMOUS
    return f"+{digits}" if plus else _domestic(digits, area)


def _domestic(digits: str, area: str) -> str:
    if digits.startswith("00") and len(digits) > 8:
        return f"+{digits[2:]}"
    if digits.startswith("86") and _MOBILE.fullmatch(digits[2:]):
        return f"+{digits}"
    if _MOBILE.fullmatch(digits):
        return f"+86{digits}"
    if digits.startswith("0") and _MOBILE.fullmatch(digits[1:]):
        return f"+86{digits[1:]}"  # a mobile from another province, as some exchanges show it
    if _LANDLINE.fullmatch(digits):
        return f"+86{digits[1:]}"
    if area and _LOCAL.fullmatch(digits):
        return f"+86{area.lstrip('0')}{digits}"
    return digits


def mask(number: str) -> str:
    """The number for a log line: only its last two digits are left."""
    return f"…{number[-2:]}" if len(number) > 4 else "…"
