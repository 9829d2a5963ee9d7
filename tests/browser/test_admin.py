"""Administration in a real browser: by keyboard, without script errors, without sideways scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PASSWORD
from tests.serving import Served

pytestmark = pytest.mark.browser
CHROMIUM = Path("/usr/bin/chromium")
PAGES = {
    "sysadmin": (
        "/admin/hotlines",
        "/admin/tree",
        "/admin/catalogue",
        "/admin/catalogue/rows/PD0002",
        "/admin/sla/profiles/lanzhou",
        "/admin/sla/calendar",
        "/admin/dead-letters",
    ),
    "secadmin": ("/admin/users", "/admin/keys"),
    "audadmin": ("/admin/audit",),
    "supervisor": ("/wall", "/admin/imports"),
    "editor": ("/knowledge", "/knowledge/new"),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def _page(chromium: Any, server: Served, login: str, width: int = 1366, height: int = 768) -> Any:
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.base}/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".rail")
    return page


@pytest.mark.parametrize("login", PAGES)
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_no_page_scrolls_sideways_or_breaks(
    chromium: Any, server: Served, login: str, width: int, height: int
) -> None:
    page = _page(chromium, server, login, width, height)
    for address in PAGES[login]:
        page.goto(f"{server.base}{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert page.faults == []
    page.close()


def test_a_catalogue_row_is_changed_by_keyboard(chromium: Any, server: Served) -> None:
    page = _page(chromium, server, "sysadmin")
    page.goto(f"{server.base}/admin/catalogue/rows/PD0002")
    page.fill("#f-assists", "各区县住建局、属地乡镇街道")
    page.fill("#f-note", "增加属地协办")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**done=saved")
    held = server.runtime.uows.current_reference().row("catalogue", "PD0002")
    assert held["assists"] == ["county:住建局", "town:*"]
    page.close()


def test_the_editor_sees_the_article_while_writing_it(chromium: Any, server: Served) -> None:
    page = _page(chromium, server, "editor")
    page.goto(f"{server.base}/knowledge/new")
    page.fill("#f-title", "共享单车乱停找谁")
    page.fill("#f-answer", "请说明地点，城管一小时内清理。")
    page.locator("#preview").get_by_text("一小时内清理").wait_for()
    assert "共享单车乱停找谁" in page.inner_text("#preview")
    page.close()
