"""What a text says, for pages: marks, the five elements, proposals; and that nothing is told that the page would not show."""

from datetime import UTC, datetime

import pytest

from hotline.domain.reference import Reference
from hotline.services import elements

CITY = Reference(
    {
        "area": {
            "T": {"code": "T", "name": "澜州市", "level": "city", "aliases": ["澜州"]},
            "K": {"code": "K", "parent": "T", "name": "临澜区", "level": "county", "aliases": [], "places": ["中山亭"]},
        }
    }
)  # fmt: skip
EVENING = datetime(2026, 3, 11, 18, tzinfo=UTC)
"""It is the 12th already where the hotline is."""
STORY = "昨天下午3点，张女士在中山亭被鼎盛物业公司多收三百元，电话13900001111。希望退款。"


def test_days_are_counted_in_local_time():
    (found,) = [one for one in elements.entities(CITY, STORY, EVENING) if one.kind == "time"]
    assert found.value == "2026-03-11T15:00"


def test_the_citys_own_names_are_places():
    assert ("中山亭", "site") in {(one.text, one.value) for one in elements.entities(CITY, STORY, EVENING)}


def test_a_mark_tells_what_its_words_mean():
    found = elements.entities(CITY, STORY, EVENING)
    told = {STORY[row["start"] : row["end"]]: (row["kind"], row["title"]) for row in elements.marks(found)}
    assert told["昨天下午3点"] == ("time", "时间：2026-03-11 15:00")
    assert told["三百元"] == ("amount", "金额：300 元")
    assert told["鼎盛物业公司"] == ("organisation", "被反映单位")
    assert told["13900001111"] == ("number", "电话号码")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-03-11T22:00/2026-03-12", "2026-03-11 22:00 至 2026-03-12"),
        ("T07:00/T19:00", "07:00 至 19:00"),
        ("2026-03", "2026-03"),
    ],
)
def test_times_are_written_for_people(value, words):
    assert elements.readable(value) == words


def test_the_desk_is_offered_place_title_and_elements_without_personal_numbers():
    told = elements.for_desk(CITY, STORY, EVENING)
    assert told["place"] == "中山亭"
    assert told["title"]
    assert [row["label"] for row in told["elements"]] == ["何人", "何时", "何地", "何事", "何诉求"]
    assert "13900001111" not in str(told | {"words": {}})
    assert told["words"]["13900001111"] == "phone"


def test_an_empty_text_is_offered_nothing():
    assert elements.for_desk(CITY, " ", EVENING) == {"title": "", "place": "", "elements": [], "words": {}}


def test_a_request_is_read_from_the_words_that_are_shown():
    whole = {
        "received_at": EVENING,
        "requests": [{"text": STORY, "unit_text": "隐去的文字，昨天停水。", "received_at": EVENING}],
    }
    elements.read_requests(CITY, whole, "unit_text")
    (request,) = whole["requests"]
    assert "张女士" not in str(request["elements"])
    assert [row["kind"] for row in request["marks"]] == ["time"]


def test_of_many_requests_the_first_are_read():
    rows = [{"text": "昨天停水"} for _ in range(elements.MOST_REQUESTS + 5)]
    elements.read_requests(CITY, {"received_at": EVENING, "requests": rows})
    assert sum(bool(row["marks"]) for row in rows) == elements.MOST_REQUESTS
