"""hotline import-tickets: an old hotline's export becomes tickets here, and the file is held against the database.

Safe beside a running server, whose relay finds the events in the outbox; `--settle` does that work in this process
and then says where the tickets stand. Killed at any point, the same command goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import getpass
import hashlib
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hotline.adapters.csv_cells import harmless
from hotline.adapters.legacy.csv_export import FileSource
from hotline.adapters.legacy.mapping import load_mapping
from hotline.bootstrap import build_runtime
from hotline.commands.import_words import print_account, print_refusals, print_rehearsal, print_standing
from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import Conflict, Unavailable
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import import_rows, importing
from hotline.services.import_rows import Plan
from hotline.settings import Settings
from hotline.workers import Workers

PATIENCE = 8
REPORT_HEAD = ("行号", "原编号", "结果", "工单号", "说明")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("import-tickets", help="导入原热线系统导出的工单（CSV、XLSX）")
    parser.add_argument("file", type=Path, help="导出的文件")
    parser.add_argument("--hotline", required=True, metavar="号码", help="来自哪条热线，如 12315")
    parser.add_argument("--map", type=Path, metavar="FILE", help="映射文件 mapping.toml")
    parser.add_argument("--source", default="", help="原系统代号，与原编号一起防止重复（默认为热线号码）")
    parser.add_argument("--mode", choices=import_rows.MODES, default="auto", help="历史或待办，默认自动判断")
    parser.add_argument(
        "--historical-before", metavar="YYYY-MM-DD", type=_day, help="这一天之前受理的一律作为历史工单"
    )
    parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
    parser.add_argument("--restart", action="store_true", help="不接着上次中断的位置，从第一行重新核对")
    parser.add_argument("--report", type=Path, metavar="FILE", help="把逐行对账结果写成 CSV")
    parser.add_argument("--settle", action="store_true", help="导入后在本进程内完成分类、派单、索引并统计")
    parser.set_defaults(run=run_import)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=LOCAL)
    except ValueError:
        raise argparse.ArgumentTypeError(f"日期应写成 2026-01-31 的样子，得到 {text}") from None


def run_import(settings: Settings, args: argparse.Namespace) -> int:
    """Imports (or rehearses) one file; exit status 1 when a row is unaccounted for, which must never be."""
    mapping = load_mapping(args.map) if args.map else None
    source = FileSource(args.file, mapping)
    plan = Plan(
        hotline=args.hotline,
        source=args.source or args.hotline,
        mode=args.mode,
        historical_before=args.historical_before,
        places=source.mapping.places,
    )
    runtime = build_runtime(settings)
    try:
        runtime.query(lambda uow: import_rows.check_codes(uow.reference, plan, codes_of(source)))
        if args.dry_run:
            return _rehearse(runtime, source, plan)
        return _import(runtime, source, plan, args)
    finally:
        runtime.close()


def codes_of(source: FileSource) -> dict[str, dict[str, str]]:
    """Every code of our own that the mapping names, by field."""
    mapping = source.mapping
    fixed = {
        name: {f"={name}": table[name]} for table in (mapping.constants, mapping.defaults) for name in table
    }
    return {**fixed, **mapping.values}


def _import(runtime: Runtime, source: FileSource, plan: Plan, args: argparse.Namespace) -> int:
    started = time.perf_counter()
    digest = _digest(args.file)
    batch_id, done = runtime.transact(
        importing.begin, plan, args.file.name, digest, source.total, _whoami(), args.restart
    )
    if done:
        print(f"接着上次的导入：前 {done} 行已有结果")
    _take_all(runtime, source, plan, batch_id, done)
    account = runtime.transact(importing.finish, batch_id)
    seconds = time.perf_counter() - started
    missing = _reconcile(runtime, source, plan, batch_id, args.report)
    print_account(account, source.unused, missing)
    print_refusals(runtime.query(_refusals, batch_id))
    print(
        f"用时 {seconds:.1f} 秒，本次 {(account['read'] - done) / max(seconds, 0.001):.0f} 条/秒，"
        f"内存峰值 {peak_mb():.0f} MB"
    )
    if args.settle:
        _settle(runtime)
        print_standing(runtime.query(lambda uow: uow.views.standing(plan.source)))
    return 1 if missing else 0


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _take_all(runtime: Runtime, source: FileSource, plan: Plan, batch_id: int, done: int) -> None:
    with tqdm(total=source.total, initial=done, unit="条", desc="导入", disable=None) as bar:
        for first, records in chunks(source, done):
            if first + len(records) > done:
                done = _patiently(
                    lambda first=first, records=records: runtime.transact(
                        importing.take, plan, batch_id, first, records
                    )
                )
            bar.update(max(0, done - bar.n))


def chunks(source: FileSource, skip: int = 0) -> Iterator[tuple[int, list[Any]]]:
    """(position, records) in pieces of one transaction, from position `skip` on."""
    records = islice(source, skip, None)
    position = skip
    while piece := list(islice(records, importing.CHUNK)):
        yield position, piece
        position += len(piece)


def _patiently(work: Callable[[], int]) -> int:
    """Tries again while others hold the database; the file is only as far as its last commit meanwhile."""
    for attempt in range(PATIENCE):
        try:
            return work()
        except (Unavailable, Conflict):
            if attempt == PATIENCE - 1:
                raise
            time.sleep(random.uniform(0.1, 0.2 * 2**attempt))
    raise AssertionError("unreachable")


def _reconcile(
    runtime: Runtime, source: FileSource, plan: Plan, batch_id: int, report: Path | None
) -> list[int]:
    """Holds the file against the database row by row, into a CSV where asked; the rows that are missing."""
    missing: list[int] = []
    out = report.open("w", encoding="utf-8-sig", newline="") if report else None
    try:
        writer = csv.writer(out) if out else None
        if writer:
            writer.writerow(REPORT_HEAD)
        for _, records in chunks(source):
            rows = runtime.query(importing.reconcile, plan, batch_id, records)
            missing += [row[0] for row in rows if row[2] == "缺失"]
            if writer:
                writer.writerows([harmless(cell) for cell in row] for row in rows)
    finally:
        if out:
            out.close()
    return missing


def _refusals(uow: UnitOfWork, batch_id: int) -> list[tuple]:
    return [
        (row["row"], row["external_no"], row["field"], row["code"], row["message"])
        for row in uow.views.import_refusals(batch_id)
    ]


def _rehearse(runtime: Runtime, source: FileSource, plan: Plan) -> int:
    tally, seen = importing.Tally(), set()
    refused: list[tuple] = []
    with tqdm(total=source.total, unit="条", desc="检查", disable=None) as bar:
        for _, records in chunks(source):
            refused += runtime.query(importing.rehearse, plan, records, seen, tally)
            bar.update(len(records))
    print_rehearsal(tally.summary(), refused, source.unused)
    return 0


def _settle(runtime: Runtime) -> None:
    """Relays and consumes what waits in the outbox, with a progress bar."""
    runtime.classifier.load()
    runtime.ticket_index.open()
    runtime.article_index.open()
    asyncio.run(_drain(runtime))


async def _drain(runtime: Runtime) -> None:
    workers = Workers(runtime)
    await workers.start(frozenset({"consumers"}))
    draining = asyncio.create_task(workers.drain())
    with tqdm(unit="件", desc="分类派单", disable=None) as bar:
        settled = 0
        while True:
            finished, _ = await asyncio.wait({draining}, timeout=0.5)
            waiting = (await runtime.read(lambda uow: uow.views.outbox_state()))["waiting"]
            bar.total = max(bar.total or 0, waiting)
            bar.update(max(0, bar.total - waiting - settled))
            settled = bar.total - waiting
            if finished:
                break
    await workers.stop()
    await draining


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "命令行"


def peak_mb() -> float:
    """The most memory this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
