"""A caller comes back after the ticket was closed: what the desks show of it, and what they offer to do."""

from __future__ import annotations

import html
from typing import Any

import pytest

from hotline.services import closing, queries
from hotline.web.desk import suggestions
from tests.serving import Client, Served
from tests.web.desk_words import LIFT, City


@pytest.fixture
def city(server: Served, monkeypatch: pytest.MonkeyPatch) -> City:
    """A machine under load leaves no help out here."""
    monkeypatch.setattr(suggestions, "PATIENCE_S", 60.0)
    return City(server)


def closed(city: City) -> str:
    """A ticket that was replied to, asked about and closed, and can be found."""
    no, key = city.replied()
    city.rt.transact(closing.accept, city.people["reviewer"], no, key)
    whole = city.rt.query(queries.ticket, city.people["followup"], no)
    answers = {"contacted": "yes", "solved": "solved", "satisfied": "satisfied"}
    city.rt.transact(
        closing.follow_up, city.people["followup"], no, whole["requests"][0]["id"], True, **answers
    )
    assert city.state(no) == "closed"
    city.server.settle()
    return no


def form(client: Client, **values: Any) -> dict[str, Any]:
    client.get("/desk?new=1")
    usual = {"key": "form-key-0001", "hotline": "12345", "channel": "phone", "text": LIFT}
    return {**usual, **values}


def similar(client: Client) -> str:
    answer = client.post("/desk/suggest", data=form(client))
    return html.unescape(answer.json()["pieces"]["piece-similar"])


def test_an_agent_sees_that_it_is_closed_and_links_a_ticket_of_its_own(server: Served, city: City) -> None:
    no, agent = closed(city), server.client("agent")
    piece = similar(agent)
    assert "已办结" in piece
    assert f'value="link:{no}"' in piece
    for other in ("again", "urge", "merge", "rehandle"):
        assert f'value="{other}:{no}"' not in piece
    done = agent.post("/desk", data=form(agent, act=f"link:{no}", request_type="complaint"))
    assert "已登记" in done.text
    assert f'<a href="/tickets/{no}" class="num">{no}</a> 关联' in done.text


def test_who_may_decide_it_has_it_handled_again_from_the_desk(server: Served, city: City) -> None:
    no, boss = closed(city), server.client("supervisor")
    assert f'value="rehandle:{no}"' in similar(boss)
    blank = boss.post("/desk", data=form(boss, act=f"rehandle:{no}", text=""))
    assert blank.status_code == 422
    assert "请写明哪里没有办好" in blank.text
    done = boss.post("/desk", data=form(boss, act=f"rehandle:{no}", text="电梯又坏了，还是没人修"))
    assert "已按诉求里写的重办" in done.text
    assert city.state(no) == "handling"


def test_an_agent_cannot_have_it_handled_again_by_hand(server: Served, city: City) -> None:
    no, agent = closed(city), server.client("agent")
    assert agent.post("/desk", data=form(agent, act=f"rehandle:{no}")).status_code == 403
    assert city.state(no) == "closed"


def test_the_dispatch_desk_offers_nothing_to_merge_into(server: Served, city: City) -> None:
    no = closed(city)
    waiting = city.waiting()
    server.settle()
    page = html.unescape(server.client("dispatcher").get(f"/dispatch/tickets/{waiting}").text)
    assert "已办结，不能并入，可打开后关联" in page
    assert f'name="into" value="{no}"' not in page
