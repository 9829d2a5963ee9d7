"""Finding people by keyed hashes: most callers are new, so the question is asked before any object is made."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from hotline.adapters.db.tables import parties_table as parties
from hotline.adapters.db.views.base import View

MOST = 20
_BY = {
    name: select(parties.c.id)
    .where(parties.c[name].in_(bindparam("indexes", expanding=True)))
    .order_by(parties.c.id)
    .limit(MOST)
    for name in ("phone_index", "id_number_index")
}


class PartyViews(View):
    def party_ids(self, column: str, indexes: Sequence[str]) -> list[int]:
        """The parties with one of these hashes, oldest first, at most 20; those of this transaction too."""
        return list(self._uow.connection_after_flush().scalars(_BY[column], {"indexes": list(indexes)}))
