"""The map of the system: which consumer hears which events, and what it then does.

A subscriber is a few awaited lines: read in a short transaction, do the slow part outside any, write the effect with
its inbox row. Messages may come twice or out of order, so each reads its ticket as it is now.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from classifiers.api import ClassifierUnavailable
from hotline.domain import events
from hotline.domain.errors import Unavailable
from hotline.ports import Message
from hotline.runtime import Runtime
from hotline.services import indexing, knowledge, matters, notices, pushback, queries, reply_quality, triage
from hotline.services.topics import settling
from kb.api import IndexUnavailable

Subscriber = Callable[[Runtime, Any, Message], Awaitable[None]]


async def classify(rt: Runtime, event: events.TicketRegistered, message: Message) -> None:
    """Reads the text, asks the model outside any transaction, then lets triage decide."""
    text = await rt.read(triage.text_of, event.ticket_id)
    if text is None:
        return
    try:
        (prediction, *_), model = await rt.call(rt.classifier.read, [text])
    except ClassifierUnavailable as error:
        raise Unavailable("classifier.unavailable", str(error)) from error
    await rt.run_once("classify", message, triage.record_prediction, event.ticket_id, text, prediction, model)


async def sketch(rt: Runtime, event: events.TicketEvent, message: Message) -> None:
    """Keeps what a ticket is about, so that the next caller about the same matter is led to it."""
    if isinstance(event, events.TicketChanged) and event.move not in RETOLD:
        return
    said = await rt.read(matters.said_by, event.ticket_id)
    if said is not None:
        made = await rt.call(matters.sketched, rt.sketcher, said)
        await rt.run_once("sketch", message, matters.remember, {event.ticket_id: (said, made)})


RETOLD = frozenset({"edit", "reopen", "answer"})
"""Moves after which a ticket says something else, is open again, or is there without ever having been sent on."""


async def index_ticket(rt: Runtime, event: events.TicketEvent, message: Message) -> None:
    """Puts the ticket's copy into the index; repeating it is harmless, so it needs no inbox row."""
    document = await rt.read(indexing.ticket_for_index, event.ticket_id)
    if document is not None:
        await _index(rt, rt.ticket_index.put, [document])


async def index_article(rt: Runtime, event: events.ArticleChanged, message: Message) -> None:
    """Puts a published article into the index, takes any other out."""
    document = await rt.read(knowledge.document_of, event.article_id)
    if document is None:
        await _index(rt, rt.article_index.remove, [str(event.article_id)])
    else:
        await _index(rt, rt.article_index.put, [document])


async def _index(rt: Runtime, action: Callable[[Any], Any], what: Any) -> None:
    try:
        await rt.call(action, what)
    except IndexUnavailable as error:
        raise Unavailable("index.unavailable", "检索暂时不可用") from error


async def assess_reply(rt: Runtime, event: events.ReplySubmitted, message: Message) -> None:
    """Says how good a submitted reply is, beside its way to approval: late or not at all, the reply goes on."""
    asked = await rt.read(reply_quality.submitted, event.reply_id)
    if asked is not None:
        found = await rt.call(rt.assessor.assess, **asked)
        await rt.run_once("assess_reply", message, reply_quality.keep, event.reply_id, found.to_dict())


async def tell(rt: Runtime, event: events.TicketEvent, message: Message) -> None:
    """Writes the notices that this event calls for; the sweep sends them."""
    await rt.run_once("tell", message, notices.on_event, event)


async def push_back(rt: Runtime, event: events.TicketClosed, message: Message) -> None:
    """双号并行: the outcome goes back to the old system that the matter came from."""
    await rt.run_once("push_back", message, pushback.plan, event.ticket_id)


async def show(rt: Runtime, event: events.TicketEvent, message: Message) -> None:
    """Tells the open pages of every process that this ticket looks different now, and `to` whose pages those are;
    old news is not worth a retry."""
    with contextlib.suppress(Unavailable):
        to = await rt.read(queries.audience, event.ticket_id)
        await rt.bus.broadcast("ticket.changed", {"no": event.no, "event": message.topic, "to": to})


async def warn(rt: Runtime, event: events.WarningRaised, message: Message) -> None:
    """Writes the notice of a burst to those whom it concerns."""
    await rt.run_once("warn", message, settling.tell, event.warning_id)


async def show_warning(rt: Runtime, event: events.WarningRaised, message: Message) -> None:
    """The open pages of the hotline's own people ask for their banner again."""
    with contextlib.suppress(Unavailable):
        await rt.bus.broadcast("warning.changed", {"to": {"centre": "", "units": []}})


TICKET_CHANGES: Sequence[type[events.Event]] = (
    events.TicketRegistered,
    events.TicketImported,
    events.TicketChanged,
    events.TicketDispatched,
    events.TicketReplied,
    events.TicketClosed,
    events.TicketMerged,
    events.TicketUnmerged,
)

SUBSCRIPTIONS: dict[Subscriber, Sequence[type[events.Event]]] = {
    classify: [events.TicketRegistered],
    sketch: [events.TicketRegistered, events.TicketChanged],
    index_ticket: TICKET_CHANGES,
    show: [*TICKET_CHANGES, events.TicketUrged, events.ApplicationFiled, events.ApplicationDecided],
    index_article: [events.ArticleChanged],
    tell: [
        events.TicketRegistered,
        events.TicketDispatched,
        events.AssignmentsEnded,
        events.AssignmentAnswered,
        events.TicketReplied,
        events.TicketClosed,
        events.TicketUrged,
        events.ApplicationFiled,
        events.ApplicationDecided,
        events.ClockLit,
    ],
    assess_reply: [events.ReplySubmitted],
    push_back: [events.TicketClosed],
    warn: [events.WarningRaised],
    show_warning: [events.WarningRaised, events.WarningSettled],
}

CONSUMERS: dict[str, tuple[list[str], Subscriber]] = {
    subscriber.__name__: ([kind.topic() for kind in kinds], subscriber)
    for subscriber, kinds in SUBSCRIPTIONS.items()
}
