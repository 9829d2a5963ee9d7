"""Keeps the search copies of tickets and articles. They hold no personal field and decide nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hotline.domain.personal import mask_text
from hotline.ports import UnitOfWork
from kb.api import Document

BATCH = 500
TICKET_FIELDS = {
    "state": "keyword",
    "hotline": "keyword",
    "category": "keyword",
    "area": "keyword",
    "received": "number",
}


def ticket_document(row: dict[str, Any]) -> Document:
    """One ticket for the index: numbers and names of people in the text are masked before they get there."""
    text = "\n".join([row["place"], *row["texts"], row["public_reply"]])
    return Document(
        id=str(row["id"]),
        title=mask_text(row["title"]),
        text=mask_text(text),
        fields={
            "state": row["state"],
            "hotline": row["hotline"],
            "category": row["category"],
            "area": row["area"],
            "received": int(row["received_at"].timestamp()),
        },
    )


def ticket_for_index(uow: UnitOfWork, ticket_id: int) -> Document | None:
    """The document of one ticket; None when it is gone."""
    rows = [row for row in uow.views.texts_for_index(ticket_id - 1, 1) if row["id"] == ticket_id]
    return ticket_document(rows[0]) if rows else None


def ticket_batch(uow: UnitOfWork, after: int) -> list[tuple[int, Document]]:
    """The next documents in id order, for rebuilding."""
    return [(row["id"], ticket_document(row)) for row in uow.views.texts_for_index(after, BATCH)]


def all_tickets(query: Any) -> Iterator[Document]:
    """Every ticket's document, read in short transactions; `query` is the runtime's."""
    after = 0
    while batch := query(ticket_batch, after):
        yield from (document for _, document in batch)
        after = batch[-1][0]
