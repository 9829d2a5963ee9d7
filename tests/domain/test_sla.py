"""Profiles of time limits: the shipped file, which limit holds, and what is refused."""

from __future__ import annotations

import tomllib
from datetime import time
from importlib.resources import files
from typing import Any

import pytest

from hotline.domain.errors import InvalidInput
from hotline.domain.sla import LAST_MOMENT, Profile, parse, parse_counting, parse_limit

FILE = tomllib.loads((files("hotline") / "data" / "sla.toml").read_text("utf-8"))
SHIPPED = {row["code"]: parse(row, FILE["version"]) for row in FILE["profile"]}


def _profile(*limits: dict[str, Any], **counting: Any) -> Profile:
    return parse({"code": "x", "name": "试用", "version": 1, "limit": list(limits), "counting": counting})


def _limit(amount: int = 5, **fields: Any) -> dict[str, Any]:
    return {"purpose": "reply", "amount": amount, "unit": "working_day"} | fields


@pytest.mark.parametrize(
    ("code", "request_type", "urgency", "complexity", "words"),
    [
        ("sichuan-2026", "consult", "normal", "", "3 个工作日"),
        ("sichuan-2026", "help", "normal", "", "7 个工作日"),
        ("sichuan-2026", "report", "normal", "", "15 个工作日"),
        ("bureau-3-13", "complaint", "normal", "", "13 个工作日"),
        ("bureau-3-13", "complaint", "urgent", "", "当日"),
        ("bureau-3-13", "consult", "normal", "simple", "当日"),
        ("bureau-3-13", "consult", "normal", "normal", "3 个工作日"),
        ("daning-2019", "help", "normal", "complex", "15 个工作日"),
        ("beijing-draft-2021", "help", "critical", "", "2 小时"),
        ("beijing-draft-2021", "help", "normal", "", "7 天"),
    ],
)
def test_the_published_profiles_give_the_published_limits(
    code: str, request_type: str, urgency: str, complexity: str, words: str
) -> None:
    limit = SHIPPED[code].select("reply", request_type, urgency, "0101", complexity)
    assert limit is not None
    assert limit.words == words


def test_a_profile_that_sets_no_limit_says_so() -> None:
    assert SHIPPED["sichuan-2026"].select("sign", "help") is None
    assert SHIPPED["sichuan-2026"].select("reply", "praise") is None


def test_the_closest_fit_goes_first_and_then_the_first_listed() -> None:
    profile = _profile(
        _limit(1),
        _limit(2, request_types=["help"]),
        _limit(3, urgency=["urgent"]),
        _limit(4, complexity="complex"),
        _limit(5, categories=["03"]),
        _limit(6, categories=["0301"]),
        _limit(7, categories=["0301"]),
    )
    chosen = [
        profile.select("reply", "consult"),
        profile.select("reply", "help"),
        profile.select("reply", "help", "urgent"),
        profile.select("reply", "help", "urgent", complexity="complex"),
        profile.select("reply", "help", "urgent", "0399", "complex"),
        profile.select("reply", "help", "urgent", "030107"),
    ]
    assert [limit and limit.amount for limit in chosen] == [1, 2, 3, 4, 5, 6]


def test_a_limit_comes_back_from_what_a_clock_keeps_of_it() -> None:
    for profile in SHIPPED.values():
        for limit in profile.limits:
            assert parse_limit(limit.to_dict()) == limit


def test_the_version_comes_from_the_reference_data_or_the_document() -> None:
    assert _profile(_limit()).version == "1"
    assert SHIPPED["lanzhou"].version == FILE["version"]


def test_the_end_of_the_day_may_be_midnight() -> None:
    assert parse_counting({"day_end": "24:00"}).day_end == LAST_MOMENT
    assert parse_counting({"day_end": time(17, 30)}).day_end == time(17, 30)


def test_a_single_code_may_stand_for_a_list() -> None:
    assert parse_limit(_limit(urgency="urgent")).urgencies == frozenset({"urgent"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"purpose": "lunch"}, "purpose 应为"),
        ({"purpose": None}, "purpose 应为"),
        ({"unit": "fortnight"}, "unit 应为"),
        ({"unit": ["hour"]}, "unit 应为"),
        ({"amount": 0}, "amount 应为 1 到 400"),
        ({"amount": 401}, "amount 应为"),
        ({"amount": True}, "amount 应为"),
        ({"amount": "5"}, "amount 应为"),
        ({"request_types": ["gossip"]}, "没有代码 gossip"),
        ({"request_types": 7}, "代码的列表"),
        ({"urgency": [None]}, "代码的列表"),
        ({"complexity": "hairy"}, "complexity 应为"),
        ({"first_day": "yesterday"}, "first_day 应为"),
        ({"warn_amount": -1}, "warn_amount 应为"),
        ({"warn_unit": "moon"}, "warn_unit 应为"),
        ({"request_type": "help"}, "没有名为 request_type 的字段"),
    ],
)
def test_a_broken_limit_is_refused_and_its_place_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInput, match=f"时限方案 x第 2 条：.*{words}"):
        _profile(_limit(), _limit() | changes)


@pytest.mark.parametrize(
    ("counting", "words"),
    [
        ({"office": "9-5"}, "office"),
        ({"office": []}, "office"),
        ({"office": ["09:00"]}, "时刻"),
        ({"office": ["12:00-09:00"]}, "先后"),
        ({"office": ["09:00-12:00", "11:00-18:00"]}, "先后"),
        ({"day_end": "25:00"}, "时刻"),
        ({"day_end": None}, "时刻"),
        ({"first_day": "soon"}, "first_day 应为"),
        ({"after_hours": 1}, "after_hours 应为"),
        ({"number_included": "yes"}, "true"),
        ({"dayend": "18:00"}, "dayend"),
        ([], "一张表"),
    ],
)
def test_a_broken_counting_is_refused(counting: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        parse_counting(counting)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"code": "x"},
        {"code": "x", "name": 5},
        {"code": "x", "name": "试用"},
        {"code": "x", "name": "试用", "limit": []},
        {"code": "x", "name": "试用", "limit": ["5"]},
    ],
)
def test_a_broken_profile_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="时限方案"):
        parse(document)
