"""Acts on the registry that first look at the model itself: no version is chosen that cannot be opened just now.

Each may take some seconds, for a model is loaded and asked: callers with an event loop go through `Runtime.call`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services import models


def add(rt: Runtime, actor: Actor, folder: Path, lesson: dict[str, list[Any]] | None = None) -> str:
    """Takes a model folder into the registry as a candidate; its version. InvalidInput for a broken or foreign one."""
    models.check_manager(actor)
    taken = rt.models.take(folder)
    rt.transact(models.register, actor, taken, lesson)
    return str(taken.name)


def check(rt: Runtime, name: str) -> Any:
    """A version that can serve now and is what was registered; NotFound, or InvalidInput with the reason."""
    return rt.models.checked(name, rt.query(models.digest_of, name))


def serve(rt: Runtime, actor: Actor, name: str, reason: str = "") -> None:
    """Puts a version in service; running processes take it over within seconds."""
    models.check_manager(actor)
    check(rt, name)
    rt.transact(models.serve, actor, name, reason)


def shadow(rt: Runtime, actor: Actor, name: str, reason: str = "") -> None:
    """Lets a version read along; no name: none does any more."""
    models.check_manager(actor)
    if not name:
        rt.transact(models.end_shadow, actor, reason)
        return
    check(rt, name)
    rt.transact(models.shadow, actor, name, reason)


def rollback(rt: Runtime, actor: Actor, reason: str = "") -> str:
    """Puts back what served before; its name, "" for the setting's model. Refused when that one cannot be opened."""
    models.check_manager(actor)
    if back := rt.query(models.before_serving):
        check(rt, back)
    return rt.transact(models.rollback, actor, reason)
