"""密钥轮换: what was sealed or hashed under an older key is written again under the active one, batch by batch.

Old keys stay in the ring: a killed rotation goes on where it is needed, backups stay readable, and tracking codes,
of which only the keyed hash is kept, are found under the key of their day. Meanwhile values are opened by the key
that their token names and looked for under every index key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hotline.domain.parties import Party
from hotline.domain.people import Actor
from hotline.domain.records import Call, Credential, Draft
from hotline.ports import UnitOfWork

BATCH = 200


@dataclass(frozen=True)
class Sealed:
    """Where one kind of row keeps sealed values: column -> context, and keyed hash -> (sealed column, purpose)."""

    kind: type
    contexts: Mapping[str, str]
    indexes: Mapping[str, tuple[str, str]] = field(default_factory=dict)


SEALED = {
    "parties": Sealed(
        Party,
        {f"{name}_sealed": f"party.{name}" for name in ("name", "phone", "id_number", "address")},
        {"phone_index": ("phone_sealed", "phone"), "id_number_index": ("id_number_sealed", "id_number")},
    ),
    "calls": Sealed(Call, {"caller_sealed": "call.caller"}, {"caller_index": ("caller_sealed", "phone")}),
    "drafts": Sealed(Draft, {"body_sealed": "draft.body"}),
    "credentials": Sealed(Credential, {"secret_sealed": "credential.secret"}),
}
"""Every table that holds sealed values; a test holds this against the columns called *_sealed."""


def count(uow: UnitOfWork, table: str) -> int:
    """How many rows there are to look at."""
    return int(uow.views.row_count(table))


def renew(uow: UnitOfWork, table: str, after: int) -> tuple[int | None, int]:
    """Brings the next rows of a table under the active keys; (id to go on after or None, rows changed)."""
    ids = uow.views.ids_after(table, after, BATCH)
    place = SEALED[table]
    changed = sum(_renew_row(uow, place, row) for row in uow.find(place.kind, id=ids))
    return (ids[-1] if len(ids) == BATCH else None), changed


def _renew_row(uow: UnitOfWork, place: Sealed, row: Any) -> bool:
    contexts = {column: f"{context}:{row.id}" for column, context in place.contexts.items()}
    before = {name: getattr(row, name) for name in (*contexts, *place.indexes)}
    for name, (column, purpose) in place.indexes.items():
        if before[name] and uow.index_rotate_needed(before[name]):
            setattr(row, name, uow.index(uow.open(before[column], contexts[column]), purpose))
    for column, context in contexts.items():
        if uow.rotate_needed(before[column]):
            setattr(row, column, uow.seal(uow.open(before[column], context), context))
    return any(getattr(row, name) != value for name, value in before.items())


def note(uow: UnitOfWork, actor: Actor, purpose: str, what: str, **detail: Any) -> None:
    """Leaves on the audit that a rotation began or ended; never a key."""
    uow.audit(actor, f"keys.{what}", purpose, **detail)
