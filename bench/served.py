"""The web server alone, in a process of its own: `python -m bench.served` with HOTLINE_HOME and HOTLINE_PORT set.

Relay, consumers and sweeps are left out, as on a machine of `hotline serve --roles web`: what is measured is
answering requests. Prints "ready" when it listens and stops with its standard input.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from hotline.bootstrap import build_runtime
from hotline.runtime import Runtime
from hotline.services import accounts
from hotline.settings import Settings, load_settings
from hotline.web.app import build_app


@dataclass
class Server:
    """A running server and the secret of a session in it."""

    port: int
    secret: str


@contextmanager
def serving(settings: Settings, login: str) -> Iterator[Server]:
    """Serves the installation until the block ends."""
    secret = _session(settings, login)
    names = ("home", "synchronous", "classifier", "telephony")
    environment = {f"HOTLINE_{name.upper()}": str(getattr(settings, name)) for name in names}
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.served"],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield Server(int(process.stdout.readline()), secret)
    finally:
        process.communicate("", timeout=30)


def _session(settings: Settings, login: str) -> str:
    runtime = build_runtime(settings)
    try:
        opened = runtime.transact(accounts.log_in, login, True, 12)
        assert opened is not None
        return opened.secret
    finally:
        runtime.close()


async def _serve(runtime: Runtime, settings: Settings) -> None:
    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(build_app(runtime, settings))
    server.add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.stop()
    await server.close_all_connections()


def main() -> None:
    settings = load_settings()
    runtime = build_runtime(settings)
    runtime.ticket_index.open()
    runtime.article_index.open()
    try:
        asyncio.run(_serve(runtime, settings))
    finally:
        runtime.close()


if __name__ == "__main__":
    main()
