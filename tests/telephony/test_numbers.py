"""One citizen is one number, however the network writes it."""

from __future__ import annotations

import pytest

from telephony_bridge.numbers import mask, normalise


@pytest.mark.parametrize(
    "raw",
    ["13800000001", "+8613800000001", "8613800000001", "008613800000001", "013800000001", " 138 0000 0001"],
)
def test_every_way_to_write_a_mobile_is_one_number(raw):
    assert normalise(raw) == "+8613800000001"


@pytest.mark.parametrize("raw", ["", "<unknown>", "Anonymous", "Restricted", "unavailable", "sip:x"])
def test_hidden_numbers_are_anonymous(raw):
    assert normalise(raw) == "anonymous"


@pytest.mark.parametrize(
    ("raw", "area", "expected"),
    [
        ("01087654321", "", "+861087654321"),
        ("0991-1234567", "", "+869911234567"),
        ("87654321", "010", "+861087654321"),
        ("87654321", "", "87654321"),
        ("12345", "010", "12345"),
        ("8001", "010", "8001"),
        ("0044207946000", "", "+44207946000"),
    ],
)
def test_land_lines_get_their_area_and_the_rest_is_left_alone(raw, area, expected):
    assert normalise(raw, area) == expected


def test_a_masked_number_keeps_two_digits():
    assert mask("13800000001") == "…01"
    assert mask("110") == "…"
