"""Where it happened, by the names in the text: sure or not said at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.domain.places import locate
from hotline.domain.reference import Reference
from tests.domain.starter_city import starter_city

CITY = starter_city()
AREAS = CITY.rows["area"]


def path_to(code: str) -> list[str]:
    return [node["code"] for node in CITY.path("area", code)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("海棠里商业街夜里施工太吵", "LZ0203"),
        ("家住临澜区澜桥街道桥东社区，电梯坏了", "LZ010101"),
        ("临澜区的路灯不亮", "LZ01"),
        ("澜州市的公交什么时候改线", "LZ"),
        ("我在棠湖公园门口", "LZ0201"),
        ("开发区食堂", "LZ06"),
        ("澜州高新区食堂", "LZ06"),
        ("县道406线塌方", "LZ0504"),
        ("青屿路口", "LZ03"),
        ("青屿街道办", "LZ0301"),
        ("", ""),
        ("路灯不亮", ""),
        ("💡𠮷\x00\ud800", ""),
    ],
)
def test_a_text_names_a_place(text, expected):
    assert locate(CITY, text) == expected


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("从海棠里商业街到棠湖公园一路积水", "LZ02"),
        ("桥东社区和桥西社区之间", "LZ0101"),
        ("澜州市桥东社区和桥西社区之间", "LZ0101"),
        ("桥东社区和望棠区", "LZ"),
        ("桥东社区、桥西社区，还有望棠区", "LZ"),
        ("住在临澜区，事情发生在桐川县双溪桥", "LZ"),
    ],
)
def test_names_of_different_branches_give_the_area_around_them_all(text, around):
    assert locate(CITY, text) == around


@given(st.sampled_from(sorted(AREAS)))
def test_every_full_name_and_place_of_the_city_is_found(code):
    row = AREAS[code]
    if row["level"] == "village":
        text = "".join(node["name"] for node in CITY.path("area", code))
        assert locate(CITY, text) == code
    for place in row.get("places", []):
        assert locate(CITY, f"在{place}附近") == code


@given(st.lists(st.sampled_from(sorted(AREAS)), min_size=1, max_size=4), st.randoms())
def test_the_answer_is_on_the_way_to_every_place_named_whatever_the_order(codes, random):
    names = ["".join(node["name"] for node in CITY.path("area", code)) for code in codes]
    found = locate(CITY, "；".join(names))
    assert all(found in path_to(code) or code in path_to(found) for code in codes)
    random.shuffle(names)
    assert locate(CITY, "；".join(names)) == found


@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    assert locate(CITY, text) in {"", *AREAS}


def test_a_name_shared_by_two_levels_means_the_deeper_one():
    reference = Reference(
        {
            "area": {
                "C": {"code": "C", "name": "江州市", "level": "city"},
                "K": {"code": "K", "name": "石桥区", "level": "county", "parent": "C", "aliases": ["石桥"]},
                "T": {"code": "T", "name": "石桥镇", "level": "town", "parent": "K", "aliases": ["石桥"]},
                "U": {"code": "U", "name": "南山镇", "level": "town", "parent": "K", "places": ["中山路"]},
                "V": {"code": "V", "name": "北山镇", "level": "town", "parent": "K", "places": ["中山路"]},
            }
        }
    )
    assert locate(reference, "石桥积水") == "T"
    assert locate(reference, "石桥区积水") == "K"
    assert locate(reference, "中山路积水") == "K"


def test_a_city_without_areas_has_no_places():
    assert locate(Reference({}), "临澜区") == ""
