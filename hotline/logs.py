"""Logging: a constant event name and its fields on one line; ids, never phone numbers or the text of a request."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class LineFormatter(logging.Formatter):
    """time level name event key=value …"""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={value}" for key, value in record.__dict__.items() if key not in _OWN)
        line = f"{self.formatTime(record)} {record.levelname:<7} {record.name} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to what is standard error when it writes, not when it was made: tests and daemons exchange it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def configure(level: str) -> None:
    """One handler on the root logger; tornado's access log is quiet but for errors."""
    handler = StderrHandler()
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("tornado.access").setLevel(logging.WARNING)
    for noisy in ("aiormq", "aio_pika"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    logging.getLogger("alembic").setLevel(logging.WARNING)
