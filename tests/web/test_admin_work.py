"""Imports and knowledge over HTTP: a file from upload to account, an article from draft to reader."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.serving import Client, Served

EXPORT = "编号,标题,内容,受理时间,状态\n" + "".join(
    f"A-{number},路灯不亮,桥东社区门口路灯不亮已经{number}天,2026-10-01 09:00:00,{'办结' if number % 2 else '办理中'}\n"
    for number in range(1, 251)
)
BROKEN = EXPORT + ",没有编号,这一行没有编号,2026-10-01 09:00:00,办结\n"


def _uploaded(client: Client, content: str = EXPORT, **fields: str) -> Any:
    client.get("/admin/imports")
    return client.post(
        "/admin/imports",
        data={"hotline": "12319", "mode": "auto", **fields},
        files={"file": ("城管导出.csv", content.encode("gb18030"))},
        allow_redirects=False,
    )


def _account(client: Client, address: str) -> str:
    """The page of an import once it runs no more; every look gives the job a turn."""
    for _ in range(400):
        page = client.get(address).text
        if "进行中" not in page:
            return page
    raise AssertionError("the import did not end")


def test_a_file_is_previewed_imported_in_the_background_and_accounted_for(server: Served) -> None:
    client = server.client("supervisor")
    preview = _uploaded(client, BROKEN).headers["Location"]
    assert "没有编号，无法避免重复导入" in client.get(preview).text
    begun = client.post(preview, allow_redirects=False).headers["Location"]
    page = _account(client, begun)
    assert "250" in page
    assert "没有编号，无法避免重复导入" in page
    ended = client.get(begun, headers={"HX-Request": "true"})
    assert ended.headers["HX-Refresh"] == "true", "who watched the bar sees the refused rows"
    assert not list(server.runtime.files._folder.parent.glob("imports/*"))
    assert client.get(preview).status_code == 404
    again = client.post(_uploaded(client).headers["Location"], allow_redirects=False).headers["Location"]
    assert re.search(r'已存在</span><span class="value">250', _account(client, again))


def test_a_stopped_import_goes_on_where_it_stopped(server: Served) -> None:
    client = server.client("supervisor")
    preview = _uploaded(client).headers["Location"]
    begun = client.post(preview, allow_redirects=False).headers["Location"]
    stopped = client.post(f"{begun}/stop")
    assert stopped.status_code in (200, 409)
    if stopped.status_code == 200:
        client.post(f"{begun}/continue")
    page = _account(client, begun)
    assert "250" in page
    assert client.post(f"{begun}/stop").status_code == 409


@pytest.mark.parametrize("content", ["", "甲,乙\n1,2\n", "编号,标题\n"])
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(server: Served, content: str) -> None:
    client = server.client("supervisor")
    answer = _uploaded(client, content)
    assert answer.status_code in (303, 422)
    assert _uploaded(client, hotline="99999").status_code == 422
    assert server.client("agent").get("/admin/imports").status_code == 403


ARTICLE = {
    "title": "窨井盖破损找谁修",
    "category": "010101",
    "unit_code": "LZ-ZJJ",
    "material_kind": "日常咨询",
    "answer": "请告诉我们井盖的位置，两小时内围挡。",
    "keywords": "井盖、窨井",
    "public": "1",
    "revision": "1",
    "faq_q": ["晚上也修吗？", ""],
    "faq_a": ["夜间先围挡，天亮后更换。", ""],
}


def _move(client: Client, address: str, name: str, **fields: str) -> int:
    revision = re.search(r'name="revision" value="(\d+)"', client.get(address).text)
    assert revision
    values = {"move": name, "revision": revision[1], **fields}
    return client.post(f"{address}/moves", data=values).status_code


def test_an_article_is_written_sent_back_and_submitted_again(server: Served) -> None:
    client = server.client("editor")
    client.get("/knowledge/new")
    made = client.post("/knowledge/new", data=ARTICLE, allow_redirects=False)
    assert made.status_code == 303
    address = made.headers["Location"].split("?")[0]
    page = client.get(address).text
    assert "晚上也修吗" in page
    assert "提交审核" in page
    assert _move(client, address, "submit") == 200
    assert client.get(f"{address}/edit").status_code == 400
    assert _move(client, address, "send_back", reason="请补充夜间电话") == 200
    assert "请补充夜间电话" in client.get(address).text
    assert _move(client, address, "approve") == 409


def test_a_faulty_article_comes_back_as_it_was_typed(server: Served) -> None:
    client = server.client("editor")
    client.get("/knowledge/new")
    answer = client.post("/knowledge/new", data={**ARTICLE, "title": ""})
    assert answer.status_code == 422
    assert "标题不能为空" in answer.text
    assert "夜间先围挡" in answer.text
    late = client.post("/knowledge/new", data={**ARTICLE, "valid_to": "2026-02-31"})
    assert late.status_code == 422
    assert server.client("agent").get("/knowledge/new").status_code == 403


def test_the_preview_shows_what_the_citizen_will_see_and_escapes_it(server: Served) -> None:
    client = server.client("editor")
    client.get("/knowledge/new")
    shown = client.post("/knowledge/preview", data={**ARTICLE, "answer": "<b>两小时</b>"}).text
    assert "&lt;b&gt;两小时" in shown
    assert "窨井盖破损找谁修" in shown


def test_a_correction_becomes_a_task_and_a_vain_search_is_counted(server: Served) -> None:
    agent, editor = server.client("agent"), server.client("editor")
    found = re.search(r'href="(/knowledge/\d+)"', agent.get("/knowledge?state=published").text)
    assert found
    agent.get(found[1])
    agent.post(f"{found[1]}/feedback", data={"kind": "correction", "text": "电话号码已经换了"})
    agent.get("/knowledge?q=量子纠缠计算机补贴龘")
    page = editor.get("/knowledge").text
    assert "电话号码已经换了" in page
    number = re.search(r"/knowledge/corrections/(\d+)", page)
    assert number
    editor.post(f"/knowledge/corrections/{number[1]}", data={"settlement": "已更正"})
    assert "电话号码已经换了" not in editor.get("/knowledge").text
