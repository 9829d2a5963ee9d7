"""The tree of areas and the tree of units hang together."""

from __future__ import annotations

import re
from datetime import date

LEVELS = ["city", "county", "town", "village"]


def test_area_codes_are_unique_and_begin_with_their_parents_code(load):
    areas = {row["code"]: row for row in load("areas.toml")["area"]}
    assert len(areas) == len(load("areas.toml")["area"])
    for code, row in areas.items():
        if row["level"] != "city":
            parent = areas[row["parent"]]
            assert code.startswith(parent["code"])
            assert LEVELS.index(row["level"]) == LEVELS.index(parent["level"]) + 1


def test_the_city_has_three_districts_two_counties_and_a_zone(load):
    names = [row["name"] for row in load("areas.toml")["area"] if row["level"] == "county"]
    assert [name[-1] for name in names].count("县") == 2
    assert sum(name.endswith("开发区") for name in names) == 1
    assert len(names) == 6


def test_every_town_has_places_and_every_county_has_towns(load):
    areas = load("areas.toml")["area"]
    towns = [row for row in areas if row["level"] == "town"]
    assert len(towns) >= 36
    assert all(row["places"] for row in towns)
    assert {row["parent"] for row in towns} == {row["code"] for row in areas if row["level"] == "county"}


def test_a_name_or_landmark_means_one_place(load):
    said: dict[str, set[str]] = {}
    for row in load("areas.toml")["area"]:
        for name in {row["name"], *row["aliases"], *row.get("places", [])}:
            said.setdefault(name, set()).add(row["code"])
    shared = {name: codes for name, codes in said.items() if len(codes) > 1}
    assert not shared


def test_unit_codes_are_unique_and_their_references_resolve(load):
    rows = load("units.toml")["unit"]
    units = {row["code"]: row for row in rows}
    areas = {row["code"] for row in load("areas.toml")["area"]}
    assert len(units) == len(rows)
    for row in rows:
        assert row["area"] in areas
        assert row["level"] in {*LEVELS, "enterprise"}
        assert row["kind"] in {"department", "territory", "utility", "hotline"}
        for link in ("parent", "line", "successor"):
            assert row.get(link, "LZ-ZF") in units, (row["code"], link)


def test_the_unit_tree_has_one_root_and_no_circle(load):
    units = {row["code"]: row for row in load("units.toml")["unit"]}
    assert [code for code, row in units.items() if "parent" not in row] == ["LZ-ZF"]
    for start in units:
        code, steps = start, 0
        while "parent" in units[code]:
            code, steps = units[code]["parent"], steps + 1
            assert steps <= 4, start


def test_every_area_has_its_territorial_unit(load):
    areas = {row["code"] for row in load("areas.toml")["area"]}
    held = [row["area"] for row in load("units.toml")["unit"] if row["kind"] == "territory"]
    assert sorted(held) == sorted(areas)


def test_a_role_is_held_by_one_unit_of_an_area(load):
    held = [(row["area"], role) for row in load("units.toml")["unit"] for role in row.get("roles", [])]
    assert len(held) == len(set(held))


def test_an_ended_unit_has_a_last_day_after_its_first_and_a_living_successor(load):
    units = {row["code"]: row for row in load("units.toml")["unit"]}
    ended = [row for row in units.values() if "valid_to" in row]
    assert ended
    for row in ended:
        assert row["valid_from"] < row["valid_to"] < date(2026, 1, 1)
        assert "valid_to" not in units[row["successor"]]


def test_every_unit_has_a_number_nobody_can_ring(load):
    phones = [row["phone"] for row in load("units.toml")["unit"] if "phone" in row]
    assert all(re.fullmatch(r"0799-0\d{6}", phone) for phone in phones)
    assert len(phones) == len(set(phones))


def test_names_and_short_names_of_working_units_are_unique(load):
    living = [row for row in load("units.toml")["unit"] if "valid_to" not in row]
    for field in ("name", "short"):
        departments = [row[field] for row in living if row["level"] != "village"]
        assert len(departments) == len(set(departments)), field
