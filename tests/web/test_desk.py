"""The agent's desk and the shared ticket pages over HTTP, as a browser without scripts uses them."""

from __future__ import annotations

import asyncio
import queue
import re
from collections.abc import Callable
from typing import Any

import pytest

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.people import Actor, User
from hotline.domain.records import Draft
from hotline.services import dispatching, intake
from hotline.services.accounts import actor_of
from hotline.web import rendering
from hotline.web.desk import suggestions
from kb.api import IndexUnavailable
from tests.serving import Client, Served

LAMP = "临澜区澜桥街道滨江东路中山亭门口三盏路灯连续五个晚上不亮，请派人维修。"
PHONE = "13900001234"


@pytest.fixture
def agent(server: Served) -> Client:
    return server.client("agent")


@pytest.fixture
def people(server: Served) -> dict[str, Actor]:
    return server.runtime.query(lambda uow: {user.login: actor_of(user) for user in uow.find(User)})


def key_of(page: str) -> str:
    return re.search(r'name="key" value="([^"]+)"', page)[1]  # type: ignore[index]


def opened(agent: Client) -> dict[str, str]:
    """An empty form as a browser would send it."""
    page = agent.get("/desk?new=1")
    assert page.status_code == 200, page.text[:500]
    return {
        "key": key_of(page.text),
        "hotline": "12345",
        "channel": "phone",
        "wants_reply": "1",
        "urgency": "normal",
    }


def number_on(page: str) -> str:
    return re.search(r'id="ticket-no">([^<]+)<', page)[1]  # type: ignore[index]


def registered(server: Served, people: dict[str, Actor], **values: Any) -> intake.Registered:
    draft = TicketDraft(**{"text": LAMP, "caller": Person(name="王小明", phone=PHONE), **values})
    made = server.runtime.transact(intake.register, people["agent"], draft)
    server.settle()
    return made


def row_of(server: Served, no: str) -> dict[str, Any]:
    return server.runtime.query(lambda uow: uow.views.ticket_row(no))


def test_a_form_becomes_a_ticket_with_number_and_code(server: Served, agent: Client) -> None:
    form = opened(agent) | {
        "act": "submit",
        "text": LAMP,
        "name": "王小明",
        "phone": PHONE,
        "request_type": "help",
    }
    done = agent.post("/desk", data=form)
    assert done.status_code == 200
    no = number_on(done.text)
    assert re.search(r'id="ticket-code">[2-9A-Z]{8}<', done.text)
    assert "限办" in done.text
    assert 'href="/desk?new=1"' in done.text
    assert row_of(server, no)["request_type"] == "help"


def test_a_form_sent_twice_is_one_ticket(agent: Client) -> None:
    form = opened(agent) | {"act": "submit", "text": LAMP}
    first, second = (
        agent.post("/desk", data=form),
        agent.post("/desk", data=form | {"text": LAMP + "又按了一次"}),
    )
    assert number_on(first.text) == number_on(second.text)
    assert "没有再登记一次" in second.text


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(agent: Client) -> None:
    form = opened(agent) | {"act": "submit", "text": "", "phone": "12", "name": "赵一<b>𠮷</b>"}
    back = agent.post("/desk", data=form)
    assert back.status_code == 422
    assert 'id="f-text-error"' in back.text
    assert 'id="f-phone-error"' in back.text
    assert "赵一&lt;b&gt;𠮷&lt;/b&gt;" in back.text
    assert key_of(back.text) == form["key"]


def test_an_unknown_matter_or_place_is_told(agent: Client) -> None:
    back = agent.post("/desk", data=opened(agent) | {"act": "submit", "text": LAMP, "category": "no-such"})
    assert back.status_code == 422
    assert "没有代码为" in back.text


