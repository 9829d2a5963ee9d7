"""hotline topics: the hot topics of a table of messages, hottest first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tqdm import tqdm

from classifiers.segment import Segmenter
from classifiers.topics import Progress, Report, Topic, mine
from hotline.adapters.legacy.cell_values import parse_time
from hotline.commands import tables
from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import InvalidInput
from hotline.settings import Settings

REQUIRED = ("msg_id", "title", "time", "detail")
OPTIONAL = ("likes", "dislikes", "user", "area")
COLUMNS = ("rank", "name", "place", "from", "to", "heat", "members")
MORE = ("crowd", "callers", "growth", "words")
SHOWN = 20


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("topics", help="在一份诉求表里找出热点话题，按热度排列")
    tables.add_files(parser)
    parser.add_argument(
        "--limit", type=_positive, default=100, metavar="N", help="最多写出多少个话题，默认 100"
    )
    parser.add_argument(
        "--least", type=_positive, default=2, metavar="N", help="一个话题至少有几条诉求，默认 2"
    )
    parser.add_argument("--more", action="store_true", help="另写人群、诉求人数、增长、关键词四列")
    parser.set_defaults(run=run_topics)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= 10_000:
        raise argparse.ArgumentTypeError(f"应为 1 到 10000 的整数，得到 {text}")
    return int(text)


@dataclass
class _Read:
    """What became of the rows."""

    reports: list[Report] = field(default_factory=list)
    untimed: list[int] = field(default_factory=list)
    empty: int = 0
    repeated: int = 0


def run_topics(settings: Settings, args: argparse.Namespace) -> int:
    """Reads msg_id, title, time, detail; writes the topics. Rows without a time or any word are told and left out."""
    rows = tables.read_rows(args.input, REQUIRED, OPTIONAL)
    read = _reports(rows)
    if read.untimed and not read.reports:
        raise InvalidInput(
            "topics.time",
            f"没有一行的 time 能读成时间（第 {read.untimed[0]} 行起），请写成 2026-01-31 08:30:00 的样子",
        )
    with _bars() as told:
        topics = mine(read.reports, Segmenter(), limit=args.limit, least=args.least, progress=told)
    columns = COLUMNS + MORE if args.more else COLUMNS
    tables.write_rows(
        args.output, columns, (_row(rank, one) for rank, one in enumerate(topics, 1)), bom=args.bom
    )
    _tell(read, topics)
    return 0


def _reports(rows: Iterable[Mapping[str, str]]) -> _Read:
    """The usable rows, each id once. A row without an id is called after its number."""
    read, seen = _Read(), set()
    for number, row in enumerate(rows, 1):
        name = "_".join(row["msg_id"].split()) or f"row-{number}"
        time = parse_time(row["time"].strip(), LOCAL)
        if name in seen:
            read.repeated += 1
        elif not (row["title"].strip() or row["detail"].strip()):
            read.empty += 1
        elif time is None:
            read.untimed.append(number)
        else:
            seen.add(name)
            read.reports.append(_report(name, time.astimezone(LOCAL), row))
    return read


def _report(name: str, time: datetime, row: Mapping[str, str]) -> Report:
    return Report(
        id=name,
        title=row["title"],
        detail=row["detail"],
        time=time,
        likes=_number(row.get("likes", "")),
        dislikes=_number(row.get("dislikes", "")),
        area=row.get("area", "").strip(),
        caller=row.get("user", "").strip(),
    )


def _number(text: str) -> int:
    """A count; what is none counts 0."""
    text = text.strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _row(rank: int, topic: Topic) -> dict[str, Any]:
    return {
        "rank": rank,
        "name": topic.name,
        "place": topic.place,
        "from": f"{topic.first:%Y-%m-%d %H:%M:%S}",
        "to": f"{topic.last:%Y-%m-%d %H:%M:%S}",
        "heat": f"{topic.heat:.2f}",
        "members": " ".join(topic.members),
        "crowd": topic.crowd,
        "callers": topic.callers,
        "growth": f"{topic.growth:.4f}",
        "words": " ".join(topic.words),
    }


@contextmanager
def _bars() -> Iterator[Progress]:
    """One progress bar after the other, as the steps come."""
    current: dict[str, tqdm] = {}

    def told(step: str, done: int, total: int) -> None:
        if step not in current:
            _close(current)
            current[step] = tables.progress(total, step, unit="")
        current[step].update(done - current[step].n)

    try:
        yield told
    finally:
        _close(current)


def _close(current: dict[str, tqdm]) -> None:
    for bar in current.values():
        bar.close()
    current.clear()


def _tell(read: _Read, topics: list[Topic]) -> None:
    """The account of the rows, and the hottest topics by name."""
    if read.untimed:
        shown = "、".join(map(str, read.untimed[:10])) + ("……" if len(read.untimed) > 10 else "")
        print(f"提示：{len(read.untimed)} 行的 time 读不成时间，未计入：第 {shown} 行", file=sys.stderr)
    if read.empty:
        print(f"提示：{read.empty} 行没有标题也没有内容，未计入", file=sys.stderr)
    if read.repeated:
        print(f"提示：{read.repeated} 行的 msg_id 与前面的行相同，未计入", file=sys.stderr)
    print(f"共 {len(read.reports)} 条诉求，{len(topics)} 个话题")
    for rank, topic in enumerate(topics[:SHOWN], 1):
        print(f"{rank:>3}  {topic.heat:6.2f}  {len(topic.members):>4} 条  {topic.name}")
