"""hotline models: the registry of category models: what there is, what serves, what reads along, and the way back."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from hotline.commands.house import opened
from hotline.domain.deadlines import local
from hotline.domain.drafts import required
from hotline.services.learning import models, switching
from hotline.settings import Settings

DEFAULT = "设置中的默认模型"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("models", help="分类模型的登记、切换与回退").add_subparsers(
        required=True, metavar="操作"
    )
    actions.add_parser("list", help="列出登记过的模型").set_defaults(run=run_list)
    adding = actions.add_parser("add", help="检查一个模型目录并登记为候选")
    adding.add_argument("folder", type=Path, metavar="目录")
    adding.set_defaults(run=run_add)
    checking = actions.add_parser("check", help="打开模型试运行，不改变任何状态")
    checking.add_argument("version", nargs="?", default="", metavar="版本", help="默认正在使用的")
    checking.set_defaults(run=run_check)
    serving = actions.add_parser("serve", help="投入使用；运行中的服务几秒内切换，不必重启")
    serving.add_argument("version", metavar="版本")
    serving.set_defaults(run=run_serve)
    shadowing = actions.add_parser("shadow", help="影子运行：读同样的诉求，不影响任何工单")
    shadowing.add_argument("version", nargs="?", default="", metavar="版本", help="不写即停止影子运行")
    shadowing.set_defaults(run=run_shadow)
    back = actions.add_parser("rollback", help="回退到上一个使用过的模型；装不上的跳过")
    back.set_defaults(run=run_rollback)
    for acting in (serving, shadowing, back):
        acting.add_argument("--reason", required=True, metavar="理由", help="为什么，记入审计")


def run_list(settings: Settings, _args: argparse.Namespace) -> int:
    """One line a version: state, kind, labels, macro-F1 of its training, when and by whom."""
    with opened(settings) as house:
        rows = house.runtime.query(models.listed, house.actor)
    for row in rows:
        f1 = figure_of(row, "macro_f1")
        print(
            f"{row['name']:<28} {row['state_label']:<6} {row['kind']:<12} 本地标注 {row['labels']:>6}"
            f"  训练 F1 {'—' if f1 is None else format(f1, '.3f'):<6} {_minute(row['state_at'])} {row['state_by']}"
        )
        if row["fault"]:
            print(f"    ✗ {row['fault']}")
    if not any(row["state"] == "serving" for row in rows):
        print(f"正在使用：{DEFAULT}（{settings.classifier}）")
    return 0


def run_add(settings: Settings, args: argparse.Namespace) -> int:
    with opened(settings) as house:
        print(f"已登记为候选：{switching.add(house.runtime, house.actor, args.folder)}")
    return 0


def run_check(settings: Settings, args: argparse.Namespace) -> int:
    with opened(settings) as house:
        name = args.version or next((c.name for c in house.runtime.query(models.chain)), "")
        if name:
            found = switching.check(house.runtime, name)
            print(f"✓ {found.name}（{found.kind}）可以使用")
        else:
            house.runtime.classifier.load()
            print(f"✓ {DEFAULT}：{house.runtime.classifier.name} {house.runtime.classifier.version}")
    return 0


def run_serve(settings: Settings, args: argparse.Namespace) -> int:
    with opened(settings) as house:
        switching.serve(house.runtime, house.actor, args.version, _reason(args))
    print(f"{args.version} 已投入使用")
    return 0


def run_shadow(settings: Settings, args: argparse.Namespace) -> int:
    with opened(settings) as house:
        switching.shadow(house.runtime, house.actor, args.version, _reason(args))
    print(f"{args.version} 开始影子运行" if args.version else "已停止影子运行")
    return 0


def run_rollback(settings: Settings, args: argparse.Namespace) -> int:
    with opened(settings) as house:
        back = switching.rollback(house.runtime, house.actor, _reason(args))
    print(f"已回退到 {back or DEFAULT}")
    return 0


def _reason(args: argparse.Namespace) -> str:
    return required(args.reason, "reason", "请写明理由", models.LONGEST_REASON)


def figure_of(row: dict[str, Any], name: str) -> float | None:
    """A figure of a version's training report."""
    found = (row["figures"].get("once") or {}).get(name)
    return float(found) if isinstance(found, int | float) else None


def _minute(at: datetime) -> str:
    return local(at).strftime("%Y-%m-%d %H:%M")
