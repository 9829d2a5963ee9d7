"""What people watch: one WebSocket per open desk, fed by the bus's transient broadcasts.

Nothing durable travels here: a page that reconnects reads the state again. A pop goes to the agent's own extension
only and carries the masked number.
"""

from __future__ import annotations

import logging
from typing import Any

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from hotline.domain.people import Actor
from hotline.services import accounts, queries
from hotline.web import rendering
from hotline.web.base import SESSION_COOKIE

log = logging.getLogger(__name__)


class Hub:
    """The open desks of this process."""

    def __init__(self) -> None:
        self._desks: set[DeskSocket] = set()

    def join(self, desk: DeskSocket) -> None:
        self._desks.add(desk)

    def leave(self, desk: DeskSocket) -> None:
        self._desks.discard(desk)

    def __len__(self) -> int:
        return len(self._desks)

    def heard(self, topic: str, payload: dict[str, Any]) -> None:
        """Passes a broadcast on to the desks it is for: to one extension, or to all who may know of the ticket."""
        extension, to = payload.get("extension"), payload.get("to")
        told = {name: value for name, value in payload.items() if name != "to"}
        text = rendering.to_json({"type": topic, **told})
        for desk in list(self._desks):
            if desk.actor is None or (extension and desk.actor.extension != extension):
                continue
            if to is None or queries.hears(desk.actor, to):
                desk.tell(text)


class DeskSocket(WebSocketHandler):
    """`/ws/desk`: {"type": "call.ringing" | "ticket.changed" | …, …}. Closed with 4401 without a session."""

    needs = "logged_in"
    actor: Actor | None = None

    @classmethod
    def need(cls, _verb: str) -> str:
        return cls.needs

    async def open(self, *_args: str) -> None:
        settings = self.application.settings
        secret = self.get_cookie(SESSION_COOKIE) or ""
        found = secret and await settings["runtime"].read(
            accounts.actor_of_session, secret, settings["options"].idle_minutes
        )
        if not found:
            self.close(4401, "login")
            return
        self.actor = found[0]
        settings["hub"].join(self)
        self.tell(
            rendering.to_json({"type": "hello", "name": self.actor.name, "extension": self.actor.extension})
        )

    def on_message(self, message: str | bytes) -> None:
        """Desks only listen; a ping keeps the line alive."""
        if message == "ping":
            self.tell('{"type":"pong"}')

    def on_close(self) -> None:
        self.application.settings["hub"].leave(self)

    def tell(self, text: str) -> None:
        try:
            self.write_message(text).add_done_callback(lambda done: done.exception())
        except WebSocketClosedError:
            self.application.settings["hub"].leave(self)


ROUTES = [(r"/ws/desk", DeskSocket)]
