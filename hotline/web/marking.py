"""Marks and elements of the texts that a page shows: found on the call pool, once the page's transaction has ended."""

from __future__ import annotations

from typing import Any

from hotline.runtime import Runtime
from hotline.services import elements


async def marked(rt: Runtime, whole: dict[str, Any], shown_as: str = "text") -> None:
    """Puts "marks" and "elements" beside the requests of a ticket; see elements.read_requests."""
    await rt.call(lambda: elements.read_requests(rt.uows.current_reference(), whole, shown_as))
