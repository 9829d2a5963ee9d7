"""What happened, for others to act on: frozen, named in the past tense, JSON-able, without personal data.

An event says which ticket; a subscriber reads the ticket as it is now, because messages may arrive twice or out
of order. The id of the outbox row is the message id, the inbox key and the log field.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """Base: `topic` is derived from the class name, e.g. TicketDispatched -> ticket.dispatched."""

    @classmethod
    def topic(cls) -> str:
        words = re.findall(r"[A-Z][a-z]+", cls.__name__)
        return f"{words[0]}.{'_'.join(words[1:])}".lower()

    def payload(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class TicketEvent(Event):
    """Something happened to this ticket; `historical` records tell nobody."""

    ticket_id: int
    no: str


@dataclass(frozen=True)
class TicketRegistered(TicketEvent):
    """A request became a ticket (or joined the queue as a backlog record) and has a number."""


@dataclass(frozen=True)
class TicketImported(TicketEvent):
    """A historical record was taken over; it is indexed and nothing else."""


@dataclass(frozen=True)
class TicketChanged(TicketEvent):
    """Something that is shown or searched changed; `move` is the move of the workflow table."""

    move: str


@dataclass(frozen=True)
class TicketDispatched(TicketEvent):
    """Units have a new assignment each."""

    assignments: tuple[int, ...]


@dataclass(frozen=True)
class AssignmentsEnded(TicketEvent):
    """Units are free of these assignments without a result: reassigned, recalled, merged or withdrawn."""

    assignments: tuple[int, ...]


@dataclass(frozen=True)
class AssignmentAnswered(TicketEvent):
    """A unit that a matter was passed down to has released its reply to the unit above it."""

    assignment_id: int


@dataclass(frozen=True)
class ReplySubmitted(TicketEvent):
    """A unit handed in a reply, to its own approver first; its quality is assessed meanwhile."""

    reply_id: int


@dataclass(frozen=True)
class TicketReplied(TicketEvent):
    """The round ended with an accepted reply; follow-up may begin."""


@dataclass(frozen=True)
class TicketClosed(TicketEvent):
    """The ticket reached a final state: closed, refused or withdrawn."""

    state: str


@dataclass(frozen=True)
class TicketMerged(TicketEvent):
    """Its requests are now handled under another ticket."""

    into: int


@dataclass(frozen=True)
class TicketUnmerged(TicketEvent):
    """Its requests came back."""

    out_of: int


@dataclass(frozen=True)
class TicketUrged(TicketEvent):
    """Somebody, or the sweep, urged the units."""

    level: str
    assignment_id: int | None = None


@dataclass(frozen=True)
class ApplicationFiled(TicketEvent):
    """A unit asks for a return, an objection, an extension, a suspension or an appeal."""

    application_id: int
    kind: str


@dataclass(frozen=True)
class ApplicationDecided(TicketEvent):
    """The application was granted or refused."""

    application_id: int
    kind: str
    state: str


@dataclass(frozen=True)
class ClockLit(TicketEvent):
    """A clock turned yellow or red."""

    clock_id: int
    light: str


@dataclass(frozen=True)
class ArticleChanged(Event):
    """An article was published, changed or taken down; the index follows."""

    article_id: int


@dataclass(frozen=True)
class WarningRaised(Event):
    """A burst of an area × matter was found, or has grown by a factor since people were last told."""

    warning_id: int


@dataclass(frozen=True)
class WarningSettled(Event):
    """A person acknowledged or dismissed a burst warning, or it ended by itself after quiet days."""

    warning_id: int


def _all(base: type[Event]) -> list[type[Event]]:
    return [
        kind for sub in base.__subclasses__() for kind in ([sub] if sub is not TicketEvent else _all(sub))
    ]


EVENTS: dict[str, type[Event]] = {kind.topic(): kind for kind in _all(Event)}


def revive(topic: str, payload: dict[str, Any]) -> Event:
    """The event behind a message. Unknown keys of a newer writer are ignored; an unknown topic is a KeyError."""
    kind = EVENTS[topic]
    known = {name: payload[name] for name in kind.__dataclass_fields__ if name in payload}
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in known.items()})
