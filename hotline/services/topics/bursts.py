"""突发预警: every few minutes the reports per area × matter of today are held against their own history.

A series is counted at every level above a ticket too: 供水 in 沿河街道, in the district, in the city; and 市政公用 with
it. Of what bursts at once the most telling level is kept: the one child that explains its parent, or the parent when
several of its children burst together.

Only today is counted from the tickets. The counts of the days before are kept, and each is reckoned anew about once
an hour (`AGAIN` days a look), so that calls entered late, old tickets that were imported and corrected matters come in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from classifiers import bursts
from hotline.domain.calendar import Calendar
from hotline.domain.calendar import parse as parse_calendar
from hotline.domain.deadlines import local
from hotline.domain.errors import InvalidInput
from hotline.domain.reference import Reference
from hotline.domain.spans import midnight
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services.topics import raising

HISTORY_DAYS = 84
"""Twelve weeks: every weekday twelve times."""
RECENT_DAYS = max(bursts.SPANS)
AGAIN = 4
"""Days before today that one look counts anew."""
LEAST = bursts.LEAST
"""Fewer reports of one matter in one place on the recent days are not looked at."""
EXPLAINS = 0.6
"""The share of a parent's excess that one child has to make up to stand for it."""

Series = tuple[str, str]
Counts = dict[Series, dict[date, int]]
Row = tuple[str, str, str, str, int]
"""(centre, area, category, ISO day, how many)"""


@dataclass(frozen=True)
class _Seen:
    """What one look has found for a centre, ready to be written."""

    centre: str
    bursts: list[bursts.Burst]
    counts: Counts


async def watch(rt: Runtime) -> int:
    """One look for the city and for every operating centre; how many bursts stand."""
    for day in await rt.read(to_count):
        await rt.run(count, day)
    standing = 0
    for seen in await rt.read(look):
        for burst in seen.bursts:
            days = history(seen.counts[burst.area, burst.matter], burst.day)
            await rt.run(raising.raise_or_grow, seen.centre, burst, days)
        standing += len(seen.bursts)
    for warning_id in await rt.read(raising.quiet):
        await rt.run(raising.end, warning_id)
    return standing


def to_count(uow: UnitOfWork) -> list[date]:
    """The days before today that were never counted, and those whose counts are oldest."""
    today, known = local(uow.now).date(), uow.views.counted_days()
    days = [today - timedelta(days=back) for back in range(1, HISTORY_DAYS + 1)]
    counted = sorted(
        (day for day in days if day.isoformat() in known), key=lambda day: known[day.isoformat()]
    )
    return [day for day in days if day.isoformat() not in known] + counted[:AGAIN]


def count(uow: UnitOfWork, day: date) -> None:
    """Counts a day anew, and drops the days that nobody compares with any more."""
    uow.views.count_day(day.isoformat(), midnight(day), midnight(day + timedelta(days=1)), uow.now)
    uow.views.forget_counts_before((local(uow.now).date() - timedelta(days=HISTORY_DAYS)).isoformat())


def look(uow: UnitOfWork) -> list[_Seen]:
    """The bursts of today, for the city and every operating centre. Five statements, however many centres there are:
    the centres, today, the recent days of everything, then since when there is a history, and the history of what
    was frequent."""
    today, reference = local(uow.now).date(), uow.reference
    centres = ("", *uow.views.centres())
    now = uow.views.counts_now(today.isoformat(), midnight(today), midnight(today + timedelta(days=1)))
    recent = now + uow.views.kept_counts((today - timedelta(days=RECENT_DAYS - 1)).isoformat())
    busy = {centre: _busy(_rolled(recent, reference, centre)) for centre in centres}
    matters = {matter for found in busy.values() for _, matter in found}
    if not matters:
        return []
    rows = now + uow.views.kept_counts(
        (today - timedelta(days=HISTORY_DAYS)).isoformat(), _below(reference, "category", matters)
    )
    first = uow.views.first_counted_day()
    since = date.fromisoformat(first) if first else today
    return [_seen(rows, reference, centre, busy[centre], today, since) for centre in centres if busy[centre]]


def _busy(counts: Counts) -> set[Series]:
    return {series for series, days in counts.items() if sum(days.values()) >= LEAST}


def _seen(
    rows: list[Row], reference: Reference, centre: str, busy: set[Series], today: date, since: date
) -> _Seen:
    counts = {s: days for s, days in _rolled(rows, reference, centre).items() if s in busy}
    found = bursts.warnings(counts, today, since=since, rests=rests_of(reference))
    return _Seen(centre, telling([one for one in found if one.observed >= LEAST], reference), counts)


def ready_from(uow: UnitOfWork) -> date | None:
    """The day from which there are warnings, while the history is too short for any; None when there are."""
    today, first = local(uow.now).date(), uow.views.first_counted_day()
    since = date.fromisoformat(first) if first else today
    ready = since + timedelta(days=bursts.SHORTEST + bursts.MARGIN)
    return ready if today < ready else None


def history(days: dict[date, int], last: date) -> list[tuple[date, int]]:
    """The days up to the last one with their counts, those without a report among them."""
    kept = (last - timedelta(days=back) for back in range(HISTORY_DAYS, -1, -1))
    return [(day, days.get(day, 0)) for day in kept]


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


def _rolled(rows: Iterable[Row], reference: Reference, centre: str) -> Counts:
    """Counts for the area and matter of the tickets and for all above them; of a centre with what has none."""
    exact: dict[Series, dict[str, int]] = defaultdict(Counter)
    for where, area, category, day, number in rows:
        if not centre or where in ("", centre):
            exact[area, category][day] += number
    found: dict[Series, dict[date, int]] = defaultdict(Counter)
    for (area, category), days in exact.items():
        dated = [(date.fromisoformat(day), number) for day, number in days.items()]
        for above in _areas(reference, area):
            for matter in _codes(reference, "category", category):
                series = found[above, matter]
                for day, number in dated:
                    series[day] += number
    return {series: dict(days) for series, days in found.items()}


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
