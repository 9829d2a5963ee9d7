"""The starter city's files as parsed tables, and as the snapshot that the domain reads."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import pytest

from hotline.domain.reference import Reference

Table = dict[str, Any]
_KINDS = {
    "area": ("areas.toml", "area", "code"),
    "unit": ("units.toml", "unit", "code"),
    "category": ("taxonomy.toml", "category", "code"),
    "catalogue": ("catalogue.toml", "row", "id"),
}


@cache
def _parsed(name: str) -> Table:
    return tomllib.loads((resources.files("hotline") / "data" / name).read_text("utf-8"))


@pytest.fixture(scope="session")
def load() -> Callable[[str], Table]:
    """A data file by its name, dates as dates."""
    return _parsed


@pytest.fixture(scope="session")
def starter() -> Reference:
    """Areas, units, categories and catalogue as one snapshot; dates as ISO text, as in the database."""
    rows = {
        kind: {row[key]: _dates_as_text(row) for row in _parsed(name)[section]}
        for kind, (name, section, key) in _KINDS.items()
    }
    return Reference(rows)


def _dates_as_text(row: Table) -> Table:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
