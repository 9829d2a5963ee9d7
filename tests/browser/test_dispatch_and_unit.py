"""The dispatch desk and the unit desk in a real browser: a ticket from dispatch to acceptance by keyboard, a return, a
ruling with its difference, an extension, a suspension, live news, and what the eye and a screen reader meet."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.serving import Served
from tests.web.desk_words import HANDLER, OTHER, UNIT, City

pytestmark = pytest.mark.browser
Browse = Callable[..., Any]


@pytest.fixture
def city(server: Served) -> City:
    return City(server)


def toast(page: Any, words: str) -> None:
    page.locator(".toast-note", has_text=words).first.wait_for()


def test_a_ticket_is_dispatched_signed_replied_released_and_accepted_by_keyboard(
    browse: Browse, city: City
) -> None:
    no, other = city.waiting(), city.waiting()
    desk = browse("dispatcher")
    desk.goto("/dispatch")
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(f"/dispatch/tickets/{no}"))
    desk.keyboard.press("2")
    assert desk.evaluate("document.activeElement.value") == OTHER
    assert not desk.is_checked(f'[name=assists][value="{OTHER}"]')
    desk.keyboard.press("1")
    assert desk.is_checked(f'[name=assists][value="{OTHER}"]')
    desk.uncheck(f'[name=assists][value="{OTHER}"]')
    desk.focus(f'[name=lead][value="{UNIT}"]')
    desk.keyboard.press("Enter")
    desk.wait_for_url(re.compile(f"/dispatch/tickets/{other}"))
    toast(desk, f"{no} 已派单")
    assert "did=" not in desk.url

    unit = browse(HANDLER)
    unit.goto("/unit")
    unit.keyboard.press("j")
    unit.keyboard.press("Enter")
    unit.wait_for_url(re.compile(f"/unit/{no}/"))
    unit.keyboard.press("F8")
    toast(unit, "已签收")
    unit.focus("[data-opens=act-contact]")
    unit.keyboard.press("Enter")
    unit.wait_for_selector("#act-contact[open]")
    unit.focus("#contact-how")
    unit.keyboard.type("电话告知维修进度，诉求人认可。")
    unit.keyboard.press("Control+Enter")
    toast(unit, "已记录联系")
    unit.keyboard.press("Alt+0")
    assert unit.evaluate("document.activeElement.name") == "internal_note"
    unit.keyboard.type("已约谈维保单位，更换主板。")
    unit.keyboard.press("Tab")
    unit.keyboard.type("您反映的电梯已修好，电话13800001111。")
    unit.locator("[data-warns-personal]").wait_for(state="visible")
    for _ in range(len("13800001111。")):
        unit.keyboard.press("Backspace")
    unit.locator("[data-warns-personal]").wait_for(state="hidden")
    unit.focus("[name=solved][value='1']")
    unit.keyboard.press("Space")
    unit.locator("[data-saved]", has_text="草稿已存").wait_for()
    unit.keyboard.press("Control+Enter")
    toast(unit, "已提交内部审批")
    unit.focus("#f-comment")
    unit.keyboard.press("Control+Enter")
    toast(unit, "已放行")

    review = browse("reviewer")
    review.goto("/dispatch?tab=replies")
    review.keyboard.press("F8")
    review.wait_for_url(re.compile("/dispatch/replies/"))
    review.keyboard.press("Control+Enter")
    toast(review, f"{no} 答复已通过")
    assert city.state(no) == "follow_up"


def test_a_return_is_filed_by_the_unit_and_granted_to_another(browse: Browse, city: City) -> None:
    no, key = city.signed()
    unit = browse(HANDLER)
    unit.goto(f"/unit/{no}/{key}")
    unit.click("[data-opens=act-apply_return]")
    unit.select_option("#apply_return-code", "return-duty")
    unit.fill("#apply_return-reason", "公共部位维修应由住建部门主办")
    unit.fill("#apply_return-basis", "《物业管理条例》第五条")
    unit.locator("#act-apply_return [name=proposed_unit_text]").press_sequentially("临澜区住房")
    unit.locator("#act-apply_return .lookup-option").first.click()
    unit.click("#act-apply_return button.btn-primary")
    toast(unit, "退单申请已提交")
    desk = browse("dispatcher")
    desk.goto("/dispatch?tab=applications")
    desk.keyboard.press("F8")
    desk.wait_for_selector("text=公共部位维修应由住建部门主办")
    desk.keyboard.press("Alt+y")
    desk.fill("#f-note", "同意改派")
    desk.keyboard.press("Control+Enter")
    toast(desk, "已同意")
    assert city.row(no)["lead_unit"] == OTHER


def test_a_ruling_shows_the_catalogues_change_before_it_is_saved(browse: Browse, city: City) -> None:
    no, _, application = city.applied("objection", proposed_unit=OTHER)
    desk = browse("arbitrator")
    desk.goto(f"/dispatch/applications/{application}")
    desk.keyboard.press("Alt+n")
    desk.wait_for_selector(f'[name=shown_unit][value="{UNIT}"]', state="attached")
    desk.keyboard.press("Alt+y")
    desk.wait_for_selector(f'[name=shown_unit][value="{OTHER}"]', state="attached")
    assert "临澜区住房和城乡建设局" in desk.locator("#amendment ins").first.inner_text()
    desk.check("[name=amend]")
    desk.fill("#f-note", "电梯日常维修归住建")
    desk.keyboard.press("Control+Enter")
    toast(desk, "已同意")
    row = city.rt.query(lambda uow: uow.reference.row("catalogue", "ruling-010101-LZ01"))
    assert row["lead"] == OTHER
    assert city.row(no)["lead_unit"] == OTHER


def grant(desk: Any) -> None:
    desk.wait_for_selector("[name=granted]")
    desk.keyboard.press("Alt+y")
    with desk.expect_navigation():
        desk.keyboard.press("Control+Enter")
    toast(desk, "已同意")


def test_an_extension_and_a_suspension(browse: Browse, city: City) -> None:
    no, key = city.signed()
    before = city.row(no)["due_at"]
    unit = browse(HANDLER)
    unit.goto(f"/unit/{no}/{key}")
    unit.click("[data-opens=act-apply_extension]")
    unit.fill("#extension-amount", "5")
    unit.fill("#extension-reason", "配件须从外地调运")
    unit.click("#act-apply_extension button.btn-primary")
    toast(unit, "延期申请已提交")
    unit.click("[data-opens=act-apply_suspension]")
    unit.fill("#suspension-until", (city.rt.clock.now() + timedelta(days=40)).date().isoformat())
    unit.fill("#suspension-reason", "列入年度更新计划")
    unit.click("#act-apply_suspension button.btn-primary")
    toast(unit, "挂账申请已提交")
    desk = browse("dispatcher")
    desk.goto("/dispatch?tab=applications")
    desk.keyboard.press("F8")
    grant(desk)
    assert city.row(no)["due_at"] > before
    grant(desk)
    unit.reload()
    assert unit.locator(".due", has_text="计时暂停").count() >= 1
    assert city.assignment(key)["state"] == "suspended"


def test_new_items_are_told_and_nothing_jumps(browse: Browse, city: City, server: Served) -> None:
    first = city.waiting()
    desk = browse("dispatcher")
    desk.goto(f"/dispatch/tickets/{first}?tab=dispatch")
    before = desk.locator(".ticket-card").count()
    desk.locator("[data-tab-count=dispatch]", has_text=re.compile(r"^\s*1\s*$")).wait_for()
    desk.wait_for_load_state("networkidle")
    second = city.waiting("路灯坏了，门口一片漆黑，请来修一下。", category="", area="LZ0101")
    server.settle()
    desk.locator("[data-queue-news]", has_text="有 1 件新的").wait_for()
    assert desk.locator(".ticket-card").count() == before
    desk.click("[data-queue-news]")
    desk.wait_for_selector(f'[data-no="{second}"]')


def test_colleagues_see_a_claim_at_once_and_when_it_ends(browse: Browse, city: City) -> None:
    no = city.waiting()
    watching = browse("supervisor")
    watching.goto("/dispatch?tab=dispatch")
    watching.wait_for_load_state("networkidle")
    working = browse("dispatcher")
    working.goto(f"/dispatch/tickets/{no}?tab=dispatch")
    watching.locator("[data-claim]", has_text="王派 正在处理").wait_for()
    working.goto("/notices")
    watching.locator("[data-claim]").wait_for(state="hidden")


def test_somebody_else_moving_the_open_ticket_is_told(browse: Browse, city: City, server: Served) -> None:
    from hotline.services import dispatching

    no = city.waiting()
    desk = browse("dispatcher")
    desk.goto(f"/dispatch/tickets/{no}?tab=dispatch")
    desk.wait_for_load_state("networkidle")
    city.rt.transact(dispatching.edit, city.people["reviewer"], no, {"place": "二号楼一单元"})
    server.settle()
    desk.locator("[data-moved]", has_text="陈审").wait_for()


def test_a_batch_by_keyboard(browse: Browse, city: City) -> None:
    numbers = [city.waiting(), city.waiting()]
    desk = browse("dispatcher")
    desk.goto("/dispatch?tab=dispatch")
    for _ in numbers:
        desk.keyboard.press("j")
        desk.keyboard.press("x")
    assert desk.locator("[data-picked]").inner_text() == "2"
    desk.click("[data-needs-picked]")
    desk.wait_for_selector("text=已派 2 件")
    assert [city.state(no) for no in numbers] == ["handling", "handling"]


def test_long_names_stay_inside_and_nothing_scrolls_sideways(browse: Browse, city: City) -> None:
    long = "临江市高新技术产业开发区市场监督管理局消费者权益保护科负责办理的" * 3
    no, key = city.signed(title=long[:100], place=long[:200])
    waiting = city.waiting(title=long[:100], place=long[:200])
    for login, path in (
        ("dispatcher", f"/dispatch/tickets/{waiting}"),
        (HANDLER, f"/unit/{no}/{key}"),
        (HANDLER, "/unit?tab=working"),
        (HANDLER, f"/unit/{no}/{key}/slip"),
    ):
        for width in (1366, 390):
            page = browse(login, width, 768)
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (path, width)


def test_a_screen_reader_finds_its_way(
    browse: Browse, city: City, serious: Callable[[Any], list[str]]
) -> None:
    waiting = city.waiting()
    no, key, application = city.applied("objection", proposed_unit=OTHER)
    _, replied = city.replied()
    for login, path in (
        ("dispatcher", "/dispatch"),
        ("dispatcher", f"/dispatch/tickets/{waiting}"),
        ("arbitrator", f"/dispatch/applications/{application}"),
        ("reviewer", f"/dispatch/replies/{replied}"),
        (HANDLER, "/unit"),
        (HANDLER, f"/unit/{no}/{key}"),
        (HANDLER, f"/unit/{no}/{key}/slip"),
        (HANDLER, "/notices"),
    ):
        page = browse(login)
        page.goto(path)
        assert serious(page) == [], path
