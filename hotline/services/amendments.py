"""What a settled objection writes into the dispatch catalogue, so that the same quarrel is not had twice."""

from __future__ import annotations

from datetime import date
from typing import Any

from hotline.domain.assignment import Application
from hotline.domain.dispatch import propose
from hotline.domain.errors import invalid_field
from hotline.domain.people import Actor
from hotline.domain.reference import Reference
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork


def amend(uow: UnitOfWork, actor: Actor, ticket: Ticket, application: Application, unit: str) -> None:
    """Writes the ruling into the catalogue: this matter in this county (or town) belongs to this unit."""
    body = amendment(
        uow.reference, ticket, unit, uow.now.date(), application.decision_note or application.reason
    )
    version = uow.change_reference("catalogue", body["id"], body, actor.name, f"异议裁定 {ticket.no}")
    application.ruling = {**application.ruling, "catalogue_row": body["id"], "catalogue_version": version}
    uow.audit(actor, "catalogue.amended", body["id"], ticket=ticket.no, version=version)


def amendment(reference: Reference, ticket: Ticket, unit: str, on: date, note: str) -> dict[str, Any]:
    """The catalogue row that a ruling for `unit` makes. The kind of the duty stays that of the row it overrules, so
    that no ruling opens a department's duty to townships by the way."""
    if not ticket.category or not ticket.area:
        raise invalid_field("amend", "工单没有事项分类或区域，不能写入派单目录")
    scope = _scope(reference, ticket.area, unit)
    old = overruled(reference, ticket, on) or {}
    return {
        "id": f"ruling-{ticket.category}-{scope}",
        "matter": ticket.category,
        "area_scope": scope,
        "lead": unit,
        "assists": [assist for assist in old.get("assists", []) if assist != unit],
        "basis": f"派单异议裁定 {ticket.no}：{note}"[:300],
        "duty_kind": old.get("duty_kind", "functional"),
        "township_allowed": bool(old.get("township_allowed", False)),
        "valid_from": on.isoformat(),
        "note": note[:300],
    }


def _scope(reference: Reference, area: str, unit: str) -> str:
    """The county of the place; a township's ruling holds in its own area only."""
    ruled = reference.require("unit", unit, "unit")
    if ruled.get("level") in ("town", "village"):
        return str(ruled.get("area") or area)
    return reference.area_at(area, "county") or area


def overruled(reference: Reference, ticket: Ticket, on: date) -> dict[str, Any] | None:
    """The catalogue row that holds for the ticket's matter and place today."""
    proposals = propose(reference, ticket.category, ticket.area, on)
    return reference.row("catalogue", proposals[0].row) if proposals else None
