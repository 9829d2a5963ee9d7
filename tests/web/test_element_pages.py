"""Marks and the five elements on the pages that units read: of the masked words alone."""

from __future__ import annotations

import pytest

from tests.serving import Served
from tests.web.desk_words import HANDLER, City

STORY = (
    "我叫王建国，手机13812345678。昨天下午3点，鼎盛物业公司在锦绣花园小区私拆电梯配件，多收三百元。希望退款。"
)


@pytest.fixture
def city(server: Served) -> City:
    return City(server)


def test_a_unit_sees_what_happened_marked_and_summed_up(city: City, server: Served) -> None:
    no, key = city.dispatched(text=STORY)
    page = server.client(HANDLER).get(f"/unit/{no}/{key}").text
    assert '<mark class="evidence" data-kind="time" title="时间：2' in page
    assert "被反映" in page
    assert "13812345678" not in page
    assert "王建国" not in page


def test_of_a_secret_ticket_no_mark_or_element_tells_the_caller(city: City, server: Served) -> None:
    no, key = city.dispatched(text=STORY, secret=True)
    page = server.client(HANDLER).get(f"/unit/{no}/{key}").text
    assert 'data-kind="organisation"' in page
    assert not [trace for trace in ("王建国", "王**", "13812345678", "138****5678") if trace in page]
