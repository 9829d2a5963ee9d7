"""A ticket's whole life by keyboard alone, through the pages that people use: logged, reviewed, dispatched, signed,
answered, released, accepted, followed up and closed. Nothing here clicks, fills or focuses: a control is reached with
its key or with Tab, so a page that the keyboard cannot work fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.serving import Served

pytestmark = pytest.mark.browser
Browse = Callable[..., Any]

LAMP = "临澜区澜桥街道滨江东路中山亭门口三盏路灯连续五个晚上不亮，请派人维修。"
UNIT, HANDLER = "LZ01-CGJ", "unit-lz01-cgj"
MOST_TABS = 120


def tab_to(page: Any, selector: str) -> None:
    """Presses Tab until the focus is on what `selector` names."""
    page.wait_for_selector(selector, state="attached")
    for _ in range(MOST_TABS):
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {selector} on {page.url}")


def choose(page: Any, name: str) -> None:
    """Takes the first choice of a group of radios."""
    tab_to(page, f"[name={name}]")
    page.keyboard.press("Space")


def toast(page: Any, words: str) -> None:
    page.locator(".toast-note", has_text=words).first.wait_for()


def log(page: Any) -> str:
    """The agent writes the request down as urgent, so that people review and dispatch it; its number."""
    page.goto("/desk?new=1")
    page.keyboard.type(LAMP)
    page.wait_for_selector("#piece-units .candidate")
    tab_to(page, "[name=urgency]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+1")
    page.keyboard.type("王小明")
    tab_to(page, "[name=phone]")
    page.keyboard.type("13800004321")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticket-no")
    return str(page.locator("#ticket-no").inner_text())


def review(page: Any, no: str) -> None:
    page.goto("/dispatch")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/dispatch/tickets/{no}"))
    page.keyboard.press("Control+Enter")
    toast(page, f"{no} 审核通过")


def dispatch(page: Any, no: str) -> None:
    page.goto("/dispatch")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/dispatch/tickets/{no}"))
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    toast(page, f"{no} 已派单")


def answer(page: Any, no: str) -> None:
    """The unit signs, writes both papers and releases its reply."""
    page.goto("/unit")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/unit/{no}/"))
    page.keyboard.press("F8")
    toast(page, "已签收")
    page.keyboard.press("Alt+0")
    page.keyboard.type("更换电缆一处、灯头三只。")
    page.keyboard.press("Tab")
    page.keyboard.type("您反映的三盏路灯已修好，今晚可以照明。")
    choose(page, "contacted")
    choose(page, "solved")
    page.keyboard.press("Control+Enter")
    toast(page, "已提交内部审批")
    page.keyboard.press("Control+Enter")
    toast(page, "已放行")


def accept(page: Any, no: str) -> None:
    page.goto("/dispatch")
    tab_to(page, "a[href*='tab=replies']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("tab=replies"))
    page.keyboard.press("F8")
    page.wait_for_url(re.compile("/dispatch/replies/"))
    page.keyboard.press("Control+Enter")
    toast(page, f"{no} 答复已通过")


def follow_up(page: Any, no: str) -> None:
    page.goto("/followup")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/followup/{no}/"))
    for question in ("contacted", "solved", "satisfied"):
        choose(page, question)
    page.keyboard.press("Control+Enter")
    toast(page, f"{no} 回访已保存")


def test_a_ticket_lives_and_closes_by_keyboard_alone(browse: Browse, server: Served) -> None:
    def row() -> dict[str, Any]:
        server.settle()
        found = server.runtime.query(lambda uow: uow.views.ticket_row(no))
        assert found is not None
        return found

    no = log(browse("agent"))
    assert (row()["state"], row()["urgency"]) == ("review", "urgent")
    reviewer = browse("reviewer")
    review(reviewer, no)
    dispatch(browse("dispatcher"), no)
    assert (row()["state"], row()["lead_unit"]) == ("handling", UNIT)
    answer(browse(HANDLER), no)
    accept(reviewer, no)
    assert row()["state"] == "follow_up"
    follow_up(browse("followup"), no)
    assert (row()["state"], row()["closed_how"]) == ("closed", "followed_up")
