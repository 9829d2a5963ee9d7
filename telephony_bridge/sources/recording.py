"""A recorded AMI stream: its bytes, when they came, and the facts in it.

A recording is a `.ami` or `.ami.gz` file, with the times of its reads in an `.idx` or `.idx.gz` beside it.
Without these times, the exchange's own time stamps give the pace.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ..api import Fact, FactKind, Party, RecordingError
from ..wire.frames import FrameSplitter, FrameTooLong, Message
from .asterisk_facts import AsteriskFacts, Site, wanted

LARGEST = 256 * 1024 * 1024
_PACKAGE = "telephony_bridge.recorded"


@dataclass(frozen=True, slots=True)
class TimedFact:
    """A fact and the seconds after the recording's start when its last byte came."""

    seconds: float
    fact: Fact


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call in a recording, for a list to choose from; counted from 0 in the order they began."""

    index: int
    hotline: str
    agents: tuple[str, ...]
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Recording:
    """Raw reads: (seconds since the start, bytes). Times are empty (None) where no index was kept."""

    name: str
    reads: tuple[tuple[float | None, bytes], ...]

    @classmethod
    def load(cls, name: str) -> Recording:
        """A shipped recording by its name, or one of your own by its path. Raises RecordingError."""
        try:
            place, stem = _find(name)
            data = _read(place, (f"{stem}.ami.gz", f"{stem}.ami"))
            index = _read(place, (f"{stem}.idx.gz", f"{stem}.idx"))
        except (OSError, EOFError, zlib.error) as error:
            raise RecordingError("recording_unreadable", "通话录制文件无法读取或已损坏") from error
        if data is None:
            raise RecordingError("recording_missing", "找不到通话录制文件")
        return cls(stem, tuple(_cut(data, index)))

    def facts(self, site: Site | None = None) -> list[TimedFact]:
        """All facts, read as if they came from the wire. Raises RecordingError when this is no AMI stream."""
        reader, splitter = AsteriskFacts(site), FrameSplitter()
        found = []
        try:
            for seconds, data in self.reads:
                for frame in splitter.feed(data):
                    fact = reader.read(Message(frame)) if wanted(frame) else None
                    if fact:
                        found.append((seconds, fact))
        except FrameTooLong as error:
            raise RecordingError("recording_unreadable", "通话录制文件不是 AMI 事件流") from error
        return list(_timed(found))


def recorded_calls(name: str, site: Site | None = None) -> list[RecordedCall]:
    """The calls of a recording that begin in it. Raises RecordingError."""
    facts = Recording.load(name).facts(site)
    return [_describe(index, facts, call_id) for index, call_id in enumerate(call_ids(facts))]


def call_ids(facts: list[TimedFact]) -> list[str]:
    """Ids of the calls whose beginning was recorded, in order."""
    begun = (
        item.fact.call_id
        for item in facts
        if item.fact.kind is FactKind.LEG_NEW and item.fact.call_id.endswith(f":{item.fact.leg}")
    )
    return list(dict.fromkeys(begun))


def _describe(index: int, facts: list[TimedFact], call_id: str) -> RecordedCall:
    own = [item.fact for item in facts if item.fact.call_id == call_id]
    sure = [fact.dialled for fact in own if fact.dialled_sure]
    hotline = (sure or [fact.dialled for fact in own if fact.dialled] or [""])[0]
    agents = dict.fromkeys(
        fact.agent for fact in own if fact.agent and Party.AGENT in (fact.party, fact.agent_party)
    )
    seconds = (own[-1].at - own[0].at).total_seconds()
    return RecordedCall(index, hotline, tuple(agents), own[0].at, seconds)


def _find(name: str) -> tuple[Traversable, str]:
    path = Path(name)
    if path.name == name and not path.suffix:
        return resources.files(_PACKAGE), name
    return path.parent, path.name.removesuffix(".gz").removesuffix(".ami")


def _read(place: Traversable, names: tuple[str, ...]) -> bytes | None:
    for name in names:
        file = place / name
        if file.is_file():
            with file.open("rb") as raw:
                stream = gzip.GzipFile(fileobj=raw) if name.endswith(".gz") else raw
                data = stream.read(LARGEST + 1)
            if len(data) > LARGEST:
                raise RecordingError("recording_too_large", "通话录制文件过大")
            return data
    return None


def _cut(data: bytes, index: bytes | None) -> Iterator[tuple[float | None, bytes]]:
    if index is None:
        yield None, data
        return
    try:
        reads = [(int(row.split()[0]), float(row.split()[1])) for row in index.splitlines()[1:]]
    except (ValueError, IndexError) as error:
        raise RecordingError("recording_unreadable", "通话录制的时间索引已损坏") from error
    ends = [offset for offset, _ in reads[1:]] + [len(data)]
    for (start, seconds), end in zip(reads, ends, strict=True):
        yield seconds, data[start:end]


def _timed(found: list[tuple[float | None, Fact]]) -> Iterator[TimedFact]:
    for seconds, fact in found:
        own = (fact.at - found[0][1].at).total_seconds()
        yield TimedFact(own if seconds is None else seconds, fact)
