"""hotline serve: the web server and, unless told otherwise, every worker in the same process."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal

from tornado.httpserver import HTTPServer

from hotline.adapters.db import schema
from hotline.bootstrap import build_runtime
from hotline.commands import setup
from hotline.domain.errors import InvalidInput
from hotline.runtime import Runtime
from hotline.settings import Settings
from hotline.switchboard import Switchboard
from hotline.web.app import MAX_BODY, build_app
from hotline.web.live import Hub
from hotline.workers import Workers

log = logging.getLogger(__name__)
TELEPHONY_PAUSE_S = 5.0
ROLES = frozenset({"web", "relay", "consumers", "sweeps", "telephony"})


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("serve", help="启动服务")
    parser.add_argument("--init", action="store_true", help="首次运行时先建立安装目录")
    parser.add_argument("--roles", default="", help=f"只运行这些角色，逗号分隔：{'、'.join(sorted(ROLES))}")
    parser.set_defaults(run=run_serve)


def run_serve(settings: Settings, args: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM, then finishes what is running."""
    roles = frozenset(part.strip() for part in args.roles.split(",") if part.strip()) or ROLES
    if roles - ROLES:
        raise InvalidInput("serve.roles", f"没有这些角色：{'、'.join(sorted(roles - ROLES))}")
    if roles != ROLES and settings.bus.startswith("memory"):
        raise InvalidInput(
            "serve.memory_bus", "memory:// 总线只在一个进程内有效，分开运行各角色请先配置 bus = amqp://…"
        )
    if args.init:
        setup.prepare(settings)
    runtime = build_runtime(settings)
    try:
        schema.check(runtime.uows.engine)
        asyncio.run(_serve(runtime, settings, roles))
    finally:
        runtime.close()
    return 0


async def _serve(runtime: Runtime, settings: Settings, roles: frozenset[str]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await runtime.call(runtime.ticket_index.open)
    await runtime.call(runtime.article_index.open)
    hub, workers, switchboard = Hub(), Workers(runtime), Switchboard(runtime, settings.telephony)
    await workers.start(roles)
    await runtime.bus.listen(hub.heard)
    if "telephony" in roles:
        workers.spawn(switchboard.listen, TELEPHONY_PAUSE_S)
    server = HTTPServer(
        build_app(runtime, settings, hub, switchboard),
        xheaders=settings.trust_proxy,
        max_body_size=MAX_BODY,
        max_buffer_size=MAX_BODY,
    )
    if "web" in roles:
        server.listen(settings.port, settings.address)
        _greet(settings)
    warming = asyncio.create_task(runtime.call(runtime.classifier.load))
    await stop.wait()
    warming.cancel()
    server.stop()
    await server.close_all_connections()
    await switchboard.close()
    await workers.stop()


def _greet(settings: Settings) -> None:
    base = f"http://{settings.address}:{settings.port}"
    print(
        f"\n{settings.city} 12345 热线平台已启动\n"
        f"  市民门户   {base}/portal\n"
        f"  工作台     {base}/login\n"
        f"  接口文档   {base}/api/docs\n"
        f"  演示账号   {settings.path(setup.ACCOUNTS_FILE)}\n"
        "  先试试：以 agent 登录 → 模拟来电 → 登记并提交；再以 dispatcher 派单、以 unit-… 账号签收答复。\n"
        "  停止：Ctrl+C\n",
        flush=True,
    )
