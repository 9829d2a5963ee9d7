"""The weekly score: what each model answered in a week, against what people have said about those tickets since.

Weeks begin on the city's Monday. People go on speaking after a week has ended, so the last weeks are reckoned anew now
and then; what is older stays as it was. Only tickets that somebody spoke of can be judged, and people speak most where
a model was unsure: the share of judged tickets stands beside every figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from hotline.domain.deadlines import LOCAL, local
from hotline.domain.learning import LabelCount, Reading, ScoreWeek
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.scoring import Case, figures, share, share_of
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services.learning import models, truth

Row = dict[str, Any]
WEEK = timedelta(days=7)
OPEN_WEEKS = 5
"""How many weeks, the running one among them, are reckoned anew."""
RUNNING_LASTS, ENDED_LASTS = timedelta(hours=1), timedelta(hours=24)
PAGE = 1000
MOST_WEEKS = 26


def monday(at: datetime) -> date:
    """The city's Monday at or before an instant."""
    day = local(at).date()
    return day - timedelta(days=day.weekday())


def start_of(week: date) -> datetime:
    return datetime.combine(week, datetime.min.time(), tzinfo=LOCAL)


@dataclass
class Tally:
    """What one model did in one week."""

    read: int = 0
    certain: int = 0
    auto: int = 0
    bounced: int = 0
    cases: list[Case] = field(default_factory=list)
    types: list[bool] = field(default_factory=list)
    urgencies: list[bool] = field(default_factory=list)

    def figures(self) -> Row:
        """As they are stored; see domain/scoring.py for the shares."""
        return {
            "read": self.read,
            "certain_read": share_of(self.certain, self.read),
            "bounced": share_of(self.bounced, self.auto),
            "request_type": share(self.types),
            "urgency": share(self.urgencies),
            **figures(self.cases),
        }


def reckon(uow: UnitOfWork, week: date) -> dict[tuple[str, bool], Row]:
    """(model, shadow) -> its figures of a week, from the readings and what people said."""
    tallies: dict[tuple[str, bool], Tally] = {}
    for rows in _pages(uow, start_of(week), start_of(week + WEEK)):
        tickets = {row["ticket_id"] for row in rows}
        said = {name: truth.of(uow, tickets, name) for name in ("category", "request_type", "urgency")}
        for row in rows:
            _count(uow.reference, tallies.setdefault((row["model"], row["shadow"]), Tally()), row, said)
    return {key: tally.figures() for key, tally in tallies.items()}


def _pages(uow: UnitOfWork, since: datetime, until: datetime) -> Iterator[list[Row]]:
    after = 0
    while rows := uow.views.readings_between(since, until, after, PAGE):
        yield rows
        after = rows[-1]["id"]


def _count(reference: Reference, tally: Tally, row: Row, said: Mapping[str, Mapping[int, str]]) -> None:
    ticket = row["ticket_id"]
    tally.read += 1
    tally.certain += row["certain"]
    tally.auto += row["auto"]
    tally.bounced += bool(row["auto"] and row["hops"])
    if ticket in said["category"]:
        tally.cases.append(
            case_of(reference, row["category"], said["category"][ticket], row["score"], row["certain"])
        )
    if ticket in said["request_type"]:
        tally.types.append(row["request_type"] == said["request_type"][ticket])
    if ticket in said["urgency"]:
        tally.urgencies.append(row["urgency"] == said["urgency"][ticket])


def case_of(reference: Reference, answered: str, truly: str, score: float, certain: bool) -> Case:
    """One answer against the truth, both by their codes."""
    return Case(
        truth.root(reference, answered), truth.root(reference, truly), answered, truly, score, certain
    )


def due(uow: UnitOfWork) -> list[date]:
    """The weeks that are to be reckoned now."""
    this = monday(uow.now)
    weeks = [this - WEEK * back for back in range(OPEN_WEEKS)]
    made = {row.week: row.made_at for row in uow.find(ScoreWeek, week=[week.isoformat() for week in weeks])}
    if uow.first(Reading) is None:
        return []
    stale = {week: RUNNING_LASTS if week == this else ENDED_LASTS for week in weeks}
    return [week for week in weeks if _older(made.get(week.isoformat()), uow.now - stale[week])]


def _older(made: datetime | None, than: datetime) -> bool:
    return made is None or made < than


def keep(uow: UnitOfWork, week: date, found: dict[tuple[str, bool], Row]) -> None:
    """Stores a week's figures in place of the earlier ones. A week in which nothing was read is kept as such."""
    held = {(row.model, row.shadow): row for row in uow.find(ScoreWeek, week=week.isoformat())}
    for key, made in (found or {("", False): {"read": 0}}).items():
        row = held.get(key)
        if row is None:
            model, shadow = key
            uow.add(
                ScoreWeek(
                    id=uow.new_id(),
                    week=week.isoformat(),
                    model=model,
                    shadow=shadow,
                    figures=made,
                    made_at=uow.now,
                )
            )
        else:
            row.figures, row.made_at = made, uow.now
    for key, row in held.items():
        if key not in found and found:
            uow.delete(row)


def counts_due(uow: UnitOfWork) -> bool:
    """Whether the labels are to be counted now."""
    last = next(iter(uow.find(LabelCount, limit=1)), None)
    return _older(last.counted_at if last else None, uow.now - RUNNING_LASTS)


def keep_counts(uow: UnitOfWork, counted: list[Row]) -> None:
    """Stores how many labels there are, in place of the earlier counts."""
    held = {(row.field, row.how): row for row in uow.find(LabelCount)}
    for one in counted:
        row = held.get((one["field"], one["how"]))
        if row is None:
            row = LabelCount(id=uow.new_id(), field=one["field"], how=one["how"], counted_at=uow.now)
            uow.add(row)
        row.labels = one["labels"]
    for row in uow.find(LabelCount):
        row.counted_at = uow.now


async def refresh(rt: Runtime) -> None:
    """The weekly job: a sweep that mostly finds nothing to do."""
    if await rt.read(counts_due):
        await rt.run(keep_counts, await rt.read(lambda uow: uow.views.count_labels()))
    for week in await rt.read(due):
        await rt.run(keep, week, await rt.read(reckon, week))


def weeks(uow: UnitOfWork, actor: Actor, last: int = MOST_WEEKS) -> list[Row]:
    """The stored figures of the last weeks, the newest first, serving before shadow."""
    models.check_reader(actor)
    since = monday(uow.now) - WEEK * min(last, MOST_WEEKS)
    rows = [row for row in uow.views.score_weeks(since.isoformat()) if row["model"]]
    return [_named(uow.reference, row) for row in rows]


def _named(reference: Reference, row: Row) -> Row:
    """The figures with the names of the classes."""
    found = row["figures"]
    for one in found.get("classes", []):
        one["name"] = reference.name("category", one["code"])
    for one in found.get("confusions", []):
        one["truth_name"] = reference.name("category", one["truth"])
        one["said_name"] = reference.name("category", one["said"]) or "（没有回答）"
    return row
