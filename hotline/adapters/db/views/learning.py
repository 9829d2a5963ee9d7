"""What the learning loop asks: readings in their order, the statements about their tickets, tickets to learn from."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, func, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View


class LearningViews(View):
    def last_reading(self) -> int:
        """The id of the newest reading; 0 without any."""
        return int(self.session.scalar(select(func.max(t.readings.c.id))) or 0)

    def readings_after(self, after: int, until: datetime, limit: int) -> list[Row]:
        """The next readings of serving models that were stored before a time: {"id", "ticket_id"}."""
        c = t.readings.c
        query = select(c.id, c.ticket_id).where(c.id > after, c.shadow.is_(False), c.at < until)
        return self.rows(query.order_by(c.id).limit(limit))

    def readings_between(self, since: datetime, until: datetime, after: int, limit: int) -> list[Row]:
        """A page of all readings of a span, with how often the ticket went back."""
        c, k = t.readings.c, t.tickets.c
        joined = t.readings.join(t.tickets, k.id == c.ticket_id)
        query = select(*t.readings.c, k.hops).select_from(joined)
        query = query.where(c.at >= since, c.at < until, c.id > after)
        return self.rows(query.order_by(c.id).limit(limit))

    def statements(self, tickets: Collection[int], field: str) -> list[Row]:
        """What people said of a field of these tickets, in the order they said it."""
        c = t.labels.c
        query = select(c.id, c.ticket_id, c.value, c.how).where(c.ticket_id.in_(tickets), c.field == field)
        return self.rows(query.order_by(c.id))

    def labelled_tickets(self, field: str, after: int, limit: int) -> list[int]:
        """The next tickets that somebody said something about this field of."""
        c = t.labels.c
        query = select(c.ticket_id).where(c.field == field, c.ticket_id > after).distinct()
        return list(self.session.scalars(query.order_by(c.ticket_id).limit(limit)))

    def recently_labelled(self, field: str, hows: Collection[str], limit: int) -> list[Row]:
        """The tickets that were spoken of last in these ways, each with its newest statement: {"id", "ticket_id"}."""
        c, later = t.labels.c, t.labels.alias()
        newer = exists().where(
            later.c.ticket_id == c.ticket_id, later.c.field == field, later.c.how.in_(hows), later.c.id > c.id
        )
        query = select(c.id, c.ticket_id).where(c.field == field, c.how.in_(hows), ~newer)
        return self.rows(query.order_by(c.id.desc()).limit(limit))

    def labelled_after(self, field: str, hows: Collection[str], after: int, limit: int) -> list[Row]:
        """The next statements of these kinds: {"id", "at"}."""
        c = t.labels.c
        query = select(c.id, c.at).where(c.field == field, c.how.in_(hows), c.id > after)
        return self.rows(query.order_by(c.id).limit(limit))

    def told(self, tickets: Collection[int]) -> list[Row]:
        """What was told at first, whether or not the requests stand under other tickets now: {"id", "merged_into", "title",
        "words", "secret", "suggestion"}, not masked."""
        c, r = t.tickets.c, t.requests.c
        texts: dict[int, list[Row]] = {}
        asked = select(r.home_ticket_id, r.text, r.secret).where(r.home_ticket_id.in_(tickets))
        for row in self.rows(asked.order_by(r.id)):
            texts.setdefault(row["home_ticket_id"], []).append(row)
        query = select(c.id, c.merged_into, c.title, c.secret, c.suggestion).where(c.id.in_(tickets))
        return [
            row
            | {
                "words": "\n".join(one["text"] for one in texts.get(row["id"], ())),
                "secret": row["secret"] or any(one["secret"] for one in texts.get(row["id"], ())),
            }
            for row in self.rows(query.order_by(c.id))
        ]

    def count_labels(self) -> list[Row]:
        """How many labels there are of each field and how; reads the whole table."""
        c = t.labels.c
        query = select(c.field, c.how, func.count().label("labels"))
        return self.rows(query.group_by(c.field, c.how).order_by(c.field, c.how))

    def score_weeks(self, since: str) -> list[Row]:
        """The stored weeks from a Monday on, the newest first, serving before shadow."""
        c = t.score_weeks.c
        query = select(c.week, c.model, c.shadow, c.figures, c.made_at).where(c.week >= since)
        return self.rows(query.order_by(c.week.desc(), c.shadow, c.id.desc()))
