"""The JSON API under /api/v1: each module declares handlers; routes, rights and the OpenAPI document follow."""

from __future__ import annotations

from typing import Any

from hotline.web.api import (
    classify,
    docs,
    files,
    intake,
    kb,
    keys,
    models,
    moves,
    reference,
    reply_quality,
    stats,
    tickets,
    topics,
    warnings,
)
from hotline.web.api.spec import Api

MODULES: tuple[Any, ...] = (
    tickets,
    moves,
    reply_quality,
    files,
    classify,
    kb,
    stats,
    models,
    topics,
    warnings,
    reference,
    intake,
    keys,
)
HANDLERS: tuple[type[Api], ...] = tuple(handler for module in MODULES for handler in module.HANDLERS)
ROUTES: list[Any] = [*(handler.route() for handler in HANDLERS), *docs.routes(HANDLERS)]
