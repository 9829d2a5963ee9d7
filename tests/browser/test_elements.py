"""What a text says, shown in a real browser: marks and the five elements at the desk and on the ticket, and a proposed place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.serving import Served

pytestmark = pytest.mark.browser

STORY = (
    "您好，我是锦绣家园小区的业主张女士，电话13900004321。昨天下午3点，临澜区澜桥街道滨江东路88号的鼎盛物业公司停水催费，"
    "多收了三百五十元，老人83岁没有水用。希望尽快恢复供水并退款。"
)
Browse = Callable[..., Any]


def test_the_desk_shows_what_the_text_says_and_keeps_the_place_a_person_wrote(
    browse: Browse, server: Served
) -> None:
    page = browse("agent")
    page.goto("/desk?new=1")
    page.fill("#f-text", STORY)
    page.wait_for_selector("#piece-elements .elements")
    told = page.inner_text("#piece-elements")
    assert "张女士" in told
    assert "鼎盛物业公司" in told
    assert "13900004321" not in told
    assert page.locator('[data-marks] mark[data-kind="time"]').first.text_content() == "昨天下午3点"
    assert page.input_value("#f-place") in ("锦绣家园小区", "临澜区澜桥街道滨江东路88号")
    page.fill("#f-place", "小区北门")
    page.type("#f-text", "请尽快。")
    page.locator("[data-help-state]", has_text="随诉求更新").wait_for(state="attached")
    assert page.input_value("#f-place") == "小区北门"


def test_a_ticket_page_marks_its_text_and_sums_it_up(browse: Browse, server: Served) -> None:
    agent = browse("agent")
    agent.goto("/desk?new=1")
    agent.fill("#f-text", STORY)
    agent.wait_for_selector("#piece-units .candidate")
    agent.press("#f-text", "Control+Enter")
    no = agent.inner_text("#ticket-no")
    page = browse("dispatcher")
    page.goto(f"/tickets/{no}")
    assert (
        page.locator('mark.evidence[data-kind="time"]')
        .first.get_attribute("title", timeout=5_000)
        .startswith("时间：20")
    )
    assert "希望尽快恢复供水" in page.inner_text(".elements")
    page.goto(f"/dispatch/tickets/{no}")
    page.wait_for_selector(".unit-paper .elements")
    assert "13900004321" not in page.content()
