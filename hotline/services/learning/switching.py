"""Acts on the registry that first look at the model itself: no version is chosen that cannot be opened just now.

Each may take some seconds, for a model is loaded and asked: callers with an event loop go through `Runtime.call`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotline.domain.errors import InvalidInput
from hotline.domain.learning import CheckedModel, Choice
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services.learning import models


def add(rt: Runtime, actor: Actor, folder: Path, lesson: dict[str, list[Any]] | None = None) -> str:
    """Takes a model folder into the registry as a candidate; its version. InvalidInput for a broken or foreign one."""
    models.check_manager(actor)
    taken = rt.models.take(folder)
    rt.transact(models.register, actor, taken, lesson)
    return taken.name


def check(rt: Runtime, name: str) -> CheckedModel:
    """A version that can serve now and is what was registered; NotFound, or InvalidInput with the reason."""
    return rt.models.checked(name, rt.query(models.digest_of, name))


def serve(rt: Runtime, actor: Actor, name: str, reason: str = "") -> None:
    """Puts a version in service; running processes take it over within seconds."""
    models.check_manager(actor)
    rt.transact(models.serve, actor, check(rt, name), reason)


def shadow(rt: Runtime, actor: Actor, name: str, reason: str = "") -> None:
    """Lets a version read along; no name: none does any more."""
    models.check_manager(actor)
    if name:
        rt.transact(models.shadow, actor, check(rt, name), reason)
    else:
        rt.transact(models.end_shadow, actor, reason)


def rollback(rt: Runtime, actor: Actor, reason: str = "") -> str:
    """Puts back what served before; its name, "" for the setting's model. A version that cannot be opened any more is
    left out, with an alarm, and the one before it is tried."""
    models.check_manager(actor)
    serving, *earlier = rt.query(models.way_back) or [Choice()]
    for choice in earlier:
        try:
            back = rt.models.checked(choice.name, choice.digest)
        except InvalidInput as error:
            rt.transact(models.report_fault, choice.name, error.message)
            continue
        return rt.transact(models.rollback, actor, serving.name, back, reason)
    return rt.transact(models.rollback, actor, serving.name, None, reason)
