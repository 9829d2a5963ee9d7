"""Every matter has words, and every matter anywhere has a unit that leads it by right."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise

import pytest

from hotline.domain.dispatch import in_force, propose, unit_for

TODAY = date(2026, 3, 2)
CLASSES = (
    "城乡建设 党务政务 国土资源 环境保护 纪检监察 交通运输 经济管理 科技与信息产业 民政 农村农业 商贸旅游 "
    "卫生计生 政法 教育文体 劳动和社会保障"
).split()


def test_the_fifteen_classes_stand_in_their_order(load):
    first = [row for row in load("taxonomy.toml")["category"] if row["level"] == 1]
    assert [row["name"] for row in first] == CLASSES
    assert [row["code"] for row in first] == [f"{number:02d}" for number in range(1, 16)]


def test_category_codes_are_unique_and_grow_two_digits_a_level(load):
    rows = load("taxonomy.toml")["category"]
    codes = {row["code"] for row in rows}
    assert len(codes) == len(rows)
    for row in rows:
        assert len(row["code"]) == 2 * row["level"]
        assert row["level"] == 1 or row["code"][:-2] == row["parent"] in codes


def test_every_subclass_has_leaves_and_siblings_have_different_names(load):
    rows = load("taxonomy.toml")["category"]
    parents = {row.get("parent") for row in rows}
    assert all(row["code"] in parents for row in rows if row["level"] < 3)
    siblings = Counter((row.get("parent"), row["name"]) for row in rows)
    assert max(siblings.values()) == 1


def test_every_leaf_has_three_to_eight_keywords_and_a_sentence(load):
    for row in load("taxonomy.toml")["category"]:
        assert row["definition"].endswith("。")
        if row["level"] == 3:
            assert 3 <= len(row["keywords"]) <= 8, row["code"]
            assert all(len(word) >= 2 for word in row["keywords"]), row["code"]


def test_a_keyword_belongs_to_one_category(load):
    owners: dict[str, list[str]] = {}
    for row in load("taxonomy.toml")["category"]:
        for word in row["keywords"]:
            owners.setdefault(word, []).append(row["code"])
    assert {word: codes for word, codes in owners.items() if len(codes) > 1} == {}


def test_the_keywords_alone_find_most_demo_requests(load):
    leaves = [row for row in load("taxonomy.toml")["category"] if row["level"] == 3]
    requests = load("demo_requests.toml")["request"]

    def best(text: str) -> str:
        return max(leaves, key=lambda row: sum(len(w) * text.count(w) for w in row["keywords"]))["code"]

    found = sum(best(f"{row['title']}。{row['detail']}") == row["category"] for row in requests)
    assert found >= 0.9 * len(requests)


def test_catalogue_rows_name_known_matters_areas_units_and_days(load, starter):
    rows = load("catalogue.toml")["row"]
    assert len({row["id"] for row in rows}) == len({row["matter_code"] for row in rows}) == len(rows)
    for row in rows:
        assert len(row["matter"]) in (4, 6)
        assert starter.row("category", row["matter"]), row["id"]
        assert row["area_scope"] in ("city", "county", "town") or starter.row("area", row["area_scope"])
        assert row["valid_from"] <= row.get("valid_to", date.max)
        assert row["basis"].endswith("。")
        assert row["duty_kind"] in ("functional", "territorial")


def test_two_rows_for_one_matter_and_area_are_never_in_force_together(load):
    spans: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for row in load("catalogue.toml")["row"]:
        spans.setdefault((row["matter"], row["area_scope"]), []).append(
            (row["valid_from"], row.get("valid_to", date.max))
        )
    for held in spans.values():
        held.sort()
        assert all(before[1] < after[0] for before, after in pairwise(held))


def test_every_subclass_has_a_row_of_its_own_in_force_without_end(load, starter):
    open_ended = {row["matter"] for row in load("catalogue.toml")["row"] if "valid_to" not in row}
    subclasses = {row["code"] for row in starter.all_of("category") if row["level"] == 2}
    assert subclasses <= open_ended


def test_every_pattern_gives_a_working_unit_in_every_area(starter):
    rows = starter.all_of("catalogue")
    patterns = {row["lead"] for row in rows} | {one for row in rows for one in row["assists"]}
    for pattern in patterns:
        for area in starter.rows["area"]:
            unit = starter.row("unit", unit_for(starter, pattern, area))
            assert unit, (pattern, area)
            assert "valid_to" not in unit, (pattern, area)


def test_county_and_city_roles_are_those_the_units_have(starter):
    city = {role for unit in starter.all_of("unit") if unit["area"] == "LZ" for role in unit.get("roles", [])}
    for row in starter.all_of("catalogue"):
        for pattern in (row["lead"], *row["assists"]):
            level, _, role = pattern.partition(":")
            assert not role or role == "*" or role in city, (row["id"], pattern)
            assert not role or level in ("city", "county", "town"), (row["id"], pattern)


def test_every_county_has_a_bureau_of_its_own_for_every_county_role(starter):
    leads = {row["lead"] for row in starter.all_of("catalogue") if row["area_scope"] == "county"}
    counties = [row["code"] for row in starter.all_of("area") if row["level"] == "county"]
    for pattern in leads:
        for county in counties:
            assert starter.row("unit", unit_for(starter, pattern, county))["area"] == county, pattern


@pytest.mark.parametrize("area", ["LZ", "LZ01", "LZ0105", "LZ040101", "LZ050203", "LZ0603"])
def test_every_leaf_reaches_a_unit_everywhere(starter, area):
    leaves = [row["code"] for row in starter.all_of("category") if row["level"] == 3]
    assert not [leaf for leaf in leaves if not propose(starter, leaf, area, TODAY)]


def test_no_township_leads_a_departments_duty(starter):
    territorial = {row["id"] for row in starter.all_of("catalogue") if row["duty_kind"] == "territorial"}
    for row in starter.all_of("catalogue"):
        assert row["township_allowed"] == (row["id"] in territorial)
        lead = starter.row("unit", unit_for(starter, row["lead"], "LZ010101"))
        assert (lead["level"] in ("town", "village")) == (row["id"] in territorial), row["id"]


def test_a_county_towns_water_goes_to_its_own_company(starter):
    assert propose(starter, "011001", "LZ0401", TODAY)[0].lead == "LZ04-SWU"
    assert propose(starter, "011001", "LZ0104", TODAY)[0].lead == "LZ-SWU"


def test_a_settled_objection_replaces_the_row_from_its_day(load):
    rows = [row for row in load("catalogue.toml")["row"] if row["matter"] == "040106"]
    as_text = [
        {**row, "valid_from": str(row["valid_from"]), "valid_to": str(row.get("valid_to", ""))}
        for row in rows
    ]
    before = [row["lead"] for row in as_text if in_force(row, date(2026, 6, 30))]
    after = [row["lead"] for row in as_text if in_force(row, date(2026, 7, 1))]
    assert before == ["county:生态环境局"]
    assert after == ["county:住建局"]
