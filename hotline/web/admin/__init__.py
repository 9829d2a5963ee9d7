"""The pages of administration, one module a subject."""

from hotline.web.admin import catalogue, hotlines, keys, settings, tree, versions

ROUTES = [
    route for module in (hotlines, tree, catalogue, settings, keys, versions) for route in module.ROUTES
]
