"""派单台: review, dispatch, deliberation, applications and replies, one item after the other by keyboard."""

from hotline.web.dispatch import applications, batch, live, lookup, queue, replies, tickets

ROUTES = [
    *queue.ROUTES,
    *tickets.ROUTES,
    *applications.ROUTES,
    *replies.ROUTES,
    *batch.ROUTES,
    *live.ROUTES,
    *lookup.ROUTES,
]
