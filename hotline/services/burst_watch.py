"""突发预警: every few minutes the reports per area × matter of today are held against their own history.

A series is counted at every level above a ticket too: 供水 in 沿河街道, in the district, in the city; and 市政公用 with
it. Of what bursts at once the most telling level is kept: the one child that explains its parent, or the parent when
several of its children burst together. There is one open warning per area × matter, which grows; people are told again
only when it has grown by `GROWN`. A settled warning comes back only when the same burst has grown by as much, or when
a new one begins after `QUIET_DAYS`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from classifiers import bursts
from hotline.domain.calendar import Calendar
from hotline.domain.calendar import parse as parse_calendar
from hotline.domain.deadlines import LOCAL, local
from hotline.domain.errors import InvalidInput
from hotline.domain.events import WarningRaised
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.reference import Reference
from hotline.domain.topics import BurstWarning
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime

HISTORY_DAYS = 84
"""Twelve weeks: every weekday twelve times."""
RECENT_DAYS = max(bursts.SPANS)
LEAST = bursts.LEAST
"""Fewer reports of one matter in one place on the recent days are not looked at."""
GROWN = 1.5
QUIET_DAYS = 3
EXPLAINS = 0.6
"""The share of a parent's excess that one child has to make up to stand for it."""
MOST_TICKETS = 200

Series = tuple[str, str]
Counts = dict[Series, dict[date, int]]


@dataclass(frozen=True)
class _Seen:
    """What one look has found, ready to be written."""

    bursts: list[bursts.Burst]
    counts: Counts


async def watch(rt: Runtime) -> int:
    """One look for the city and for every operating centre; how many bursts stand."""
    centres = ("", *await rt.read(lambda uow: uow.views.centres()))
    standing = 0
    for centre in centres:
        seen = await rt.read(look, centre)
        for burst in seen.bursts:
            await rt.run(raise_or_grow, centre, burst, seen.counts[burst.area, burst.matter])
        standing += len(seen.bursts)
    return standing


def look(uow: UnitOfWork, centre: str) -> _Seen:
    """The bursts of today. Three statements: the recent days of everything, then since when there is a history, and the
    history of what was frequent."""
    today = local(uow.now).date()
    reference = uow.reference
    recent = _rolled(uow.views.counts_by_hour(_midnight(today, RECENT_DAYS - 1)), reference, centre)
    busy = {series for series, days in recent.items() if sum(days.values()) >= LEAST}
    if not busy:
        return _Seen([], {})
    categories = _below(reference, "category", {matter for _, matter in busy})
    since = _midnight(today, HISTORY_DAYS)
    first = uow.views.first_received(since)
    rows = uow.views.counts_by_hour(since, None, categories)
    counts = {s: days for s, days in _rolled(rows, reference, centre).items() if s in busy}
    found = bursts.warnings(
        counts, today, since=local(first).date() if first else today, rests=rests_of(reference)
    )
    found = [burst for burst in found if burst.observed >= LEAST]
    return _Seen(telling(found, reference), counts)


def _midnight(day: date, days_before: int) -> datetime:
    return datetime.combine(day - timedelta(days=days_before), datetime.min.time(), LOCAL)


def rests_of(reference: Reference) -> Callable[[date], bool]:
    """Whether a day is free, by the calendar in force; by weekends where there is none."""
    row = reference.row("calendar", "statutory")
    try:
        calendar = parse_calendar(row) if row else Calendar("")
    except InvalidInput:
        calendar = Calendar("")
    return lambda day: not calendar.is_working_day(day)


def _below(reference: Reference, kind: str, codes: Iterable[str]) -> frozenset[str]:
    return frozenset(code for top in codes for code in reference.subtree(kind, top))


def _rolled(rows: Iterable[tuple[str, str, str, str, int]], reference: Reference, centre: str) -> Counts:
    """Counts by hour -> by the city's day, for the area and matter of the tickets and for all above them."""
    exact: dict[tuple[str, str, date], int] = Counter()
    for where, area, category, hour, count in rows:
        if not centre or where in ("", centre):
            exact[area, category, _day(hour)] += count
    found: Counts = defaultdict(lambda: defaultdict(int))
    for (area, category, day), count in exact.items():
        for above in _areas(reference, area):
            for matter in _codes(reference, "category", category):
                found[above, matter][day] += count
    return {series: dict(days) for series, days in found.items()}


