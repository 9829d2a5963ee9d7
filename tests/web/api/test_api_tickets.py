"""Tickets over the API: registering, repeating, listing, searching, reading, revealing; and what bad input gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.api.conftest import Api

STREET = {
    "text": "望江路 12 号门前的窨井盖破了，晚上骑车很危险，请尽快更换。",
    "caller": {"name": "沈一帆", "phone": "13900001234"},
    "place": "望江路 12 号",
}


def registered(api: Api, login: str = "agent", **more: Any) -> str:
    status, made = api.as_(login).post("/tickets", {**STREET, **more})
    assert status == 201, made
    return made["no"]


def test_a_ticket_is_registered_and_can_be_read_back(api: Api) -> None:
    status, made = api.as_("agent").post("/tickets", STREET)
    assert (status, len(made["code"]), made["already"]) == (201, 8, False)
    status, whole = api.as_("agent").get(f"/tickets/{made['no']}")
    assert status == 200
    assert whole["title"].startswith("望江路 12 号")
    assert "13900001234" not in json.dumps(whole)
    assert [row["kind"] for row in whole["timeline"]][:2] == ["registered", "submit"]


def test_the_same_idempotency_key_registers_once(api: Api) -> None:
    agent = api.as_("agent")
    first = agent.post("/tickets", STREET, **{"Idempotency-Key": "walk-1"})
    again = agent.post("/tickets", STREET, **{"Idempotency-Key": "walk-1"})
    assert (first[0], again[0]) == (201, 200)
    assert again[1] == {**first[1], "already": True}


def test_an_idempotency_key_cannot_be_used_for_another_content(api: Api) -> None:
    agent = api.as_("agent")
    agent.post("/tickets", STREET, **{"Idempotency-Key": "walk-2"})
    status, refused = agent.post("/tickets", {**STREET, "place": "别处"}, **{"Idempotency-Key": "walk-2"})
    assert (status, refused["code"]) == (409, "idempotency.reused")


@pytest.mark.parametrize("key", ["", "键", "a" * 201, "a b"])
def test_an_idempotency_key_has_a_form(api: Api, key: str) -> None:
    answer = api.as_("agent").send(
        "POST", "/tickets", json=STREET, headers={"Idempotency-Key": key.encode().decode("latin-1")}
    )
    assert answer.status_code == 400


def test_a_draft_is_submitted_answered_or_refused_later(api: Api) -> None:
    no = registered(api, outcome={"kind": "draft"})
    agent = api.as_("agent")
    assert agent.move(no, "answer", reply="已告知办理方式。")[1]["state"] == "closed"
    no = registered(api, outcome={"kind": "draft"})
    status, moved = agent.move(no, "refuse", reason_code="refuse-litigation")
    assert (status, moved["state"]) == (200, "refused")
    no = registered(api, outcome={"kind": "draft"})
    assert agent.move(no, "submit")[1]["state"] == "review"


def test_a_direct_answer_is_registered_in_one_step(api: Api) -> None:
    status, made = api.as_("agent").post(
        "/tickets", {**STREET, "outcome": {"kind": "answer", "reply": "办理时间为工作日上午九点至下午五点。"}}
    )
    assert (status, made["state"]) == (201, "closed")


def test_pages_follow_their_cursor_and_never_repeat(api: Api) -> None:
    for _ in range(5):
        registered(api)
    agent, seen, cursor = api.as_("agent"), [], None
    while True:
        _, page = agent.get("/tickets", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["no"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) >= 5


def test_text_search_finds_what_the_index_holds_and_the_reader_may_see(api: Api) -> None:
    no = registered(api, text="青石巷的银杏树枯死了，担心倒下来砸到人。")
    api.served.settle()
    _, found = api.as_("agent").get("/tickets", q="银杏树枯死")
    assert [row["no"] for row in found["items"]][:1] == [no]
    _, hidden = api.as_("unit-lz-rsj").get("/tickets", q="银杏树枯死")
    assert hidden["items"] == []


def test_a_ticket_is_found_by_its_old_number(api: Api) -> None:
    no = registered(api, source_system="旧系统", source_no="OLD-77")
    assert api.as_("agent").get("/tickets/OLD-77")[1]["no"] == no


def test_the_deadline_lists_its_steps(api: Api) -> None:
    no = registered(api)
    _, answer = api.as_("agent").get(f"/tickets/{no}/deadline")
    assert answer["clocks"]
    assert answer["clocks"][0]["steps"]
    assert answer["clocks"][0]["due_at"] == answer["clocks"][0]["replayed_due_at"]


def test_revealing_gives_one_value_and_asks_for_a_reason(api: Api) -> None:
    no = registered(api)
    agent = api.as_("agent")
    request = agent.get(f"/tickets/{no}")[1]["requests"][0]["id"]
    asked = {"request_id": request, "field": "phone", "reason": "核对回电号码"}
    assert agent.post(f"/tickets/{no}/reveal", asked) == (200, {"value": "13900001234"})
    assert agent.post(f"/tickets/{no}/reveal", {**asked, "reason": ""})[0] == 400
    assert api.as_("analyst").post(f"/tickets/{no}/reveal", asked)[0] == 403


def test_a_contact_beside_the_caller_is_taken_masked_and_revealed_by_role(api: Api) -> None:
    no = registered(api, contact={"name": "柳青青", "phone": "13900004321"})
    agent = api.as_("agent")
    request = agent.get(f"/tickets/{no}")[1]["requests"][0]
    assert [row["role"] for row in request["parties"]] == ["contact"]
    assert "13900004321" not in json.dumps(request)
    asked = {"request_id": request["id"], "field": "phone", "reason": "核对回电号码", "role": "contact"}
    assert agent.post(f"/tickets/{no}/reveal", asked) == (200, {"value": "13900004321"})
    assert agent.post(f"/tickets/{no}/reveal", {**asked, "role": "subject"})[0] == 400


def test_linking_takes_the_right_to_write(api: Api) -> None:
    one, other = registered(api), registered(api)
    body = {"other": other, "kind": "related"}
    assert api.as_("agent").post(f"/tickets/{one}/links", body)[0] == 201
    assert api.as_("analyst").post(f"/tickets/{one}/links", body)[0] == 403
    assert api.as_("agent").get(f"/tickets/{one}")[1]["links"][0]["no"] == other


BAD_BODIES = {
    "no text": ({}, "fields.invalid"),
    "unknown field": ({**STREET, "colour": "red"}, "fields.invalid"),
    "wrong type": ({"text": 5}, "fields.invalid"),
    "number for a flag": ({**STREET, "secret": 1}, "fields.invalid"),
    "unknown hotline": ({**STREET, "hotline": "99999"}, "draft.invalid"),
    "unknown request type": ({**STREET, "request_type": "wish"}, "fields.invalid"),
    "over-long text": ({"text": "长" * 20_001}, "fields.invalid"),
    "phone of letters": ({**STREET, "caller": {"phone": "not a number"}}, "draft.invalid"),
    "naive time": ({**STREET, "received_at": "2026-11-16T09:00:00"}, "fields.invalid"),
    "time before time": ({**STREET, "received_at": "0001-01-01T00:00:00+08:00"}, "fields.invalid"),
    "NUL": ({"text": "a\x00b"}, "text.unstorable"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_input_is_told_by_field_and_leaves_nothing(api: Api, name: str) -> None:
    body, code = BAD_BODIES[name]
    before = api.runtime.query(lambda uow: uow.views.ticket_count({}))
    status, problem = api.as_("agent").post("/tickets", body)
    assert (status, problem["ok"], problem["code"]) == (400, False, code)
    assert api.runtime.query(lambda uow: uow.views.ticket_count({})) == before


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "fields.invalid"),
        (b"{", "body.json"),
        (b"[]", "body.object"),
        (b'{"text": "a", "text": "b"}', "body.duplicate"),
        (b'{"text": NaN}', "body.json"),
        (b'{"text": 1e999}', "body.json"),
        (b'{"text": "\\ud800"}', "text.unstorable"),
        (b'{"text": "\xff"}', "body.json"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "body.depth"),
        (b"[" * 100_000, "body.json"),
        (b'{"text": ' + b"9" * 5000 + b"}", "body.json"),
    ],
)
def test_what_is_not_proper_json_is_refused(api: Api, raw: bytes, code: str) -> None:
    answer = api.as_("agent").send("POST", "/tickets", data=raw)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=100000000000000000000",
        "cursor=99999999999999999999999",
        "cursor=-1",
        "state=nowhere",
        "area=nowhere",
        "hotline=00000",
        "lead_unit=nobody",
        "colour=red",
        "limit=1&limit=2",
        "q=%00",
        "q=%ff",
        "phone=%E4%B8%8D",
        "received_from=2026-01-01",
        "secret=maybe",
    ],
)
def test_bad_queries_are_refused(api: Api, query: str) -> None:
    answer = api.as_("agent").send("GET", f"/tickets?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["ok"] is False


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE tickets; --", "<script>alert(1)</script>", "𠮷野㑇 😀 𪜀𫝀𫠝𬺰𰀀"]
)
def test_odd_texts_are_kept_as_they_are(api: Api, text: str) -> None:
    no = registered(api, text=text)
    assert api.as_("agent").get(f"/tickets/{no}")[1]["requests"][0]["text"] == text


def test_other_verbs_are_told_which_are_answered(api: Api) -> None:
    agent = api.as_("agent")
    answer = agent.send("DELETE", "/tickets")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    assert agent.send("OPTIONS", "/tickets").status_code == 204
    head = agent.send("HEAD", "/tickets")
    assert (head.status_code, head.content) == (200, b"")


def test_nobody_gets_in_without_a_login(api: Api) -> None:
    status, problem = api.as_().post("/tickets", STREET)
    assert (status, problem["code"]) == (401, "http.401")


def test_an_unknown_path_answers_in_the_same_shape(api: Api) -> None:
    status, problem = api.as_("agent").get("/nothing")
    assert (status, problem["ok"]) == (404, False)
