"""The pages of administration, one module a subject."""

from hotline.web.admin import hotlines, keys, settings, tree, versions

ROUTES = [route for module in (hotlines, tree, settings, keys, versions) for route in module.ROUTES]
