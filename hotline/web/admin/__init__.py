"""The pages of administration, one module a subject."""

from hotline.web.admin import (
    audit,
    catalogue,
    hotlines,
    imports,
    keys,
    letters,
    settings,
    sla,
    tree,
    users,
    versions,
)

ROUTES = [
    route
    for module in (imports, hotlines, tree, catalogue, sla, settings, users, letters, audit, keys, versions)
    for route in module.ROUTES
]
