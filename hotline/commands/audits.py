"""hotline audit: verifying the sealed audit as a whole, and printing an anchor to keep elsewhere."""

from __future__ import annotations

import argparse
import sys

from hotline.bootstrap import build_runtime
from hotline.services import auditing
from hotline.settings import Settings

MOST_SHOWN = 100


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("audit", help="审计").add_subparsers(required=True, metavar="操作")
    verify = actions.add_parser("verify", help="核验审计记录是否被改动、删除或插入")
    verify.add_argument("--anchor", default="", metavar="封条", help="另处留存的封条，如 12-0a1b…，一并核对")
    verify.set_defaults(run=run_verify)
    actions.add_parser("anchor", help="封存到此刻，打印最新封条，供抄存").set_defaults(run=run_anchor)


def run_verify(settings: Settings, args: argparse.Namespace) -> int:
    """Exit status 1 when anything is wrong; every finding names its seal and row."""
    runtime = build_runtime(settings)
    try:
        report = runtime.query(auditing.verify, args.anchor)
    finally:
        runtime.close()
    for finding in report.findings[:MOST_SHOWN]:
        place = f"封条 {finding.seq}" if finding.seq else "未封存" if finding.row_id else "封条链"
        row = f" 记录 {finding.row_id}" if finding.row_id else ""
        print(f"✗ {place}{row}：{finding.message}（{finding.code}）", file=sys.stderr)
    if len(report.findings) > MOST_SHOWN:
        print(f"…… 另有 {len(report.findings) - MOST_SHOWN} 处", file=sys.stderr)
    verdict = "完好" if report.ok else f"发现 {len(report.findings)} 处问题"
    print(f"核验 {report.seals} 个封条、{report.rows} 条审计记录：{verdict}")
    return 0 if report.ok else 1


def run_anchor(settings: Settings, _args: argparse.Namespace) -> int:
    """Seals what is unsealed, then prints the newest seal."""
    runtime = build_runtime(settings)
    try:
        while runtime.transact(auditing.seal):
            pass
        print(runtime.query(auditing.last_anchor) or "还没有审计记录")
    finally:
        runtime.close()
    return 0
