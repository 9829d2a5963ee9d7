"""Joins the domain's dataclasses to their tables. No relationships: objects refer to each other by id.

Called once per process, by the engine; a class with a `version` field is guarded against lost updates.
"""

from __future__ import annotations

import functools

from sqlalchemy.orm import registry

from hotline.adapters.db.tables import MAPPED, metadata


@functools.cache
def map_domain() -> registry:
    """Maps every class of MAPPED; repeated calls do nothing."""
    mappers = registry(metadata=metadata)
    for kind, table in MAPPED.items():
        guard = (
            {"version_id_col": table.c.version}
            if "version" in table.c and table.name != "reference_versions"
            else {}
        )
        mappers.map_imperatively(kind, table, **guard)
    return mappers
