"""The reply's editor in a real browser: the panel follows the typing; what is missing is put in by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.serving import Served
from tests.web.desk_words import HANDLER, City

pytestmark = pytest.mark.browser

DRAFT = "您好！您反映锦绣花园小区二号楼电梯坏了的问题，正在研究中😀。诉求人电话13912340987。"
SELECTED = (
    "(() => { const f = document.activeElement; return f.value.slice(f.selectionStart, f.selectionEnd); })()"
)


def press(page: Any, selector: str) -> None:
    page.locator(selector).first.focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_what_is_missing_is_put_in_by_keyboard_and_the_reply_goes_through(
    server: Served,
    browse: Callable[..., Any],
    serious: Callable[[Any], list[str]],
    width: int,
    height: int,
) -> None:
    no, key = City(server).signed()
    page = browse(HANDLER, width, height)
    page.goto(f"/unit/{no}/{key}")
    page.focus("[name=public_reply]")
    page.keyboard.insert_text(DRAFT)
    page.wait_for_selector("[data-quality-shown]")
    assert page.evaluate("document.activeElement.name") == "public_reply"
    press(page, "[data-jump]")
    assert page.evaluate(SELECTED) == "13912340987"
    page.keyboard.press("Delete")
    press(page, "[data-insert=basis]")
    assert page.evaluate(SELECTED) == "〔文件全称〕"
    page.keyboard.insert_text("电梯管理办法")
    press(page, "[data-insert=date]")
    press(page, "[data-insert=signature]")
    page.wait_for_selector("text=处〔…〕没有填写")
    lines = page.input_value("[name=public_reply]").split("\n")
    assert lines[1] == "临澜区市场监督管理局"
    assert lines[2].startswith("20")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []


def test_a_panel_that_cannot_be_had_stops_nobody(server: Served, browse: Callable[..., Any]) -> None:
    no, key = City(server).signed()
    page = browse(HANDLER)
    page.route("**/quality", lambda route: route.abort())
    page.goto(f"/unit/{no}/{key}")
    page.fill("[name=internal_note]", "内部")
    page.fill("[name=public_reply]", "您好，电梯已修好。")
    page.locator("[name=solved][value='1']").check(force=True)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=已提交内部审批")
    assert page.locator(".toast").filter(has_text="网络不通").count() == 0