def test_a_direct_answer_closes_at_once(server: Served, agent: Client) -> None:
    form = opened(agent) | {
        "act": "answer",
        "text": "居住证怎么办理？",
        "reply": "带身份证到街道便民服务中心。",
        "solved": "1",
    }
    done = agent.post("/desk", data=form)
    ticket = row_of(server, number_on(done.text))
    assert (ticket["state"], ticket["closed_how"]) == ("closed", "direct")
    assert "带身份证到街道便民服务中心。" in done.text


def test_a_direct_answer_needs_its_words(agent: Client) -> None:
    back = agent.post("/desk", data=opened(agent) | {"act": "answer", "text": "居住证怎么办理？"})
    assert back.status_code == 422
    assert 'id="f-reply-error"' in back.text


def test_a_refusal_says_its_script(server: Served, agent: Client) -> None:
    form = opened(agent) | {"act": "refuse", "text": "我要告邻居", "reason_code": "refuse-litigation"}
    done = agent.post("/desk", data=form)
    assert row_of(server, number_on(done.text))["state"] == "refused"
    assert "12368" in done.text
    back = agent.post("/desk", data=opened(agent) | {"act": "refuse", "text": "我要告邻居"})
    assert back.status_code == 422
    assert 'id="f-reason_code-error"' in back.text


def test_help_fills_what_is_empty_without_script(agent: Client) -> None:
    page = agent.post("/desk", data=opened(agent) | {"act": "suggest", "text": LAMP})
    assert page.status_code == 200
    assert re.search(r'<option value="LZ0101" selected', page.text), "the place is found in the text"
    assert "路灯" in page.text
    assert "限办" in page.text


def test_live_help_comes_in_pieces_and_leaves_touched_fields_alone(agent: Client) -> None:
    form = opened(agent) | {"text": LAMP, "title": "我自己写的标题", "touched": "title,request_type"}
    found = agent.post("/desk/suggest", data=form).json()
    assert set(found["auto"]) == {"place", "urgency"}
    assert "城市管理" in found["pieces"]["piece-units"]
    assert "路灯" in found["pieces"]["piece-category"]
    assert "澜桥街道" in found["pieces"]["f-area"]
    assert "插入答复" in found["pieces"]["piece-knowledge"]


