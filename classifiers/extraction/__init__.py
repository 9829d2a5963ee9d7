"""What a message says of where, when, who, how much and about whom, by rules, with offsets into the text handed in.

One reader a file; each gives spans with a value (see its file for the form): numbers, amounts, times, people, organisations, places.
Spans overlap in one case only: an organisation that is named after a road or estate (锦绣花园物业) holds that place. Nothing here is
heavy: no model, no dictionary of words; a message takes about a millisecond.
"""

from datetime import datetime

from classifiers.api import Entity
from classifiers.extraction.amounts import amounts
from classifiers.extraction.gazetteer import NO_GAZETTEER, Gazetteer
from classifiers.extraction.numbers import numbers
from classifiers.extraction.organisations import ANYBODY, organisations
from classifiers.extraction.people import ages, people
from classifiers.extraction.places import joined, places
from classifiers.extraction.spans import Found, Taken
from classifiers.extraction.times import times
from classifiers.segment import fold_width

__all__ = ["NO_GAZETTEER", "READ_CHARS", "Gazetteer", "find"]
READ_CHARS = 20_000
"""Longer texts are read so far; pasted logs say nothing new behind."""
_WITH_PLACES = ("road", "community")


def find(
    text: str, received_at: datetime | None = None, gazetteer: Gazetteer | None = None
) -> tuple[Entity, ...]:
    """What was found, in order.

    `received_at` is what relative days (昨天) are counted from, in local time; without it, times keep no value.
    `gazetteer` holds the city's own place names.
    """
    plain = fold_width(text[:READ_CHARS])
    taken = Taken(len(plain))
    spans = taken.claim(numbers(plain))
    moment = received_at.replace(tzinfo=None) if received_at else datetime(2000, 1, 1)
    when = taken.claim(times(plain, moment))
    spans += when if received_at else [span._replace(value="") for span in when]
    spans += taken.claim(amounts(plain))
    spans += taken.claim(ages(plain))
    spans += taken.claim(people(plain))
    where = list(joined(plain, list(places(plain, gazetteer or NO_GAZETTEER))))
    spans += _who_and_where(plain, where, taken)
    return tuple(
        Entity(s.kind, text[s.start : s.end], s.start, s.end, s.value) for s in sorted(spans, key=_order)
    )


def _order(span: Found) -> tuple[int, int]:
    return span.start, -span.end


def _who_and_where(text: str, where: list[Found], taken: Taken) -> list[Found]:
    """Organisations and places; what is both is an organisation, unless the words around it mean the place."""
    firms = [
        span
        for span in organisations(text)
        if taken.free(span.start, span.end) and not _is_place_of(text, span, where)
    ]
    kept: list[Found] = []
    for place in where:
        over = [firm for firm in firms if firm.start < place.end and place.start < firm.end]
        if not over:
            kept += taken.claim([place])
        elif place.value in _WITH_PLACES and any(_is_named_after(firm, place) for firm in over):
            kept.append(place)
    return [*kept, *taken.claim(firms)]


def _is_place_of(text: str, firm: Found, where: list[Found]) -> bool:
    """Is it only some bar of a street (海棠里商业街|酒吧), and no name?"""
    return any(place.start == firm.start and text[place.end : firm.end] in ANYBODY for place in where)


def _is_named_after(firm: Found, place: Found) -> bool:
    return firm.start <= place.start and place.end < firm.end
