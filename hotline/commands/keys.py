"""hotline keys rotate: a new key for sealed fields or for their keyed hashes, and everything written anew under it.

Servers beside it read the new ring within one sweep, so the command waits that long before it writes the first value
under the new key. Killed, `--continue` goes on with what still stands under an older key.
"""

from __future__ import annotations

import argparse
import getpass
import time
from datetime import date

from tqdm import tqdm

from hotline.adapters.crypto.keyring import Keyring
from hotline.bootstrap import build_runtime
from hotline.domain.errors import InvalidInput
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services import rotation
from hotline.settings import Settings
from hotline.workers import SWEEP_S

PURPOSES = {"field": "字段加密", "index": "查找用的散列"}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    actions = commands.add_parser("keys", help="密钥").add_subparsers(required=True, metavar="操作")
    rotate = actions.add_parser("rotate", help="轮换密钥，并用新密钥重写已存的个人信息")
    rotate.add_argument("purpose", choices=PURPOSES, nargs="?", default="field", help="field 或 index")
    rotate.add_argument("--algorithm", default="", help="改用的算法，如 sm4；默认不变")
    rotate.add_argument("--continue", dest="resume", action="store_true", help="不加新密钥，只把剩下的重写完")
    rotate.add_argument("--now", action="store_true", help="没有服务在运行，不必等待")
    rotate.set_defaults(run=run_rotate)


def run_rotate(settings: Settings, args: argparse.Namespace) -> int:
    if not args.resume:
        _add_key(settings, args.purpose, args.algorithm)
        if not args.now:
            _wait()
    runtime = build_runtime(settings)
    try:
        by = Actor(None, _whoami(), frozenset(), login=_whoami(), via="command")
        runtime.transact(rotation.note, by, args.purpose, "rotating", resumed=args.resume)
        changed = {table: _renew(runtime, table) for table in rotation.SEALED}
        runtime.transact(rotation.note, by, args.purpose, "rotated", **changed)
    finally:
        runtime.close()
    print("已重写：" + "，".join(f"{table} {number} 行" for table, number in changed.items()))
    print("旧密钥仍保留在钥匙圈中：备份和查询码还需要它。请立即备份钥匙圈。")
    return 0


def _add_key(settings: Settings, purpose: str, algorithm: str) -> None:
    if settings.keys:
        raise InvalidInput(
            "keys.in_settings",
            "钥匙圈来自设置 keys：请先在那里加入新密钥并重启服务，再运行 hotline keys rotate --continue",
        )
    folder = settings.path("keys")
    ring = Keyring.load(folder).rotated(purpose, date.today(), algorithm)
    ring.save(folder)
    print(f"{PURPOSES[purpose]}的新密钥 {ring.groups[purpose].active} 已启用")


def _wait() -> None:
    """Until every running server has swept once."""
    for _ in tqdm(range(int(SWEEP_S) + 5), desc="等待运行中的服务读到新密钥", unit="秒", disable=None):
        time.sleep(1)


def _renew(runtime: Runtime, table: str) -> int:
    changed, after = 0, 0
    with tqdm(total=runtime.query(rotation.count, table), desc=table, unit="行", disable=None) as bar:
        while after is not None:
            after, some = runtime.transact(rotation.renew, table, after)
            changed += some
            bar.update(rotation.BATCH if after else bar.total - bar.n)
    return changed


def _whoami() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "命令行"