def test_help_that_fails_blocks_nothing(
    server: Served, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise IndexUnavailable("索引不可用")

    monkeypatch.setattr(suggestions, "_articles", away)
    monkeypatch.setattr(suggestions, "_classified", away)
    found = agent.post("/desk/suggest", data=opened(agent) | {"text": LAMP})
    assert found.status_code == 200
    assert "分类建议暂时没有" in found.json()["pieces"]["piece-category"]
    assert agent.post("/desk", data=opened(agent) | {"act": "submit", "text": LAMP}).status_code == 200


def test_help_that_did_not_come_does_not_read_as_an_answer(
    agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = agent.post("/desk/suggest", data=opened(agent) | {"text": ""}).json()["pieces"]
    assert "写几句诉求" in nothing["piece-category"]
    assert "写几句诉求" in nothing["piece-similar"]

    def away(*_: Any) -> Any:
        raise TimeoutError

    looked = agent.post("/desk/suggest", data=opened(agent) | {"text": LAMP}).json()["pieces"]
    assert "没有在办或近 30 天办结的相似工单" in looked["piece-similar"]
    monkeypatch.setattr(suggestions.matters, "sketched", away)
    late = agent.post("/desk/suggest", data=opened(agent) | {"text": LAMP}).json()["pieces"]
    assert "相似工单暂时没有查到结果" in late["piece-similar"]
    assert "没有在办" not in late["piece-similar"]


@pytest.mark.parametrize(
    ("urgency", "badge", "told"),
    [("critical", "特急", True), ("urgent", "紧急", False), ("normal", "", False)],
)
def test_only_what_is_most_urgent_sends_the_caller_to_the_emergency_lines(
    agent: Client, urgency: str, badge: str, told: bool
) -> None:
    form = opened(agent) | {"text": LAMP, "urgency": urgency, "touched": "urgency"}
    notes = agent.post("/desk/suggest", data=form).json()["pieces"]["piece-notes"]
    assert {word for word in ("特急", "紧急") if word in notes} == ({badge} if badge else set())
    assert ("110、119、120" in notes) == told


def test_one_candidate_is_chosen_by_one_key() -> None:
    page = rendering.environment().from_string(
        '{% from "components/picker.html" import candidates with context %}{{ candidates("unit", items) }}'
    )

    def keys(count: int) -> str:
        found = page.render(items=[{"id": n, "name": "事项"} for n in range(count)])
        return re.sub(r"<[^>]+>", "", re.search(r"<small.*?</small>", found)[0])  # type: ignore[index]

    assert [keys(1), keys(3)] == ["按 1 选择", "按 1–3 选择"]


def test_a_draft_is_sealed_comes_back_and_is_gone_after_submitting(server: Served, agent: Client) -> None:
    form = opened(agent) | {"text": LAMP, "name": "王小明", "phone": PHONE}
    assert agent.post(f"/desk/drafts/{form['key']}", data=form).json()["saved"] is True
    held = server.runtime.query(lambda uow: uow.first(Draft, key=form["key"]).body_sealed)
    assert "王小明" not in held
    assert PHONE not in held
    assert LAMP in agent.get(f"/desk?draft={form['key']}").text
    assert LAMP in agent.get("/desk").text, "opening the desk goes on with it"
    assert LAMP not in server.client("agent2").get("/desk").text
    agent.post("/desk", data=form | {"act": "submit"})
    assert server.runtime.query(lambda uow: uow.first(Draft, key=form["key"])) is None
    assert agent.get(f"/desk?draft={form['key']}").status_code == 404


def test_an_empty_form_leaves_no_draft(agent: Client) -> None:
    form = opened(agent)
    assert agent.post(f"/desk/drafts/{form['key']}", data=form).json()["saved"] is False


def test_the_same_person_calling_again_adds_a_contact(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    form = opened(agent) | {"act": f"again:{made.no}", "text": "今天又来问，还是不亮", "phone": PHONE}
    done = agent.post("/desk", data=form)
    assert done.status_code == 200
    assert made.no in done.text
    kinds = [entry["kind"] for entry in server.runtime.query(lambda uow: uow.views.timeline(made.ticket_id))]
    assert "contacted_again" in kinds
    assert "note" in kinds
    assert row_of(server, made.no)["request_count"] == 1


def test_somebody_else_about_the_same_is_registered_and_merged(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    form = opened(agent) | {"act": f"merge:{made.no}", "text": LAMP, "phone": "13900005678"}
    done = agent.post("/desk", data=form)
    own = number_on(done.text)
    assert row_of(server, own)["state"] == "merged"
    assert row_of(server, made.no)["request_count"] == 2


def test_a_number_typed_in_brings_its_history(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    found = agent.post(
        "/desk/suggest", data=opened(agent) | {"text": "还是路灯的事情", "phone": PHONE}
    ).json()
    assert made.no in found["pieces"]["piece-history"]
    assert PHONE not in found["pieces"]["piece-history"]


def test_a_simulated_call_opens_its_form_without_the_clear_number(server: Served, agent: Client) -> None:
    next_call = ringing(server)
    assert agent.post("/desk/simulate", data={"hotline": "12319", "caller": PHONE}).ok
    call_id = next_call()
    page = agent.get(f"/desk?call={call_id}").text
    assert "139****1234" in page
    assert PHONE not in page
    assert re.search(r'<option value="12319" selected', page)
    form = opened(agent) | {
        "key": key_of(page),
        "act": "submit",
        "text": LAMP,
        "call_id": call_id,
        "hotline": "12319",
    }
    no = number_on(agent.post("/desk", data=form).text)
    whole = agent.get(f"/tickets/{no}").text
    assert "139****1234" in whole
    assert PHONE not in whole
    assert server.client("agent2").get(f"/desk?call={call_id}").status_code == 403


def ringing(server: Served) -> Callable[[], str]:
    """Listens for calls from now on; what it gives waits for the first one to ring and names it."""
    rung: queue.Queue[str] = queue.Queue()

    def heard(topic: str, payload: dict[str, Any]) -> None:
        if topic == "call.ringing":
            rung.put(payload["call_id"])

    asyncio.run(server.runtime.bus.listen(heard))
    return lambda: rung.get(timeout=30)


def test_simulating_takes_an_extension_and_the_right(server: Served, agent: Client) -> None:
    refused = server.client("supervisor").post("/desk/simulate", data={"hotline": "12345"})
    assert refused.status_code == 400
    assert "没有分机号" in refused.text
    assert server.client("dispatcher").post("/desk/simulate", data={"hotline": "12345"}).status_code == 403
    assert agent.post("/desk/simulate", data={"hotline": "99999"}).status_code == 400
    assert agent.post("/desk/simulate", data={"caller": "abc"}).status_code == 400


@pytest.mark.parametrize("path", ["/desk", "/desk/callbacks", "/desk/line"])
def test_the_desk_is_for_those_who_take_calls(server: Served, path: str) -> None:
    assert server.client("dispatcher").get(path).status_code == 403
    assert server.client("supervisor").get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/desk?call=nope", "/desk?draft=nope-nope", "/desk/levels/area?area_1=nope", "/desk/articles/999"],
)
def test_odd_addresses_are_told_plainly(agent: Client, path: str) -> None:
    assert agent.get(path).status_code in (200, 404)


def test_odd_input_never_breaks_the_desk(agent: Client) -> None:
    for values in (
        {"act": "submit", "text": "😀" * 30_000},
        {"act": "merge:nope", "text": LAMP},
        {"act": "again:nope", "text": LAMP},
        {"act": "nonsense", "text": "'; drop table tickets; --"},
        {"act": "submit", "text": LAMP, "unit": "nope"},
        {"act": "submit", "text": LAMP, "call_id": "nope"},
        {"act": "submit", "text": LAMP, "related_no": "nope"},
        {"key": "UPPER!", "act": "submit"},
    ):
        assert agent.post("/desk", data=opened(agent) | values).status_code < 500
        assert agent.post("/desk/suggest", data=opened(agent) | values).status_code < 500


# the shared ticket pages


def test_the_list_filters_searches_and_goes_to_a_number(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    other = registered(server, people, text="小区门口早餐店油烟大，开窗都是味道", caller=Person())
    assert made.no in agent.get("/tickets").text
    found = agent.get("/tickets?q=油烟").text
    assert other.no in found
    assert made.no not in found
    assert made.no not in agent.get("/tickets?state=closed").text
    assert (
        agent.get(f"/tickets?q={made.no}", allow_redirects=False).headers["Location"] == f"/tickets/{made.no}"
    )
    assert agent.get("/tickets?area=nope").status_code == 400
    assert agent.get("/tickets?received_from=2026-99-99").status_code == 400


def test_looking_up_by_phone_keeps_the_number_out_of_the_address(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    answer = agent.post("/tickets", data={"phone": PHONE})
    assert made.no in answer.text
    assert PHONE not in answer.url
    assert server.client("leader").post("/tickets", data={"phone": PHONE}).status_code == 403


def test_exporting_takes_its_right(server: Served, agent: Client, people: dict[str, Actor]) -> None:
    made = registered(server, people, title="=cmd|路灯")
    assert "/tickets.csv" not in agent.get("/tickets").text
    assert agent.get("/tickets.csv").status_code == 403
    leader = server.client("leader")
    assert "/tickets.csv" in leader.get("/tickets").text
    sheet = leader.get("/tickets.csv").content.decode("utf-8-sig")
    assert made.no in sheet
    assert "'=cmd" in sheet
    assert PHONE not in sheet


def test_a_ticket_tells_why_its_time_is_what_it_is(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    page = agent.get(f"/tickets/{made.no}").text
    assert "为什么是这个时限" in page
    assert '<ol class="steps"><li>' in page
    assert "王**" in page
    assert "王小明" not in page


def test_a_mask_opens_for_a_reason_only(server: Served, agent: Client, people: dict[str, Actor]) -> None:
    made = registered(server, people)
    address = re.search(r'action="(/tickets/[^"]+/reveal/phone)"', agent.get(f"/tickets/{made.no}").text)[1]  # type: ignore[index]
    assert agent.post(address, data={"reason": ""}).status_code == 400
    assert PHONE in agent.post(address, data={"reason": "核对号码"}, headers={"HX-Request": "true"}).text
    assert server.client("leader").post(address, data={"reason": "核对号码"}).status_code == 403


def test_every_act_is_a_form_and_says_why_it_is_closed(server: Served, people: dict[str, Actor]) -> None:
    made = registered(server, people)
    supervisor = server.client("supervisor")
    page = supervisor.get(f"/tickets/{made.no}").text
    assert "为什么其他不能做" in page
    assert "当前状态为" in page
    done = supervisor.post(f"/tickets/{made.no}/acts/note", data={"text": "来电人补充：灯杆编号 B-17"})
    assert done.url.endswith("?done=note")
    assert "灯杆编号 B-17" in done.text
    back = supervisor.post(f"/tickets/{made.no}/acts/note", data={"text": " "})
    assert back.status_code == 422
    assert 'id="f-text-error"' in back.text
    assert supervisor.get(f"/tickets/{made.no}/acts/nonsense").status_code == 404
    assert server.client("leader").get(f"/tickets/{made.no}/acts/note").status_code == 403


def test_an_edit_keeps_what_it_was_before(server: Served, agent: Client, people: dict[str, Actor]) -> None:
    made = registered(server, people)
    agent.post(f"/tickets/{made.no}/acts/edit", data={"title": "中山亭路灯不亮", "urgency": "urgent"})
    ticket = row_of(server, made.no)
    assert (ticket["title"], ticket["urgency"]) == ("中山亭路灯不亮", "urgent")


def test_sensitive_marks_are_corrected_on_the_form_and_stay_where_it_does_not_ask(
    server: Served, agent: Client, people: dict[str, Actor]
) -> None:
    made = registered(server, people)
    address = f"/tickets/{made.no}/acts/edit"
    assert 'value="self_harm"' in agent.get(address).text
    agent.post(address, data={"title": "路灯不亮", "urgency": "normal", "sensitive": ["", "mass", "minor"]})
    assert row_of(server, made.no)["sensitive"] == ["mass", "minor"]
    agent.post(address, data={"title": "路灯还是不亮", "urgency": "normal"})
    assert row_of(server, made.no)["sensitive"] == ["mass", "minor"]
    agent.post(address, data={"title": "路灯还是不亮", "urgency": "normal", "sensitive": ""})
    assert row_of(server, made.no)["sensitive"] == []
    refused = agent.post(address, data={"title": "路灯不亮", "urgency": "normal", "sensitive": ["bored"]})
    assert refused.status_code == 422


def test_a_ticket_of_a_unit_shows_its_holder_and_no_acts(server: Served, people: dict[str, Actor]) -> None:
    made = registered(server, people)
    supervisor = people["supervisor"]
    if row_of(server, made.no)["state"] == "review":
        server.runtime.transact(dispatching.approve, supervisor, made.no)
    if row_of(server, made.no)["state"] == "to_dispatch":
        server.runtime.transact(dispatching.dispatch, supervisor, made.no, "LZ01-CGJ")
    unit = server.client("unit-lz01-cgj")
    page = unit.get(f"/tickets/{made.no}")
    assert page.status_code == 200
    assert "临澜区" in page.text
    assert "/acts/" not in page.text
    assert unit.get(f"/tickets/{made.no}/acts/note").status_code == 403
