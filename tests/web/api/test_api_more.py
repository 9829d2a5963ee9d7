"""Classifier, similar tickets, knowledge, counts, reference data and tokens over the API; the statements it costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.people import Actor, User
from hotline.runtime import Runtime
from hotline.services import intake, queries
from tests.web.api.conftest import Api
from tests.web.api.test_api_tickets import registered


def test_texts_are_classified_in_one_batch(api: Api) -> None:
    texts = [
        "小区路灯不亮，请来修一下",
        {"title": "拖欠工资", "detail": "工地三个月没发工资，联系电话13900000003"},
    ]
    status, answer = api.as_("agent").post("/classify", {"texts": texts})
    assert (status, len(answer["results"])) == (200, 2)
    assert answer["results"][0]["categories"]
    assert any(found["kind"] == "phone" for found in answer["results"][1]["entities"])
    assert all(unit["lead_name"] for result in answer["results"] for unit in result["units"])


@pytest.mark.parametrize(
    "texts", [[], ["a"] * 101, ["长" * 100_001], [5], [{"title": "a", "more": 1}], "text", [None]]
)
def test_the_classifier_takes_what_it_says_it_takes(api: Api, texts: Any) -> None:
    assert api.as_("agent").post("/classify", {"texts": texts})[0] == 400


@pytest.mark.parametrize("text", ["", "!!!", "𠮷" * 50, "a" * 100_000])
def test_odd_texts_are_classified_without_failing(api: Api, text: str) -> None:
    assert api.as_("agent").post("/classify", {"texts": [text]})[0] == 200


def test_similar_tickets_are_those_the_reader_may_see(api: Api) -> None:
    text = "滨河公园南门的健身器材坏了，扶手断裂，孩子差点摔倒，请派人维修。"
    no = registered(api, text=text)
    api.served.settle()
    found = api.as_("agent").post("/similar", {"text": text})[1]["items"]
    assert found[0]["no"] == no
    assert found[0]["score"] > 0.7
    assert found[0]["finished"] is False
    assert api.as_("unit-lz-rsj").post("/similar", {"text": text})[1]["items"] == []


def test_what_a_caller_says_stands_in_no_address(api: Api) -> None:
    status, answer = api.as_("agent").get("/similar", text="我叫王小明，电话13900001234，小区停水")
    assert (status, answer["code"]) == (405, "http.405")
    assert "请用 POST" in answer["message"]
    assert "王小明" not in answer["message"]


@pytest.mark.parametrize("text", ["", "长" * 100_001, 5, None])
def test_the_finder_of_similar_tickets_takes_what_it_says_it_takes(api: Api, text: Any) -> None:
    assert api.as_("agent").post("/similar", {"text": text})[0] == 400


@pytest.mark.parametrize("text", ["!", "😀" * 500, "长" * 100_000])
def test_odd_texts_have_no_or_some_similar_tickets(api: Api, text: str) -> None:
    assert api.as_("agent").post("/similar", {"text": text})[0] == 200


def article(**more: Any) -> dict[str, Any]:
    return {
        "title": "窨井盖破损怎样反映",
        "category": "0301",
        "unit_code": "LZ-CGJ",
        "material_kind": "热点问答",
        "keywords": ["窨井盖"],
        "answer": "请告诉我们道路名称和最近的门牌号，抢修队两小时内到场。",
        **more,
    }


def test_an_article_lives_its_life_and_is_then_found(api: Api) -> None:
    editor, supervisor = api.as_("editor"), api.as_("supervisor")
    category = editor.get("/reference/categories", limit=1)[1]["items"][0]["key"]
    unit = editor.get("/reference/units", limit=1)[1]["items"][0]["key"]
    status, made = editor.post("/kb/articles", article(category=category, unit_code=unit))
    assert (status, made["state"]) == (201, "draft")
    path = f"/kb/articles/{made['id']}"
    changed = article(
        category=category, unit_code=unit, answer="抢修队一小时内到场。", revision=made["revision"]
    )
    status, made = editor.put(path, changed)
    assert status == 200
    assert editor.put(path, changed)[0] == 409
    status, made = editor.post(f"{path}/moves", {"move": "submit", "revision": made["revision"]})
    assert made["state"] == "in_review"
    assert editor.post(f"{path}/moves", {"move": "approve", "revision": made["revision"]})[0] == 403
    api.runtime.transact(_second_editor)
    second = api.as_("second-editor")
    made = second.post(f"{path}/moves", {"move": "approve", "revision": made["revision"]})[1]
    status, made = supervisor.post(f"{path}/moves", {"move": "publish", "revision": made["revision"]})
    assert (status, made["state"]) == (200, "published")
    api.served.settle()
    status, answer = api.as_().get("/kb/search", q="窨井盖破损")
    assert (status, answer["items"][0]["id"]) == (200, made["id"])
    assert api.as_().get(f"/kb/published/{made['id']}")[0] == 200
    assert api.as_().post(f"/kb/published/{made['id']}/feedback", {"kind": "useful"})[0] == 201


def _second_editor(uow: Any) -> None:
    first = uow.first(User, login="editor")
    uow.add(
        User(
            id=uow.new_id(),
            login="second-editor",
            name="第二编辑",
            password_hash=first.password_hash,
            roles=["kb_editor"],
            created_at=uow.now,
            changed_at=uow.now,
        )
    )


def test_a_callers_story_suggests_articles(api: Api) -> None:
    story = "我母亲今年退休，想问一下退休手续怎么办，社保养老金什么时候能领到"
    status, answer = api.as_().get("/kb/suggest", q=story)
    assert status == 200
    assert answer["items"]
    assert answer["items"][0]["terms"]


def test_internal_knowledge_asks_who_reads(api: Api) -> None:
    assert api.as_().get("/kb/search", q="派单", scope="staff")[0] == 401
    assert api.as_("sysadmin").get("/kb/search", q="派单", scope="staff")[0] == 403
    assert api.as_("agent").get("/kb/search", q="派单", scope="staff")[0] == 200


def test_articles_are_paged(api: Api) -> None:
    editor = api.as_("editor")
    first = editor.get("/kb/articles", limit=2)[1]
    second = editor.get("/kb/articles", limit=2, cursor=first["next"])[1]
    assert not {row["id"] for row in first["items"]} & {row["id"] for row in second["items"]}
    for cursor in ("x", "2026-01-01~1", "0001-01-01T00:00:00+08:00~1", f"2026-01-01T00:00:00Z~{9**30}"):
        assert editor.get("/kb/articles", cursor=cursor)[0] == 400


def test_counts_are_for_those_who_watch(api: Api) -> None:
    registered(api)
    status, overview = api.as_("leader").get("/stats/overview")
    assert status == 200
    assert sum(row["count"] for row in overview["states"]) >= 1
    assert sum(row["count"] for row in overview["by"]["hotline"]) == overview["received"]
    assert api.as_("leader").get("/stats/units", days=7)[0] == 200
    assert api.as_("agent").get("/stats/overview")[0] == 403


def test_reference_data_is_looked_up(api: Api) -> None:
    agent = api.as_("agent")
    for kind in ("areas", "units", "categories", "hotlines", "reasons"):
        status, answer = agent.get(f"/reference/{kind}", limit=3)
        assert status == 200
        assert answer["items"]
        assert all(row["key"] and row["name"] for row in answer["items"]), kind
    top = agent.get("/reference/areas", parent="root")[1]["items"]
    assert agent.get("/reference/areas", parent=top[0]["key"])[1]["items"]
    assert agent.get("/reference/secrets")[0] == 404
    assert agent.get("/reference/areas", parent="nowhere")[0] == 400


def test_a_token_is_issued_in_the_browser_used_and_revoked(api: Api) -> None:
    browser = api.served.client("agent")
    made = browser.post("/api/v1/tokens", json={"label": "报表脚本", "days": 30})
    assert made.status_code == 201
    caller = api.as_()
    caller.client.headers["Authorization"] = f"Bearer {made.json()['token']}"
    assert caller.get("/tickets")[0] == 200
    assert caller.post("/tokens", {"label": "再来一个"})[1]["code"] == "token.by_token"
    row = next(row for row in caller.get("/tokens")[1]["items"] if row["label"] == "报表脚本")
    assert api.as_("agent2").delete(f"/tokens/{row['id']}")[0] == 404
    assert caller.delete(f"/tokens/{row['id']}")[0] == 200
    assert caller.get("/tickets")[0] == 401


def test_a_browser_session_still_proves_that_the_page_is_ours(api: Api) -> None:
    browser = api.served.client("agent")
    del browser.cookies["_xsrf"]
    assert browser.post("/api/v1/tokens", json={"label": "x"}).status_code == 403


# what it costs
@contextmanager
def counted(runtime: Runtime) -> Iterator[list[str]]:
    """The statements that the database is sent, savepoints and commits left out."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.split()[0].upper() not in ("BEGIN", "COMMIT", "ROLLBACK"):
            found.append(statement)

    event.listen(runtime.uows.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(runtime.uows.engine, "before_cursor_execute", note)


FULL = TicketDraft(
    text="井盖破了",
    caller=Person(name="沈一帆", phone="13900001234", address="望江路 12 号"),
    place="望江路",
    subject="某施工单位",
)
KEYED = TicketDraft(text="井盖破了", caller=Person(name="沈一帆", phone="13900001234"), place="望江路")


@pytest.mark.parametrize(
    ("service", "data"),
    [(intake.register, (FULL,)), (intake.register_once, (KEYED, None, "key-1", "f" * 64))],
    ids=["with a subject", "with a key"],
)
def test_registering_takes_twelve_statements_at_most(
    runtime: Runtime, actors: dict[str, Actor], service: Any, data: tuple[Any, ...]
) -> None:
    runtime.query(lambda uow: uow.reference)
    with counted(runtime) as statements:
        runtime.transact(service, actors["agent"], *data)
    assert len(statements) <= 12, "\n".join(statements)


def test_a_page_of_tickets_takes_six_statements_at_most(runtime: Runtime, actors: dict[str, Actor]) -> None:
    runtime.transact(intake.register, actors["agent"], TicketDraft(text="井盖破了"))
    for login in ("agent", "unit-lz01-cgj"):
        with counted(runtime) as statements:
            runtime.query(queries.tickets, actors[login], {"overdue": True}, None, 50)
        assert len(statements) <= 6, "\n".join(statements)
