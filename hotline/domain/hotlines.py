"""The "1" hotlines: how a number was merged in a place at a time, and where its emergencies go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from hotline.domain.dispatch import in_force
from hotline.domain.reference import Reference

MERGED, PARALLEL, SUB_CENTRE = "整体并入", "双号并行", "设分中心"
MODES = (MERGED, PARALLEL, SUB_CENTRE, "不并入", "紧急转接", "主号")


def mode_of(row: dict[str, Any], regions: Sequence[str], on: date) -> dict[str, Any] | None:
    """The mode row that holds on a day: a region's own goes before its province's, that before 全国."""
    modes = [mode for mode in row.get("mode", []) if in_force(mode, on)]
    for region in (*regions, "全国"):
        for mode in modes:
            if mode.get("region") == region:
                return mode
    return None


def regions(reference: Reference) -> list[str]:
    """The city of this installation, as regions are named in the registry, nearest first."""
    return [str(row["name"]) for row in reference.children("area")]


def local_mode(reference: Reference, number: str, on: date) -> str:
    """The mode of a hotline in this city, "" when the registry does not say."""
    row = reference.row("hotline", number)
    found = mode_of(row, regions(reference), on) if row else None
    return str(found["mode"]) if found else ""


def by_dialled(reference: Reference, dialled: str) -> str:
    """The hotline a dialled number belongs to; 12345 when it is not in the registry."""
    for row in reference.all_of("hotline"):
        if dialled == row["number"] or dialled in row.get("dialled", []):
            return str(row["number"])
    return "12345"


def transfer_targets(reference: Reference) -> list[dict[str, Any]]:
    """Where callers are sent at once: emergencies first, then lines that stay outside."""
    rows = [row for row in reference.all_of("hotline") if row.get("transfer_direction") in ("out", "both")]
    return sorted(rows, key=lambda row: (row.get("kind") != "emergency", row["number"]))
