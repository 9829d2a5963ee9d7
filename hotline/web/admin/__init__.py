"""The pages of administration, one module a subject."""

from hotline.web.admin import catalogue, hotlines, keys, settings, sla, tree, versions

ROUTES = [
    route for module in (hotlines, tree, catalogue, sla, settings, keys, versions) for route in module.ROUTES
]
