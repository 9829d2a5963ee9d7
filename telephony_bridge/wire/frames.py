"""AMI frames: cutting a byte stream into messages, and reading and writing their headers.

The manager interface of Asterisk sends `Key: value` lines ended by CRLF and messages ended by an empty
line
(https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/AMI-v2-Specification/).
Caller names come from strangers' phones, so a message is cut only at CRLF and a line only at its first
colon; a name reading "x Event: Hangup" stays a name. Values are UTF-8, but older exchanges pass GBK bytes
through untouched, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

END = b"\r\n\r\n"
LONGEST_FRAME = 256 * 1024
LONGEST_LINE = 1000
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_EVENT = b"Event: "


class FrameTooLong(Exception):
    """A message without an end: the peer does not speak AMI, or a byte was lost."""


class BadHeader(ValueError):
    """A header we refuse to send: control characters, a strange key, or too long."""


class FrameSplitter:
    """Cuts a stream into frames, however the network has cut it before."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames completed by `data`, without their end. Raises FrameTooLong."""
        *frames, self._rest = (self._rest + data).split(END)
        if len(self._rest) > LONGEST_FRAME:
            raise FrameTooLong
        return [frame for frame in frames if frame]


def event_name(frame: bytes) -> str:
    """The event's name, or "" for a response; cheap, so that unwanted events are never decoded."""
    if not frame.startswith(_EVENT):
        return ""
    end = frame.find(b"\r\n")
    return frame[len(_EVENT) : end if end > 0 else None].decode("ascii", "replace")


def decode(raw: bytes) -> str:
    """UTF-8, also when cut inside a character (Asterisk cuts names at 79 bytes), else GB18030, else
    replaced.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start > 0:
            return raw[: error.start].decode()
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode(errors="replace")


class Message:
    """One AMI message: a case-insensitive multimap. `repr` shows the kind only, since the rest is
    personal.
    """

    __slots__ = ("_first", "_more")

    def __init__(self, frame: bytes) -> None:
        first: dict[str, str] = {}
        self._first = first
        self._more: dict[str, list[str]] = {}
        for line in _lines(frame):
            key, colon, value = line.partition(":")
            key = key.lower()
            if key in first:
                self._more.setdefault(key, []).append(value.strip(" "))
            elif colon:
                first[key] = value.strip(" ")

    def get(self, key: str, default: str = "") -> str:
        """The first value of a header."""
        return self._first.get(key.lower(), default)

    def all(self, key: str) -> list[str]:
        """Every value of a header that repeats, in order."""
        first = self._first.get(key.lower())
        return [] if first is None else [first, *self._more.get(key.lower(), [])]

    def variables(self, *keys: str) -> Iterator[tuple[str, str]]:
        """The pairs of repeating `name=value` headers such as ChanVariable."""
        for key in keys:
            for value in self.all(key):
                name, _, text = value.partition("=")
                yield name, text

    @property
    def event(self) -> str:
        return self.get("event")

    def __repr__(self) -> str:
        return f"<Message {self.event or self.get('response')}>"


def _lines(frame: bytes) -> list[str]:
    try:
        return frame.decode().split("\r\n")
    except UnicodeDecodeError:
        return [decode(line) for line in frame.split(b"\r\n")]


def encode(action: str, action_id: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """An action as bytes. Raises BadHeader for CR, LF, NUL, a strange key, a second Action, or over 1,000
    bytes.
    """
    lines = [_header("Action", action), _header("ActionID", action_id)]
    for key, value in headers:
        if key.lower() in {"action", "actionid"}:
            raise BadHeader(f"header {key} is ours to set")
        lines.append(_header(key, value))
    return b"".join(lines) + b"\r\n"


def _header(key: str, value: str) -> bytes:
    if not _KEY.fullmatch(key):
        raise BadHeader("header key is not a plain word")
    if any(char in value for char in "\r\n\0"):
        raise BadHeader(f"header {key} holds a control character")
    line = f"{key}: {value}\r\n".encode()
    if len(line) > LONGEST_LINE:
        raise BadHeader(f"header {key} is longer than {LONGEST_LINE} bytes")
    return line
