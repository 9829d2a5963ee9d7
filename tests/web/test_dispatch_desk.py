"""The dispatch desk over HTTP: queues, claims, dispatching and going on, applications, rulings, batches, rights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hotline.domain.ticket import Claim
from tests.serving import Served
from tests.web.desk_words import HANDLER, LIFT, OTHER, UNIT, City, post_seen, seen_on


@pytest.fixture
def city(server: Served) -> City:
    return City(server)


def test_the_queue_shows_reason_best_candidate_and_dispatch_deadline(server: Served, city: City) -> None:
    no = city.waiting()
    page = server.client("dispatcher").get("/dispatch")
    assert page.status_code == 200
    assert no in page.text
    assert "首选 临澜区市场监督管理局" in page.text
    assert "剩余" in page.text


def test_urgent_tickets_stand_first(server: Served, city: City) -> None:
    first, urgent = city.waiting(), city.waiting(urgency="urgent")
    page = server.client("dispatcher").get("/dispatch?tab=dispatch").text
    assert page.index(urgent) < page.index(first)


def test_the_most_urgent_looks_different_from_the_urgent(server: Served, city: City) -> None:
    critical, urgent = city.waiting(urgency="critical"), city.waiting(urgency="urgent")
    page = server.client("dispatcher").get("/dispatch?tab=dispatch").text
    cards = {no: page.split(f'data-no="{no}"')[1].split("</li>")[0] for no in (critical, urgent)}
    assert "特急" in cards[critical]
    assert "紧急" not in cards[critical]
    assert 'data-tone="alarm"' in cards[critical]
    assert "紧急" in cards[urgent]
    assert "特急" not in cards[urgent]
    assert 'data-tone="alarm"' not in cards[urgent]


def test_dispatching_goes_on_to_the_next_ticket(server: Served, city: City) -> None:
    first, second = city.waiting(), city.waiting()
    client = server.client("dispatcher")
    page = f"/dispatch/tickets/{first}"
    answer = post_seen(
        client, page, f"{page}/dispatch?tab=dispatch", lead=UNIT, assists=[OTHER], opinion="请尽快"
    )
    assert answer.status_code == 200
    assert answer.url.split("?")[0].endswith(f"/dispatch/tickets/{second}")
    assert f"{first} 已派单" in answer.text
    assert city.row(first)["lead_unit"] == UNIT
    assert city.state(first) == "handling"


def test_a_unit_that_was_looked_up_stands_for_the_candidates(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    post_seen(server.client("dispatcher"), page, f"{page}/dispatch?tab=dispatch", lead="other", other=OTHER)
    assert city.row(no)["lead_unit"] == OTHER


def test_a_township_is_refused_with_the_bureau_that_is_responsible(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    answer = post_seen(
        server.client("dispatcher"), page, f"{page}/dispatch", lead="other", other="LZ0101-ZF", opinion="请办"
    )
    assert answer.status_code == 400
    assert "不得派由乡镇街道主办" in answer.text
    assert "请办" in answer.text
    assert city.state(no) == "to_dispatch"


def test_correcting_the_matter_recomputes_the_candidates(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    client = server.client("dispatcher")
    answer = post_seen(client, page, f"{page}/edit?tab=dispatch", category="0101")
    assert answer.status_code == 200
    assert "候选单位已重新计算" in answer.text
    assert city.row(no)["category"] == "0101"
    first = answer.text.index('class="candidate-name">')
    assert "住房和城乡建设局" in answer.text[first : first + 80]


def test_the_dispatch_keeps_what_was_offered(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    post_seen(server.client("dispatcher"), page, f"{page}/dispatch", lead=UNIT)
    row = city.row(no)
    steps = city.rt.query(lambda uow: uow.views.timeline(row["id"]))
    kept = next(step for step in steps if step["kind"] == "dispatch")["data"]
    assert kept["suggested"][0]["lead"] == UNIT
    assert kept["catalogue_row"] == kept["suggested"][0]["row"]


def test_an_opened_ticket_is_claimed_and_others_see_it(server: Served, city: City) -> None:
    no = city.waiting()
    server.client("dispatcher").get(f"/dispatch/tickets/{no}")
    other = server.client("supervisor").get(f"/dispatch/tickets/{no}")
    assert "王派 正在处理这一件" in other.text
    assert "由我接手" in other.text


def test_a_reader_who_may_not_approve_keeps_a_ticket_from_nobody(server: Served, city: City) -> None:
    no = city.registered(category="", request_type="report")
    page = f"/dispatch/tickets/{no}"
    assert "您正在处理" not in server.client("dispatcher").get(page).text
    assert post_seen(server.client("reviewer"), page, f"{page}/approve").status_code == 200
    assert city.state(no) == "to_dispatch"


def test_a_secret_callers_name_said_in_the_text_reaches_no_unit(server: Served, city: City) -> None:
    text = f"我欧阳小树举报，{LIFT}"
    no, key = city.dispatched(text, request_type="report")
    unit = server.client(HANDLER)
    for address in (
        "/unit",
        f"/unit/{no}/{key}",
        f"/tickets/{no}",
        "/unit/export.csv",
        f"/api/v1/tickets/{no}",
    ):
        answer = unit.get(address)
        assert (answer.status_code, "小树" in answer.text) == (200, False), address
    assert "并自" not in unit.get(f"/unit/{no}/{key}").text


def test_nobody_acts_on_what_a_colleague_holds_until_taking_it_over(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    server.client("dispatcher").get(page)
    boss = server.client("supervisor")
    refused = post_seen(boss, page, f"{page}/dispatch", lead=UNIT)
    assert refused.status_code == 409
    assert "王派正在处理这一件" in refused.text
    boss.post(
        "/dispatch/takeover",
        data={"queue": "dispatch", "id": city.row(no)["id"], "no": no, "tab": "dispatch"},
    )
    assert post_seen(boss, page, f"{page}/dispatch", lead=UNIT).status_code == 200
    assert city.state(no) == "handling"


def test_leaving_frees_the_item(server: Served, city: City) -> None:
    no = city.waiting()
    client = server.client("dispatcher")
    client.get(f"/dispatch/tickets/{no}")
    key = city.row(no)["id"]
    assert client.post("/dispatch/leave", data={"queue": "dispatch", "id": key}).status_code == 204
    assert city.rt.query(lambda uow: uow.first(Claim, queue="dispatch", subject_id=key)) is None


def test_a_ticket_that_somebody_moved_is_refused_with_who_did_what(server: Served, city: City) -> None:
    no = city.waiting()
    client = server.client("dispatcher")
    page = f"/dispatch/tickets/{no}"
    old = seen_on(client.get(page))
    from hotline.services import dispatching

    city.rt.transact(dispatching.edit, city.people["reviewer"], no, {"place": "二号楼一单元"})
    answer = client.post(f"{page}/dispatch", data={"seen": old, "lead": UNIT, "opinion": "请办"})
    assert answer.status_code == 409
    assert "陈审" in answer.text
    assert "更正要素" in answer.text
    assert "重新载入" in answer.text
    assert "请办" in answer.text


def test_two_dispatchers_at_once_make_one_dispatch(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    clients = [server.client("dispatcher"), server.client("dispatcher")]
    old = [seen_on(client.get(page)) for client in clients]
    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                lambda pair: pair[0].post(f"{page}/dispatch", data={"seen": pair[1], "lead": UNIT}),
                zip(clients, old, strict=True),
            )
        )
    assert sorted(answer.status_code for answer in found) == [200, 409]
    assert city.row(no)["round_no"] == 1


def test_review_passes_asks_back_and_refuses(server: Served, city: City) -> None:
    passed, asked, refused = (city.registered(category="", area="", request_type="") for _ in range(3))
    client = server.client("reviewer")
    for no, move, fields in (
        (passed, "approve", {}),
        (asked, "ask_info", {"question": "请补充楼栋号"}),
        (refused, "refuse", {"reason_code": "refuse-litigation"}),
    ):
        page = f"/dispatch/tickets/{no}"
        assert post_seen(client, page, f"{page}/{move}", **fields).status_code == 200
    assert [city.state(no) for no in (passed, asked, refused)] == ["to_dispatch", "need_info", "refused"]


def test_an_empty_question_stands_beside_the_form_again(server: Served, city: City) -> None:
    no = city.registered(category="", area="", request_type="")
    page = f"/dispatch/tickets/{no}"
    answer = post_seen(server.client("reviewer"), page, f"{page}/ask_info", question=" ")
    assert answer.status_code == 400
    assert "请写明需要补充什么" in answer.text


def test_merging_from_the_desk(server: Served, city: City) -> None:
    main, double = city.waiting(), city.waiting()
    page = f"/dispatch/tickets/{double}"
    post_seen(server.client("dispatcher"), page, f"{page}/merge", into=main, reason="同一部电梯")
    assert city.state(double) == "merged"
    assert city.row(main)["request_count"] == 2


def test_a_hard_matter_is_settled_by_the_arbitrator(server: Served, city: City) -> None:
    no = city.waiting()
    page = f"/dispatch/tickets/{no}"
    post_seen(server.client("dispatcher"), page, f"{page}/deliberate", reason="职责空白")
    assert city.state(no) == "deliberation"
    post_seen(server.client("arbitrator"), page, f"{page}/dispatch", lead=OTHER, opinion="会商确定")
    assert city.row(no)["lead_unit"] == OTHER


def test_a_batch_dispatches_each_to_its_best_and_says_what_failed(server: Served, city: City) -> None:
    good, odd = city.waiting(), city.waiting()
    client = server.client("dispatcher")
    client.get("/dispatch")
    answer = client.post(
        "/dispatch/batch", data={"pick": [f"{good}|{UNIT}", f"{odd}|{OTHER}", "20200101-00001|X"]}
    )
    assert answer.status_code == 200
    assert "已派 1 件，2 件没有派成" in answer.text
    assert "首选单位已变为" in answer.text
    assert [city.state(no) for no in (good, odd)] == ["handling", "to_dispatch"]


def test_a_return_shows_both_sides_and_is_granted_to_another_unit(server: Served, city: City) -> None:
    no, key, application = city.applied("return", reason_code="return-duty", proposed_unit=OTHER)
    client = server.client("dispatcher")
    page = f"/dispatch/applications/{application}"
    shown = client.get(page).text
    for words in (
        "楼栋属物业公共部位",
        "《物业管理条例》第五条",
        "《特种设备安全法》",
        "临澜区住房和城乡建设局",
    ):
        assert words in shown
    answer = post_seen(client, page, page, granted="1", unit=OTHER, note="同意")
    assert answer.status_code == 200
    assert city.row(no)["lead_unit"] == OTHER
    assert city.assignment(key)["state"] == "left"
    _, _, later = city.applied("return", reason_code="return-duty", proposed_unit=OTHER)
    assert no in client.get(f"/dispatch/applications/{later}").text


def test_a_refusal_needs_its_reason(server: Served, city: City) -> None:
    _, _, application = city.applied("extension", amount=3)
    page = f"/dispatch/applications/{application}"
    client = server.client("dispatcher")
    assert "驳回须写明理由" in post_seen(client, page, page, granted="0").text
    assert "请选择同意或驳回" in post_seen(client, page, page, note="x").text
    assert post_seen(client, page, page, granted="0", note="配件已到").status_code == 200


def test_an_extension_moves_the_deadline(server: Served, city: City) -> None:
    no, _, application = city.applied("extension", amount=3)
    before = city.row(no)["due_at"]
    page = f"/dispatch/applications/{application}"
    post_seen(server.client("dispatcher"), page, page, granted="1")
    assert city.row(no)["due_at"] > before


def test_an_objection_is_the_arbitrators(server: Served, city: City) -> None:
    _, _, application = city.applied("objection", proposed_unit=OTHER)
    page = f"/dispatch/applications/{application}"
    answer = post_seen(server.client("dispatcher"), page, page, granted="1", unit=OTHER)
    assert answer.status_code == 403
    assert "没有“异议裁定”的权限" in answer.text


def test_a_ruling_amends_the_catalogue_only_after_its_difference_was_shown(
    server: Served, city: City
) -> None:
    no, _, application = city.applied("objection", proposed_unit=OTHER)
    client = server.client("arbitrator")
    page = f"/dispatch/applications/{application}"
    shown = client.get(page).text
    assert "各区县市场监管局" in shown
    assert f'name="shown_unit" value="{OTHER}"' in shown
    unseen = post_seen(client, page, page, granted="1", unit=OTHER, amend="1", shown_unit="LZ01-CGJ")
    assert unseen.status_code == 400
    assert "请核对后再保存" in unseen.text
    version = city.rt.query(lambda uow: uow.reference.versions["catalogue"])
    done = post_seen(client, page, page, granted="1", unit=OTHER, amend="1", shown_unit=OTHER, note="归住建")
    assert done.status_code == 200
    assert city.rt.query(lambda uow: uow.reference.versions["catalogue"]) == version + 1
    row = city.rt.query(lambda uow: uow.reference.row("catalogue", "ruling-010101-LZ01"))
    assert (row["lead"], row["duty_kind"], row["township_allowed"]) == (OTHER, "functional", False)
    again = city.waiting()
    assert "首选 临澜区住房和城乡建设局" in server.client("dispatcher").get("/dispatch?tab=dispatch").text
    assert city.row(no)["lead_unit"] == OTHER
    assert again


def test_the_difference_follows_the_chosen_unit(server: Served, city: City) -> None:
    _, _, application = city.applied("objection", proposed_unit=OTHER)
    piece = server.client("arbitrator").get(
        f"/dispatch/applications/{application}/amendment?unit=LZ01-CGJ&granted=1"
    )
    assert 'value="LZ01-CGJ"' in piece.text
    refused = server.client("arbitrator").get(f"/dispatch/applications/{application}/amendment?granted=0")
    assert f'value="{UNIT}"' in refused.text


def test_replies_are_accepted_or_sent_back(server: Served, city: City) -> None:
    (good, first), (bad, second) = city.replied(), city.replied()
    client = server.client("reviewer")
    page = f"/dispatch/replies/{first}"
    assert "电梯已更换配件" in client.get(page).text
    assert post_seen(client, page, f"{page}/accept").status_code == 200
    page = f"/dispatch/replies/{second}"
    assert "请写明退回原因" in post_seen(client, page, f"{page}/reject").text
    assert post_seen(client, page, f"{page}/reject", comment="没有答到何时修好").status_code == 200
    assert city.state(good) == "follow_up"
    assert city.assignment(second)["state"] == "sent_back"
    assert city.state(bad) == "handling"


def test_the_desk_shows_the_ticket_as_the_unit_reads_it(server: Served, city: City) -> None:
    no = city.waiting("我叫王建国，手机13812345678，二号楼电梯坏了三天没人修。", secret=True)
    page = server.client("dispatcher").get(f"/dispatch/tickets/{no}").text
    assert "13812345678" not in page
    assert "欧阳" not in page
    assert "请确认正文不会暴露来电人" in page


def test_the_pulse_counts_and_names_what_is_new_here(server: Served, city: City) -> None:
    old, new = city.waiting(), city.waiting()
    client = server.client("dispatcher")
    client.get(f"/dispatch/tickets/{old}")
    state = client.get(
        "/dispatch/pulse",
        params={"tab": "dispatch", "heard": f"{new},20200101-00001", "items": str(city.row(old)["id"])},
    ).json()
    assert state["counts"]["dispatch"] == 2
    assert state["new"] == [new]
    assert state["claims"][str(city.row(old)["id"])] == {"holder": "王派", "mine": True}


def test_a_long_queue_comes_in_pages(server: Served, city: City) -> None:
    numbers = [city.waiting(f"第{n}件，{n}号楼电梯坏了") for n in range(52)]
    client = server.client("dispatcher")
    page = client.get("/dispatch?tab=dispatch").text
    assert page.count('class="ticket-card"') == 50
    import re

    more = re.search(r'href="(/dispatch\?tab=dispatch&amp;after=[\d.]+)"', page)[1].replace("&amp;", "&")
    rest = client.get(more).text
    assert [no for no in numbers if no in rest] == numbers[50:]


def test_a_queue_page_takes_few_statements(server: Served, city: City) -> None:
    from sqlalchemy import event

    for n in range(5):
        city.waiting(f"{n}号楼电梯坏了三天没人修")
    client = server.client("dispatcher")
    client.get("/dispatch?tab=dispatch")
    server.quiet()
    asked: list[str] = []
    engine = city.rt.uows.engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    client.get("/dispatch?tab=dispatch")
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) <= 6, asked


@pytest.mark.parametrize("login", ["agent", "followup", "unit-lz01-sjg", "sysadmin", "leader"])
def test_others_stay_outside(server: Served, city: City, login: str) -> None:
    no = city.waiting()
    client = server.client(login)
    for path in ("/dispatch", f"/dispatch/tickets/{no}", "/dispatch/pulse?tab=dispatch"):
        assert client.get(path).status_code == 403


def test_odd_addresses_are_refused_politely(server: Served, city: City) -> None:
    no = city.waiting()
    client = server.client("dispatcher")
    client.get("/dispatch")
    assert client.get("/dispatch?tab=nowhere").status_code == 400
    assert client.get("/dispatch?after=x").status_code == 400
    assert client.get("/dispatch/tickets/20200101-00001").status_code == 404
    assert client.get("/dispatch/applications/1").status_code == 404
    assert client.get("/dispatch/replies/1").status_code == 404
    assert client.get(f"/dispatch/tickets/{no}/dispatch").status_code == 405
    assert client.post(f"/dispatch/tickets/{no}/nonsense", data={}).status_code == 404
    assert client.post("/dispatch/batch", data={}).status_code == 400
    assert client.post("/dispatch/leave", data={"queue": "x", "id": "1"}).status_code == 400


def test_looking_up_units_and_matters(server: Served) -> None:
    client = server.client("dispatcher")
    units = client.get("/dispatch/lookup/unit?field=other&other_text=市场监").text
    assert 'data-id="LZ01-SJG"' in units
    assert (
        'data-id="010101"' in client.get("/dispatch/lookup/category?field=category&category_text=电梯").text
    )
    assert "没有找到" in client.get("/dispatch/lookup/area?field=area&area_text=火星").text
