"""hotline import-catalogue: a list of powers and duties (权责清单, 事项编码) becomes the next version of 派单目录."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from hotline.adapters.legacy.spreadsheet import Table, open_table
from hotline.bootstrap import build_runtime
from hotline.domain.deadlines import local
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import catalogue_import
from hotline.services.catalogue_import import LABELS, Preview
from hotline.settings import Settings

MOST_SHOWN = 30


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "import-catalogue", help="导入权责清单、事项编码为派单目录的新版本（CSV、XLSX）"
    )
    parser.add_argument("file", type=Path, help="表格文件")
    parser.add_argument("--dry-run", action="store_true", help="只检查，不写入")
    parser.add_argument("--replace", action="store_true", help="这是完整目录：文件里没有的行到昨天为止")
    parser.add_argument("--note", default="", help="版本说明（默认写文件名）")
    parser.set_defaults(run=run_import)


def run_import(settings: Settings, args: argparse.Namespace) -> int:
    """Shows what the file would change and installs it; exit status 1 when rows were refused."""
    table = open_table(args.file)
    runtime = build_runtime(settings)
    try:
        on = local(runtime.clock.now()).date()
        made = runtime.query(_preview, table, on, args.replace)
        _print(made)
        if not args.dry_run and made.effect:
            actor = Actor(None, "命令行", frozenset({"sys_admin"}), login="command", via="command")
            note = args.note or f"导入 {args.file.name}"
            version = runtime.transact(_install, actor, table, on, args.replace, note[:200])
            print(f"已安装为派单目录第 {version} 版。")
    finally:
        runtime.close()
    return 1 if made.refused else 0


def _preview(uow: UnitOfWork, table: Table, on: date, whole: bool) -> Preview:
    rows = ((row.number, row.values) for row in table.rows())
    return catalogue_import.preview(uow.reference, table.columns, rows, on, whole)


def _install(uow: UnitOfWork, actor: Actor, table: Table, on: date, whole: bool, note: str) -> int:
    """Reckons once more in the writing transaction, so that nothing that changed meanwhile is lost."""
    return catalogue_import.install(uow, actor, _preview(uow, table, on, whole), note, None)


def _print(made: Preview) -> None:
    print("认出的列：" + "；".join(f"{LABELS[name]} ← {column}" for name, column in made.columns.items()))
    print(
        f"新增 {len(made.added)}，改动 {len(made.changed)}，没有变化 {made.same}，"
        f"终止 {len(made.ended)}，拒收 {len(made.refused)}"
    )
    for number, field, message in made.refused[:MOST_SHOWN]:
        print(f"  第 {number} 行 {field}：{message}")
    if len(made.refused) > MOST_SHOWN:
        print(f"  …… 另有 {len(made.refused) - MOST_SHOWN} 行")
