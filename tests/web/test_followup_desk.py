"""回访台 over HTTP."""

from __future__ import annotations

import re

import pytest

from tests.flows.story import Story
from tests.serving import Served


@pytest.fixture
def waiting(server: Served) -> tuple[Served, str, str]:
    """A served house with one request that waits for 回访: (server, ticket number, address of the request)."""
    story = Story(server.runtime)
    no, assignment = story.dispatched()
    story.answered(no, assignment)
    page = server.client("followup").get("/followup").text
    found = re.search(rf'href="(/followup/{no}/\d+)"', page)
    assert found
    return server, no, found[1]


def test_three_answers_close_the_ticket(waiting: tuple[Served, str, str]) -> None:
    server, no, address = waiting
    client = server.client("followup")
    assert "三、您对办理过程和结果满意吗" in client.get(address).text
    answers = {"contacted": "yes", "solved": "solved", "satisfied": "satisfied", "outcome": "reached"}
    assert f"{no} 回访已保存" in client.post(address, data=answers).text
    assert Story(server.runtime).ticket(no)["state"] == "closed"
    assert "没有待回访的诉求" in client.get("/followup").text
    assert "已经回访过了" in client.get(address).text


def test_a_missing_answer_is_shown_beside_its_question(waiting: tuple[Served, str, str]) -> None:
    server, no, address = waiting
    client = server.client("followup")
    client.get(address)
    answer = client.post(address, data={"contacted": "yes", "outcome": "reached"})
    assert answer.status_code == 422
    assert "请选择问题是否解决" in answer.text
    assert "请选择是否满意" in answer.text
    assert "请选择是否联系过" not in answer.text
    assert Story(server.runtime).ticket(no)["state"] == "follow_up"


def test_not_reached_counts_and_a_unit_may_not_ask(waiting: tuple[Served, str, str]) -> None:
    server, _, address = waiting
    client = server.client("followup")
    client.get(address)
    client.post(address, data={"outcome": "not_reached"})
    assert "未接通 1 次" in client.get("/followup").text
    assert server.client("unit-lz01-sjg").get(address).status_code == 403


def test_an_unhappy_caller_is_rehandled_with_the_reason(waiting: tuple[Served, str, str]) -> None:
    server, no, address = waiting
    client = server.client("followup")
    client.get(address)
    answers = {"contacted": "no", "solved": "unsolved", "satisfied": "dissatisfied", "outcome": "reached"}
    client.post(address, data=answers | {"rehandle": "1", "opinion": "没有人联系我"})
    whole = Story(server.runtime).ticket(no)
    assert (whole["state"], whole["round_no"]) == ("handling", 2)
