"""The Tornado application: every module's routes, the shared settings, and the guard that none is open by oversight."""

from __future__ import annotations

from typing import Any

from tornado.web import Application, StaticFileHandler

from hotline.runtime import Runtime
from hotline.settings import Settings
from hotline.web import (
    admin,
    api,
    desk,
    dispatch,
    followup,
    knowledge,
    live,
    login,
    me,
    models,
    notices,
    portal,
    rendering,
    reply_quality,
    tickets,
    topics,
    unit,
    wall,
    warnings,
)
from hotline.web.base import MissingHandler

MODULES: tuple[Any, ...] = (
    login,
    portal,
    tickets,
    desk,
    dispatch,
    reply_quality,
    unit,
    notices,
    followup,
    knowledge,
    wall,
    topics,
    warnings,
    models,
    me,
    admin,
    api,
    live,
)
MAX_BODY = 64 * 1024 * 1024


class Assets(StaticFileHandler):
    """Hashed files: browsers keep them for a year."""

    needs = "public"

    @classmethod
    def need(cls, _verb: str) -> str:
        return cls.needs

    def set_extra_headers(self, path: str) -> None:
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")


def routes() -> list[Any]:
    """All routes in the order they are tried."""
    return [route for module in MODULES for route in module.ROUTES]


def _by_prefix(found: list[Any]) -> list[Any]:
    """The API's routes behind one rule, so that neither they nor the pages try each other's patterns."""
    api = [route for route in found if route[0].startswith("/api/")]
    return [("/api/.*", api), *(route for route in found if route not in api)]


def build_app(
    runtime: Runtime, settings: Settings, hub: live.Hub | None = None, switchboard: Any = None
) -> Application:
    """The application over a built runtime."""
    for route in routes():
        if not getattr(route[1], "needs", ""):
            raise RuntimeError(f"{route[1].__name__} does not say whom it serves")
    return Application(
        [*_by_prefix(routes()), (r"/static/(.*)", Assets, {"path": str(rendering.DIST)})],
        runtime=runtime,
        options=settings,
        hub=live.Hub() if hub is None else hub,
        switchboard=switchboard,
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"samesite": "Lax", "secure": settings.secure_cookies},
        default_handler_class=MissingHandler,
        websocket_ping_interval=20,
        compress_response=True,
    )
