"""hotline dead-letters: what a consumer could not digest, for a person to look at, send round again or dismiss."""

from __future__ import annotations

import argparse
import getpass
import json
from typing import Any

from hotline.adapters.db import outbox
from hotline.bootstrap import build_runtime
from hotline.domain.deadlines import LOCAL
from hotline.domain.errors import Conflict
from hotline.domain.people import Actor
from hotline.domain.records import DeadLetter
from hotline.ports import UnitOfWork
from hotline.services.subscriptions import CONSUMERS
from hotline.settings import Settings

STATES = {"open": "待处理", "retried": "已重试", "dismissed": "已关闭"}
_SETTLE = {"retry": outbox.retry_dead, "dismiss": outbox.dismiss_dead}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("dead-letters", help="查看和处理死信")
    parser.set_defaults(run=run_list, state="open")
    actions = parser.add_subparsers(metavar="操作")
    listing = actions.add_parser("list", help="列出（默认）")
    listing.add_argument("--state", choices=STATES, default="open")
    listing.set_defaults(run=run_list)
    show = actions.add_parser("show", help="查看一封")
    show.add_argument("id", type=int)
    show.set_defaults(run=run_show)
    for name, text in (("retry", "重新投递"), ("dismiss", "关闭，不再投递")):
        action = actions.add_parser(name, help=text)
        chosen = action.add_mutually_exclusive_group(required=True)
        chosen.add_argument("id", type=int, nargs="*", default=[])
        chosen.add_argument("--all", action="store_true", help="所有待处理的")
        action.set_defaults(run=run_settle, action=name)


def run_list(settings: Settings, args: argparse.Namespace) -> int:
    """Newest first; what each says, briefly."""
    runtime = build_runtime(settings)
    try:
        found = runtime.query(lambda uow: uow.views.dead_letters(args.state, limit=200))["items"]
    finally:
        runtime.close()
    print(
        f"{STATES[args.state]}的死信 {len(found)} 封" + ("（仅列最近 200 封）" if len(found) == 200 else "")
    )
    for row in found:
        when = row["at"].astimezone(LOCAL).strftime("%m-%d %H:%M")
        print(
            f"{row['id']}  {when}  {row['topic']} → {row['consumer']}  {row['attempts']} 次  {row['error'][:60]}"
        )
    return 0


def run_show(settings: Settings, args: argparse.Namespace) -> int:
    runtime = build_runtime(settings)
    try:
        print(json.dumps(runtime.query(_whole, args.id), ensure_ascii=False, indent=2, default=str))
    finally:
        runtime.close()
    return 0


def _whole(uow: UnitOfWork, letter_id: int) -> dict[str, Any]:
    letter = uow.get(DeadLetter, letter_id)
    names = DeadLetter.__dataclass_fields__
    return {**{name: getattr(letter, name) for name in names}, "known_consumer": letter.consumer in CONSUMERS}


def run_settle(settings: Settings, args: argparse.Namespace) -> int:
    """Retries or dismisses the named letters, or all that are open; each in a transaction of its own, audited."""
    runtime = build_runtime(settings)
    done = 0
    try:
        while ids := args.id or runtime.query(_open_ids):
            for letter_id in ids:
                runtime.transact(_settle, args.action, letter_id, _whoami())
            done += len(ids)
            if args.id:
                break
    finally:
        runtime.close()
    print(f"{'已重新投递' if args.action == 'retry' else '已关闭'} {done} 封")
    return 0


def _open_ids(uow: UnitOfWork) -> list[int]:
    return [row["id"] for row in uow.views.dead_letters("open", limit=200)["items"]]


def _settle(uow: UnitOfWork, action: str, letter_id: int, by: str) -> None:
    letter = uow.get(DeadLetter, letter_id)
    if letter.state != "open":
        raise Conflict("dead_letter.settled", f"死信 {letter_id} 已经处理过（{STATES[letter.state]}）")
    _SETTLE[action](uow, letter_id, by)
    uow.audit(Actor(None, by, frozenset(), login=by, via="command"), f"dead_letter.{action}", str(letter_id))


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "命令行"
