"""The house behind HTTP in a thread of its own, and a browser-like client for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import requests
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from hotline.bootstrap import build_runtime
from hotline.runtime import Runtime
from hotline.settings import Settings
from hotline.switchboard import Switchboard
from hotline.web.app import MAX_BODY, build_app
from hotline.web.live import Hub
from hotline.workers import Workers


class Client(requests.Session):
    """A browser without scripts: keeps cookies, answers the XSRF question, does not follow to other hosts."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base

    def request(self, method: str | bytes, url: str | bytes, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs.setdefault("timeout", 30)
        headers = dict(kwargs.pop("headers", None) or {})
        if str(method).upper() not in ("GET", "HEAD") and "_xsrf" in self.cookies:
            headers.setdefault("X-XSRFToken", self.cookies["_xsrf"])
        return super().request(
            str(method),
            f"{self.base}{url}" if str(url).startswith("/") else str(url),
            headers=headers,
            **kwargs,
        )

    def log_in(self, login: str, password: str) -> Client:
        self.get("/login")
        answer = self.post("/login", data={"login": login, "password": password}, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return self


class Served:
    """A running server. `call` runs something on its event loop's thread and waits."""

    def __init__(
        self, base: str, runtime: Runtime, workers: Workers, loop: asyncio.AbstractEventLoop, password: str
    ) -> None:
        self.base, self.runtime, self.workers, self._loop, self._password = (
            base,
            runtime,
            workers,
            loop,
            password,
        )
        self._clients: list[Client] = []

    def client(self, login: str = "") -> Client:
        """A client, logged in as a demo account when one is named."""
        client = Client(self.base)
        self._clients.append(client)
        return client.log_in(login, self._password) if login else client

    def settle(self) -> None:
        """Waits until the outbox is empty and its consumers are done."""
        asyncio.run_coroutine_threadsafe(self.workers.drain(), self._loop).result(60)

    def quiet(self) -> None:
        """Stops the workers, so that only what is asked over HTTP reaches the database."""
        asyncio.run_coroutine_threadsafe(self.workers.stop(), self._loop).result(60)

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextlib.contextmanager
def serving(settings: Settings, password: str) -> Iterator[Served]:
    """Serves on a free port of the loopback until the block ends."""
    started, stop = threading.Event(), asyncio.Event()
    held: dict[str, Any] = {}
    thread = threading.Thread(target=lambda: asyncio.run(_run(settings, started, stop, held)), name="served")
    thread.start()
    started.wait(60)
    if "error" in held:
        thread.join()
        raise held["error"]
    served = Served(held["base"], held["runtime"], held["workers"], held["loop"], password)
    try:
        yield served
    finally:
        served.close()
        held["loop"].call_soon_threadsafe(stop.set)
        thread.join(60)


async def _run(
    settings: Settings, started: threading.Event, stop: asyncio.Event, held: dict[str, Any]
) -> None:
    try:
        runtime = build_runtime(settings)
        runtime.ticket_index.open()
        runtime.article_index.open()
        hub, workers, switchboard = Hub(), Workers(runtime), Switchboard(runtime, settings.telephony)
        await workers.start()
        await runtime.bus.listen(hub.heard)
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(
            build_app(runtime, settings, hub, switchboard), max_body_size=MAX_BODY, max_buffer_size=MAX_BODY
        )
        server.add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        held |= {"base": f"http://127.0.0.1:{port}", "runtime": runtime, "workers": workers}
        held["loop"] = asyncio.get_running_loop()
    except Exception as error:
        held["error"] = error
        started.set()
        return
    started.set()
    await stop.wait()
    server.stop()
    await server.close_all_connections()
    await switchboard.close()
    await workers.stop()
    runtime.close()


def settle(runtime: Runtime) -> None:
    """Relays and consumes what waits, without a server."""

    async def run() -> None:
        workers = Workers(runtime)
        await workers.start(frozenset({"consumers"}))
        await workers.drain()
        await workers.stop()

    asyncio.run(run())
