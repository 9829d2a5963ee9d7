"""What the house can teach a model: tickets with a truth, as masked text, their first-level class and their labels.

A busy house has more of them than a training can use or a memory hold: of each class the newest count, found first without
their texts, and then read in pages. Tickets that were merged are one matter and carry one group, so that no split of the
data puts them on both sides.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from classifiers.api import Text, whole
from hotline.domain.learning import ModelLesson, ModelVersion
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services.learning import readings, truth

PAGE = 500
FIELD = "category"
MOST = 10_000
"""So many of the newest tickets of each first-level class are learned from."""


@dataclass(frozen=True)
class Trace:
    """What remains of a lesson when its text is gone: ticket, group, the name of its first-level class, its labels and
    the text's digest."""

    ticket_id: int
    group: int
    label: str
    label_ids: tuple[int, ...]
    digest: str


@dataclass(frozen=True)
class Lesson:
    """One ticket to learn from: its text and its matter's code beside what remains of it."""

    trace: Trace
    text: Text
    code: str


@dataclass(frozen=True)
class Seen:
    """What a version has learned from. `known` is False where nobody has kept that."""

    known: bool
    tickets: frozenset[int] = frozenset()
    texts: frozenset[str] = frozenset()

    def has(self, lesson: Trace) -> bool:
        """Whether the ticket, one merged with it, or the same text was learned from."""
        return bool({lesson.ticket_id, lesson.group} & self.tickets) or lesson.digest in self.texts


def classes(uow: UnitOfWork, after: int, limit: int = PAGE) -> tuple[dict[int, str], int]:
    """The first-level codes of the next tickets that somebody spoke of, and the place to go on from; 0 at the end."""
    keys = uow.views.labelled_tickets(FIELD, after, limit)
    said = truth.of(uow, keys, FIELD)
    found = {key: truth.root(uow.reference, said[key]) for key in keys if key in said}
    return found, keys[-1] if len(keys) == limit else 0


def page(uow: UnitOfWork, keys: Sequence[int]) -> list[Lesson]:
    """The lessons of these tickets, in their order; those whose truth was taken back meanwhile are left out."""
    said = truth.of(uow, keys, FIELD)
    ids: dict[int, list[int]] = defaultdict(list)
    for row in uow.views.statements(keys, FIELD):
        ids[row["ticket_id"]].append(row["id"])
    found = []
    for told in uow.views.told(list(said)):
        key, text, code = told["id"], readings.masked(told), said[told["id"]]
        label = uow.reference.name("category", truth.root(uow.reference, code))
        trace = Trace(key, told["merged_into"] or key, label, tuple(ids[key]), digest(text))
        found.append(Lesson(trace, text, code))
    return found


def every(rt: Runtime, most: int = MOST) -> Iterator[Lesson]:
    """The lessons of the newest `most` tickets of each class, the oldest first, in short reading transactions."""
    wanted = newest(rt, most)
    for start in range(0, len(wanted), PAGE):
        yield from rt.query(page, wanted[start : start + PAGE])


def newest(rt: Runtime, most: int) -> list[int]:
    """The newest `most` tickets of each class, in their order."""
    kept: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=most))
    after = 0
    while True:
        found, after = rt.query(classes, after)
        for ticket, code in found.items():
            kept[code].append(ticket)
        if not after:
            return sorted(ticket for tickets in kept.values() for ticket in tickets)


def seen_by(uow: UnitOfWork, name: str) -> Seen:
    """What a registered version was trained on; nothing is known of others and of models that came from outside."""
    version = uow.first(ModelVersion, name=name)
    lesson = uow.get(ModelLesson, version.id) if version else None
    if lesson is None or not lesson.texts:
        return Seen(False)
    return Seen(True, frozenset(lesson.tickets), frozenset(lesson.texts))


def taught(lessons: Collection[Trace], texts: Collection[str]) -> dict[str, list[int] | list[str]]:
    """What the registry keeps of a training: tickets with their groups, labels, and digests of all texts."""
    tickets = {key for lesson in lessons for key in (lesson.ticket_id, lesson.group)}
    labels = {key for lesson in lessons for key in lesson.label_ids}
    return {"tickets": sorted(tickets), "labels": sorted(labels), "texts": sorted(texts)}


def groups(found: Collection[Trace]) -> dict[int, str]:
    """ticket id -> its group: merged tickets, and those said in the very same words, stand together."""
    leader: dict[str, str] = {}

    def lead(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for lesson in found:
        leader[lead(lesson.digest)] = lead(f"ticket-{lesson.group}")
    return {lesson.ticket_id: lead(f"ticket-{lesson.group}") for lesson in found}


def digest(text: Text) -> str:
    """Of a text without its blanks and line ends: enough to know it again, not enough to read it."""
    plain = "".join(whole(text).split())
    return hashlib.sha256(plain.encode("utf-8", "ignore")).hexdigest()[:16]
