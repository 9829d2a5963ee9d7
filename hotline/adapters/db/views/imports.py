"""What an import asks of the tickets it made: which old numbers are there, and where the open ones stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, cast, func, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View


class ImportViews(View):
    def placed(self, source: str, numbers: Sequence[str]) -> dict[str, str]:
        """Old number -> ticket number of those that are there."""
        c = t.tickets.c
        query = select(c.source_no, c.no).where(c.source_system == source, c.source_no.in_(numbers))
        return dict(self.session.execute(query).all())

    def refusals_between(self, batch_id: int, first: int, last: int) -> dict[int, str]:
        """Row number -> reason of the refused rows of a batch."""
        c = t.import_refusals.c
        query = select(c.row, c.message).where(c.batch_id == batch_id, c.row.between(first, last))
        return dict(self.session.execute(query).all())

    def standing(self, source: str) -> list[Row]:
        """How many tickets of a source stand where: by historical, state and why they wait; with how many of them
        have been classified, are sure, and have a clock running."""
        c = t.tickets.c
        clocks = select(t.clocks.c.ticket_id).where(t.clocks.c.state == "running")
        counts: list[Any] = [
            func.count().label("count"),
            func.count().filter(cast(c.suggestion, Text) != "{}").label("classified"),
            func.count().filter(c.certain.is_(True)).label("certain"),
            func.count().filter(c.id.in_(clocks)).label("with_clock"),
        ]
        groups = (c.historical, c.state, c.queue_reason)
        return self.rows(select(*groups, *counts).where(c.source_system == source).group_by(*groups))
