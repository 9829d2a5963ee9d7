"""What a citizen has filled in so far, carried from page to page without script and without a server session.

It travels in one hidden field, encrypted and bound to its purpose, so that it can neither be read on the way nor
bent; it ends after a day.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from hotline.domain.errors import HotlineError, InvalidInput
from hotline.ports import FieldCipher

LASTS_S = 24 * 3600
_MOST = 200_000


def wrap(cipher: FieldCipher, purpose: str, values: dict[str, Any], now: datetime) -> str:
    """The values as one opaque text."""
    return cipher.encrypt(
        json.dumps({"at": now.timestamp(), **values}, ensure_ascii=False), f"carry.{purpose}"
    )


def unwrap(
    cipher: FieldCipher, purpose: str, text: str, now: datetime, lasts_s: int = LASTS_S
) -> dict[str, Any]:
    """The values again; {} for an empty text. InvalidInput when it is old or not ours."""
    if not text:
        return {}
    try:
        values = json.loads(cipher.decrypt(text[:_MOST], f"carry.{purpose}"))
    except (HotlineError, ValueError):
        raise InvalidInput("carry.broken", "页面内容不完整，请重新填写") from None
    if now.timestamp() - values.pop("at", 0) > lasts_s:
        raise InvalidInput("carry.old", "停留太久，请重新填写")
    return dict(values)