def _day(hour: str) -> date:
    return (datetime.fromisoformat(f"{hour}:00:00+00:00")).astimezone(LOCAL).date()


def _areas(reference: Reference, area: str) -> list[str]:
    """The area and those above it; the city as a whole is "", which also takes what came without a place."""
    path = reference.path("area", area)
    return ["", *(str(row["code"]) for row in path if row.get("level") != "city")]


def _codes(reference: Reference, kind: str, code: str) -> list[str]:
    return [str(row["code"]) for row in reference.path(kind, code)]


def telling(found: list[bursts.Burst], reference: Reference) -> list[bursts.Burst]:
    """Of bursts that are the same event at several levels, the one that says most."""
    kept = list(found)
    for parent in sorted(found, key=lambda burst: -_depth(reference, burst)):
        below = [child for child in kept if child is not parent and _within(reference, child, parent)]
        if any(_excess(child) >= EXPLAINS * _excess(parent) for child in below):
            kept.remove(parent)
        else:
            kept = [burst for burst in kept if burst not in below]
    return kept


def _depth(reference: Reference, burst: bursts.Burst) -> int:
    return len(reference.path("area", burst.area)) + len(reference.path("category", burst.matter))


def _excess(burst: bursts.Burst) -> float:
    return burst.observed - burst.expected


def _within(reference: Reference, child: bursts.Burst, parent: bursts.Burst) -> bool:
    place = not parent.area or parent.area in _codes(reference, "area", child.area)
    return place and parent.matter in _codes(reference, "category", child.matter)


def raise_or_grow(uow: UnitOfWork, centre: str, burst: bursts.Burst, days: Mapping[date, int]) -> bool:
    """Writes the burst down as one warning; whether people are to be told (again)."""
    latest = uow.views.latest_warning(centre, burst.area, burst.matter)
    held = uow.get(BurstWarning, latest) if latest is not None else None
    if held is not None and held.state == "open":
        return _grow(uow, held, burst, days)
    if held is not None and not _comes_back(held, burst):
        return False
    made = BurstWarning(
        id=uow.new_id(),
        centre=centre,
        area=burst.area,
        category=burst.matter,
        told=burst.observed,
        raised_at=uow.now,
        grown_at=uow.now,
        **_facts(uow, centre, burst, days),
    )
    uow.add(made)
    facts = {"area": burst.area, "category": burst.matter, "observed": burst.observed}
    uow.audit(SYSTEM_ACTOR, "warning.raised", str(made.id), **facts)
    uow.emit(WarningRaised(made.id))
    return True


def _grow(uow: UnitOfWork, held: BurstWarning, burst: bursts.Burst, days: Mapping[date, int]) -> bool:
    """The open warning follows its burst; it is told again when it has grown by the factor."""
    facts = _facts(uow, held.centre, burst, days)
    if all(getattr(held, name) == value for name, value in facts.items()):
        return False
    for name, value in facts.items():
        setattr(held, name, value)
    held.grown_at = uow.now
    if burst.observed < GROWN * held.told:
        return False
    held.told = burst.observed
    uow.emit(WarningRaised(held.id))
    return True


def _comes_back(held: BurstWarning, burst: bursts.Burst) -> bool:
    quiet = burst.day - date.fromisoformat(held.day)
    return quiet > timedelta(days=QUIET_DAYS) or burst.observed >= GROWN * held.observed


def _facts(uow: UnitOfWork, centre: str, burst: bursts.Burst, days: Mapping[date, int]) -> dict[str, Any]:
    areas = uow.reference.subtree("area", burst.area) if burst.area else None
    matters = sorted(uow.reference.subtree("category", burst.matter))
    since = _midnight(burst.day, burst.span - 1)
    kept = [burst.day - timedelta(days=back) for back in range(HISTORY_DAYS, -1, -1)]
    return {
        "day": burst.day.isoformat(),
        "span": burst.span,
        "observed": burst.observed,
        "expected": round(burst.expected, 2),
        "score": round(burst.score, 2),
        "tickets": uow.views.tickets_of_burst(areas, matters, since, centre, MOST_TICKETS),
        "days": [[day.isoformat(), days.get(day, 0)] for day in kept],
    }
