"""The quality of submitted replies: recorded beside the reply, never in its way; averages per unit within one's rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from hotline.adapters.db.tables import tickets
from hotline.domain.assignment import Reply
from hotline.domain.drafts import TicketDraft
from hotline.domain.errors import InvalidInput, NotAllowed, NotFound
from hotline.domain.people import Actor
from hotline.domain.reply_quality import ReplyAssessment
from hotline.runtime import Runtime
from hotline.services import dispatching, handling, intake, queries, reply_quality

UNIT, HANDLER, NEIGHBOUR = "LZ01-SJG", "unit-lz01-sjg", "unit-lz01-zjj"
TEXT = "锦绣花园3栋电梯半年内困人四次，我叫王建国，手机13812345678，请彻底检修。"
ANSWER = (
    "您好！您反映锦绣花园3栋电梯困人的问题收悉。经现场检查，控制板老化是困人的原因。依据《特种设备安全法》第三十九条，"
    "我局已责令更换，6月20日前完成。电话0799-8655009（工作日8:30—17:30）。"
)


class City:
    """A ticket dispatched to a unit that has signed it."""

    def __init__(self, rt: Runtime, people: dict[str, Actor]) -> None:
        self.rt, self.people = rt, people

    def replied(self, answer: str = ANSWER) -> tuple[str, int, int]:
        """Number, assignment and reply of a submission."""
        no, key = self.signed()
        made = self.rt.transact(
            handling.reply, self.people[HANDLER], no, key, "内部", answer, {"solved": True}
        )
        return no, key, made

    def signed(self) -> tuple[str, int]:
        draft = TicketDraft(
            text=TEXT, title="电梯困人", category="010101", area="LZ010101", request_type="complaint"
        )
        no = self.rt.transact(intake.register, self.people["agent"], draft).no
        if self.rt.query(lambda uow: uow.views.ticket_row(no))["state"] == "review":
            self.rt.transact(dispatching.approve, self.people["reviewer"], no)
        self.rt.transact(dispatching.dispatch, self.people["dispatcher"], no, UNIT)
        held = self.rt.query(lambda uow: uow.views.unit_work({UNIT}, {"to_sign"}, None, 50))["items"]
        key = next(row["id"] for row in held if row["no"] == no)
        self.rt.transact(handling.sign, self.people[HANDLER], no, key)
        return no, key


@pytest.fixture
def city(runtime: Runtime, actors: dict[str, Actor]) -> City:
    return City(runtime, actors)


def kept(rt: Runtime) -> list[dict[str, Any]]:
    return rt.query(
        lambda uow: [
            {"reply": row.reply_id, "score": row.score, "unit": row.unit, "found": row.found}
            for row in uow.find(ReplyAssessment)
        ]
    )


def test_a_submitted_reply_is_assessed_and_shown_with_it(city: City, drain: Callable[[], None]) -> None:
    no, _, made = city.replied()
    whole = city.rt.query(queries.ticket, city.people[HANDLER], no)
    assert whole["replies"][0]["quality"] is None
    drain()
    (row,) = kept(city.rt)
    assert (row["reply"], row["unit"]) == (made, UNIT)
    assert row["score"] > 60
    for login in (HANDLER, "reviewer", "supervisor"):
        quality = city.rt.query(queries.ticket, city.people[login], no)["replies"][0]["quality"]
        assert quality["score"] == row["score"]
        assert [gap["name"] for gap in quality["gaps"]] == ["date", "signature"]
        assert quality["gaps"][1]["snippet"].startswith("临澜区")


def test_nothing_of_the_caller_is_kept_in_an_assessment(city: City, drain: Callable[[], None]) -> None:
    city.replied("您好，已处理。")
    drain()
    for trace in ("王建国", "13812345678"):
        assert trace not in str(kept(city.rt))


def test_an_assessor_that_fails_stops_no_reply(city: City, drain: Callable[[], None]) -> None:
    class Broken:
        def assess(self, **asked: Any) -> Any:
            raise RuntimeError("broken")

    good, city.rt.assessor = city.rt.assessor, Broken()
    no, key, _ = city.replied()
    drain()
    city.rt.transact(handling.release, city.people[HANDLER], no, key)
    drain()
    assert kept(city.rt) == []
    assert city.rt.query(queries.ticket, city.people[HANDLER], no)["assignments"][0]["state"] == "replied"
    city.rt.assessor = good


def test_each_submission_keeps_its_own_assessment_and_repeats_change_nothing(
    city: City, drain: Callable[[], None]
) -> None:
    no, key, first = city.replied("您好，正在研究中。")
    drain()
    city.rt.transact(handling.send_back, city.people[HANDLER], no, key, "请写清楚")
    second = city.rt.transact(handling.reply, city.people[HANDLER], no, key, "内部", ANSWER, {"solved": True})
    drain()
    before = kept(city.rt)
    assert [row["reply"] for row in before] == [first, second]
    assert before[0]["score"] < before[1]["score"]
    asked = city.rt.query(reply_quality.submitted, second)
    city.rt.transact(reply_quality.keep, second, city.rt.assessor.assess(**asked).to_dict())
    assert kept(city.rt) == before


def test_other_rules_make_another_row_and_the_newest_is_shown(city: City, drain: Callable[[], None]) -> None:
    no, _, made = city.replied()
    drain()
    found = city.rt.assessor.assess(**city.rt.query(reply_quality.submitted, made)).to_dict()
    city.rt.transact(reply_quality.keep, made, {**found, "rules": "2030-1", "score": 0.11})
    assert len(kept(city.rt)) == 2
    quality = city.rt.query(queries.ticket, city.people["supervisor"], no)["replies"][0]["quality"]
    assert (quality["score"], quality["rules"]) == (11, "2030-1")
    report = city.rt.query(reply_quality.by_unit, city.people["supervisor"])
    assert (report["items"][0]["replies"], report["items"][0]["score"]) == (1, 11)


def test_only_the_owner_has_a_draft_judged(city: City) -> None:
    no, key = city.signed()
    asked = city.rt.query(reply_quality.typed, city.people[HANDLER], no, key, "您好")
    assert asked["reply"] == "您好"
    assert "13812345678" not in asked["detail"]
    with pytest.raises(NotFound):
        city.rt.query(reply_quality.typed, city.people[NEIGHBOUR], no, key, "您好")


def test_averages_per_unit_name_the_weakest_part(city: City, drain: Callable[[], None]) -> None:
    city.replied()
    city.replied("您好，诉求人电话13912340987，此事正在研究中。".replace("13912340987", "0799-8655009"))
    drain()
    report = city.rt.query(reply_quality.by_unit, city.people["supervisor"])
    (row,) = report["items"]
    scores = [one["score"] for one in kept(city.rt)]
    assert row["replies"] == 2
    assert row["score"] == pytest.approx(sum(scores) / 2, abs=1)
    assert row["weakest"]
    assert report["whole"]["score"] == row["score"]
    nothing = city.rt.query(reply_quality.by_unit, city.people["supervisor"], "2020-01-01", "2020-01-31")
    assert nothing["items"] == []
    assert nothing["whole"]["score"] is None


@pytest.mark.parametrize("span", [("2026-02-01", "2026-01-01"), ("2020-01-01", "2026-01-01"), ("x", "")])
def test_odd_periods_are_refused(city: City, span: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput):
        city.rt.query(reply_quality.by_unit, city.people["supervisor"], *span)


@pytest.mark.parametrize("login", [HANDLER, "agent", "dispatcher"])
def test_the_comparison_of_units_is_not_for_everybody(city: City, login: str) -> None:
    with pytest.raises(NotAllowed):
        city.rt.query(reply_quality.by_unit, city.people[login])


def test_a_centre_is_shown_its_own_replies_and_the_citys(city: City, drain: Callable[[], None]) -> None:
    city.replied()
    drain()
    east = replace(city.people["supervisor"], centre="东区")
    assert [row["replies"] for row in city.rt.query(reply_quality.by_unit, east)["items"]] == [1]
    for centre, units in (("东区", 1), ("西区", 0)):
        city.rt.transact(lambda uow, of: uow.connection.execute(update(tickets).values(centre=of)), centre)
        assert len(city.rt.query(reply_quality.by_unit, east)["items"]) == units


def test_a_reply_that_is_gone_is_not_assessed(city: City) -> None:
    assert city.rt.query(reply_quality.submitted, 1) is None
    assert city.rt.query(lambda uow: uow.first(Reply, id=1)) is None
