"""Templates and JSON: one Jinja environment, what every page gets, how values become text."""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader

from hotline.domain.rights import ROLES
from hotline.web.navigation import nav_for
from hotline.web.options import options_markup

LOCAL = ZoneInfo("Asia/Shanghai")
HERE = Path(__file__).parent
DIST = HERE / "static" / "dist"


def manifest() -> Mapping[str, str]:
    """Plain asset names -> hashed ones, written by hotline.web.build; read again after a new build."""
    file = DIST / "manifest.json"
    return _read_manifest(file.stat().st_mtime_ns) if file.is_file() else {}


@lru_cache(maxsize=1)
def _read_manifest(_built_at: int) -> Mapping[str, str]:
    return json.loads((DIST / "manifest.json").read_text("utf-8"))


def static(name: str) -> str:
    """The URL of an asset; it changes with the content, so browsers may keep it for ever."""
    return f"/static/{manifest().get(name, name)}"


@cache
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(options_markup=options_markup, static=static)
    env.filters.update(
        local_time=local_time,
        local_date=local_date,
        iso=iso,
        local_day=lambda at: local(at).strftime("%m-%d") if at else "",
    )
    return env


def local(at: datetime) -> datetime:
    return at.astimezone(LOCAL)


def local_time(at: datetime | None) -> str:
    """2026-11-21 09:05, in the city's time."""
    return local(at).strftime("%Y-%m-%d %H:%M") if at else ""


def local_date(at: datetime | None) -> str:
    return local(at).strftime("%Y-%m-%d") if at else ""


def iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


def render(template: str, handler: Any, **values: Any) -> str:
    """A page or a piece of one, with user, navigation, xsrf token and the time of the request."""
    actor = handler.actor
    shared: dict[str, Any] = {
        "user": _user(actor),
        "actor": actor,
        "xsrf_token": handler.xsrf_token.decode(),
        "now": local(handler.runtime.clock.now()),
        "nav": nav_for(actor, handler.request.path) if actor else [],
        "city": handler.options.city,
        "large": handler.large_type,
        "path": handler.request.path,
        "request_uri": handler.request.uri,
        "ws_path": "/ws/desk" if actor else "",
    }
    return environment().get_template(template).render({**shared, **values})


def _user(actor: Any) -> dict[str, Any]:
    if actor is None:
        return {}
    return {
        "name": actor.name,
        "duty": "、".join(ROLES.get(role, role) for role in sorted(actor.roles)),
        "login": actor.login,
    }


def to_json(data: Any) -> str:
    """JSON for answers: times in ISO 8601 UTC, dates, sets as lists."""
    return json.dumps(data, ensure_ascii=False, default=_plain, separators=(",", ":")).replace("</", "<\\/")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "to_dict"):
        return value.to_dict()
    raise TypeError(type(value).__name__)


def wants_list(annotation: Any) -> bool:
    """Whether a model's field takes a list."""
    return typing.get_origin(annotation) in (list, tuple, set) or annotation in (list, tuple, set)
