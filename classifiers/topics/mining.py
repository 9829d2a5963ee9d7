"""From messages to topics: cut, compare, group, weigh, name. The public door is `classifiers.topics.mine`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from classifiers.names import personal_names
from classifiers.topics import Progress, Report, Topic, grouping, heat, linking, wording
from classifiers.topics.naming import Namer, crowd_of, crowds_in, telling_words
from classifiers.topics.places import AREA, Names

if TYPE_CHECKING:
    from classifiers.segment import Segmenter

STEPS = ("分词", "比对", "归并", "命名")


@dataclass(frozen=True)
class _Item:
    """One text with all the reports that are copies of it."""

    reports: tuple[Report, ...]
    cut: wording.Cut
    area: str


def mine(
    reports: Sequence[Report],
    segmenter: "Segmenter",
    *,
    now: datetime | None = None,
    limit: int = 100,
    least: int = 2,
    progress: Progress | None = None,
) -> list[Topic]:
    """See classifiers.topics.mine."""
    if not reports:
        return []
    told = progress or (lambda step, done, total: None)
    items = _items(reports, segmenter, told)
    return _Run(items, segmenter, now).topics(limit, least, told)


def _items(reports: Sequence[Report], segmenter: "Segmenter", told: Progress) -> list[_Item]:
    """The distinct texts, oldest first, each cut once."""
    copies: dict[bytes, list[Report]] = {}
    for report in sorted(reports, key=lambda one: (one.time, one.id)):
        copies.setdefault(_fingerprint(report), []).append(report)
    items = []
    for done, same in enumerate(copies.values(), 1):
        cut = wording.cut(same[0].title, same[0].detail, segmenter)
        area = next((one.area for one in same if one.area), "") or next(
            (word for word in (*cut.title, *cut.detail) if AREA.match(word)), ""
        )
        items.append(_Item(tuple(same), cut, area))
        if done % 100 == 0 or done == len(copies):
            told(STEPS[0], done, len(copies))
    return items


def _fingerprint(report: Report) -> bytes:
    text = "\n".join("".join(part.split()) for part in (report.title, report.detail))
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()


class _Run:
    def __init__(self, items: Sequence[_Item], segmenter: "Segmenter", now: datetime | None) -> None:
        self._items, self._segmenter = items, segmenter
        times = [report.time for item in items for report in item.reports]
        self._start, self._end = min(times), max([*times, *([now] if now else [])])
        if now:
            self._end = now if now >= self._start else self._end
        known = wording.Known(segmenter.tokenizer.FREQ)
        self._names = Names(known, (part for item in items for part in (item.cut.title, item.cut.detail)))

    def topics(self, limit: int, least: int, told: Progress) -> list[Topic]:
        """Groups of at least `least` messages, the hottest `limit` of them named."""
        self._vectors = wording.vectors(
            [item.cut for item in self._items], [_caller_of(item) for item in self._items], self._names
        )
        links = linking.links(self._vectors, lambda done, total: told(STEPS[1], done, total))
        told(STEPS[2], 0, 2)
        labels = grouping.grouped(len(self._items), links, grouping.LEAST)
        told(STEPS[2], 1, 2)
        for _ in range(2):
            labels = grouping.rejoined(self._vectors, labels)
        labels = grouping.cleared(self._vectors, labels)
        told(STEPS[2], 2, 2)
        groups = [rows for rows in _rows_of(labels) if self._count(rows) >= least]
        weighed = sorted(((self._heat(rows), rows) for rows in groups), key=self._order)[:limit]
        return self._named([(parts, rows) for parts, rows in weighed], told)

    def _count(self, rows: Sequence[int]) -> int:
        return sum(len(self._items[row].reports) for row in rows)

    def _order(self, weighed: tuple[dict[str, float], list[int]]) -> tuple[float, int, str]:
        parts, rows = weighed
        return -round(sum(parts.values()), 2), -self._count(rows), self._items[rows[0]].reports[0].id

    def _heat(self, rows: Sequence[int]) -> dict[str, float]:
        voices = _voices(self._items[row] for row in rows)
        reports = list(voices.values())
        times = [report.time for report in reports]
        return dict(
            heat.parts_of(
                callers=len({caller for caller, _ in voices}),
                messages=len(reports),
                growth=heat.growth_of(times, self._start, self._end),
                reactions=sum(one.likes + one.dislikes for row in rows for one in self._items[row].reports),
                days=len({time.date() for time in times}),
                areas=len({self._items[row].area for row in rows} - {""}),
            )
        )

    def _named(self, weighed: Sequence[tuple[dict[str, float], list[int]]], told: Progress) -> list[Topic]:
        everywhere: Counter[str] = Counter()
        for item in self._items:
            everywhere.update(set(_words(item)))
        crowds = crowds_in(_text(item) for item in self._items)
        said = {word for _, rows in weighed for row in rows for word in _words(self._items[row])}
        namer = Namer(self._names, personal_names(sorted(said), self._segmenter))
        topics = []
        for done, (parts, rows) in enumerate(weighed, 1):
            topics.append(self._topic(parts, self._typical(rows), namer, everywhere, crowds))
            told(STEPS[3], done, len(weighed))
        return topics

    def _typical(self, rows: list[int]) -> list[int]:
        """The rows ordered by how near each is to the middle of the group."""
        members = sp.csr_array(
            (np.ones(len(rows), np.float32), (np.zeros(len(rows), int), rows)), shape=(1, len(self._items))
        )
        middle = self._vectors.summed(members)
        near = np.zeros(len(rows))
        for view in ("where", "words", "said"):
            near += (getattr(self._vectors, view)[rows] @ getattr(middle, view).T).toarray().ravel()
        return [
            rows[at] for at in sorted(range(len(rows)), key=lambda at: (-round(float(near[at]), 4), rows[at]))
        ]

    def _topic(
        self,
        parts: dict[str, float],
        rows: list[int],
        namer: Namer,
        everywhere: Counter[str],
        crowds: Counter[str],
    ) -> Topic:
        items = [self._items[row] for row in rows]
        cuts = [item.cut for item in items]
        reports = [report for item in items for report in item.reports]
        times = sorted(report.time for report in reports)
        place = namer.place(cuts)
        voices = _voices(items)
        return Topic(
            name=namer.title(place, namer.matter(cuts, place)),
            place=place,
            crowd=crowd_of([_text(item) for item in items], crowds, len(self._items)),
            first=times[0],
            last=times[-1],
            members=tuple(report.id for report in reports),
            heat=round(sum(parts.values()), 2),
            parts=parts,
            words=namer.words(telling_words(cuts, everywhere)),
            trend=heat.trend_of(times, self._start, self._end),
            bucket_days=heat.bucket_days(self._start, self._end),
            growth=heat.growth_of(times, self._start, self._end),
            callers=len({caller for caller, _ in voices}),
        )


def _caller_of(item: _Item) -> str:
    """A key that is shared only by texts of one and the same caller."""
    callers = {report.caller for report in item.reports}
    return callers.pop() or f"?{item.reports[0].id}" if len(callers) == 1 else f"?{item.reports[0].id}"


def _voices(items: Iterable[_Item]) -> dict[tuple[str, int], Report]:
    """One report per caller and text: copies of a text by callers unknown are one voice."""
    voices: dict[tuple[str, int], Report] = {}
    for number, item in enumerate(items):
        for report in item.reports:
            voices.setdefault((report.caller or f"?{item.reports[0].id}", number), report)
    return voices


def _rows_of(labels: grouping.Labels) -> list[list[int]]:
    order = np.argsort(labels, kind="stable")
    borders = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.tolist() for part in np.split(order, borders)] if len(labels) else []


def _words(item: _Item) -> list[str]:
    return [*item.cut.title, *item.cut.detail]


def _text(item: _Item) -> str:
    return f"{item.reports[0].title} {item.reports[0].detail[: wording.MAX_CHARS]}"
