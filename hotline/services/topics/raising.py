"""预警 as the watch writes them: raised, growing with their burst, ended when it is over.

There is one open warning per area × matter, which grows; people are told again only when it has grown by `GROWN`. A
settled warning comes back only when the same burst has grown by as much, or when a new one begins after `QUIET_DAYS`.
An open one that nobody has settled ends by itself after as many quiet days, so that the next burst is raised and told
as one of its own. Counts of different numbers of days are compared by their mean day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from classifiers.bursts import Burst
from hotline.domain.deadlines import local
from hotline.domain.events import WarningRaised, WarningSettled
from hotline.domain.people import SYSTEM_ACTOR
from hotline.domain.spans import midnight
from hotline.domain.topics import BurstWarning
from hotline.ports import UnitOfWork

GROWN = 1.5
QUIET_DAYS = 3
MOST_TICKETS = 200

Days = Sequence[tuple[date, int]]


def raise_or_grow(uow: UnitOfWork, centre: str, burst: Burst, days: Days) -> bool:
    """Writes the burst down as one warning; whether people are to be told (again). `days` are for its chart."""
    latest = uow.views.latest_warning(centre, burst.area, burst.matter)
    held = uow.get(BurstWarning, latest) if latest is not None else None
    if held is None:
        return _raise(uow, centre, burst, days)
    over = burst.day - _last_seen(held) > timedelta(days=QUIET_DAYS)
    if held.state == "open" and not over:
        return _grow(uow, held, burst, days)
    if held.state == "open":
        _end(uow, held)
        uow.flush()  # before the new one, for only one may be open
    elif not over and not _has_grown(burst, held.observed, held.span):
        held.seen_day = burst.day.isoformat()
        return False
    return _raise(uow, centre, burst, days)


def _last_seen(held: BurstWarning) -> date:
    return date.fromisoformat(held.seen_day or held.day)


def _has_grown(burst: Burst, count: int, span: int) -> bool:
    return burst.observed * span >= GROWN * count * burst.span


def _raise(uow: UnitOfWork, centre: str, burst: Burst, days: Days) -> bool:
    made = BurstWarning(
        id=uow.new_id(),
        centre=centre,
        area=burst.area,
        category=burst.matter,
        told=burst.observed,
        told_span=burst.span,
        raised_at=uow.now,
        grown_at=uow.now,
        **_facts(uow, centre, burst, days),
    )
    uow.add(made)
    uow.audit(SYSTEM_ACTOR, "warning.raised", str(made.id), **_named(made))
    uow.emit(WarningRaised(made.id))
    return True


def _grow(uow: UnitOfWork, held: BurstWarning, burst: Burst, days: Days) -> bool:
    """The open warning follows its burst; it is told again when it has grown by the factor."""
    facts = _facts(uow, held.centre, burst, days)
    if all(getattr(held, name) == value for name, value in facts.items()):
        return False
    grown = _has_grown(burst, held.told, held.told_span or held.span)
    for name, value in facts.items():
        setattr(held, name, value)
    held.grown_at = uow.now
    if grown:
        held.told, held.told_span = burst.observed, burst.span
        uow.emit(WarningRaised(held.id))
    return grown


def _facts(uow: UnitOfWork, centre: str, burst: Burst, days: Days) -> dict[str, Any]:
    areas = uow.reference.subtree("area", burst.area) if burst.area else None
    matters = sorted(uow.reference.subtree("category", burst.matter))
    since = midnight(burst.day - timedelta(days=burst.span - 1))
    return {
        "day": burst.day.isoformat(),
        "span": burst.span,
        "observed": burst.observed,
        "expected": round(burst.expected, 2),
        "score": round(burst.score, 2),
        "tickets": uow.views.tickets_of_burst(areas, matters, since, centre, MOST_TICKETS),
        "days": [[day.isoformat(), number] for day, number in days],
    }


def _named(held: BurstWarning) -> dict[str, Any]:
    return {"area": held.area, "category": held.category, "observed": held.observed}


def quiet(uow: UnitOfWork) -> list[int]:
    """Open warnings whose burst was last found more than `QUIET_DAYS` ago."""
    return uow.views.quiet_warnings((local(uow.now).date() - timedelta(days=QUIET_DAYS)).isoformat())


def end(uow: UnitOfWork, warning_id: int) -> None:
    """Ends an open warning that nobody has settled; does nothing when somebody just did."""
    held = uow.get(BurstWarning, warning_id)
    if held.state == "open":
        _end(uow, held)


def _end(uow: UnitOfWork, held: BurstWarning) -> None:
    held.state, held.note = "ended", f"超过 {QUIET_DAYS} 天没有再突增，一直没有人处置"
    held.settled_by, held.settled_at = SYSTEM_ACTOR.name, uow.now
    uow.audit(SYSTEM_ACTOR, "warning.ended", str(held.id), **_named(held))
    uow.emit(WarningSettled(held.id))
