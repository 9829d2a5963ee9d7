"""The registry of hotlines, the time limits, the reasons, the 110 list and the demo requests."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from hotline.domain.hotlines import MODES
from hotline.domain.parties import CHANNELS
from hotline.domain.sla import parse
from hotline.domain.ticket import REQUEST_TYPES, URGENCIES
from hotline.services.closing import CONTACTED, SATISFIED, SOLVED
from hotline.services.supervising import SUPERVISION_LEVELS, URGE_LEVELS

CERTAINTIES = {"verified", "likely", "background", "unknown"}
EVERY_NUMBER = """110 119 120 122 12345 12300 12301 12305 12309 12312 12313 12314 12315 12316 12317 12318 12319
12320 12321 12322 12326 12328 12329 12330 12331 12333 12336 12337 12338 12339 12340 12343 12348 12349 12350 12351
12355 12356 12358 12360 12363 12378 12386 12365 12366 12367 12368 12369 12377 12380 12388 12389 12385 12393 12395
12396 12398 96119 96110""".split()


def test_every_known_number_is_registered(load):
    assert {row["number"] for row in load("hotlines.toml")["hotline"]} == set(EVERY_NUMBER)


def test_every_hotline_says_how_sure_it_is_and_from_where(load):
    for row in load("hotlines.toml")["hotline"]:
        assert row["kind"] in {"host", "line", "emergency", "external"}
        assert row["transfer_direction"] in {"in", "out", "both", "none"}
        for claim in (row, *row["mode"]):
            assert claim["certainty"] in CERTAINTIES
            assert claim["source"]
        assert all(mode["mode"] in MODES for mode in row["mode"])


def test_hotline_units_and_sub_centres_exist(load):
    units = {row["code"] for row in load("units.toml")["unit"]}
    for row in load("hotlines.toml")["hotline"]:
        assert row.get("default_unit", "LZ-RX") in units
        assert row.get("sub_centre", "LZ-RX") in units


def test_a_sub_centre_is_named_where_the_starter_city_has_that_mode(load):
    for row in load("hotlines.toml")["hotline"]:
        modes = {mode["mode"] for mode in row["mode"] if mode["region"] == "澜州市"}
        assert ("设分中心" in modes) == ("sub_centre" in row), row["number"]


def test_modes_of_one_region_may_follow_but_not_overlap(load):
    for row in load("hotlines.toml")["hotline"]:
        spans: dict[str, list[tuple[date, date]]] = {}
        for mode in row["mode"]:
            spans.setdefault(mode["region"], []).append((mode["valid_from"], mode.get("valid_to", date.max)))
        for held in spans.values():
            held.sort()
            assert all(start <= end for start, end in held)
            if row["number"] != "12318":  # two sources disagree about it nation-wide
                assert all(a[1] < b[0] for a, b in pairwise(held)), row["number"]


def test_the_same_line_has_different_modes_in_different_cities(load):
    line = next(row for row in load("hotlines.toml")["hotline"] if row["number"] == "12319")
    modes = {mode["region"]: mode["mode"] for mode in line["mode"]}
    assert modes["广西"] == "双号并行"
    assert modes["上海"] == modes["阜阳"] == "整体并入"


def test_12356_had_two_lives_that_do_not_overlap(load):
    first, second = (row for row in load("hotlines.toml")["hotline"] if row["number"] == "12356")
    assert "计划生育" in first["name"]
    assert "心理援助" in second["name"]
    assert first["valid_to"] < second["valid_from"] <= date(2025, 5, 1)
    assert second["transfer_direction"] == "out"


def test_who_sends_callers_away_has_words_for_it(load):
    for row in load("hotlines.toml")["hotline"]:
        if row["transfer_direction"] == "out" or row["kind"] == "emergency":
            assert row["script"], row["number"]


def test_a_dialled_number_belongs_to_one_hotline(load):
    owners: dict[str, set[str]] = {}
    for row in load("hotlines.toml")["hotline"]:
        for number in row["dialled"]:
            owners.setdefault(number, set()).add(row["number"])
    assert all(len(numbers) == 1 for numbers in owners.values())


def test_the_engine_reads_every_profile(load):
    file = load("sla.toml")
    profiles = [parse(row, file["version"]) for row in file["profile"]]
    assert len({profile.code for profile in profiles}) == len(profiles)
    assert all(row["certainty"] in CERTAINTIES and row["source"] for row in file["profile"])


@pytest.mark.parametrize(
    "purpose", ["dispatch", "sign", "first_contact", "return_window", "reply", "rehandle"]
)
@pytest.mark.parametrize("request_type", ["", *REQUEST_TYPES])
@pytest.mark.parametrize("urgency", URGENCIES)
def test_the_starter_citys_profile_leaves_no_ticket_without_a_limit(load, purpose, request_type, urgency):
    city = parse(next(row for row in load("sla.toml")["profile"] if row["code"] == "lanzhou"))
    assert city.select(purpose, request_type, urgency, "011001", "normal")


def test_more_urgent_never_means_slower(load):
    city = parse(next(row for row in load("sla.toml")["profile"] if row["code"] == "lanzhou"))
    hours = {"minute": 1 / 60, "hour": 1, "working_hour": 1, "working_day": 24}
    for purpose in ("dispatch", "sign", "first_contact", "reply", "rehandle"):
        for category in ("", "011001"):
            for complexity in ("", "complex"):
                limits = [city.select(purpose, "help", level, category, complexity) for level in URGENCIES]
                spans = [limit.amount * hours[limit.unit] for limit in limits]
                assert spans == sorted(spans, reverse=True), (purpose, category, complexity)


def test_limits_name_categories_that_exist(load):
    known = {row["code"] for row in load("taxonomy.toml")["category"]}
    for profile in load("sla.toml")["profile"]:
        for limit in profile["limit"]:
            assert set(limit.get("categories", [])) <= known


def test_reason_codes_are_unique_in_the_whole_file(load):
    groups = {name: rows for name, rows in load("reasons.toml").items() if isinstance(rows, list)}
    codes = [row["code"] for rows in groups.values() for row in rows]
    assert len(codes) == len(set(codes))
    assert all(row["name"] for rows in groups.values() for row in rows)


def test_every_refusal_tells_a_route(load):
    assert all(row["route"] and row["told"].endswith("。") for row in load("reasons.toml")["refusal"])


@pytest.mark.parametrize(
    ("group", "field", "known"),
    [
        ("request_type", "value", REQUEST_TYPES),
        ("urgency", "value", URGENCIES),
        ("channel", "value", CHANNELS),
        ("urge", "level", URGE_LEVELS),
        ("supervision", "level", SUPERVISION_LEVELS),
        ("contacted", "value", CONTACTED),
        ("solved", "value", SOLVED),
        ("satisfied", "value", SATISFIED),
    ],
)
def test_lists_that_mirror_the_code_say_the_same(load, group, field, known):
    assert {row[field]: row["name"] for row in load("reasons.toml")[group]} == dict(known)


def test_the_110_list_goes_both_ways(load):
    rows = load("transfers_110.toml")["transfer"]
    assert len({row["code"] for row in rows}) == len(rows)
    directions = [row["direction"] for row in rows]
    assert (directions.count("to_110"), directions.count("to_12345")) == (9, 22)
    assert all(row["items"] and row["how"] for row in rows)


def test_demo_requests_point_at_what_exists(load):
    requests = load("demo_requests.toml")["request"]
    leaves = {row["code"] for row in load("taxonomy.toml")["category"] if row["level"] == 3}
    areas = {row["code"] for row in load("areas.toml")["area"]}
    numbers = {row["number"] for row in load("hotlines.toml")["hotline"]}
    assert len({row["code"] for row in requests}) == len(requests) >= 60
    for row in requests:
        assert row["category"] in leaves
        assert row["area"] in areas
        assert row["hotline"] in numbers
        assert row["request_type"] in REQUEST_TYPES
        assert row["urgency"] in URGENCIES
        assert row["channel"] in CHANNELS
        assert row["caller_phone"].startswith("1380000")


def test_demo_reports_are_secret_and_groups_share_their_matter(load):
    requests = load("demo_requests.toml")["request"]
    assert all(row["secret"] == (row["request_type"] == "report") for row in requests)
    groups: dict[str, list[dict]] = {}
    for row in requests:
        if "duplicate_group" in row:
            groups.setdefault(row["duplicate_group"], []).append(row)
    assert len(groups) >= 5
    assert all(len(rows) >= 2 and len({row["category"] for row in rows}) == 1 for rows in groups.values())
