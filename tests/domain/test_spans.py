"""Days as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from hotline.domain import spans
from hotline.domain.errors import InvalidInput


def test_a_day_begins_at_the_citys_midnight() -> None:
    assert spans.read_day("2026-11-21", "since") == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert spans.midnight(date(2026, 11, 21)) == spans.read_day("2026-11-21", "since")


@pytest.mark.parametrize(
    "text", ["", "x", "2026-02-30", "9999-12-31", "0001-01-01", "1979-12-31", "2200-01-01"]
)
def test_what_is_no_day_or_lies_far_off_is_refused_beside_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        spans.read_day(text, "until")
    assert "until" in refused.value.details["fields"]
