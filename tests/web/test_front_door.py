"""Signing in over HTTP: who gets where, and what a wrong password costs."""

from __future__ import annotations

from tests.conftest import PASSWORD
from tests.serving import Served


def test_an_agent_lands_on_the_intake_desk(server: Served) -> None:
    answer = server.client().log_in("agent", PASSWORD).get("/", allow_redirects=False)
    assert answer.headers["Location"] == "/desk"


def test_a_stranger_lands_on_the_portal(server: Served) -> None:
    assert server.client().get("/", allow_redirects=False).headers["Location"] == "/portal"


def test_five_wrong_passwords_lock_the_account(server: Served) -> None:
    client = server.client()
    client.get("/login")
    for _ in range(5):
        assert client.post("/login", data={"login": "agent", "password": "wrong"}).status_code == 403
    locked = client.post("/login", data={"login": "agent", "password": PASSWORD})
    assert locked.status_code == 403
    assert "锁定" in locked.text


def test_an_unknown_page_is_a_polite_404(server: Served) -> None:
    answer = server.client().get("/nowhere")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text
    api = server.client().get("/api/v1/nowhere")
    assert api.json() == {"ok": False, "code": "page.not_found", "message": "没有这个页面", "details": {}}
