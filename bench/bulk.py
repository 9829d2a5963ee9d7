"""A centre with many tickets, written in bulk: rows as the use cases leave them, without going through them.

Sealed values are left empty (nothing here reads them); everything that lists, details and search read is there.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tqdm import tqdm

from bench.texts import Texts
from hotline.adapters.db.ready import insert_objects
from hotline.domain.assignment import LEAD, Assignment, Clock
from hotline.domain.drafts import TicketDraft
from hotline.domain.parties import Contact, Party, Request
from hotline.domain.reference import Reference
from hotline.domain.ticket import Round, Ticket, TimelineEntry
from hotline.runtime import Runtime
from hotline.services import indexing

CHUNK = 1000
SPAN_DAYS = 400
STATES = {"archived": 45, "closed": 30, "handling": 15, "follow_up": 4, "to_dispatch": 3, "review": 3}


def fill(runtime: Runtime, count: int) -> None:
    """Adds `count` tickets with everything around them and rebuilds the ticket index."""
    maker = _Maker(runtime.query(lambda uow: uow.reference), count)
    with tqdm(total=count, desc="tickets", disable=None) as bar:
        for start in range(0, count, CHUNK):
            runtime.transact(_add, maker, start, min(CHUNK, count - start))
            bar.update(CHUNK)
    runtime.ticket_index.open()
    with tqdm(total=count, desc="index", disable=None) as bar:
        runtime.ticket_index.rebuild(_counted(indexing.all_tickets(runtime.query), bar))


def _counted(documents: Iterator[Any], bar: Any) -> Iterator[Any]:
    for document in documents:
        yield document
        bar.update()


def _add(uow: Any, maker: _Maker, start: int, count: int) -> None:
    rows = [row for number in range(start, start + count) for row in maker.ticket(uow.new_id, number)]
    insert_objects(uow.session.connection(), rows)


class _Maker:
    def __init__(self, reference: Reference, count: int) -> None:
        self._texts, self._random, self._count = Texts(reference, seed=7), random.Random(7), count
        self._units = [row["code"] for row in reference.all_of("unit")]
        self._first = datetime.now(UTC) - timedelta(days=SPAN_DAYS)

    def ticket(self, new_id: Any, number: int) -> Iterator[Any]:
        """One ticket with its party, contact, request, timeline, and what its state implies."""
        draft, state = self._texts.draft(), self._random.choices(list(STATES), STATES.values())[0]
        at = self._first + timedelta(days=SPAN_DAYS) * (number / self._count)
        unit = self._random.choice(self._units) if state not in ("review", "to_dispatch") else ""
        ticket = self._ticket(new_id(), number, draft, state, unit, at)
        party = Party(id=new_id(), name_masked="某**", phone_masked="13*******00", flags=[], created_at=at)
        contact = Contact(id=new_id(), channel="phone", hotline="12345", party_id=party.id, received_at=at)
        yield from (ticket, party, contact)
        yield Request(
            id=new_id(),
            ticket_id=ticket.id,
            home_ticket_id=ticket.id,
            contact_id=contact.id,
            party_id=party.id,
            text=draft.text,
            created_at=at,
        )
        for kind in ("registered", "submit", "classified", "dispatch")[: 4 if unit else 3]:
            yield TimelineEntry(id=new_id(), ticket_id=ticket.id, at=at, kind=kind, actor="系统", state=state)
        if unit:
            yield from self._handled(new_id, ticket, unit, at)

    def _ticket(
        self, key: int, number: int, draft: TicketDraft, state: str, unit: str, at: datetime
    ) -> Ticket:
        done = state in ("archived", "closed")
        return Ticket(
            id=key,
            no=f"{at:%Y%m%d}-B{number:06}",
            state=state,
            title=draft.title,
            hotline="12345",
            channel="phone",
            request_type=draft.request_type,
            category=draft.category,
            area=draft.area,
            place=draft.place,
            lead_unit=unit,
            round_no=1 if unit else 0,
            received_at=at,
            dispatched_at=at if unit else None,
            due_at=at + timedelta(days=5) if unit else None,
            yellow_at=at + timedelta(days=4) if unit else None,
            closed_at=at + timedelta(days=4) if done else None,
            public_reply="经现场核实已经处理完毕，感谢您的反映。" if done else "",
            changed_at=at,
        )

    def _handled(self, new_id: Any, ticket: Ticket, unit: str, at: datetime) -> Iterator[Any]:
        state = "working" if ticket.state == "handling" else "accepted"
        lead = Assignment(
            id=new_id(), ticket_id=ticket.id, round_no=1, unit=unit, duty=LEAD, state=state, dispatched_at=at
        )
        yield Round(id=new_id(), ticket_id=ticket.id, number=1, started_at=at)
        yield lead
        yield Clock(
            id=new_id(),
            ticket_id=ticket.id,
            assignment_id=lead.id,
            purpose="reply",
            profile="lanzhou",
            profile_version=1,
            calendar_version=1,
            started_at=at,
            due_at=at + timedelta(days=5),
            yellow_at=at + timedelta(days=4),
            state="running" if state == "working" else "met",
            met_at=None if state == "working" else at + timedelta(days=4),
            light="red",
            limit={},
            steps=[],
        )
