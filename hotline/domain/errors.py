"""The few kinds of error. The message is Chinese and for people; the code is for machines."""

from __future__ import annotations

from typing import Any


class HotlineError(Exception):
    """An expected refusal.

    code: stable, dotted, English. message: a Chinese sentence that tells a person what to do.
    details: JSON-able facts, e.g. {"fields": {"title": "标题不能为空"}}. Never personal data.
    """

    def __init__(self, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details or {}


class InvalidInput(HotlineError):
    """What was given cannot be used."""


class NotFound(HotlineError):
    """There is no such thing, or the asker may not know that there is."""


class Conflict(HotlineError):
    """Somebody else was faster, or the state does not allow this now."""


class NotIdentified(HotlineError):
    """Nobody can tell who asks: a signature or token is missing, forged or out of date."""


class NotAllowed(HotlineError):
    """The asker lacks the right."""


class Unavailable(HotlineError):
    """Something outside is away for the moment; trying again later helps."""


def invalid_field(field: str, message: str, code: str = "field.invalid") -> InvalidInput:
    """The error of one field, in the shape that forms and API answers show beside it."""
    return InvalidInput(code, message, {"fields": {field: message}})
