"""热点 and 预警 in a real browser: from starting a run to its topic, charts under the strict policy, phones, keyboards."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from hotline.domain.drafts import Person
from tests.services.test_mining import NOISE, OTHERS
from tests.serving import Served
from tests.web.test_topics_pages import House

pytestmark = pytest.mark.browser
Browse = Callable[..., Any]
PATIENCE_MS = 120_000
"""A run starts a process that loads a dictionary; a busy machine takes its time."""

LISTEN = """
window.refused = [];
document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.violatedDirective + ' ' + event.sourceFile));
"""


@pytest.fixture
def house(server: Served) -> House:
    return House(server)


def painted(page: Any) -> list[bool]:
    """Whether each chart of the page has drawn anything on its canvas."""
    for chart in page.locator("[data-chart]").all():
        chart.locator("canvas").first.wait_for()
    return page.evaluate(
        """[...document.querySelectorAll('[data-chart] canvas')].map((canvas) => {
          const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          return data.some((value) => value !== 0);
        })"""
    )


def test_a_supervisor_starts_a_run_watches_it_and_opens_the_topic(browse: Browse, house: House) -> None:
    for count, text in enumerate((*NOISE, *OTHERS)):
        caller = Person(name="欧阳小树", phone=f"1380000130{count}")
        house.story.register(text=text, title=text[:18], category="", area="LZ010101", caller=caller)
    page = browse("supervisor")
    page.goto("/topics?days=7")
    page.keyboard.press("F8")
    page.wait_for_url("**/topics?run=*", timeout=PATIENCE_MS)
    row = page.locator("#topics tr[data-row]").first
    assert "5 件" in row.inner_text()
    assert painted(page) == [True]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/topics/\d+$"))
    assert page.locator("#tickets-rows tr[data-row]").count() == 5
    assert all(painted(page))


def test_charts_break_no_policy_and_have_their_numbers_beside_them(browse: Browse, house: House) -> None:
    run_id = house.run(topics=3, tickets=(house.ticket(), house.ticket(text="电梯又坏了，请尽快修。")))
    topic, warning = house.topic_id(run_id), house.warn()
    page = browse("leader")
    page.add_init_script(LISTEN)
    for address in (f"/topics?run={run_id}", f"/topics/{topic}", f"/warnings/{warning}"):
        page.goto(address)
        assert all(painted(page)), address
        box = page.locator("[data-chart]").first.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(200)
        assert page.evaluate("window.refused") == [], address
    page.locator("summary", has_text="表格").first.click()
    assert page.locator("figure table tbody tr").count() == 28


def test_a_dispatcher_sees_the_banner_come_and_settles_the_warning(browse: Browse, house: House) -> None:
    page = browse("dispatcher")
    page.goto("/dispatch")
    page.wait_for_selector("#warnings-banner", state="attached")
    house.warn()
    page.wait_for_selector(".warning-banner", timeout=PATIENCE_MS)
    page.click(".warning-banner a")
    page.fill("textarea[name=note]", "水务已到场抢修")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=水务已到场抢修")
    page.goto("/dispatch")
    page.wait_for_selector("#warnings-banner", state="attached")
    assert page.locator(".warning-banner").count() == 0


def test_the_pages_fit_a_phone_and_an_office_screen(browse: Browse, house: House) -> None:
    run_id = house.run(topics=3, tickets=(house.ticket(),))
    topic, warning = house.topic_id(run_id), house.warn()
    for width in (1366, 390):
        page = browse("supervisor", width, 800)
        for path in (
            "/topics",
            f"/topics?run={run_id}",
            f"/topics/{topic}",
            "/topics/runs",
            "/warnings",
            f"/warnings/{warning}",
        ):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, width)


def test_a_screen_reader_finds_its_way(
    browse: Browse, house: House, serious: Callable[[Any], list[str]]
) -> None:
    run_id = house.run(topics=3, tickets=(house.ticket(),))
    topic, warning = house.topic_id(run_id), house.warn()
    page = browse("supervisor")
    for path in (
        f"/topics?run={run_id}",
        f"/topics/{topic}",
        "/topics/runs",
        "/warnings",
        f"/warnings/{warning}",
    ):
        page.goto(path)
        assert serious(page) == [], path
