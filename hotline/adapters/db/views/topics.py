"""What hot topics ask of the tickets, and the runs and topics that were kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page
from hotline.adapters.db.views.tickets import conditions

TOPIC_ROWS = 200
_SORTS = {"heat": "rank", "size": "size", "growth": "growth", "last_at": "last_at"}


class TopicViews(View):
    # what the miner reads
    def tickets_to_mine(self, filters: dict[str, Any], limit: int) -> list[int]:
        """Ids of the newest tickets within the filters, the newest first."""
        c = t.tickets.c
        query = select(c.id).where(c.state != "draft", *conditions(filters)).order_by(c.received_at.desc())
        return list(self.session.scalars(query.limit(limit)))

    def texts_to_mine(self, ticket_ids: Collection[int]) -> list[Row]:
        """The requests under these tickets: text, when it was received, whose (an opaque id), where and about what."""
        c, r, k = t.tickets.c, t.requests.c, t.contacts.c
        query = (
            select(
                r.id,
                r.ticket_id,
                r.text,
                r.secret,
                r.party_id,
                k.received_at,
                c.title,
                c.area,
                c.category,
                c.secret.label("ticket_secret"),
            )
            .join(t.tickets, c.id == r.ticket_id)
            .join(t.contacts, k.id == r.contact_id)
        )
        return self.rows(query.where(r.ticket_id.in_(ticket_ids), r.withdrawn_at.is_(None)).order_by(r.id))

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

    def last_runs(self, centre: str, days: int, limit: int = 50) -> list[Row]:
        """The newest finished runs of a preset."""
        c = t.topic_runs.c
        query = select(t.topic_runs).where(c.centre == centre, c.days == days, c.state == "finished")
        return self.rows(query.order_by(c.until.desc(), c.id.desc()).limit(clip(limit)))

    def runs_ended_by(self, centre: str, until: datetime, since: datetime) -> list[Row]:
        """Finished runs whose period ended between two times, the latest first."""
        c = t.topic_runs.c
        query = select(t.topic_runs).where(
            c.centre == centre, c.state == "finished", c.until <= until, c.until > since
        )
        return self.rows(query.order_by(c.until.desc(), c.id.desc()).limit(50))

    def centres(self) -> list[str]:
        """The operating centres that people belong to."""
        return sorted(set(self.session.scalars(select(t.users.c.centre).distinct())) - {""})

    def forget_topics(self, run_id: int) -> None:
        """Drops what an earlier try of a run has left."""
        ids = select(t.hot_topics.c.id).where(t.hot_topics.c.run_id == run_id)
        self.session.execute(delete(t.topic_members).where(t.topic_members.c.topic_id.in_(ids)))
        self.session.execute(delete(t.hot_topics).where(t.hot_topics.c.run_id == run_id))

    def runs_before(self, before: datetime, limit: int = 20) -> list[int]:
        """Runs asked for before a time."""
        c = t.topic_runs.c
        return list(self.session.scalars(select(c.id).where(c.asked_at < before).order_by(c.id).limit(limit)))

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

    # bursts
    def counts_by_hour(
        self, since: datetime, areas: Collection[str] | None = None, categories: Collection[str] | None = None
    ) -> list[tuple[str, str, str, str, int]]:
        """(centre, area, category, UTC hour as 2026-11-21T08, how many) of what came since a time and has a matter."""
        c = t.tickets.c
        hour = self._hour(c.received_at).label("hour")
        groups = (c.centre, c.area, c.category, hour)
        query = select(*groups, func.count()).where(c.received_at >= since, c.category != "")
        if areas is not None:
            query = query.where(c.area.in_(areas))
        if categories is not None:
            query = query.where(c.category.in_(categories))
        return [tuple(row) for row in self.session.execute(query.group_by(*groups))]  # type: ignore[misc]

    def first_received(self, since: datetime) -> datetime | None:
        """When the first ticket since a time was received."""
        c = t.tickets.c.received_at
        return self.session.scalar(select(func.min(c)).where(c >= since))

    def _hour(self, column: Any) -> Any:
        if self.session.get_bind().dialect.name == "sqlite":
            return func.substr(column, 1, 13)
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24')

    def tickets_of_burst(
        self,
        areas: Collection[str] | None,
        categories: Sequence[str],
        since: datetime,
        centre: str,
        limit: int,
    ) -> list[int]:
        """The newest tickets of an area × matter since a time."""
        c = t.tickets.c
        query = select(c.id).where(c.category.in_(categories), c.received_at >= since)
        if areas is not None:
            query = query.where(c.area.in_(areas))
        if centre:
            query = query.where(c.centre.in_(("", centre)))
        return list(self.session.scalars(query.order_by(c.received_at.desc()).limit(limit)))

    def warnings(
        self, centre: str, states: Collection[str], after: int | None = None, limit: int = 50
    ) -> Row:
        """Burst warnings, newest first."""
        c, limit = t.burst_warnings.c, clip(limit)
        query = select(t.burst_warnings).where(c.centre == centre, c.state.in_(states))
        query = query.order_by(c.id.desc()).limit(limit + 1)
        return page(self.rows(query if after is None else query.where(c.id < after)), limit)

    def open_warnings(self, centre: str) -> int:
        c = t.burst_warnings.c
        query = select(func.count()).select_from(t.burst_warnings)
        return int(self.session.scalar(query.where(c.centre == centre, c.state == "open")) or 0)

    def latest_warning(self, centre: str, area: str, category: str) -> int | None:
        """The id of the newest warning of an area × matter."""
        c = t.burst_warnings.c
        query = select(c.id).where(c.centre == centre, c.area == area, c.category == category)
        return self.session.scalar(query.order_by(c.id.desc()).limit(1))
