"""Finding people by keyed hashes: most callers are new, so the question is asked before any object is made."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Dialect

from hotline.adapters.db.ready import Ready
from hotline.adapters.db.tables import parties_table as parties
from hotline.adapters.db.views.base import View

MOST = 20


class PartyViews(View):
    def party_ids(self, column: str, indexes: Sequence[str]) -> list[int]:
        """The parties with one of these hashes, oldest first, at most 20; those of this transaction too."""
        connection = self._uow.connection_after_flush()
        query = _query(column, len(indexes), connection.dialect)
        values = {f"index_{number}": index for number, index in enumerate(indexes)}
        return [row[0] for row in query.run(connection, values)[:MOST]]


@functools.cache
def _query(column: str, count: int, dialect: Dialect) -> Ready:
    equal = (parties.c[column] == bindparam(f"index_{number}") for number in range(count))
    return Ready(select(parties.c.id).where(or_(*equal)).order_by(parties.c.id), dialect)
