"""答复质量 on the pages and over the API: while typing, to the approver, to supervisors; never in anybody's way."""

from __future__ import annotations

import html
from typing import Any

import pytest

from tests.serving import Served
from tests.web.api.test_api_more import counted
from tests.web.desk_words import HANDLER, NEIGHBOUR, City, post_seen

GOOD = (
    "您好！您反映锦绣花园小区二号楼电梯故障的问题收悉。经现场检查，控制板老化是停梯的原因。依据《特种设备安全法》第三十九条，"
    "我局已责令维保单位更换，6月20日前恢复运行。电话0799-8655009（工作日8:30—17:30）。"
)


@pytest.fixture
def city(server: Served) -> City:
    return City(server)


def page_of(no: str, key: int) -> str:
    return f"/unit/{no}/{key}"


def typed(client: Any, page: str, text: str) -> str:
    client.get(page)
    answer = client.post(f"{page}/quality", data={"public_reply": text})
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_while_typing_the_panel_says_what_is_missing_and_what_to_put_in(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    assert f'data-quality-url="{page}/quality"' in client.get(page).text
    panel = typed(client, page, "您好，电梯的事正在研究中。")
    for words in ("待改进", "还缺", "办理结果", 'data-insert="basis"', "只有表态", "临澜区"):
        assert words in panel
    assert "良好" in typed(client, page, GOOD)


def test_an_empty_paper_has_no_panel_and_nothing_is_kept(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    assert "quality" not in typed(client, page, "  ")
    typed(client, page, GOOD)
    assert city.rt.query(lambda uow: uow.views.ticket_parts(city.row(no)["id"]))["reply_assessments"] == []


def test_a_phone_number_in_the_draft_is_pointed_at(server: Served, city: City) -> None:
    no, key = city.signed()
    text = "您好，已回复诉求人13912340987。"
    panel = typed(server.client(HANDLER), page_of(no, key), text)
    start = text.index("139")
    assert f'data-jump="{start},{start + 11}"' in panel
    assert "手机号" in panel


def test_a_failing_assessor_leaves_a_sentence_and_the_reply_goes_through(server: Served, city: City) -> None:
    class Broken:
        def assess(self, **asked: Any) -> Any:
            raise ValueError("broken")

    good, city.rt.assessor = city.rt.assessor, Broken()
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    assert "不影响提交" in typed(client, page, GOOD)
    sent = post_seen(client, page, f"{page}/moves/reply", internal_note="内部", public_reply=GOOD, solved="1")
    assert "已提交内部审批" in sent.text
    city.rt.assessor = good


def test_the_approver_the_hotline_and_the_follow_up_see_what_was_said(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    post_seen(client, page, f"{page}/moves/reply", internal_note="内部", public_reply=GOOD, solved="1")
    server.settle()
    assert "答复质量" in client.get(page).text
    post_seen(client, page, f"{page}/moves/release")
    assert "答复质量" in server.client("reviewer").get(f"/dispatch/replies/{key}").text
    post_seen(server.client("reviewer"), f"/dispatch/replies/{key}", f"/dispatch/replies/{key}/accept")
    server.settle()
    request = city.rt.query(lambda uow: uow.views.requests_of(city.row(no)["id"]))[0]["id"]
    assert "答复质量" in server.client("followup").get(f"/followup/{no}/{request}").text
    whole = server.client("supervisor").get(f"/api/v1/tickets/{no}").json()
    quality = whole["replies"][0]["quality"]
    assert quality["score"] > 60
    assert {part["name"] for part in quality["parts"]} >= {"relevance", "tone"}


def test_a_neighbour_has_nothing_judged(server: Served, city: City) -> None:
    no, key = city.signed()
    other = server.client(NEIGHBOUR)
    other.get("/unit")
    assert other.post(f"{page_of(no, key)}/quality", data={"public_reply": GOOD}).status_code == 404


def test_judging_a_draft_takes_few_statements(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    typed(client, page, GOOD)
    with counted(city.rt) as seen:
        client.post(f"{page}/quality", data={"public_reply": GOOD})
    asked = [one for one in seen if one.startswith("SELECT")]  # the sweeps beside it write
    mine = [one for one in asked if "requests" in one or "assignments" in one or "tickets" in one]
    assert 0 < len(mine) <= 5, "\n".join(mine)


def test_supervisors_compare_units_and_take_the_table_out(server: Served, city: City) -> None:
    city.replied()
    server.settle()
    client = server.client("supervisor")
    page = client.get("/reply-quality").text
    for words in ("临澜区市场监督管理局", "最弱", "1 份答复", "怎样评的"):
        assert words in page
    sheet = client.get("/reply-quality/export.csv")
    assert sheet.text.startswith("\ufeff单位,份数,总分,针对性")
    assert "临澜区市场监督管理局,1," in sheet.text
    audit = city.rt.query(lambda uow: uow.views.audit_rows(action="quality.exported"))["items"]
    assert audit[0]["detail"]["rows"] == 1
    assert "没有评过的答复" in client.get("/reply-quality?since=2020-01-01&until=2020-01-02").text


@pytest.mark.parametrize(
    "query",
    [
        "since=x",
        "since=2026-02-01&until=2026-01-01",
        "since=2020-01-01",
        "until=9999-12-31",
        "until=0001-01-02",
    ],
)
def test_an_odd_period_is_refused_on_the_page_itself(server: Served, query: str) -> None:
    answer = server.client("supervisor").get(f"/reply-quality?{query}")
    assert answer.status_code == 400
    assert "error-summary" in answer.text


@pytest.mark.parametrize("login", [HANDLER, "agent", "sysadmin"])
def test_the_comparison_is_not_for_everybody_but_how_it_is_made_is(server: Served, login: str) -> None:
    client = server.client(login)
    assert client.get("/reply-quality").status_code == 403
    assert client.get("/reply-quality/export.csv").status_code == 403
    page = client.get("/reply-quality/how")
    assert page.status_code == 200
    assert "从不拦住提交" in page.text


def test_a_draft_is_judged_over_the_api(server: Served, city: City) -> None:
    no, key = city.signed()
    client = server.client(HANDLER)
    client.get("/unit")
    path = f"/api/v1/tickets/{no}/reply-quality"
    found = client.post(path, json={"assignment_id": key, "public_reply": GOOD}).json()["quality"]
    assert found["grade"] == "良好"
    assert client.post(path, json={"assignment_id": key, "public_reply": ""}).json() == {"quality": None}
    assert client.post(path, json={"assignment_id": 1, "public_reply": GOOD}).status_code == 404
    report = server.client("supervisor").get("/api/v1/stats/reply-quality").json()
    assert report["items"] == []
