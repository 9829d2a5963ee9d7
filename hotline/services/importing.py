"""Taking over an old hotline's records: in short transactions beside a running server, resumable, nothing twice.

A row and its place in the batch's count are written together, so that a process killed anywhere goes on after the
last row that is accounted for; rows that are already there are recognised by (source system, old number). A bad row
is refused with its reason and never stops the run. Two runs of one file share its batch and its work.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hotline.domain.drafts import TicketDraft
from hotline.domain.errors import InvalidInput
from hotline.domain.people import Actor
from hotline.domain.records import ImportBatch, ImportRefusal
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.services import intake
from hotline.services.import_rows import HISTORICAL, Plan, draft_of, historical_of, kept_of
from hotline.services.recording import record as note

CHUNK = 100
"""Rows of one transaction: short enough that a server beside it never waits long for the database."""
NUMBER_SHOWN = 100


@dataclass
class Tally:
    """What became of some rows: how many of each result, and of each kind and state among the new ones."""

    created: int = 0
    already: int = 0
    refused: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    def new(self, kind: str, state: str) -> None:
        self.created += 1
        self._count(self.outcomes, f"{kind}/{state}")

    def noted(self, problems: Iterable[Any]) -> None:
        for problem in problems:
            self._count(self.notes, f"{problem.field}.{problem.code}")

    @staticmethod
    def _count(counts: dict[str, int], key: str) -> None:
        counts[key] = counts.get(key, 0) + 1

    def summary(self) -> dict[str, Any]:
        read = self.created + self.already + self.refused
        return {"read": read, **self.__dict__}


def begin(
    uow: UnitOfWork, plan: Plan, file_name: str, digest: str, total: int, by: str, restart: bool = False
) -> tuple[int, int]:
    """(batch, rows already accounted for) of an import of this file; an unfinished one of the same file, hotline
    and mode goes on unless `restart`."""
    known = {"file_digest": digest, "hotline": plan.hotline, "mode": plan.mode}
    held = None if restart else uow.first(ImportBatch, state="running", **known)
    if held is not None:
        return held.id, held.done
    batch = ImportBatch(
        id=uow.new_id(), file_name=file_name[:200], total=total, started_by=by, started_at=uow.now, **known
    )
    uow.add(batch)
    uow.audit(_person(by), "import.started", str(batch.id), hotline=plan.hotline, mode=plan.mode, rows=total)
    return batch.id, 0


def take(uow: UnitOfWork, plan: Plan, batch_id: int, first: int, records: Sequence[Any]) -> int:
    """Accounts for the records at positions `first`, `first` + 1, … of the file; how far the batch is now.

    Rows that another run of the same batch has taken meanwhile are passed over.
    """
    batch = uow.get(ImportBatch, batch_id)
    tally, fresh = Tally(), records[max(0, batch.done - first) :]
    there = set(uow.views.placed(plan.source, [record.external_no for record in fresh]))
    for record in fresh:
        _take_one(uow, plan, batch, record, tally, there)
    batch.created += tally.created
    batch.already += tally.already
    batch.refused += tally.refused
    batch.outcomes = _sum(batch.outcomes, tally.outcomes)
    batch.notes = _sum(batch.notes, tally.notes)
    batch.done = max(batch.done, first + len(records))
    return batch.done


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in (*one, *other)}


def _take_one(
    uow: UnitOfWork, plan: Plan, batch: ImportBatch, record: Any, tally: Tally, there: set[str]
) -> None:
    tally.noted(record.notes)
    draft, refusal = _checked(uow, plan, record)
    if refusal is not None:
        tally.refused += 1
        uow.add(_refusal(uow, batch, record, *refusal))
    elif record.external_no in there:
        tally.already += 1
    else:
        there.add(record.external_no)
        tally.new(plan.kind_of(record), _add(uow, plan, record, draft).state)


def _checked(uow: UnitOfWork, plan: Plan, record: Any) -> tuple[TicketDraft, tuple[str, str, str] | None]:
    """The draft of a record, and (field, code, message) where it has to be refused."""
    draft = draft_of(uow.reference, plan, record)
    if record.problems:
        field_, code, _ = record.problems[0]
        return draft, (field_, code, "；".join(problem.message for problem in record.problems))
    try:
        return draft.checked(uow.reference), None
    except InvalidInput as error:
        fields = error.details.get("fields") or {}
        return draft, (next(iter(fields), ""), error.code, error.message)


def _add(uow: UnitOfWork, plan: Plan, record: Any, draft: TicketDraft) -> Ticket:
    if plan.kind_of(record) == HISTORICAL:
        old = historical_of(uow.reference, draft, record)
        ticket, _ = intake.add_finished(uow, plan.actor, draft, old)
    else:
        ticket, _ = intake.add_open(uow, plan.actor, draft, intake.Outcome())
    if kept := kept_of(record):
        note(uow, plan.actor, ticket, "old_record", public=False, **kept)
    return ticket


def _refusal(
    uow: UnitOfWork, batch: ImportBatch, record: Any, field_: str, code: str, message: str
) -> ImportRefusal:
    return ImportRefusal(
        id=uow.new_id(),
        batch_id=batch.id,
        row=record.row,
        external_no=record.external_no[:NUMBER_SHOWN],
        field=field_,
        code=code,
        message=message[:500],
    )


def finish(uow: UnitOfWork, batch_id: int) -> dict[str, Any]:
    """Closes the batch when every row is accounted for; its account as plain data."""
    batch = uow.get(ImportBatch, batch_id)
    if batch.state == "running" and batch.done >= batch.total:
        batch.state, batch.ended_at = "finished", uow.now
        counts = {"created": batch.created, "already": batch.already, "refused": batch.refused}
        uow.audit(_person(batch.started_by), "import.finished", str(batch.id), **counts)
    return account(uow, batch_id)


def account(uow: UnitOfWork, batch_id: int) -> dict[str, Any]:
    """读入, 新建, 已存在, 拒收 of a batch, by kind and state, with its notes counted."""
    batch = uow.get(ImportBatch, batch_id)
    names = ("id", "file_name", "hotline", "mode", "state", "total", "created", "already", "refused")
    shown = {name: getattr(batch, name) for name in names}
    return {**shown, "read": batch.done, "outcomes": dict(batch.outcomes), "notes": dict(batch.notes)}


def rehearse(
    uow: UnitOfWork, plan: Plan, records: Sequence[Any], seen: set[str], tally: Tally
) -> list[tuple]:
    """What `take` would do with the records, without writing; (row, number, field, code, message) of each refusal.

    seen: the numbers met so far in this file; those of `records` are added.
    """
    there = set(uow.views.placed(plan.source, [record.external_no for record in records]))
    refused = []
    for record in records:
        tally.noted(record.notes)
        _, refusal = _checked(uow, plan, record)
        if refusal is not None:
            tally.refused += 1
            refused.append((record.row, record.external_no[:NUMBER_SHOWN], *refusal))
        elif record.external_no in there or record.external_no in seen:
            tally.already += 1
        else:
            seen.add(record.external_no)
            tally.new(plan.kind_of(record), "")
    return refused


def reconcile(
    uow: UnitOfWork, plan: Plan, batch_id: int, records: Sequence[Any]
) -> list[tuple[int, str, str, str, str]]:
    """The file held against the database: (row, old number, result, ticket number, reason or notes) of each record.

    The result is 已入库, 拒收 or, which must never be, 缺失.
    """
    placed = uow.views.placed(plan.source, [record.external_no for record in records])
    rows = [record.row for record in records]
    refused = uow.views.refusals_between(batch_id, min(rows), max(rows)) if rows else {}
    return [
        _reconciled(record, placed.get(record.external_no), refused.get(record.row)) for record in records
    ]


def _reconciled(record: Any, ticket_no: str | None, reason: str | None) -> tuple[int, str, str, str, str]:
    notes = "；".join(problem.message for problem in record.notes)
    if reason is not None:
        return record.row, record.external_no, "拒收", "", reason
    return record.row, record.external_no, "已入库" if ticket_no else "缺失", ticket_no or "", notes


def _person(name: str) -> Actor:
    return Actor(None, name, frozenset(), login=name, via="command")
