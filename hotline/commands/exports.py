"""hotline export tickets: a filtered, masked list of tickets in a CSV or XLSX file, in the name of an account."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hotline.adapters.sheets import writing
from hotline.bootstrap import build_runtime
from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import NotFound
from hotline.domain.people import Actor, User
from hotline.domain.ticket import REQUEST_TYPES
from hotline.domain.workflow import TICKET_STATES
from hotline.ports import UnitOfWork
from hotline.services import exporting
from hotline.services.accounts import actor_of
from hotline.settings import Settings


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    kinds = commands.add_parser("export", help="导出数据").add_subparsers(required=True, metavar="内容")
    parser = kinds.add_parser("tickets", help="把工单列表导出为 CSV 或 XLSX（脱敏，留审计）")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv|FILE.xlsx")
    parser.add_argument(
        "--as", dest="login", required=True, metavar="账号", help="以谁的名义：按其权限和范围导出"
    )
    parser.add_argument("--state", action="append", choices=TICKET_STATES, help="状态，可多次给出")
    parser.add_argument("--hotline", default="")
    parser.add_argument("--type", dest="request_type", choices=REQUEST_TYPES, default="")
    parser.add_argument("--category", default="", help="事项代码，含其下级")
    parser.add_argument("--area", default="", help="区域代码，含其下级")
    parser.add_argument("--unit", dest="lead_unit", default="", help="主办单位代码")
    parser.add_argument("--from", dest="first", type=_day, metavar="YYYY-MM-DD", help="受理日期起（含）")
    parser.add_argument("--to", dest="last", type=_day, metavar="YYYY-MM-DD", help="受理日期止（含）")
    parser.add_argument("--overdue", action="store_true", help="只要超期的")
    parser.set_defaults(run=run_export)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=LOCAL)
    except ValueError:
        raise argparse.ArgumentTypeError(f"日期应写成 2026-01-31 的样子，得到 {text}") from None


def _asked(args: argparse.Namespace) -> dict[str, Any]:
    names = ("state", "hotline", "request_type", "category", "area", "lead_unit", "overdue")
    asked = {name: getattr(args, name) for name in names if getattr(args, name)}
    if args.first:
        asked["received_from"] = args.first
    if args.last:
        asked["received_to"] = args.last + timedelta(days=1)
    return asked


def run_export(settings: Settings, args: argparse.Namespace) -> int:
    """Writes the file; a failed export leaves none behind."""
    runtime = build_runtime(settings)
    try:
        actor, asked, count = runtime.query(_actor, args.login), _asked(args), 0
        with writing(args.out) as sheet, tqdm(unit="条", desc="导出", disable=None) as bar:
            sheet.add([list(exporting.COLUMNS.values())])
            for rows in exporting.pages(runtime.query, actor, asked):
                sheet.add(rows)
                count += len(rows)
                bar.update(len(rows))
            runtime.transact(exporting.note, actor, asked, count, args.out.suffix[1:])
        print(f"已导出 {count} 条到 {args.out}")
        return 0
    finally:
        runtime.close()


def _actor(uow: UnitOfWork, login: str) -> Actor:
    user = uow.first(User, login=login, active=True)
    if user is None:
        raise NotFound("user.not_found", f"没有账号 {login[:40]}，或已停用")
    return replace(actor_of(user), via="command")
