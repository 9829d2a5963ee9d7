"""A real Chromium for tests of the pages: HOTLINE_CHROMIUM names its program, else it is looked for on the path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Served

AXE = Path(__file__).parents[2] / "hotline/web/assets/node_modules/axe-core/axe.min.js"
PAGE_TIMEOUT_MS = 20_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for a module: two Playwrights do not run side by side. Skipped, saying why, where there is none."""
    program = os.environ.get("HOTLINE_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
    )
    if not program:
        pytest.skip("no Chromium on this machine: set HOTLINE_CHROMIUM or install one")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Any, server: Served) -> Iterator[Callable[..., Any]]:
    """browse(login, width, height): a page of a fresh browser profile, logged in; script errors fail the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(login: str = "", width: int = 1366, height: int = 768) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, locale="zh-CN", base_url=server.base
        )
        contexts.append(context)
        if login:
            client = server.client(login)
            context.add_cookies(
                [{"name": c.name, "value": c.value or "", "url": server.base} for c in client.cookies]
            )
        page = context.new_page()
        page.set_default_timeout(PAGE_TIMEOUT_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture
def serious() -> Callable[[Any], list[str]]:
    """serious(page): what axe-core finds that is serious or critical, one line each."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run python -m hotline.web.build once")

    def look(page: Any) -> list[str]:
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{one['id']}: {node['html'][:160]}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"][:3]
        ]

    return look
