"""The starter city as the snapshot that the domain reads. Not a fixture, because hypothesis would print it whole."""

from __future__ import annotations

from functools import cache

from hotline.adapters.starter import starter_rows
from hotline.domain.reference import Reference


@cache
def starter_city() -> Reference:
    kinds = starter_rows("2026-03-02").items()
    return Reference({kind: {str(row.get("code") or row["id"]): row for row in rows} for kind, rows in kinds})
