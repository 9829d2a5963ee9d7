"""What the house can teach a model: every ticket with a truth, as masked text, its first-level class and its labels.

Read in pages, because a busy house has many. Tickets that were merged are one matter and carry one group, so that no
split of the data puts them on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from classifiers.api import Text, whole
from hotline.domain.learning import ModelLesson, ModelVersion
from hotline.domain.ticket import Ticket
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import readings, truth

PAGE = 500
FIELD = "category"


@dataclass(frozen=True)
class Lesson:
    """One ticket to learn from: its text, the name of its first-level class, the matter's code, its labels."""

    ticket_id: int
    group: int
    text: Text
    label: str
    code: str
    label_ids: tuple[int, ...]


@dataclass(frozen=True)
class Seen:
    """What a version has learned from. `known` is False where nobody has kept that."""

    known: bool
    tickets: frozenset[int] = frozenset()
    texts: frozenset[str] = frozenset()

    def has(self, lesson: Lesson) -> bool:
        """Whether the ticket, one merged with it, or the same text was learned from."""
        return bool({lesson.ticket_id, lesson.group} & self.tickets) or digest(lesson.text) in self.texts


def page(uow: UnitOfWork, after: int, limit: int = PAGE) -> tuple[list[Lesson], int]:
    """The next lessons and the place to go on from; (…, 0) at the end."""
    keys = uow.views.labelled_tickets(FIELD, after, limit)
    said = truth.of(uow, keys, FIELD)
    ids: dict[int, list[int]] = {}
    for row in uow.views.statements(keys, FIELD):
        ids.setdefault(row["ticket_id"], []).append(row["id"])
    tickets = uow.find(Ticket, id=[key for key in keys if key in said])
    texts = readings.texts_of(uow, tickets)
    found = [
        Lesson(
            ticket_id=ticket.id,
            group=ticket.merged_into or ticket.id,
            text=texts[ticket.id],
            label=uow.reference.name("category", truth.root(uow.reference, said[ticket.id])),
            code=said[ticket.id],
            label_ids=tuple(ids[ticket.id]),
        )
        for ticket in tickets
    ]
    return found, keys[-1] if len(keys) == limit else 0


def every(rt: Runtime) -> Iterator[Lesson]:
    """All lessons, in short reading transactions."""
    after = 0
    while True:
        found, after = rt.query(page, after)
        yield from found
        if not after:
            return


def seen_by(uow: UnitOfWork, name: str) -> Seen:
    """What a registered version was trained on; nothing is known of others and of models that came from outside."""
    version = uow.first(ModelVersion, name=name)
    lesson = uow.get(ModelLesson, version.id) if version else None
    if lesson is None or not lesson.texts:
        return Seen(False)
    return Seen(True, frozenset(lesson.tickets), frozenset(lesson.texts))


def taught(lessons: Collection[Lesson], texts: Collection[str]) -> dict[str, list[int] | list[str]]:
    """What the registry keeps of a training: tickets with their groups, labels, and digests of all texts."""
    tickets = {key for lesson in lessons for key in (lesson.ticket_id, lesson.group)}
    labels = {key for lesson in lessons for key in lesson.label_ids}
    return {"tickets": sorted(tickets), "labels": sorted(labels), "texts": sorted(texts)}


def groups(found: Collection[Lesson]) -> dict[int, str]:
    """ticket id -> its group: merged tickets, and those said in the very same words, stand together."""
    leader: dict[str, str] = {}

    def lead(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for lesson in found:
        leader[lead(digest(lesson.text))] = lead(f"ticket-{lesson.group}")
    return {lesson.ticket_id: lead(f"ticket-{lesson.group}") for lesson in found}


def digest(text: Text) -> str:
    """Of a text without its blanks and line ends: enough to know it again, not enough to read it."""
    plain = "".join(whole(text).split())
    return hashlib.sha256(plain.encode("utf-8", "ignore")).hexdigest()[:16]
