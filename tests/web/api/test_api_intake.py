"""Signed intake: who may hand over, what is refused, and that repeating is harmless."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from hotline.domain.drafts import TicketDraft
from hotline.runtime import Runtime
from hotline.services import intake, signing
from tests.conftest import actors_of
from tests.web.api.conftest import API, Api, Key

NOISE = {
    "external_no": "HB-2026-1",
    "text": "夜里十一点后工地仍在浇筑，影响休息。",
    "caller": {"name": "何青", "phone": "13900000001"},
}


@pytest.fixture(scope="module")
def key(api: Api) -> Key:
    return api.key("12369")


def noise(number: str, **more: Any) -> dict[str, Any]:
    return {**NOISE, "external_no": number, **more}


def test_a_signed_request_becomes_a_ticket_and_repeating_it_gives_the_same(api: Api, key: Key) -> None:
    status, first = key.post("/intake/12369", noise("A-1"))
    assert (status, first["already"], len(first["code"])) == (201, False, 8)
    status, again = key.post("/intake/12369", noise("A-1"))
    assert (status, again["already"], again["no"]) == (200, True, first["no"])
    whole = api.as_("agent").get(f"/tickets/{first['no']}")[1]
    assert (whole["hotline"], whole["channel"], whole["source_no"]) == ("12369", "legacy", "A-1")


def test_the_old_system_looks_up_its_own_matters_only(api: Api, key: Key) -> None:
    key.post("/intake/12369", noise("A-2"))
    status, state = key.get("/intake/12369/A-2")
    assert (status, state["state_label"], state["external_no"]) == (200, "待审核", "A-2")
    assert key.get("/intake/12369/A-404")[0] == 404
    assert api.key("12333").get("/intake/12333/A-2")[0] == 404


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"X-Hotline-Signature": "0" * 64}, "signature.wrong"),
        ({"X-Hotline-Signature": "forged"}, "signature.form"),
        ({"X-Hotline-Signature": ""}, "signature.missing"),
        ({"X-Hotline-Key": ""}, "signature.missing"),
        ({"X-Hotline-Key": "12369-unknown"}, "signature.wrong"),
        ({"X-Hotline-Nonce": "another-nonce"}, "signature.wrong"),
        ({"X-Hotline-Nonce": "x"}, "signature.form"),
        ({"X-Hotline-Timestamp": "soon"}, "signature.wrong"),
    ],
)
def test_a_forged_or_missing_signature_is_not_identified(
    api: Api, key: Key, changed: dict[str, str], code: str
) -> None:
    before = api.runtime.query(lambda uow: uow.views.ticket_count({}))
    status, problem = key.post("/intake/12369", noise("B-1"), **changed)
    assert (status, problem["code"]) == (401, code)
    assert api.runtime.query(lambda uow: uow.views.ticket_count({})) == before


def test_a_changed_body_or_path_breaks_the_signature(key: Key) -> None:
    headers = key.headers("POST", f"{API}/intake/12369", b'{"external_no": "B-2", "text": "a"}')
    for path, body in (("12369", b'{"external_no": "B-2", "text": "b"}'), ("12369?x=1", b""), ("12333", b"")):
        answer = requests.post(f"{key.base}{API}/intake/{path}", data=body, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature.wrong")


@pytest.mark.parametrize("drift", [-301, 301])
def test_an_old_or_early_signature_is_refused(key: Key, drift: int) -> None:
    headers = key.headers("GET", f"{API}/intake/12369/A-1", at=time.time() + drift)
    answer = requests.get(f"{key.base}{API}/intake/12369/A-1", headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature.expired")


def test_a_signature_holds_once(key: Key) -> None:
    path = f"{API}/intake/12369/A-404"
    key.post("/intake/12369", noise("A-5"))
    headers = key.headers("GET", f"{API}/intake/12369/A-5")
    answers = [
        requests.get(f"{key.base}{API}/intake/12369/A-5", headers=headers, timeout=30) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[1].json()["code"] == "signature.replayed"
    again = key.headers("GET", path, nonce=headers["X-Hotline-Nonce"])
    assert requests.get(f"{key.base}{path}", headers=again, timeout=30).status_code == 409


def test_a_refused_body_leaves_neither_ticket_nor_used_nonce(key: Key) -> None:
    status, problem = key.post("/intake/12369", noise("B-3", text=""))
    assert (status, problem["code"]) == (400, "fields.invalid")
    assert key.get("/intake/12369/B-3")[0] == 404


def test_a_revoked_key_signs_nothing(api: Api) -> None:
    key = api.key("12369")
    assert key.post("/intake/12369", noise("C-1"))[0] == 201
    assert api.as_("secadmin").delete(f"/intake-keys/{key.key_id}") == (200, {"ok": True})
    assert key.post("/intake/12369", noise("C-2"))[1]["code"] == "signature.wrong"
    shown = api.as_("secadmin").get("/intake-keys")[1]["items"]
    assert next(row for row in shown if row["key_id"] == key.key_id)["active"] is False
    assert all("secret" not in row for row in shown)


def test_only_security_administration_issues_keys(api: Api) -> None:
    assert api.as_("supervisor").post("/intake-keys", {"hotline": "12369"})[0] == 403
    status, made = api.as_("secadmin").post("/intake-keys", {"hotline": "12369"})
    assert status == 201
    assert Key(api.served.base, made["key_id"], made["secret"]).post("/intake/12369", noise("D-1"))[0] == 201


def test_the_old_systems_categories_become_ours_where_they_are_mapped(api: Api, key: Key) -> None:
    code = api.as_("agent").get("/reference/categories", limit=1)[1]["items"][0]["key"]
    admin = api.as_("sysadmin")
    assert admin.put("/category-maps/12369", {"map": {"噪声/施工": code}})[0] == 200
    assert admin.put("/category-maps/12369", {"map": {"x": "no-such-code"}})[0] == 400
    assert admin.get("/category-maps/12369")[1] == {"map": {"噪声/施工": code}}
    for number, category, expected in (("E-1", "噪声/施工", code), ("E-2", "别的", "")):
        no = key.post("/intake/12369", noise(number, source_category=category))[1]["no"]
        assert api.as_("agent").get(f"/tickets/{no}")[1]["timeline"][0]["kind"] == "registered"
        held = api.runtime.query(lambda uow, no=no: uow.views.ticket_row(no))
        assert held["category"] == expected or held["category_by"] == "model"


def test_a_token_does_not_replace_the_signature(api: Api) -> None:
    assert api.as_("agent").post("/intake/12369", noise("F-1"))[1]["code"] == "signature.missing"


def test_nonces_and_keys_are_forgotten_after_a_day(both: Runtime) -> None:
    at = both.transact(lambda uow: (uow.remember("nonce:k", "one", "", {}), uow.now)[1])
    assert both.transact(lambda uow: uow.forget_remembered(at)) == 0
    assert both.transact(lambda uow: uow.forget_remembered(at + timedelta(seconds=1))) == 1


def test_two_servers_that_get_the_same_signature_take_it_once(both: Runtime) -> None:
    admin = actors_of(both)["secadmin"]
    made = both.transact(signing.issue_key, admin, "12369")
    plain = signing.Signed("POST", "/x", made["key_id"], str(int(both.clock.now().timestamp())), "n" * 12, "")
    signed = replace(plain, signature=signing.signature_of(made["secret"], plain))
    drafts = [TicketDraft(text="夜间施工", source_no=f"R-{n}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        tries = [pool.submit(both.transact, signing.receive, "12369", signed, draft) for draft in drafts]
    failures = [done.exception() for done in tries]
    assert sum(failure is None for failure in failures) == 1
    assert {failure.code for failure in failures if failure} == {"signature.replayed"}
    assert both.query(lambda uow: uow.views.ticket_count({"hotline": "12369"})) == 1


def test_one_external_number_becomes_one_ticket_however_many_hand_it_over(both: Runtime) -> None:
    admin = actors_of(both)["secadmin"]
    made = both.transact(signing.issue_key, admin, "12369")

    def hand_over(number: int) -> intake.Registered:
        plain = signing.Signed(
            "POST", "/x", made["key_id"], str(int(both.clock.now().timestamp())), f"nonce-{number:04d}", ""
        )
        signed = replace(plain, signature=signing.signature_of(made["secret"], plain))
        return both.transact(signing.receive, "12369", signed, TicketDraft(text="噪声", source_no="R-1"))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(hand_over, range(4)))
    assert len({answer.no for answer in answers}) == 1
    assert sorted(answer.already for answer in answers) == [False, True, True, True]
