"""承办历史: who finally finished such tickets orders what a person is shown, and fills where the catalogue has nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hotline.domain.drafts import TicketDraft
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import candidates, closing, dispatching, intake, triage, unit_history
from tests.web.api.test_api_more import counted


@pytest.fixture
def facts(runtime: Runtime) -> dict[str, Any]:
    """A matter with candidates of the catalogue at a place of the starter city."""
    return {"category": _matter(runtime), "category_by": "agent", "area": "LZ01", "suggestion": {}}


def _matter(runtime: Runtime) -> str:
    return runtime.query(
        lambda uow: next(row["code"] for row in uow.reference.all_of("category") if row["name"] == "电梯故障")
    )


def _closed(
    runtime: Runtime, actor: Actor, unit: str, facts: dict[str, Any], many: int, days_ago: int = 5
) -> None:
    """Tickets of the matter that this unit led when they were closed."""
    for number in range(many):
        draft = TicketDraft(text=f"电梯困人第{number}次", area=facts["area"], category=facts["category"])
        made = runtime.transact(intake.register, actor, draft)

        def end(uow: UnitOfWork, no: str = made.no) -> None:
            ticket = uow.ticket(no)
            ticket.lead_unit, ticket.category, ticket.area = unit, facts["category"], facts["area"]
            closing.close(uow, actor, ticket, "followed_up")
            ticket.closed_at = uow.now - timedelta(days=days_ago)

        runtime.transact(end)


def _shown(runtime: Runtime, facts: dict[str, Any]) -> list[dict[str, Any]]:
    return runtime.query(
        lambda uow: unit_history.for_person(
            uow, candidates.for_ticket(uow.reference, facts, uow.now.date()), facts
        )
    )


def _offered(runtime: Runtime, facts: dict[str, Any]) -> list[dict[str, Any]]:
    return runtime.query(lambda uow: candidates.for_ticket(uow.reference, facts, uow.now.date()))


def test_a_candidate_says_how_many_alike_it_finished(runtime, actors, facts) -> None:
    lead = _offered(runtime, facts)[0]["lead"]
    _closed(runtime, actors["agent"], lead, facts, 4)
    best = _shown(runtime, facts)[0]
    assert (best["lead"], best["history"]) == (lead, "近 90 天 4 件本地同类由其办结")


def test_few_old_or_no_tickets_say_nothing_and_change_no_order(runtime, actors, facts) -> None:
    offered = _offered(runtime, facts)
    _closed(runtime, actors["agent"], offered[-1]["lead"], facts, 2)
    _closed(runtime, actors["agent"], offered[-1]["lead"], facts, 4, days_ago=120)
    assert [row["lead"] for row in _shown(runtime, facts)] == [row["lead"] for row in offered]
    assert {row["history"] for row in _shown(runtime, facts)} == {""}


def test_a_long_history_brings_a_wider_row_forward_for_a_person_only(runtime, actors, facts) -> None:
    offered = _offered(runtime, facts)
    assert len(offered) > 1
    _closed(runtime, actors["agent"], offered[1]["lead"], facts, 20)
    assert _shown(runtime, facts)[0]["lead"] == offered[1]["lead"]
    assert _offered(runtime, facts) == offered
    first = runtime.query(lambda uow: candidates.first(uow.reference, facts, uow.now.date()))
    assert first["lead"] == offered[0]["lead"]


def test_history_fills_only_where_the_catalogue_has_nobody(runtime, actors, facts) -> None:
    known = {row["lead"] for row in _offered(runtime, facts)}
    other = _unit(runtime, lambda unit: unit["code"] not in known and unit["level"] == "city")
    _closed(runtime, actors["agent"], other, facts, 5)
    assert other not in {row["lead"] for row in _shown(runtime, facts)}
    _empty_catalogue(runtime)
    assert _offered(runtime, facts) == []
    filled = _shown(runtime, facts)
    assert [row["lead"] for row in filled] == [other]
    assert (filled[0]["row"], filled[0]["score"]) == ("", None)
    assert "5 件" in filled[0]["history"]


def test_a_unit_out_of_force_is_never_named_and_its_successor_takes_its_history(
    runtime, actors, facts
) -> None:
    gone, heir = _unit(runtime, lambda unit: unit["level"] == "city"), "LZ-HEIR"
    _closed(runtime, actors["agent"], gone, facts, 5)
    _empty_catalogue(runtime)
    body = runtime.query(lambda uow: uow.reference.row("unit", gone))
    runtime.transact(
        lambda uow: uow.change_reference("unit", gone, {**body, "valid_to": "2020-01-01"}, "测试", "撤并")
    )
    assert _shown(runtime, facts) == []
    runtime.transact(
        lambda uow: uow.change_reference(
            "unit", heir, {**body, "code": heir, "name": "承继单位"}, "测试", "新设"
        )
    )
    runtime.transact(
        lambda uow: uow.change_reference("unit", gone, {**body, "successor": heir}, "测试", "承继")
    )
    assert [row["name"] for row in _shown(runtime, facts)] == ["承继单位"]


def test_a_township_is_not_named_for_a_departments_duty(runtime, actors, facts) -> None:
    town = _unit(runtime, lambda unit: unit["level"] == "town")
    _closed(runtime, actors["agent"], town, facts, 5)
    counts = runtime.query(lambda uow: unit_history.gather(uow, [facts["category"]]))
    shown = runtime.query(lambda uow: unit_history.shown(uow.reference, [], facts, counts, uow.now.date()))
    assert shown == []


def test_another_county_counts_only_where_the_own_has_too_few(runtime, actors, facts) -> None:
    lead = _offered(runtime, facts)[0]["lead"]
    _closed(runtime, actors["agent"], lead, {**facts, "area": "LZ02"}, 5)
    assert _shown(runtime, facts)[0]["history"] == "近 90 天 5 件全市同类由其办结"


def test_the_history_costs_one_statement_however_many_matters(runtime, facts) -> None:
    matters = runtime.query(lambda uow: [row["code"] for row in uow.reference.all_of("category")][:200])
    with counted(runtime) as statements:
        runtime.query(lambda uow: unit_history.gather(uow, matters))
        several = len(statements)
    with counted(runtime) as statements:
        runtime.query(lambda uow: uow.now)
        none = len(statements)
    assert several - none == 1


def test_the_house_itself_never_asks_the_history() -> None:
    for module in (triage, dispatching, candidates):
        assert not hasattr(module, "unit_history")


def _unit(runtime: Runtime, chosen: Any) -> str:
    return runtime.query(
        lambda uow: next(
            unit["code"]
            for unit in uow.reference.all_of("unit")
            if chosen(unit) and not unit.get("successor")
        )
    )


def _empty_catalogue(runtime: Runtime) -> None:
    def end(uow: UnitOfWork) -> None:
        row = next(iter(uow.reference.all_of("catalogue")))
        uow.install_reference(
            "catalogue", [{**row, "matter": "99", "valid_to": "2020-01-01"}], "测试", "清空"
        )

    runtime.transact(end)
