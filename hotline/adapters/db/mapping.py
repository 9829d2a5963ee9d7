"""Joins the domain's dataclasses to their tables. No relationships: objects refer to each other by id.

Called once per process, by the engine; a class with a `version` field is guarded against lost updates. What may
surprise: a mapped class gets an __init__ that fills the instance's dict at once. The dataclass's own would go through
the ORM's instrumented attributes one by one, which watch for changes that a new object cannot have, and was a sixth
of the time of a registration.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Any

from sqlalchemy.orm import registry

from hotline.adapters.db.tables import MAPPED, metadata

GUARDED = frozenset(
    kind for kind, table in MAPPED.items() if "version" in table.c and table.name != "reference_versions"
)
"""Classes whose rows count their changes; the version of a reference kind is a number of its own."""


@functools.cache
def map_domain() -> registry:
    """Maps every class of MAPPED; repeated calls do nothing."""
    mappers = registry(metadata=metadata)
    for kind, table in MAPPED.items():
        guard = {"version_id_col": table.c.version} if kind in GUARDED else {}
        kind.__init__ = _initialiser(kind)  # type: ignore[misc]
        mappers.map_imperatively(kind, table, **guard)
    return mappers


def _initialiser(kind: type) -> Callable[..., None]:
    """An __init__ that takes what the dataclass's takes (keywords only) and gives the same defaults."""
    known = {field.name for field in fields(kind)}
    fixed = {field.name: field.default for field in fields(kind) if field.default is not MISSING}
    made = {
        field.name: field.default_factory for field in fields(kind) if field.default_factory is not MISSING
    }
    required = known - fixed.keys() - made.keys()

    def __init__(self: Any, **values: Any) -> None:
        if not required <= values.keys() <= known:
            wrong = sorted((required - values.keys()) | (values.keys() - known))
            raise TypeError(f"{kind.__name__}: missing or unknown {', '.join(wrong)}")
        state = self.__dict__
        state.update(fixed)
        for name, make in made.items():
            if name not in values:
                state[name] = make()
        state.update(values)

    return __init__
