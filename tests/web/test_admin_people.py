"""Accounts, dead letters, audit, own page and wall over HTTP."""

from __future__ import annotations

import re
from typing import Any

from hotline.domain.records import DeadLetter
from tests.flows.story import Story
from tests.serving import Client, Served

ACCOUNT = {"login": "newone", "name": "新来的𠮷", "roles": ["agent"], "extension": "8010"}


def _version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]


def _made(client: Client) -> str:
    client.get("/admin/users/new")
    page = client.post("/admin/users/new", data=ACCOUNT).text
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found, page
    return found[1]


def test_a_new_account_gets_a_password_that_is_shown_once_and_must_be_changed(server: Served) -> None:
    client = server.client("secadmin")
    password = _made(client)
    assert password not in client.get("/admin/users/newone").text
    fresh = server.client().log_in("newone", password)
    assert fresh.get("/desk").url.endswith("/password")


def test_no_account_is_taken_over_by_adding_it_again(server: Served) -> None:
    client = server.client("secadmin")
    client.get("/admin/users/new")
    answer = client.post("/admin/users/new", data={**ACCOUNT, "login": "agent"})
    assert answer.status_code == 422
    assert "已有这个账号" in answer.text
    twice = client.post("/admin/users/new", data={**ACCOUNT, "extension": "8001"})
    assert twice.status_code == 422
    assert "已登记给 张敏" in twice.text
    mixed = client.post("/admin/users/new", data={**ACCOUNT, "roles": ["sec_admin", "agent"]})
    assert mixed.status_code == 422
    assert "不得兼任" in mixed.text
    nowhere = client.post("/admin/users/new", data={**ACCOUNT, "roles": ["unit_handler"]})
    assert nowhere.status_code == 422


def test_a_stopped_account_is_logged_out_at_once_and_the_last_security_administrator_stays(
    server: Served,
) -> None:
    client, agent = server.client("secadmin"), server.client("agent")
    page = client.get("/admin/users/agent").text
    client.post("/admin/users/agent/stop", data={"version": _version(page), "reason": "离职交接"})
    assert "/login" in agent.get("/desk").url
    own = client.get("/admin/users/secadmin").text
    refused = client.post("/admin/users/secadmin/stop", data={"version": _version(own), "reason": "试一试"})
    assert refused.status_code == 409
    assert "不能停用自己" in refused.text
    demoted = client.post(
        "/admin/users/secadmin", data={"version": _version(own), "name": "安", "roles": ["agent"]}
    )
    assert demoted.status_code == 409
    assert "最后一个安全管理员" in demoted.text


def test_two_who_change_one_account_do_not_overwrite_each_other(server: Served) -> None:
    client = server.client("secadmin")
    version = _version(client.get("/admin/users/reviewer").text)
    values = {"name": "陈审", "roles": ["reviewer"], "version": version}
    assert client.post("/admin/users/reviewer", data={**values, "name": "陈大审"}).status_code == 200
    late = client.post("/admin/users/reviewer", data={**values, "name": "陈小审"})
    assert late.status_code == 409
    assert "陈小审" in late.text


def test_a_reset_password_ends_every_session(server: Served) -> None:
    client, agent = server.client("secadmin"), server.client("agent")
    client.get("/admin/users/agent")
    page = client.post("/admin/users/agent/password", data={"reason": "忘记密码"}).text
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found
    assert "/login" in agent.get("/desk").url
    server.client().log_in("agent", found[1])


def test_the_three_administrators_see_each_others_pages_never(server: Served) -> None:
    pages = {"sysadmin": "/admin/dead-letters", "secadmin": "/admin/users", "audadmin": "/admin/audit"}
    for login, own in pages.items():
        client = server.client(login)
        for page in pages.values():
            assert client.get(page).status_code == (200 if page == own else 403)


def _letter(uow: Any) -> int:
    letter = DeadLetter(
        id=uow.new_id(),
        message_id=1,
        consumer="triage",
        topic="ticket.registered",
        payload={"ticket_id": 1, "no": "20261121-00001"},
        error="KeyError",
        attempts=5,
        at=uow.now,
    )
    uow.add(letter)
    return letter.id


def test_a_dead_letter_is_dismissed_with_a_reason_once(server: Served) -> None:
    number = server.runtime.transact(_letter)
    client = server.client("sysadmin")
    assert "ticket.registered" in client.get("/admin/dead-letters").text
    assert client.post(f"/admin/dead-letters/{number}/dismiss", data={"reason": ""}).status_code == 400
    client.post(f"/admin/dead-letters/{number}/dismiss", data={"reason": "工单已手工处理"})
    assert "没有死信" in client.get("/admin/dead-letters").text
    assert client.post(f"/admin/dead-letters/{number}/retry").status_code == 409
    assert client.post("/admin/dead-letters/9007199254740991/retry").status_code == 404


def test_the_audit_is_filtered_and_verified_and_looking_is_audited(server: Served) -> None:
    client = server.client("audadmin")
    page = client.get("/admin/audit?action=login&subject=audadmin").text
    assert "audadmin" in page
    assert 'id="rows"' in page
    report = client.post("/admin/audit/verify", data={"anchor": ""}).text
    assert "校验通过" in report
    assert "校验审计" in client.get("/admin/audit?action=audit.verified").text
    assert "校验发现问题" in client.post("/admin/audit/verify", data={"anchor": "胡写的锚点"}).text


def test_a_token_is_shown_once_works_and_is_revoked(server: Served) -> None:
    client = server.client("agent")
    client.get("/me")
    assert client.post("/me", data={"label": " "}).status_code == 422
    assert client.post("/me", data={"label": "取数", "days": "9999"}).status_code == 422
    page = client.post("/me", data={"label": "取数", "days": "30"}).text
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found
    assert found[1] not in client.get("/me").text
    bearer = {"Authorization": f"Bearer {found[1]}"}
    assert server.client().get("/api/v1/tickets", headers=bearer).status_code == 200
    number = re.search(r"/me/tokens/(\d+)/revoke", client.get("/me").text)
    assert number
    client.post(f"/me/tokens/{number[1]}/revoke")
    assert server.client().get("/api/v1/tickets", headers=bearer).status_code == 401


def test_the_wall_shows_what_is_urgent_and_leads_to_its_acts(server: Served) -> None:
    story = Story(server.runtime)
    no, _ = story.dispatched(urgency="urgent")
    page = server.client("supervisor").get("/wall").text
    assert no in page
    assert f"/tickets/{no}/acts/urge" in page
    assert "紧急" in page
    assert "acts/urge" not in server.client("analyst").get("/wall").text
    assert server.client("agent").get("/wall").status_code == 403
