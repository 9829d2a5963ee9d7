"""Walking a table in id order, for work that goes through all of it in short transactions."""

from __future__ import annotations

from sqlalchemy import func, select

from hotline.adapters.db.tables import metadata
from hotline.adapters.db.views.base import View


class UpkeepViews(View):
    def row_count(self, table: str) -> int:
        return int(self.session.scalar(select(func.count()).select_from(metadata.tables[table])) or 0)

    def ids_after(self, table: str, after: int, limit: int) -> list[int]:
        """The next ids of a table."""
        key = metadata.tables[table].c.id
        return list(self.session.scalars(select(key).where(key > after).order_by(key).limit(limit)))
