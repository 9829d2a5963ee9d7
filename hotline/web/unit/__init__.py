"""承办单位: 今日要办, lists by state, one assignment with its act bar and the two papers of its reply."""

from hotline.web.unit import assignment, lists, slip

ROUTES = [*lists.ROUTES, *slip.ROUTES, *assignment.ROUTES]
