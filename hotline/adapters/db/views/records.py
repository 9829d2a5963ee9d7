"""Lists for administration: users, sessions, reference versions, audit, dead letters, imports, notices, calls."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, or_, select

from hotline.adapters.db import reference_store
from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View, clip, page


class RecordViews(View):
    def _page(self, table: Table, after: int | None, limit: int, *where: Any) -> Row:
        query = select(table).where(*where).order_by(table.c.id.desc()).limit(clip(limit) + 1)
        return page(self.rows(query if after is None else query.where(table.c.id < after)), clip(limit))

    def users(self, search: str = "", after: int | None = None, limit: int = 100) -> Row:
        c = t.users.c
        where = (
            [or_(c.login.contains(search, autoescape=True), c.name.contains(search, autoescape=True))]
            if search
            else []
        )
        return self._page(t.users, after, limit, *where)

    def reference_versions(self, kind: str = "", limit: int = 100) -> list[Row]:
        where = [t.reference_versions.c.kind == kind] if kind else []
        return self._page(t.reference_versions, None, limit, *where)["items"]

    def reference_at(self, kind: str, version: int) -> dict[str, Row]:
        return reference_store.load_version(self.session, kind, version)

    def reference_history(self, kind: str, key: str) -> list[Row]:
        c = t.reference_rows.c
        return self.rows(select(t.reference_rows).where(c.kind == kind, c.key == key).order_by(c.since))

    def audit_rows(
        self, after: int | None = None, limit: int = 100, action: str = "", subject: str = ""
    ) -> Row:
        where = [t.audit_rows.c.action == action] if action else []
        where += [t.audit_rows.c.subject == subject] if subject else []
        return self._page(t.audit_rows, after, limit, *where)

    def audit_seals(self, after: int | None = None, limit: int = 100) -> Row:
        return self._page(t.audit_seals, after, limit)

    def audit_strays(self, seals: Collection[int]) -> list[Row]:
        """Audit rows that carry the number of a seal that does not exist."""
        c = t.audit_rows.c
        numbers = set(self.session.scalars(select(c.seal).where(c.seal.is_not(None)).distinct())) - set(seals)
        return self.rows(select(t.audit_rows).where(c.seal.in_(numbers))) if numbers else []

    def dead_letters(self, state: str = "open", after: int | None = None, limit: int = 100) -> Row:
        return self._page(t.dead_letters, after, limit, t.dead_letters.c.state == state)

    def import_batches(self, limit: int = 50) -> list[Row]:
        return self._page(t.import_batches, None, limit)["items"]

    def import_refusals(self, batch_id: int, after: int = 0, limit: int = 200) -> list[Row]:
        c = t.import_refusals.c
        query = select(t.import_refusals).where(c.batch_id == batch_id, c.row > after)
        return self.rows(query.order_by(c.row).limit(clip(limit)))

    def notices_due(self, now: datetime, limit: int) -> list[int]:
        """Notices that are to leave the house now, the longest waiting first."""
        c = t.notices.c
        return list(self.session.scalars(select(c.id).where(c.due_at <= now).order_by(c.due_at).limit(limit)))

    def push_backs_due(self, now: datetime, limit: int) -> list[int]:
        """Outcomes that are to be told to old systems now, the longest waiting first."""
        c = t.push_backs.c
        due = select(c.id).where(c.state == "pending", c.due_at <= now)
        return list(self.session.scalars(due.order_by(c.due_at).limit(limit)))

    def notices(
        self, units: Collection[str], user_id: int | None, after: int | None = None, limit: int = 50
    ) -> Row:
        """In-app notices for a person and their units, newest first."""
        c = t.notices.c
        return self._page(t.notices, after, limit, or_(c.to_user_id == user_id, c.to_unit.in_(units)))

    def unread(self, units: Collection[str], user_id: int | None) -> int:
        c = t.notices.c
        query = select(func.count()).select_from(t.notices)
        return int(
            self.session.scalar(
                query.where(c.read_at.is_(None), or_(c.to_user_id == user_id, c.to_unit.in_(units)))
            )
            or 0
        )

    def calls(self, states: Collection[str], after: int | None = None, limit: int = 50) -> Row:
        return self._page(t.calls, after, limit, t.calls.c.state.in_(states))

    def outbox_state(self) -> Row:
        """How much waits on the way out, and since when."""
        c = t.outbox.c
        waiting = self.session.execute(
            select(func.count(), func.min(c.at)).where(c.published_at.is_(None))
        ).one()
        retries = self.session.scalar(select(func.count()).select_from(t.retries)) or 0
        dead = self.session.scalar(
            select(func.count()).select_from(t.dead_letters).where(t.dead_letters.c.state == "open")
        )
        return {
            "waiting": waiting[0],
            "oldest_at": waiting[1],
            "retries": int(retries),
            "dead": int(dead or 0),
        }
