"""派单目录: which unit leads, which help, and that no township is handed a department's duty."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.adapters.starter import starter_rows
from hotline.domain.dispatch import GUESSED_PLACE, guard, in_force, propose, pushed_down, successor, unit_for
from hotline.domain.errors import InvalidInput
from hotline.domain.reference import Reference
from tests.domain.starter_city import starter_city

DAY = date(2026, 3, 2)
LIFTS, OWNERS, PROPERTY = "010101", "010104", "0101"
ROWS = starter_rows("2026-03-02")
CITY = starter_city()
AREAS = [row["code"] for row in ROWS["area"]]
MATTERS = [row["code"] for row in ROWS["category"] if row["level"] > 1]
TOWNS = [row["code"] for row in ROWS["unit"] if row["level"] in ("town", "village")]


# a small city, for what the starter city does not happen to show
def area(code: str, level: str, parent: str = "") -> dict[str, Any]:
    return {"code": code, "name": code, "level": level, "parent": parent}


def unit(code: str, where: str, level: str, kind: str = "department", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "area": where, "level": level, "kind": kind, "roles": [], **more}


SMALL_UNITS = [
    unit("C-GOV", "C", "city", "territory"),
    unit("C-HOT", "C", "city", "hotline", roles=["热线中心"]),
    unit("C-WATER", "C", "city", roles=["供水"]),
    unit("C-OLD", "C", "city", roles=["供水"], successor="C-WATER"),
    unit("K-GOV", "K", "county", "territory"),
    unit("K-WATER", "K", "county", roles=["供水"]),
    unit("T-GOV", "T", "town", "territory"),
]


def small(*catalogue: dict[str, Any], units: list[dict[str, Any]] = SMALL_UNITS) -> Reference:
    rows = [
        {"id": f"R{number}", "assists": [], "duty_kind": "functional", "basis": "", **row}
        for number, row in enumerate(catalogue, 1)
    ]
    return Reference(
        {
            "area": {
                row["code"]: row
                for row in (area("C", "city"), area("K", "county", "C"), area("T", "town", "K"))
            },
            "unit": {row["code"]: row for row in units},
            "category": {
                row["code"]: row
                for row in (
                    {"code": "01", "name": "市政"},
                    {"code": "0101", "name": "供水", "parent": "01"},
                    {"code": "010101", "name": "停水", "parent": "0101"},
                )
            },
            "catalogue": {row["id"]: row for row in rows},
        }
    )


# proposals
def test_a_matter_goes_to_the_bureau_of_the_events_county():
    best = propose(CITY, LIFTS, "LZ0203", DAY)[0]
    assert (best.lead, best.row, best.matter) == ("LZ02-SJG", "PD0002", LIFTS)
    assert best.assists == ("LZ02-ZJJ",)
    assert "特种设备安全法" in best.basis
    assert best.score == 1.0


def test_the_row_of_the_leaf_comes_before_the_row_of_its_subclass():
    found = propose(CITY, LIFTS, "LZ0203", DAY)
    assert [proposal.matter for proposal in found] == [LIFTS, PROPERTY]


def test_a_leaf_without_a_row_of_its_own_follows_its_subclass():
    reference = small({"matter": "0101", "area_scope": "county", "lead": "county:供水"})
    assert propose(reference, "010101", "T", DAY)[0].matter == "0101"


def test_a_county_with_its_own_company_keeps_its_water():
    assert propose(CITY, "0110", "LZ0401", DAY)[0].lead == "LZ04-SWU"
    assert propose(CITY, "0110", "LZ0101", DAY)[0].lead != "LZ04-SWU"


def test_an_unknown_county_makes_the_proposal_a_guess_at_the_city():
    best = propose(CITY, LIFTS, "LZ", DAY, score=0.9)[0]
    assert best.score == round(0.9 * GUESSED_PLACE, 4)
    assert CITY.row("unit", best.lead)["level"] == "city"


def test_a_township_leads_what_is_its_own_where_the_town_is_known():
    assert propose(CITY, OWNERS, "LZ0101", DAY)[0].lead == "LZ0101-ZF"
    assert propose(CITY, OWNERS, "LZ010101", DAY)[0].lead == "LZ0101-ZF"


def test_a_townships_matter_without_a_town_goes_to_the_bureau():
    leads = [proposal.lead for proposal in propose(CITY, OWNERS, "LZ01", DAY)]
    assert leads == ["LZ01-ZJJ"]


@pytest.mark.parametrize("matter", ["", "nowhere", "99"])
def test_a_matter_that_no_row_knows_has_no_proposal(matter):
    assert propose(CITY, matter, "LZ01", DAY) == []


def test_a_day_before_all_rows_has_no_proposal():
    assert propose(CITY, LIFTS, "LZ01", date(2020, 1, 1)) == []


def test_rows_begin_and_end_with_their_days():
    row = {"valid_from": "2026-01-02", "valid_to": "2026-01-03"}
    days = [date(2026, 1, day) for day in (1, 2, 3, 4)]
    assert [in_force(row, day) for day in days] == [False, True, True, False]
    assert in_force({}, DAY)


def test_one_unit_is_proposed_once_by_its_most_exact_row():
    reference = small(
        {"matter": "010101", "area_scope": "county", "lead": "county:供水"},
        {"matter": "010101", "area_scope": "city", "lead": "city:供水"},
        {"matter": "0101", "area_scope": "city", "lead": "K-WATER"},
    )
    found = propose(reference, "010101", "T", DAY)
    assert [(proposal.lead, proposal.row) for proposal in found] == [("K-WATER", "R1"), ("C-WATER", "R2")]


def test_the_smaller_area_wins_over_the_area_around_it():
    reference = small(
        {"matter": "0101", "area_scope": "city", "lead": "C-GOV"},
        {"matter": "0101", "area_scope": "C", "lead": "C-WATER"},
        {"matter": "0101", "area_scope": "K", "lead": "K-WATER"},
        {"matter": "0101", "area_scope": "T", "lead": "K-GOV"},
        {"matter": "0101", "area_scope": "county", "lead": "C-HOT"},
    )
    leads = [proposal.lead for proposal in propose(reference, "0101", "T", DAY)]
    assert leads == ["K-GOV", "K-WATER", "C-WATER", "C-HOT", "C-GOV"]


def test_a_unit_that_was_abolished_hands_its_matters_to_its_successor():
    reference = small({"matter": "0101", "area_scope": "city", "lead": "C-OLD", "assists": ["C-OLD"]})
    best = propose(reference, "0101", "T", DAY)[0]
    assert (best.lead, best.assists) == ("C-WATER", ())


def test_a_row_for_a_unit_nobody_knows_proposes_nothing():
    assert propose(small({"matter": "0101", "area_scope": "city", "lead": "GONE"}), "0101", "T", DAY) == []


def test_units_that_succeed_each_other_in_a_circle_end_somewhere():
    circle = [unit("A", "C", "city", successor="B"), unit("B", "C", "city", successor="A")]
    assert successor(small(units=circle), "A") in ("A", "B")


def test_assists_are_named_once_and_never_the_lead_or_the_hotline():
    row = {"lead": "K-WATER", "assists": ["county:供水", "town:*", "town:*", "city:热线中心", "GONE"]}
    best = propose(small({"matter": "0101", "area_scope": "city", **row}), "0101", "T", DAY)[0]
    assert best.assists == ("T-GOV",)


def test_a_proposal_is_plain_data():
    plain = propose(CITY, LIFTS, "LZ0203", DAY)[0].to_dict()
    assert plain["assists"] == ["LZ02-ZJJ"]
    assert plain["evidence"] == []


# patterns
@pytest.mark.parametrize(
    ("pattern", "place", "expected"),
    [
        ("county:供水", "T", "K-WATER"),
        ("county:供水", "C", "C-WATER"),
        ("city:供水", "T", "C-WATER"),
        ("county:绿化", "T", ""),
        ("town:*", "T", "T-GOV"),
        ("town:*", "K", "K-GOV"),
        ("town:*", "C", "C-HOT"),
        ("county:*", "T", "K-GOV"),
        ("county:*", "C", "C-HOT"),
        ("county:*", "", "C-HOT"),
        ("county:供水", "", "C-WATER"),
        ("K-WATER", "", "K-WATER"),
        ("", "T", ""),
    ],
)
def test_a_pattern_means_a_unit_at_a_place(pattern, place, expected):
    assert unit_for(small(), pattern, place) == expected


@given(st.sampled_from(ROWS["catalogue"]), st.sampled_from([*AREAS, ""]))
def test_every_pattern_of_the_city_gives_a_known_living_unit_everywhere(row, place):
    for pattern in (row["lead"], *row["assists"]):
        found = CITY.row("unit", unit_for(CITY, pattern, place))
        assert found is not None
        assert not found.get("successor")


# the guard
@given(st.sampled_from(MATTERS), st.sampled_from([*AREAS, "", "nowhere"]))
def test_no_proposal_puts_a_departments_duty_on_a_township(matter, place):
    for proposal in propose(CITY, matter, place, DAY):
        row = CITY.row("catalogue", proposal.row)
        assert not pushed_down(CITY, proposal.lead, row)
        assert proposal.lead not in proposal.assists


@given(st.sampled_from(MATTERS), st.sampled_from(AREAS), st.sampled_from(TOWNS))
def test_the_guard_refuses_a_township_exactly_where_every_row_is_a_departments(matter, place, town):
    matters = {node["code"] for node in CITY.path("category", matter)}
    rows = [row for row in CITY.all_of("catalogue") if row["matter"] in matters and in_force(row, DAY)]
    own = CITY.area_at(place, "town") and any(row["duty_kind"] == "territorial" for row in rows)
    if own:
        guard(CITY, town, matter, place, DAY)
        return
    with pytest.raises(InvalidInput) as refusal:
        guard(CITY, town, matter, place, DAY)
    assert CITY.row("unit", refusal.value.details["suggested"])["level"] not in ("town", "village")


def test_the_guard_names_the_bureau_that_the_catalogue_wants():
    with pytest.raises(InvalidInput) as refusal:
        guard(CITY, "LZ0203-ZF", LIFTS, "LZ0203", DAY)
    assert refusal.value.details == {"suggested": "LZ02-SJG", "row": "PD0002"}
    assert "市场监" in refusal.value.message


@pytest.mark.parametrize(
    ("lead", "matter", "place"),
    [
        ("LZ02-SJG", LIFTS, "LZ0203"),
        ("LZ02-ZF", LIFTS, "LZ0203"),
        ("LZ0101-ZF", OWNERS, "LZ0101"),
        ("LZ0101-ZF", "", "LZ0101"),
        ("LZ0101-ZF", "nowhere", "LZ0101"),
        ("GONE", LIFTS, "LZ0203"),
    ],
)
def test_the_guard_lets_pass_what_is_no_pushing_down(lead, matter, place):
    guard(CITY, lead, matter, place, DAY)


def test_a_row_that_allows_it_may_be_led_by_a_township():
    row = {"matter": "0101", "area_scope": "city", "lead": "T-GOV"}
    assert propose(small(row), "0101", "T", DAY) == []
    assert propose(small({**row, "township_allowed": True}), "0101", "T", DAY)[0].lead == "T-GOV"
