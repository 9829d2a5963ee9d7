"""Sealing the audit in order, and checking the whole chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from hotline.domain import seals
from hotline.domain.errors import NotAllowed
from hotline.domain.people import Actor
from hotline.domain.records import AuditRow, AuditSeal
from hotline.ports import UnitOfWork

BATCH = 500


def seal(uow: UnitOfWork) -> bool:
    """Seals the next batch of rows, oldest first; True when there may be more."""
    rows: Sequence[AuditRow] = uow.find(AuditRow, seal=None, limit=BATCH)
    if not rows:
        return False
    last = uow.find(AuditSeal, order="-id", limit=1)
    made = seals.seal_batch(
        [asdict(row) for row in rows], _seal(last[0]) if last else None, uow.seal_keys, uow.now
    )
    for position, row in enumerate(rows, 1):
        row.seal, row.position = made.seq, position
    uow.add(
        AuditSeal(
            id=made.seq,
            first_id=made.first_id,
            last_id=made.last_id,
            count=made.count,
            digest=made.digest,
            previous=made.previous,
            at=made.at,
        )
    )
    return len(rows) == BATCH


def verify(uow: UnitOfWork, anchor: str = "") -> seals.Report:
    """Walks the whole chain; the report names every changed, missing or inserted row."""

    def rows_of(made: seals.Seal) -> Iterator[dict[str, Any]]:
        return (asdict(row) for row in uow.find(AuditRow, seal=made.seq, order="position"))

    known = [row.id for row in uow.find(AuditSeal)]
    loose = [asdict(row) for row in uow.find(AuditRow, seal=None)]
    loose += uow.views.audit_strays(known)
    return seals.verify(
        map(_seal, uow.find(AuditSeal)), rows_of, uow.seal_keys, unsealed=loose, anchor=anchor
    )


def verify_as(uow: UnitOfWork, actor: Actor, anchor: str = "") -> dict[str, Any]:
    """As `verify`, for the audit administrator's page; looking is itself audited by the caller."""
    if not actor.may("audit.read"):
        raise NotAllowed("audit.read", "您没有查看审计的权限")
    report = verify(uow, anchor)
    return {
        "ok": report.ok,
        "seals": report.seals,
        "rows": report.rows,
        "findings": [asdict(finding) for finding in report.findings[:200]],
        "anchor": last_anchor(uow),
    }


def last_anchor(uow: UnitOfWork) -> str:
    """The newest seal as a short text to print or keep elsewhere; "" before the first."""
    last = uow.find(AuditSeal, order="-id", limit=1)
    return _seal(last[0]).anchor if last else ""


def _seal(row: AuditSeal) -> seals.Seal:
    return seals.Seal(row.id, row.first_id, row.last_id, row.count, row.digest, row.previous, row.at)
