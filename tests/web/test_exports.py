"""A table that leaves the house is written where the sweeps look, and is gone when it has been sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hotline.settings import Settings
from hotline.web import exports
from tests.serving import Served


def test_a_table_is_made_inside_the_installation_and_gone_when_it_was_sent(
    server: Served, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[Path] = []
    write = exports._write

    def noted(path: Path, *rest: Any) -> int:
        places.append(path)
        return write(path, *rest)

    monkeypatch.setattr(exports, "_write", noted)
    assert server.client("leader").get("/tickets.csv").status_code == 200
    (place,) = places
    assert place.parent.parent == settings.path("exports")
    assert not place.parent.exists()
