"""The import's report in words: 读入, 新建, 已存在, 拒收 with rows and reasons, and where the tickets stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hotline.domain.workflow import TICKET_STATES
from hotline.services.import_rows import BACKLOG, HISTORICAL

KINDS = {HISTORICAL: "历史", BACKLOG: "待办"}
QUEUE_REASONS = {
    "": "尚未分类",
    "unsure": "分类或单位没有把握",
    "no_owner": "目录中没有承办单位",
    "urgent": "紧急件，须人工",
    "sensitive": "敏感件，须人工",
}
MOST_SHOWN = 50


def print_account(account: dict[str, Any], unused: Sequence[str], missing: Sequence[int]) -> None:
    """The account of a batch, its refused rows apart."""
    print(f"\n对账报告  {account['hotline']} ← {account['file_name']}（批次 {account['id']}）")
    _print_counts(account)
    _print_notes(account["notes"], unused)
    placed = account["created"] + account["already"]
    print(
        f"对账：文件 {account['total']} 行 = 已入库 {placed} + 拒收 {account['refused']}，缺失 {len(missing)}"
        + (f"：第 {_some(missing)} 行" if missing else "")
    )


def _print_counts(counts: dict[str, Any]) -> None:
    print(
        f"读入 {counts['read']}　新建 {counts['created']}　已存在 {counts['already']}　拒收 {counts['refused']}"
    )
    for outcome, number in sorted(counts["outcomes"].items()):
        kind, _, state = outcome.partition("/")
        print(f"  新建 {KINDS[kind]}　{TICKET_STATES.get(state, '（试运行）')}　{number}")


def _print_notes(notes: dict[str, int], unused: Sequence[str]) -> None:
    for name, number in sorted(notes.items()):
        print(f"  提示 {name}：{number} 行（逐行内容见 --report）")
    if unused:
        print(f"  未导入的列：{'、'.join(unused)}")


def print_refusals(refused: Iterable[tuple]) -> None:
    """(row, old number, field, code, message) of each refused row, the first 50."""
    for shown, (row, number, field, code, message) in enumerate(refused):
        if shown == MOST_SHOWN:
            print("  …… 其余见 --report 的文件")
            return
        print(f"  拒收 第 {row} 行  编号 {number or '（空）'}  {field}  {code}  {message}")


def print_rehearsal(counts: dict[str, Any], refused: Sequence[tuple], unused: Sequence[str]) -> None:
    """What an import would do."""
    print("\n试运行（没有写入任何数据）")
    _print_counts(counts)
    _print_notes(counts["notes"], unused)
    print_refusals(refused)


def print_standing(rows: Sequence[dict[str, Any]]) -> None:
    """Where the tickets of a source stand after classification and dispatch."""
    live = [row for row in rows if not row["historical"]]
    total = sum(row["count"] for row in live)
    print(f"\n处理结果：历史 {sum(row['count'] for row in rows) - total}，待办 {total}")
    print(
        f"  已分类 {_sum(live, 'classified')}，其中有把握 {_sum(live, 'certain')}；有时限在走 {_sum(live, 'with_clock')}"
    )
    for row in sorted(live, key=lambda row: -row["count"]):
        why = (
            ""
            if row["state"] == "handling"
            else f"　{QUEUE_REASONS.get(row['queue_reason'], row['queue_reason'])}"
        )
        label = "自动派单" if row["state"] == "handling" else TICKET_STATES[row["state"]]
        print(f"  {label}{why}　{row['count']}（有时限 {row['with_clock']}）")


def _sum(rows: Sequence[dict[str, Any]], name: str) -> int:
    return sum(row[name] for row in rows)


def _some(rows: Sequence[int]) -> str:
    return "、".join(map(str, rows[:20])) + ("……" if len(rows) > 20 else "")
