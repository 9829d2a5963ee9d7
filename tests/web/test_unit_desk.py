"""The unit desk over HTTP: lists, every act, what is refused and why, and what no unit may ever see."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from hotline.domain.drafts import Person, Upload
from hotline.services import dispatching, handling, intake
from tests.serving import Served
from tests.web.desk_words import HANDLER, LIFT, NEIGHBOUR, OTHER, UNIT, City, post_seen, seen_on

SECRET_TEXT = "我叫王建国，手机13812345678，举报锦绣花园物业私拆电梯配件。"
CALLER = Person(name="司马青松", phone="13987654321", id_number="", address="翠湖里三栋")
TRACES = (
    "司马",
    "13987654321",
    "139****4321",
    "王建国",
    "王**",
    "13812345678",
    "138****5678",
    "翠湖里",
    "私拆配件照片",
)


@pytest.fixture
def city(server: Served) -> City:
    return City(server)


def page_of(no: str, key: int) -> str:
    return f"/unit/{no}/{key}"


def test_today_shows_what_is_to_be_signed_and_what_is_due(server: Served, city: City) -> None:
    no, _ = city.dispatched()
    signed, _ = city.signed()
    page = server.client(HANDLER).get("/unit").text
    assert no in page
    assert signed not in page
    assert "待签收" in page
    assert signed in server.client(HANDLER).get("/unit?tab=working").text


def test_an_overdue_assignment_stands_on_top_of_today(server: Served, city: City) -> None:
    from hotline.domain.assignment import Assignment

    fresh, _ = city.dispatched()
    late, key = city.signed()
    city.rt.transact(lambda uow: setattr(uow.get(Assignment, key), "due_at", uow.now - timedelta(hours=3)))
    page = server.client(HANDLER).get("/unit").text
    assert page.index(late) < page.index(fresh)
    assert "超期" in page


def test_signing_contacting_and_replying(server: Served, city: City) -> None:
    no, key = city.dispatched()
    client, page = server.client(HANDLER), page_of(no, key)
    assert "已签收" in post_seen(client, page, f"{page}/moves/sign").text
    assert "已记录联系" in post_seen(client, page, f"{page}/moves/contact", how="电话说明维修进度").text
    fields = {
        "internal_note": "已约谈维保单位",
        "public_reply": "电梯已修好。",
        "solved": "1",
        "true_report": "1",
    }
    assert "已提交内部审批" in post_seen(client, page, f"{page}/moves/reply", **fields).text
    assert city.assignment(key)["state"] == "to_approve"
    assert city.assignment(key)["facts"] == {"contacted": True, "solved": True, "true_report": True}
    assert "已放行" in post_seen(client, page, f"{page}/moves/release").text
    assert city.assignment(key)["state"] == "replied"


def test_an_approver_sends_back_with_a_comment_that_the_writer_sees(server: Served, city: City) -> None:
    no, key = city.signed()
    who = city.people[HANDLER]
    city.rt.transact(handling.reply, who, no, key, "内部", "公开", {"solved": True})
    client, page = server.client(HANDLER), page_of(no, key)
    assert post_seen(client, page, f"{page}/moves/send_back").status_code == 400
    answer = post_seen(client, page, f"{page}/moves/send_back", comment="请写明修好的日期")
    assert "内部审批退回：请写明修好的日期" in answer.text


def test_a_refused_reply_keeps_what_was_typed(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    fields = {"internal_note": "经过很长", "public_reply": "请打13800001111联系", "solved": "1"}
    answer = post_seen(client, page, f"{page}/moves/reply", **fields)
    assert answer.status_code == 400
    assert "公开答复中含有手机号" in answer.text
    assert "经过很长" in answer.text
    unsolved = post_seen(client, page, f"{page}/moves/reply", internal_note="a", public_reply="b", solved="0")
    assert "未解决的诉求必须选择未解决原因" in unsolved.text


def test_a_draft_is_kept_for_its_author_and_ends_with_the_reply(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    client.get(page)
    kept = client.post(
        f"{page}/draft", data={"internal_note": "写到一半的情况", "public_reply": "", "solved": "1"}
    )
    assert kept.json() == {"ok": True}
    again = client.get(page).text
    assert "写到一半的情况" in again
    assert "草稿存于" in again
    post_seen(client, page, f"{page}/moves/reply", internal_note="完", public_reply="好", solved="1")
    assert "写到一半的情况" not in client.get(page).text


def test_applications_are_filed_and_then_rest_the_same_act(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    day = (city.rt.clock.now() + timedelta(days=30)).date().isoformat()
    for move, fields in (
        ("apply_extension", {"reason": "配件须外地调运", "reason_code": "extend-complex", "amount": "5"}),
        (
            "apply_return",
            {
                "reason": "非本单位职责",
                "basis": "三定规定",
                "proposed_unit": OTHER,
                "reason_code": "return-duty",
            },
        ),
        ("object", {"reason": "应当裁定", "basis": "三定规定"}),
        ("apply_suspension", {"reason": "列入年度计划", "reason_code": "suspend-plan", "until": day}),
    ):
        assert post_seen(client, page, f"{page}/moves/{move}", **fields).status_code == 200, move
    shown = client.get(page).text
    for kind in ("延期", "退单", "派单异议", "挂账"):
        assert f"已有一份{kind}申请在审核中" in shown


@pytest.mark.parametrize(
    ("move", "fields", "words"),
    [
        ("apply_extension", {"reason": "x", "amount": "500"}, "延期应为"),
        ("apply_extension", {"reason": "x", "amount": "多"}, "应为整数"),
        ("apply_return", {"reason": "x", "basis": "", "reason_code": "return-duty"}, "请写明依据"),
        ("apply_return", {"reason": "x", "basis": "三定规定", "reason_code": ""}, "请选择退单的理由类别"),
        ("apply_suspension", {"reason": "x", "until": "2020-01-01"}, "请填写挂账至哪一天"),
        ("contact", {"how": ""}, "请写明联系方式和情况"),
    ],
)
def test_bad_input_is_told_in_the_form(
    server: Served, city: City, move: str, fields: dict[str, str], words: str
) -> None:
    no, key = city.signed()
    page = page_of(no, key)
    answer = post_seen(server.client(HANDLER), page, f"{page}/moves/{move}", **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'data-reopen="act-{move}"' in answer.text


def test_acts_that_are_not_possible_say_why(server: Served, city: City) -> None:
    no, key = city.dispatched()
    page = server.client(HANDLER).get(page_of(no, key)).text
    assert "当前为“待签收”，不能答复" in page
    assert "当前为“待签收”，不能申请延期" in page


def test_passing_down_with_a_deadline_of_its_own_and_taking_back(server: Served, city: City) -> None:
    no, key = city.signed(
        login="unit-lz01-zf", lead="LZ01-ZF", category="", area="LZ0101", request_type="help"
    )
    client, page = server.client("unit-lz01-zf"), page_of(no, key)
    options = client.get(page).text
    assert 'value="LZ0101-ZF"' in options
    due = (city.rt.clock.now() + timedelta(days=2, hours=8)).strftime("%Y-%m-%dT%H:%M")
    answer = post_seen(
        client, page, f"{page}/moves/pass_down", unit="LZ0101-ZF", opinion="请到现场", due_at=due
    )
    assert "已转派下级" in answer.text
    child = city.rt.query(lambda uow: uow.views.unit_work({"LZ0101-ZF"}, {"to_sign"}, None, 5))["items"][0]
    assert child["due_at"] < city.assignment(key)["due_at"]
    assert "下级单位尚未答复" in client.get(page).text
    lower = server.client("unit-lz0101-zf").get(page_of(no, child["id"]))
    assert "转派要求" in lower.text
    post_seen(client, page, f"{page}/moves/recall", child=str(child["id"]), reason="改由本单位办")
    assert city.assignment(child["id"])["state"] == "left"
    late = (city.rt.clock.now() + timedelta(days=300)).strftime("%Y-%m-%dT%H:%M")
    refused = post_seen(client, page, f"{page}/moves/pass_down", unit="LZ0101-ZF", due_at=late)
    assert "不晚于本单位的时限" in refused.text
    upward = post_seen(client, page, f"{page}/moves/pass_down", unit="LZ-RSJ")
    assert "只能转派给" in upward.text


def test_a_page_that_others_moved_is_refused_with_who_did_what(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    old = seen_on(client.get(page))
    city.rt.transact(intake.add_note, city.people["agent"], no, "诉求人来电：已困人一次")
    answer = client.post(f"{page}/moves/contact", data={"seen": old, "how": "已联系"})
    assert answer.status_code == 409
    assert "张敏" in answer.text
    assert "追加" in answer.text
    assert "重新载入" in answer.text


def test_a_neighbours_step_does_not_stop_a_unit(server: Served, city: City) -> None:
    no, key = city.dispatched(assists=(OTHER,))
    client, page = server.client(HANDLER), page_of(no, key)
    old = seen_on(client.get(page))
    theirs = city.rt.query(lambda uow: uow.views.unit_work({OTHER}, {"to_sign"}, None, 5))["items"][0]["id"]
    city.rt.transact(handling.sign, city.people[NEIGHBOUR], no, theirs)
    assert client.post(f"{page}/moves/sign", data={"seen": old}).status_code == 200


def test_material_is_uploaded_cleaned_and_listed(server: Served, city: City) -> None:
    no, key = city.signed()
    client, page = server.client(HANDLER), page_of(no, key)
    client.get(page)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "JPEG")
    answer = client.post(f"{page}/files", files={"file": ("维修现场.jpg", picture.getvalue(), "image/jpeg")})
    assert "材料已上传" in answer.text
    assert "维修现场.jpg" in answer.text
    bad = client.post(f"{page}/files", files={"file": ("x.exe", b"MZ....", "image/jpeg")})
    assert bad.status_code == 400
    assert "只接受完好的" in bad.text
    assert client.post(f"{page}/files").status_code == 400


def test_another_units_ticket_does_not_exist(server: Served, city: City) -> None:
    no, key = city.signed()
    other = server.client(NEIGHBOUR)
    other.get("/unit")
    for path in (f"/unit/{no}", page_of(no, key), f"{page_of(no, key)}/slip", f"/tickets/{no}"):
        assert other.get(path).status_code == 404, path
    for action in ("moves/contact", "moves/reply", "draft", "files"):
        answer = other.post(f"{page_of(no, key)}/{action}", data={"how": "x", "seen": "0"})
        assert answer.status_code in (400, 404), action
        assert no not in other.get("/unit?tab=working").text
    assert city.assignment(key)["contacted_at"] is None
    assert no not in other.get("/unit/export.csv?tab=working").text
    assert other.get("/unit/pulse", params={"no": no, "assignment": key, "seen": 1}).status_code == 404


def test_an_assist_reads_nothing_of_the_leads_papers(server: Served, city: City) -> None:
    no, key = city.dispatched(assists=(OTHER,))
    lead = city.people[HANDLER]
    city.rt.transact(handling.sign, lead, no, key)
    city.rt.transact(handling.contact, lead, no, key, "电话里说的内部话")
    city.rt.transact(handling.reply, lead, no, key, "内部底稿甲", "公开底稿乙", {"solved": True})
    city.rt.transact(handling.send_back, lead, no, key, "内部批语丙")
    assist = server.client(NEIGHBOUR)
    page = assist.get(f"/unit/{no}")
    assert page.status_code == 200
    api = assist.get(f"/api/v1/tickets/{no}").text
    history = assist.get(f"/api/v1/tickets/{no}/timeline").text
    for words in ("电话里说的内部话", "内部底稿甲", "公开底稿乙", "内部批语丙"):
        for text in (page.text, api, history, assist.get(f"/tickets/{no}").text):
            assert words not in text
    assert assist.get(page_of(no, key)).status_code == 404


def test_nothing_leads_back_to_a_secret_caller(server: Served, city: City) -> None:
    upload = Upload("司马青松私拆配件照片.jpg", "image/jpeg", 3, city.rt.files.put(b"jpg"))
    letter = Upload("司马青松的信.pdf", "application/pdf", 3, city.rt.files.put(b"pdf"))
    no, key = city.signed(
        text=SECRET_TEXT,
        request_type="report",
        caller=CALLER,
        attachments=(upload, letter),
        source_system="old",
        source_no="OLD-77",
    )
    city.rt.transact(intake.add_note, city.people["agent"], no, "诉求人补充：我住翠湖里三栋")
    client = server.client(HANDLER)
    page = page_of(no, key)
    texts = {
        path: client.get(path).text
        for path in (
            "/unit?tab=working",
            page,
            f"{page}/slip",
            f"/tickets/{no}",
            "/unit/export.csv?tab=working",
            "/notices",
            f"/api/v1/tickets/{no}",
            f"/api/v1/tickets/{no}/timeline",
        )
    }
    for path, text in texts.items():
        for trace in (*TRACES, "OLD-77"):
            assert trace not in text, (path, trace)
    assert "保密件" in texts[page]
    whole = city.rt.query(lambda uow: uow.views.ticket_parts(city.row(no)["id"]))
    request, (file, letter) = whole["requests"][0]["id"], [row["id"] for row in whole["attachments"]]
    assert (
        client.post(f"/tickets/{no}/requests/{request}/reveal/phone", data={"reason": "核实情况"}).status_code
        == 403
    )
    picture = client.get(f"/tickets/{no}/files/{file}")
    assert "%E5%8F%B8%E9%A9%AC" not in picture.headers["Content-Disposition"]
    assert client.get(f"/tickets/{no}/files/{letter}").status_code == 403
    assert "由热线联系" in texts[page]


def test_the_slip_is_masked_and_marked_with_who_printed_it(server: Served, city: City) -> None:
    no, key = city.signed()
    slip = server.client(HANDLER).get(f"{page_of(no, key)}/slip").text
    assert "欧阳** 138****1234" in slip
    water = re.search(r'<svg class="slip-water".*?</svg>', slip, re.DOTALL)[0]
    assert "临澜区市场监督管理局" in water
    assert HANDLER in water
    audit = city.rt.query(lambda uow: uow.views.audit_rows(action="slip.printed"))["items"]
    assert audit[0]["subject"] == no


def test_the_export_says_who_took_it_and_runs_no_formula(server: Served, city: City) -> None:
    city.signed(title="=HYPERLINK(1)")
    text = server.client(HANDLER).get("/unit/export.csv?tab=working").text
    assert text.startswith("\ufeff临澜区市场监督管理局 · 临澜区市场监督管理局经办 · ")
    assert "'=HYPERLINK(1)" in text


def test_search_finds_by_number_and_title_and_says_when_there_is_nothing(server: Served, city: City) -> None:
    no, _ = city.signed()
    client = server.client(HANDLER)
    assert no in client.get(f"/unit?tab=working&q={no[-5:]}").text
    assert "没有找到" in client.get("/unit?tab=working&q=火星%25_").text
    assert "今天要办的都办完了" in server.client("unit-lz-rsj").get("/unit").text


def test_a_thousand_assignments_come_in_pages_by_deadline(server: Served, city: City) -> None:
    def many(uow: object) -> None:
        for _ in range(120):
            draft_no = intake.register(uow, city.people["agent"], _draft()).no
            if uow.views.ticket_row(draft_no)["state"] == "review":
                dispatching.approve(uow, city.people["reviewer"], draft_no)
            dispatching.dispatch(uow, city.people["dispatcher"], draft_no, UNIT)

    city.rt.transact(many)
    client, path, seen = server.client(HANDLER), "/unit?tab=to_sign", []
    while path:
        text = client.get(path).text
        seen += re.findall(r'class="ticket-no" href="/unit/([\d-]+)/', text)
        more = re.search(r'href="(/unit\?tab=to_sign&amp;after=[\d.]+)"', text)
        path = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == 120


def _draft() -> object:
    from hotline.domain.drafts import TicketDraft

    return TicketDraft(text=LIFT, category="010101", area="LZ010101", request_type="complaint")


def test_notices_reach_the_unit_and_are_marked_read(server: Served, city: City) -> None:
    no, _ = city.dispatched()
    server.settle()
    client = server.client(HANDLER)
    page = client.get("/notices").text
    assert f"工单 {no} 已派到贵单位" in page
    assert "未读" in page
    newest = re.search(r'name="up_to" value="(\d+)"', page)[1]
    assert "未读" not in client.post("/notices/read", data={"up_to": newest}).text
    assert no not in server.client(NEIGHBOUR).get("/notices").text
    assert client.get(f"/unit/{no}").status_code == 200


def test_an_appeal_after_acceptance(server: Served, city: City) -> None:
    from hotline.services import closing

    no, key = city.replied()
    city.rt.transact(closing.accept, city.people["reviewer"], no, key)
    page = page_of(no, key)
    answer = post_seen(
        server.client(HANDLER),
        page,
        f"{page}/moves/appeal",
        reason="诉求超出本单位职责",
        reason_code="appeal-out-of-duty",
    )
    assert "申诉已提交" in answer.text


@pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor", "sysadmin"])
def test_the_hotlines_people_have_no_unit_desk(server: Served, city: City, login: str) -> None:
    no, key = city.dispatched()
    client = server.client(login)
    for path in ("/unit", page_of(no, key), f"{page_of(no, key)}/slip", "/unit/export.csv"):
        assert client.get(path).status_code == 403


def test_odd_addresses_are_refused_politely(server: Served, city: City) -> None:
    no, key = city.dispatched()
    client = server.client(HANDLER)
    client.get("/unit")
    assert client.get("/unit?tab=x").status_code == 400
    assert client.get("/unit?after=99999999999999999.1").status_code == 200
    assert client.get("/unit?after=x").status_code == 400
    assert client.get("/unit/20200101-00001").status_code == 404
    assert client.get(f"/unit/{no}/1").status_code == 404
    assert client.post(f"{page_of(no, key)}/moves/dispatch", data={}).status_code == 404
    assert client.get(f"{page_of(no, key)}/moves/sign").status_code == 405
    assert client.post(f"{page_of(no, key)}/moves/recall", data={"child": "x"}).status_code == 400
