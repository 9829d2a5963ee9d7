"""The citizens' portal: search and answers, the request form, tracking. Works without script, on a slow line."""

from hotline.web.portal import answers, asking, tracking

ROUTES = [*answers.ROUTES, *asking.ROUTES, *tracking.ROUTES]
