"""Takes the pictures of the README from the running product: `make screenshots`.

Starts a server of its own with the starter city in a temporary folder, lives through a ticket as its people would, and
writes docs/pictures/*.png. Honours HOTLINE_CHROMIUM.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hotline.commands import setup  # noqa: E402 - the checkout must be on the path first
from hotline.settings import Settings  # noqa: E402
from tests.flows.story import Story  # noqa: E402
from tests.serving import Served, serving  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "Demo-pass-2026"
DESK, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
CHROMIUM = os.environ.get("HOTLINE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


def main() -> None:
    home = tempfile.mkdtemp(prefix="hotline-pictures-")
    settings = Settings(home=home, synchronous="OFF")
    setup.prepare(settings, password=PASSWORD)
    PICTURES.mkdir(exist_ok=True)
    with serving(settings, PASSWORD) as served, sync_playwright() as player:
        served.settle()
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for name, viewport, login, look in _pictures(served):
            page = _open(browser, served.base, viewport, login)
            look(page)
            page.wait_for_timeout(600)
            page.screenshot(path=PICTURES / f"{name}.png")
            page.close()
            print(f"docs/pictures/{name}.png")
        browser.close()
    shutil.rmtree(home, ignore_errors=True)


def _open(browser: Browser, base: str, viewport: dict[str, int], login: str) -> Page:
    page = browser.new_page(viewport=viewport, base_url=base, locale="zh-CN")
    if login:
        page.goto("/login")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "/login" not in url)
    return page


def _pictures(served: Served) -> list[tuple[str, dict[str, int], str, Callable[[Page], object]]]:
    story = Story(served.runtime)
    no, assignment = story.dispatched()
    story.sign(no, assignment)
    asked, answered = story.dispatched()
    story.answered(asked, answered)
    return [
        ("portal", PHONE, "", lambda page: page.goto("/portal")),
        ("desk", DESK, "agent", lambda page: page.goto("/desk")),
        ("dispatch", DESK, "dispatcher", lambda page: page.goto("/dispatch")),
        ("unit", DESK, "unit-lz01-sjg", lambda page: page.goto(f"/unit/{no}/{assignment}")),
        ("ticket", DESK, "supervisor", lambda page: page.goto(f"/tickets/{asked}")),
        (
            "followup",
            DESK,
            "followup",
            lambda page: (page.goto("/followup"), page.click(".ticket-card a.title")),
        ),
        ("wall", DESK, "leader", lambda page: page.goto("/wall")),
        ("catalogue", DESK, "sysadmin", lambda page: page.goto("/admin/catalogue")),
    ]


if __name__ == "__main__":
    main()
