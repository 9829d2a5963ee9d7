"""What hot topics ask of the requests and tickets, and the runs and topics that were kept."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page
from hotline.adapters.db.views.tickets import LIST_COLUMNS, conditions

TOPIC_ROWS = 200
_SORTS = {"heat": "rank", "size": "size", "growth": "growth", "last_at": "last_at"}


def _cut_to(filters: dict[str, Any]) -> list[ColumnElement[bool]]:
    """Runs with just these filters; each name of a filter is given, with "" where the run is not cut by it."""
    kept = t.topic_runs.c.filters
    return [
        kept[name].as_string() == code if code else kept[name].as_string().is_(None)
        for name, code in filters.items()
    ]


class TopicViews(View):
    # what the miner reads
    def requests_to_mine(
        self, filters: dict[str, Any], since: datetime, until: datetime, limit: int
    ) -> list[int]:
        """Ids of the requests that came from `since` (included) to `until` (not) and stand under a ticket within the
        filters, whenever that one was opened; the newest first."""
        c, r, k = t.tickets.c, t.requests.c, t.contacts.c
        query = select(r.id).join(t.contacts, k.id == r.contact_id).join(t.tickets, c.id == r.ticket_id)
        query = query.where(k.received_at >= since, k.received_at < until, r.withdrawn_at.is_(None))
        query = query.where(c.state != "draft", *conditions(filters)).order_by(k.received_at.desc(), r.id)
        return list(self.session.scalars(query.limit(limit)))

    def texts_to_mine(self, request_ids: Collection[int]) -> list[Row]:
        """These requests: text, the title they came with, when, whose (an opaque id), where and about what; secret
        when they themselves are, or the ticket that they came with, or the one they stand under."""
        c, r, k, home = t.tickets.c, t.requests.c, t.contacts.c, t.tickets.alias("home")
        query = (
            select(
                r.id,
                r.ticket_id,
                r.home_ticket_id,
                r.text,
                or_(r.secret, c.secret, home.c.secret).label("secret"),
                r.party_id,
                k.received_at,
                home.c.title,
                c.area,
                c.category,
            )
            .join(t.tickets, c.id == r.ticket_id)
            .join(home, home.c.id == r.home_ticket_id)
            .join(t.contacts, k.id == r.contact_id)
        )
        return self.rows(query.where(r.id.in_(request_ids)).order_by(r.id))

    def old_records(self, ticket_ids: Collection[int]) -> dict[int, Row]:
        """What an import kept of the old system's record, by ticket."""
        c = t.timeline.c
        query = select(c.ticket_id, c.data).where(c.ticket_id.in_(ticket_ids), c.kind == "old_record")
        return dict(self.session.execute(query).all())

    # runs
    def topic_runs(self, centre: str, after: int | None = None, limit: int = 50) -> Row:
        """Runs of an operating centre ("" the city's own), newest first."""
        c, limit = t.topic_runs.c, clip(limit)
        query = select(t.topic_runs).where(c.centre == centre).order_by(c.id.desc()).limit(limit + 1)
        return page(self.rows(query if after is None else query.where(c.id < after)), limit)

    def last_run(self, centre: str, days: int, filters: dict[str, Any]) -> int | None:
        """The newest finished run of a preset with just these filters (a name without a code: not cut by it)."""
        c = t.topic_runs.c
        query = select(c.id).where(c.centre == centre, c.days == days, c.state == "finished")
        query = query.where(*_cut_to(filters)).order_by(c.until.desc(), c.id.desc())
        return self.session.scalar(query.limit(1))

    def run_between(
        self,
        centre: str,
        filters: dict[str, Any],
        begins: tuple[datetime, datetime],
        ends: tuple[datetime, datetime],
    ) -> Row | None:
        """The finished run with just these filters whose period begins and ends between these times; of several the
        one that ends last."""
        c = t.topic_runs.c
        query = select(t.topic_runs).where(c.centre == centre, c.state == "finished", *_cut_to(filters))
        query = query.where(c.since.between(*begins), c.until.between(*ends))
        return self.row(query.order_by(c.until.desc(), c.id.desc()).limit(1))

    def centres(self) -> list[str]:
        """The operating centres that people belong to."""
        return sorted(set(self.session.scalars(select(t.users.c.centre).distinct())) - {""})

    def forget_topics(self, run_id: int) -> None:
        """Drops what an earlier try of a run has left."""
        ids = select(t.hot_topics.c.id).where(t.hot_topics.c.run_id == run_id)
        self.session.execute(delete(t.topic_members).where(t.topic_members.c.topic_id.in_(ids)))
        self.session.execute(delete(t.hot_topics).where(t.hot_topics.c.run_id == run_id))

    def runs_before(self, before: datetime) -> list[int]:
        """Runs asked for before a time."""
        c = t.topic_runs.c
        return list(self.session.scalars(select(c.id).where(c.asked_at < before).order_by(c.id)))

    # topics
    def topics_of(self, run_id: int, sort: str = "heat", start: int = 0, limit: int = 50) -> list[Row]:
        """Topics of a run by heat, size, growth or age, from position `start` on."""
        c, limit = t.hot_topics.c, max(1, min(limit, TOPIC_ROWS + 1))
        column = c[_SORTS[sort]]
        order = column if sort == "heat" else column.desc()
        query = select(t.hot_topics).where(c.run_id == run_id).order_by(order, c.rank)
        return self.rows(query.offset(start).limit(limit))

    def topic_words(self, run_id: int) -> list[Row]:
        """What is needed to find a topic of another run again."""
        names = ("id", "rank", "name", "place", "words", "size", "heat")
        columns = [t.hot_topics.c[name] for name in names]
        query = select(*columns).where(t.hot_topics.c.run_id == run_id).order_by(t.hot_topics.c.rank)
        return self.rows(query.limit(1_000))

    def topic_row(self, topic_id: int) -> Row | None:
        return self.row(select(t.hot_topics).where(t.hot_topics.c.id == topic_id))

    def topic_tickets(self, topic_id: int, start: int, limit: int, filters: dict[str, Any]) -> list[int]:
        """Members within the filters from a position on, the most typical first."""
        m = t.topic_members.c
        query = select(m.ticket_id).join(t.tickets, t.tickets.c.id == m.ticket_id)
        query = query.where(m.topic_id == topic_id, *conditions(filters)).order_by(m.position)
        return list(self.session.scalars(query.offset(start).limit(limit)))

    def topic_member_rows(self, topic_id: int, start: int, limit: int, filters: dict[str, Any]) -> list[Row]:
        """Members within the filters as rows of a list with their `position`, from one on, in its order."""
        m = t.topic_members.c
        query = select(*LIST_COLUMNS, m.position).join(t.topic_members, m.ticket_id == t.tickets.c.id)
        query = query.where(m.topic_id == topic_id, m.position >= start, *conditions(filters))
        return self.rows(query.order_by(m.position).limit(limit))

    def topic_ticket_count(self, topic_id: int, filters: dict[str, Any]) -> int:
        m = t.topic_members.c
        query = (
            select(func.count()).select_from(t.topic_members).join(t.tickets, t.tickets.c.id == m.ticket_id)
        )
        return int(self.session.scalar(query.where(m.topic_id == topic_id, *conditions(filters))) or 0)

    def topic_breakdown(self, topic_id: int, filters: dict[str, Any]) -> list[Row]:
        """How many of a topic's tickets stand in which state, matter and leading unit."""
        m, c = t.topic_members.c, t.tickets.c
        query = select(c.state, c.category, c.lead_unit, func.count().label("count"))
        query = query.join(t.topic_members, m.ticket_id == c.id).where(m.topic_id == topic_id)
        return self.rows(query.where(*conditions(filters)).group_by(c.state, c.category, c.lead_unit))
