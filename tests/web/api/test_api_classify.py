"""POST /api/v1/classify: what it says about a message, and what it makes of bad input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hotline.domain.drafts import TicketDraft
from hotline.services import closing, intake
from tests.conftest import actors_of
from tests.web.api.conftest import Api
from tests.web.api.test_api_more import counted


def classified(api: Api, *texts: Any) -> list[dict[str, Any]]:
    status, answer = api.as_("agent").post("/classify", {"texts": list(texts)})
    assert status == 200, answer
    assert len(answer["results"]) == len(texts)
    return answer["results"]


def test_an_emergency_is_told_with_its_signals(api: Api) -> None:
    (one,) = classified(api, {"title": "快来人", "detail": "二楼着火了，有两个孩子被困在屋里"})
    assert one["urgency"] == "critical"
    assert {"life", "safety", "minor"} <= set(one["sensitive"])
    assert one["request_type"] == "help"


def test_a_figure_of_speech_raises_no_alarm(api: Api) -> None:
    (one,) = classified(api, "商场天天喊跳楼甩卖，音响吵得要死")
    assert (one["urgency"], one["sensitive"]) == ("normal", [])


def test_an_unsure_text_still_names_its_best_classes(api: Api) -> None:
    one = classified(api, "临澜区清河路小区停水三天了，没水做饭")[0]
    assert one["classes"][0]["path"] == ["城乡建设"]
    assert one["units"][0]["lead_name"] == "澜州水务集团有限公司"
    assert one["units"][0]["history"] == ""


def test_the_history_of_final_units_is_told_beside_the_catalogue(api: Api) -> None:
    text = "临澜区清河路小区停水三天了，没水做饭"
    before = classified(api, text)[0]
    lead, matter = before["units"][0]["lead"], before["categories"][0]["code"]
    rt = api.runtime
    actor = actors_of(rt)["supervisor"]
    for number in range(3):
        draft = TicketDraft(text=f"停水第{number}天", area=before["area"], category=matter)
        no = rt.transact(intake.register, actor, draft).no

        def end(uow: Any, no: str = no) -> None:
            ticket = uow.ticket(no)
            ticket.lead_unit, ticket.category, ticket.area = lead, matter, before["area"]
            closing.close(uow, actor, ticket, "followed_up")

        rt.transact(end)
    assert classified(api, text)[0]["units"][0]["history"] == "近 90 天 3 件本地同类由其办结"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "嗯",
        "。",
        "😀🙂🔥" * 200,
        "The street lamp in front of my house is broken, please help.",
        "2026-03-01 12:00:00,123 ERROR [main] java.lang.NullPointerException at com.a.B(C.java:12)\n" * 300,
        "投诉" * 50_000,
        "孩子被打" * 25_000,
        "没有" * 50_000,
        "（" * 100_000,
        "a" * 100_000,
        "１" * 100_000,
    ],
    ids=lambda text: f"{len(text)}-{text[:4]!a}",
)
def test_odd_texts_get_an_unsure_answer(api: Api, text: str) -> None:
    status, answer = api.as_("agent").post("/classify", {"texts": [text]})
    assert status == 200, answer
    one = answer["results"][0]
    assert not one["certain"]
    assert one["request_type"] in {"consult", "help", "complaint", "report", "suggestion", "praise"}
    json.dumps(answer).encode("utf-8")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"texts": []}, 400),
        ({"texts": ["a"] * 101}, 400),
        ({"texts": ["长" * 100_001]}, 400),
        ({"texts": ["\ud800半个字符"]}, 400),
        ({"texts": ["\u0000空字节"]}, 400),
        ({"texts": [{"title": 1}]}, 400),
        ({"texts": [["a"]]}, 400),
        ({"texts": {"title": "a"}}, 400),
        ([], 400),
    ],
)
def test_what_is_no_list_of_texts_is_refused_in_chinese(api: Api, body: Any, status: int) -> None:
    found, answer = api.as_("agent").post("/classify", body)
    assert found == status
    assert any("\u4e00" <= sign <= "\u9fff" for sign in answer["message"])


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ({"body": "停水"}, {"texts.1.body": "不认识这个字段"}),
        ({"title": 1}, {"texts.1.title": "应为文字"}),
        ({"title": 1, "body": ""}, {"texts.1.title": "应为文字", "texts.1.body": "不认识这个字段"}),
        ("长" * 100_001, {"texts.1": "最多 100000 个字"}),
        (["停水"], {"texts.1": "应为对象或文字"}),
    ],
    ids=["unknown", "number", "both", "long", "list"],
)
def test_a_fault_is_told_at_the_place_the_caller_wrote(api: Api, text: Any, faults: dict[str, str]) -> None:
    _, answer = api.as_("agent").post("/classify", {"texts": ["停水", text]})
    assert answer["details"]["fields"] == faults


def test_a_hundred_texts_ask_the_history_once(api: Api) -> None:
    with counted(api.runtime) as statements:
        classified(api, *[f"小区停水第{number}天" for number in range(100)])
    assert sum("tickets.lead_unit" in statement for statement in statements) == 1
