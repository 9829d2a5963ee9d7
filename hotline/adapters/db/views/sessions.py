"""Who is behind a session: asked by every request, so it is one statement without an object in between."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from hotline.adapters.db import tables as t
from hotline.adapters.db.views.base import Row, View

_HOLDER = (
    select(
        *(t.sessions.c[name] for name in ("kind", "seen_at", "expires_at", "user_id")),
        *(
            t.users.c[name]
            for name in ("name", "roles", "unit", "centre", "login", "extension", "active", "must_change")
        ),
    )
    .join(t.users, t.users.c.id == t.sessions.c.user_id)
    .where(t.sessions.c.secret_hash == bindparam("secret_hash"))
)


class SessionViews(View):
    def session_holder(self, secret_hash: str) -> Row | None:
        """The session with its user's columns; None for an unknown secret."""
        found = self._uow.connection.execute(_HOLDER, {"secret_hash": secret_hash}).mappings().first()
        return dict(found) if found else None
