"""The look of the product: the asset build, the rules every template keeps, what the macros say, keys in a browser."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hotline.web import build as assets
from hotline.web.options import options_markup

SHANGHAI = timezone(timedelta(hours=8))
NOW = datetime(2026, 11, 21, 10, 32, tzinfo=SHANGHAI)
TEMPLATES = sorted(assets.TEMPLATES.rglob("*.html"))
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"


@pytest.fixture(scope="module")
def manifest() -> dict[str, str]:
    assets.build()
    return dict(assets.read_manifest())


@pytest.fixture(scope="module")
def pages(manifest: dict[str, str]) -> Environment:
    loader = FileSystemLoader(assets.TEMPLATES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {
        "options_markup": options_markup,
        "static": lambda name: f"/static/{manifest[name]}",
        "now": NOW,
        "xsrf_token": "t0ken",
    }
    environment.globals |= {
        "user": {"name": "张敏", "duty": "坐席"},
        "nav": [{"href": "/", "label": "今日", "icon": "home"}],
    }
    return environment


def call(pages: Environment, file: str, macro: str, *values: Any, **named: Any) -> str:
    source = f'{{% from "components/{file}.html" import {macro} with context %}}{{{{ {macro}(*values, **named) }}}}'
    return pages.from_string(source).render(values=values, named=named)


def words(html: str) -> str:
    return " ".join(Markup(html).striptags().split())


# --- the build ---------------------------------------------------------------------------------------------------


def test_the_manifest_names_files_that_exist(manifest: dict[str, str]) -> None:
    assert {"desk.css", "desk.js", "portal.css", "portal.js", "print.css", "icons.svg"} <= set(manifest)
    assert all((assets.DIST / path).stat().st_size > 0 for path in manifest.values())


def test_unchanged_sources_are_not_built_again(
    manifest: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert assets.build() is False
    assert "无需构建" in capsys.readouterr().out


def test_a_changed_or_renamed_source_changes_the_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "a.css"
    file.write_text("a{}")
    first = assets.fingerprint([file], tmp_path)
    file.write_text("b{}")
    second = assets.fingerprint([file], tmp_path)
    third = assets.fingerprint([file.rename(tmp_path / "b.css")], tmp_path)
    assert len({first, second, third}) == 3


def test_a_missing_build_says_which_command_makes_it(tmp_path: Path) -> None:
    with pytest.raises(assets.BuildFailed, match=r"python -m hotline\.web\.build"):
        assets.read_manifest(tmp_path)


def test_a_result_with_a_missing_file_is_not_current(tmp_path: Path) -> None:
    (tmp_path / "built-from.txt").write_text("mark")
    (tmp_path / "manifest.json").write_text('{"desk.css": "gone.css"}')
    assert not assets.is_current("mark", tmp_path)


def test_the_lock_file_names_no_host_and_runs_no_scripts() -> None:
    lock = json.loads((assets.ASSETS / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert "ignore-scripts=true" in (assets.ASSETS / ".npmrc").read_text()


def test_the_first_portal_page_costs_a_phone_at_most_100_kb(
    pages: Environment, manifest: dict[str, str]
) -> None:
    page = pages.get_template("base/styleguide_portal.html").render().encode()
    files = [manifest[name] for name in ("portal.css", "portal.js", "icons.svg", "logo.svg")]
    parts = [page, *((assets.DIST / path).read_bytes() for path in files)]
    assert sum(len(gzip.compress(part)) for part in parts) <= 100 * 1024


# --- rules every template keeps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(assets.TEMPLATES).as_posix())
def test_no_template_needs_inline_script_or_style(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    banned = r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=[\"']|\shx-on|javascript:|hx-vals=[\"']js:"
    assert re.findall(banned, source) == []


def test_every_icon_a_template_names_is_in_the_sprite(manifest: dict[str, str]) -> None:
    sprite = (assets.DIST / manifest["icons.svg"]).read_text(encoding="utf-8")
    named = {
        n for p in TEMPLATES for n in re.findall(r"\bicon\('([a-z0-9-]+)'", p.read_text(encoding="utf-8"))
    }
    assert {name for name in named if f'id="{name}"' not in sprite} == set()


@pytest.mark.parametrize("name", ["base/styleguide.html", "base/styleguide_portal.html"])
def test_the_style_pages_show_every_component_without_a_missing_value(pages: Environment, name: str) -> None:
    html = pages.get_template(name).render()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert html.count("<h1") == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 418, 429, 500, 502, 503])
def test_every_error_page_says_what_to_do(pages: Environment, status: int) -> None:
    text = words(pages.get_template("base/error.html").render(status=status))
    assert str(status) in text
    assert "回首页" in text


def test_the_large_type_switch_works_as_a_link(pages: Environment) -> None:
    template = pages.get_template("base/portal.html")
    plain, large = template.render(request_uri="/portal/track?no=1"), template.render(large=True)
    assert 'href="/portal/large?on=1&amp;next=/portal/track%3Fno%3D1"' in plain
    assert 'class="portal large"' in large
    assert 'href="/portal/large?on=0"' in large


# --- what the macros say -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=20), "刚刚"),
        (timedelta(minutes=3), "3 分钟前"),
        (timedelta(hours=5), "5 小时前"),
        (timedelta(days=2), "2 天前"),
        (timedelta(days=30), "10-22"),
        (timedelta(days=400), "2025-10-17"),
        (timedelta(minutes=-10), "10 分钟后"),
    ],
)
def test_times_are_told_as_people_tell_them(pages: Environment, ago: timedelta, said: str) -> None:
    html = call(pages, "marks", "rel_time", (NOW - ago).isoformat())
    assert words(html) == said
    assert (NOW - ago).strftime("%Y-%m-%d %H:%M:%S") in html


@pytest.mark.parametrize(
    ("named", "said", "tone"),
    [
        ({"due": NOW + timedelta(days=3)}, "剩余 3 天 · 绿", "ok"),
        ({"due": NOW + timedelta(hours=5)}, "剩余 5 小时 · 黄", "warn"),
        ({"due": NOW - timedelta(hours=3)}, "超期 3 小时 · 红", "bad"),
        ({"due": NOW, "left": "剩余 2 个工作日", "light": "yellow"}, "剩余 2 个工作日 · 黄", "warn"),
        ({"due": NOW, "met": NOW - timedelta(hours=1)}, "按时完成", "ok"),
        ({"due": NOW, "met": NOW + timedelta(hours=1)}, "逾期完成", "bad"),
        ({"due": None}, "无时限", ""),
    ],
)
def test_a_deadline_is_a_word_a_shape_and_a_colour(
    pages: Environment, named: dict, said: str, tone: str
) -> None:
    html = call(pages, "marks", "deadline_badge", **named)
    assert words(html) == said
    assert not tone or (f'data-tone="{tone}"' in html and "<svg" in html)


def test_evidence_marks_survive_hostile_text_overlaps_and_rare_characters(pages: Environment) -> None:
    text = "𠮷祥里<script>路灯</script>不亮"
    spans = [
        {"start": 11, "end": 13},
        {"start": 12, "end": 14},
        {"start": 0, "end": 3, "kind": "place"},
        {"start": 20, "end": 99},
    ]
    html = call(pages, "marks", "evidence", text, spans)
    assert re.findall(r"<mark[^>]*>(.*?)</mark>", html) == ["𠮷祥里", "路灯"]
    assert "<script>" not in html


def test_a_masked_value_asks_for_a_reason_before_it_is_shown(pages: Environment) -> None:
    html = call(pages, "marks", "masked", "138****1234", "/reveal/7", "电话")
    assert 'hx-post="/reveal/7"' in html
    assert re.search(r'name="reason"[^>]*required', html)
    assert "form" not in call(pages, "marks", "masked", "138****1234")


def test_an_error_stands_beside_its_field_and_leads_there_from_the_top(pages: Environment) -> None:
    summary = call(pages, "form", "error_summary", {"title": "请写一个标题", "": "请先保存"})
    field = call(pages, "form", "text_field", "title", "标题", value='"><b>', error="请写一个标题")
    assert 'href="#f-title"' in summary
    assert 'id="f-title"' in field
    assert 'aria-describedby="f-title-error"' in field
    assert "<b>" not in field


def test_more_rows_are_a_plain_link_that_htmx_can_use(pages: Environment) -> None:
    rows = [{"no": "1", "href": "/t/1", "title": "路灯", "state": "待派单"}]
    html = call(pages, "ticket", "ticket_table", rows, next_href="/tickets?after=9&type=x")
    assert 'href="/tickets?after=9&amp;type=x"' in html
    assert 'hx-select="#tickets-rows > *"' in html


def test_the_life_strip_fills_its_width_and_names_who_held_it_longest(pages: Environment) -> None:
    parts = [{"who": "派单", "start": NOW - timedelta(hours=9), "end": NOW - timedelta(hours=8)}]
    parts += [{"who": "城管局", "start": NOW - timedelta(hours=8)}]
    html = call(pages, "ticket", "life_strip", parts)
    assert sum(float(w) for w in re.findall(r'<rect [^>]*width="([\d.]+)"', html)) == pytest.approx(
        1000, abs=1
    )
    assert "8 小时（最久）" in words(html)


def test_pickers_work_without_script(pages: Environment) -> None:
    unit = call(pages, "picker", "unit_picker", "lead", "主办", [("cg", "城管局")], search_url="/units")
    area = call(
        pages,
        "picker",
        "cascade",
        "area",
        "地点",
        [{"label": "区", "value": "", "options": [("a", "城东区")]}],
        "/areas",
    )
    assert '<noscript><select class="form-select" name="lead"' in unit
    assert 'name="_more" value="area"' in area


# --- in a real browser -------------------------------------------------------------------------------------------


class _Site(BaseHTTPRequestHandler):
    pages: Environment
    posted: list[tuple[str, str]]

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/static/"):
            kind = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}[
                path.rsplit(".", 1)[-1]
            ]
            return self._answer(200, kind, (assets.DIST / path.rsplit("/", 1)[-1]).read_bytes())
        name = {"/desk": "base/styleguide.html", "/portal": "base/styleguide_portal.html"}.get(path)
        if name is None:
            return self._answer(404, "text/html", b"")
        return self._answer(200, "text/html; charset=utf-8", self.pages.get_template(name).render().encode())

    def do_POST(self) -> None:
        self.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()))
        if self.path.startswith("/reveal"):
            return self._answer(200, "text/html; charset=utf-8", b'<span class="masked">13800001234</span>')
        return self._answer(
            409, "application/json", '{"ok": false, "code": "conflict", "message": "已被别人停止"}'.encode()
        )

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Content-Security-Policy": POLICY,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def site(pages: Environment) -> Iterator[str]:
    handler = type("Site", (_Site,), {"pages": pages, "posted": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def screen(browser: Any, site: str) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(f"{site}/desk", wait_until="networkidle")
    yield page
    page.close()


@pytest.mark.browser
def test_the_desk_stands_within_its_content_security_policy(screen: Any) -> None:
    assert screen.said == []
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_keys_walk_the_list_choose_candidates_and_show_the_map(screen: Any) -> None:
    screen.evaluate("document.activeElement.blur()")
    screen.keyboard.press("j")
    screen.keyboard.press("j")
    assert "预付卡" in screen.evaluate("document.activeElement.textContent")
    screen.keyboard.press("2")
    assert screen.locator(".candidates input").nth(1).is_checked()
    screen.keyboard.press("/")
    assert screen.evaluate("document.activeElement.matches('[data-search]')")
    screen.keyboard.press("Escape")
    screen.evaluate("document.activeElement.blur()")
    screen.keyboard.press("?")
    assert "新建工单" in screen.locator("#key-map").inner_text()
    screen.keyboard.press("Escape")
    assert screen.locator("#key-map").count() == 0


@pytest.mark.browser
def test_an_act_that_cannot_be_undone_waits_for_a_typed_reason(screen: Any) -> None:
    screen.get_by_role("button", name="作废").click()
    dialog = screen.get_by_role("dialog")
    dialog.get_by_role("button", name="作废").click()
    assert dialog.get_by_text("请写明理由").is_visible() or dialog.locator("textarea:invalid").count() == 1
    screen.keyboard.press("Escape")
    assert screen.get_by_role("dialog").count() == 0
    assert screen.evaluate("document.activeElement.textContent.trim()") == "作废"


@pytest.mark.browser
def test_a_page_says_what_becomes_of_the_reason_and_whether_the_act_is_harmless(screen: Any) -> None:
    button = screen.get_by_role("button", name="作废")
    dialog = screen.get_by_role("dialog")
    for tone, hint, kind in (("", "", "btn-danger"), ("primary", "理由会记入审计。", "btn-primary")):
        said = {"reasonTone": tone, "reasonHint": hint} if tone else {}
        button.evaluate("(b, said) => Object.assign(b.form.dataset, said)", said)
        button.click()
        assert kind in dialog.get_by_role("button", name="作废").get_attribute("class")
        assert dialog.get_by_text(hint or "理由会记在经过里").is_visible()
        screen.keyboard.press("Escape")


@pytest.mark.browser
def test_a_phone_number_is_revealed_in_place(screen: Any) -> None:
    screen.get_by_label("查看完整电话").click()
    screen.keyboard.type("回访")
    screen.keyboard.press("Enter")
    screen.get_by_text("13800001234").nth(1).wait_for()


@pytest.mark.browser
def test_a_refused_request_is_told_in_the_words_of_the_server(screen: Any) -> None:
    screen.get_by_role("button", name="停止").first.click()
    screen.locator("#toasts").get_by_text("已被别人停止").wait_for()


@pytest.mark.browser
def test_two_quick_submits_send_one_request(screen: Any) -> None:
    sent: list[str] = []
    screen.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    screen.evaluate("const f = document.querySelector('.job form'); f.requestSubmit(); f.requestSubmit()")
    screen.locator("#toasts").get_by_text("已被别人停止").wait_for()
    screen.locator(".job form").first.evaluate("form => form.requestSubmit()")
    screen.locator("#toasts [data-tone=bad]").nth(1).wait_for()
    assert len(sent) == 2


@pytest.mark.browser
def test_a_request_that_finds_no_network_offers_to_try_again(screen: Any) -> None:
    screen.route("**/jobs/**", lambda route: route.abort())
    screen.get_by_role("button", name="停止").first.click()
    screen.locator("#toasts").get_by_role("button", name="重试").wait_for()


@pytest.mark.browser
def test_half_a_portal_form_is_offered_again_and_large_type_needs_no_reload(browser: Any, site: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(f"{site}/portal")
    page.get_by_label("具体地点").fill("文昌路 18 号")
    page.locator("[data-saved]", has_text="已存在本机").filter(has_not_text="10:32:05").wait_for()
    page.reload()
    page.get_by_role("button", name="接着填").click()
    assert page.get_by_label("具体地点").input_value() == "文昌路 18 号"
    page.get_by_text("大字版").click()
    sizes = "[...document.querySelectorAll('main *')].filter(e => e.textContent.trim() && e.getClientRects().length)"
    assert page.evaluate(f"Math.min(...{sizes}.map(e => parseFloat(getComputedStyle(e).fontSize)))") >= 22
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
