"""The truth about tickets, as far as people have spoken: the last statement that is not a mere claim.

A correction to nothing takes the truth back. Statements that disagree all stay in the table; who wants to know how often
that happens counts them there.
"""

from __future__ import annotations

from collections.abc import Collection

from hotline.domain.learning import CLAIM
from hotline.domain.reference import Reference
from hotline.ports import UnitOfWork


def of(uow: UnitOfWork, tickets: Collection[int], field: str = "category") -> dict[int, str]:
    """ticket id -> what the last person said of the field; tickets nobody spoke of are absent."""
    found: dict[int, str] = {}
    for row in uow.views.statements(tickets, field):
        if row["how"] != CLAIM:
            found[row["ticket_id"]] = row["value"]
    return {ticket: value for ticket, value in found.items() if value}


def root(reference: Reference, code: str) -> str:
    """The first-level code above a matter; the code itself where the taxonomy knows it no longer."""
    path = reference.path("category", code) if code else []
    return str(path[0]["code"]) if path else code
