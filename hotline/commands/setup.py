"""hotline init, migrate, settings, doctor: making an installation and looking at it."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

from hotline.adapters import starter
from hotline.adapters.crypto.keyring import Keyring
from hotline.adapters.db import schema
from hotline.adapters.db.engine import build_engine
from hotline.bootstrap import build_runtime
from hotline.domain.errors import HotlineError
from hotline.runtime import Runtime
from hotline.services import indexing, installing, knowledge
from hotline.settings import Settings, load_with_sources

ACCOUNTS_FILE = "demo-accounts.txt"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds init, migrate, settings, doctor."""
    init = commands.add_parser("init", help="建立安装目录：密钥、数据库、示例城市、演示账号、索引")
    init.add_argument("--password", default="", help="演示账号统一密码（默认随机生成）")
    init.add_argument("--bare", action="store_true", help="不装演示账号和示例知识")
    init.set_defaults(run=run_init)
    commands.add_parser("migrate", help="把数据库升级到本版本").set_defaults(run=run_migrate)
    commands.add_parser("settings", help="列出所有设置、取值与来源").set_defaults(run=run_settings)
    commands.add_parser("doctor", help="检查安装是否完好").set_defaults(run=run_doctor)


def run_init(settings: Settings, args: argparse.Namespace) -> int:
    """Makes what is missing and leaves what is there; may be run again."""
    prepare(settings, demo=not args.bare, password=args.password)
    return 0


def prepare(settings: Settings, *, demo: bool = True, requests: bool = True, password: str = "") -> bool:
    """The work of init, each step repeatable; True when there was something to do. A finished installation is left
    alone. Accounts and their passwords are printed and, readable for the owner only, written to a file."""
    settings.path("").mkdir(parents=True, exist_ok=True)
    if not settings.keys and not Keyring.file(settings.path("keys")).exists():
        Keyring.create(settings.cipher, date.today()).save(settings.path("keys"), fresh=True)
    _migrate(settings)
    runtime = build_runtime(settings)
    try:
        if runtime.query(installing.complete):
            return False
        runtime.transact(installing.install_reference, starter.starter_rows(), "示例城市")
        if demo:
            _install_demo(runtime, settings, password, requests)
        runtime.transact(installing.finish, demo)
        return True
    finally:
        runtime.close()


def _install_demo(runtime: Runtime, settings: Settings, password: str, requests: bool) -> None:
    print("正在装入示例知识、账号和诉求 …", flush=True)
    runtime.transact(installing.add_articles, list(starter.articles()))
    runtime.article_index.open()
    runtime.article_index.rebuild(knowledge.all_documents(runtime.query))
    runtime.ticket_index.open()
    runtime.ticket_index.rebuild(indexing.all_tickets(runtime.query))
    accounts = runtime.transact(installing.add_demo_accounts, password)
    if requests:
        runtime.transact(installing.add_demo_requests, starter.read("demo_requests.toml")["request"])
    lines = [f"  {login:<20} {secret:<18} {name}" for login, name, secret in accounts]
    if lines:
        _keep_private(settings.path(ACCOUNTS_FILE), "\n".join(lines) + "\n")
    print("\n演示账号：\n" + "\n".join(lines) + "\n")


def _keep_private(file: Path, text: str) -> None:
    with os.fdopen(
        os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as opened:
        opened.write(text)


def _migrate(settings: Settings) -> bool:
    engine = build_engine(settings.resolved(settings.database), threads=1)
    try:
        return schema.migrate(engine)
    finally:
        engine.dispose()


def run_migrate(settings: Settings, _args: argparse.Namespace) -> int:
    print("已升级到最新版本。" if _migrate(settings) else "已经是最新版本。")
    return 0


def run_settings(settings: Settings, _args: argparse.Namespace) -> int:
    """Name, value (secrets hidden), source and help of every setting."""
    _, sources = load_with_sources()
    for option in fields(Settings):
        value = getattr(settings, option.name)
        shown = (
            "（已设置，不显示）" if option.metadata["secret"] and sources.get(option.name) else repr(value)
        )
        print(
            f"{option.name:<16} {shown:<40} {sources.get(option.name, '默认')}\n    {option.metadata['help']}"
        )
    return 0


def run_doctor(settings: Settings, _args: argparse.Namespace) -> int:
    """Checks keys, schema, reference data, index, classifier, outbox; exit status 1 when something is wrong."""
    faults = 0
    for name, check in (("数据库版本", _check_schema), ("密钥与运行", _check_runtime)):
        try:
            print(f"✓ {name}：{check(settings)}")
        except HotlineError as error:
            faults += 1
            print(f"✗ {name}：{error.message}", file=sys.stderr)
    return 1 if faults else 0


def _check_schema(settings: Settings) -> str:
    engine = build_engine(settings.resolved(settings.database), threads=1)
    try:
        schema.check(engine)
        return schema.revision(engine)
    finally:
        engine.dispose()


def _check_runtime(settings: Settings) -> str:
    runtime = build_runtime(settings)
    try:
        runtime.article_index.open()
        runtime.classifier.load()
        state = runtime.query(lambda uow: uow.views.outbox_state())
        model = f"{runtime.classifier.name} {runtime.classifier.version}"
        return f"知识索引 {runtime.article_index.count()} 条，分类器 {model}，待发事件 {state['waiting']}，死信 {state['dead']}"
    finally:
        runtime.close()
