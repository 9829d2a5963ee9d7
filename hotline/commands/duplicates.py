"""hotline duplicates: groups of messages about the same matter in a table, near copies and other people's words alike."""

from __future__ import annotations

import argparse
import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

from classifiers.duplicate_groups import Found, grouped
from classifiers.duplicates import COPY, SAME, Sketch, Sketcher
from classifiers.segment import Segmenter
from hotline.commands import tables
from hotline.settings import Settings

COLUMNS = ("row", "msg_id", "group", "group_size", "earlier_row", "earlier_msg_id", "score", "kind")
ALONE = 3_000
"""Up to so many rows a second process costs more than it saves."""
BATCH = 500
AHEAD = 2 * (os.cpu_count() or 1)
SHOWN_GROUPS, SHOWN_ROWS = 20, 12


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("duplicates", help="在一份诉求表里找出反映同一件事的行")
    tables.add_files(parser, output=False)
    parser.add_argument(
        "--least", type=_share, default=SAME, metavar="0..1", help=f"多像才归为一组，默认 {SAME}"
    )
    parser.set_defaults(run=run_duplicates)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"应为大于 0、不超过 1 的数，得到 {text}")
    return value


def run_duplicates(settings: Settings, args: argparse.Namespace) -> int:
    """Reads title and detail (or tokens); writes every row's group and the most alike row above it."""
    rows = tables.read_rows(args.input, (), any_of=("title", "detail", "tokens"))
    found = _found(rows, args.least)
    sizes = Counter(one.group for one in found)
    if args.output:
        tables.write_rows(args.output, COLUMNS, _written(rows, found, sizes), bom=args.bom)
    several = [group for group, size in sizes.most_common() if size > 1]
    repeats = sum(sizes[group] - 1 for group in several)
    print(f"共 {len(found)} 行，{len(several)} 组重复，{repeats} 行与前面的某一行是同一件事")
    if not args.output:
        _print_groups(found, several)
    return 0


def _found(rows: tables.Rows, least: float) -> list[Found]:
    with tables.progress(len(rows), "查重") as bar:
        found = []
        for one in grouped(_sketches((_text(row) for row in rows), len(rows)), least):
            found.append(one)
            bar.update(1)
    return found


def _text(row: dict[str, str]) -> str:
    said = "\n".join(row.get(name, "") for name in ("title", "detail")).strip()
    return said or row.get("tokens", "")


def _sketches(texts: Iterable[str], count: int) -> Iterator[Sketch]:
    """The sketches in order; a long list is cut into words on every core."""
    batches = tables.batches(texts, BATCH)
    if count <= ALONE or (os.cpu_count() or 1) == 1:
        sketcher = Sketcher(Segmenter())
        yield from (sketcher.sketch(text) for batch in batches for text in batch)
        return
    with ProcessPoolExecutor(os.cpu_count(), initializer=_prepare) as pool:
        for stored in _in_turn(pool, batches):
            yield from map(Sketch.loads, stored)


def _in_turn(pool: Executor, batches: Iterable[list[str]]) -> Iterator[list[str]]:
    """The stored sketches of each batch in order. Only a few batches are handed out ahead of the one that is awaited: a
    table of millions is not queued in memory."""
    out: deque[Future[list[str]]] = deque()
    for batch in batches:
        out.append(pool.submit(_stored, batch))
        if len(out) > AHEAD:
            yield out.popleft().result()
    while out:
        yield out.popleft().result()


_OWN: list[Sketcher] = []


def _prepare() -> None:
    _OWN.append(Sketcher(Segmenter()))


def _stored(texts: list[str]) -> list[str]:
    return [_OWN[0].sketch(text).dumps() for text in texts]


def _written(rows: tables.Rows, found: list[Found], sizes: Counter[int]) -> Iterator[dict[str, Any]]:
    ids = [row.get("msg_id", "") for row in rows]
    for number, one in enumerate(found):
        alike = one.earlier is not None
        yield {
            "row": number + 1,
            "msg_id": ids[number],
            "group": one.group,
            "group_size": sizes[one.group],
            "earlier_row": one.earlier + 1 if one.earlier is not None else "",
            "earlier_msg_id": ids[one.earlier] if one.earlier is not None else "",
            "score": f"{one.score:.3f}" if alike else "",
            "kind": _kind(one),
        }


def _kind(one: Found) -> str:
    """In words: sent again or copied, or the same matter told otherwise."""
    if one.likeness is None:
        return ""
    return "文字相同" if one.likeness.copy >= COPY else "内容相近"


def _print_groups(found: list[Found], several: list[int]) -> None:
    members: dict[int, list[int]] = {group: [] for group in several[:SHOWN_GROUPS]}
    for number, one in enumerate(found, 1):
        if one.group in members:
            members[one.group].append(number)
    for group, numbers in members.items():
        rest = f" 等 {len(numbers)} 行" if len(numbers) > SHOWN_ROWS else ""
        print(f"  第 {group} 组：第 {'、'.join(map(str, numbers[:SHOWN_ROWS]))} 行{rest}")
    if len(several) > SHOWN_GROUPS:
        print(f"  另有 {len(several) - SHOWN_GROUPS} 组，用 --output 写成表格查看")
