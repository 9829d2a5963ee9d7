"""Finding the same matter again: how well on pairs that are known, and how fast among a million tickets, most of them closed.

`report(data)` holds the sketches against the near duplicates of complaints_tokens.csv (rows of one dup_group).
`python -m bench.nlp.duplicates DATA [--tickets 1000000] [--closed 0.85]` does that and then fills a database of its own with
tickets whose words are drawn from the messages' own statistics (nothing of their text), plants the known pairs' earlier
halves among them, every other one closed lately, and asks for the later ones through the very use case that the agent's
desk calls.
"""

import argparse
import csv
import json
import resource
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from bench.creation import copied
from bench.installations import installation
from classifiers.duplicate_groups import Groups
from classifiers.duplicates import COPY, Sketch, Sketcher, compare
from classifiers.segment import Segmenter
from hotline.adapters.db.matters import FINISHED
from hotline.adapters.db.ready import insert_of
from hotline.adapters.db.tables import matter_keys, tickets
from hotline.bootstrap import build_runtime
from hotline.domain.people import User
from hotline.domain.ticket import Ticket
from hotline.services import matters
from hotline.services.accounts import actor_of

THRESHOLDS = (0.5, 0.55, 0.6, 0.7, 0.8, 0.85)
QUARTERS = 40
"""A rare word (mostly a name) stands for as many as this, so that a million tickets name more places than the few
thousand messages do that they are made from."""
SWAPPED, RARE = 0.6, 95
BATCH = 10_000
SEED = 20261121


def report(data: Path) -> dict[str, Any]:
    """Recall and precision of the pairs found, by threshold, against the pairs of one dup_group.

    Precision by dup_group is a lower bound: the groups were made by another measure (cosine of at least .9), and pairs
    that a reader calls the same matter are counted as wrong where that measure stayed below.
    """
    rows, sketches = _read(data)
    true = _pairs(rows)
    scored = _found(sketches)
    by_threshold = {}
    for least in THRESHOLDS:
        found = {pair for pair, score in scored.items() if score >= least}
        by_threshold[str(least)] = _rates(found, true)
    copies = {pair for pair in scored if compare(sketches[pair[0]], sketches[pair[1]]).copy >= COPY}
    return {
        "rows": len(rows),
        "pairs": len(true),
        "by_threshold": by_threshold,
        "copies": _rates(copies, true),
        "sketches_per_second": round(_pace(rows), 1),
    }


def _rates(found: set[tuple[int, int]], true: set[tuple[int, int]]) -> dict[str, float]:
    both = len(found & true)
    return {
        "found": len(found),
        "recall": round(both / len(true), 4) if true else 0.0,
        "precision": round(both / len(found), 4) if found else 0.0,
    }


def _read(data: Path) -> tuple[list[dict[str, str]], list[Sketch]]:
    with (data / "complaints_tokens.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    sketcher = Sketcher(Segmenter())
    return rows, [sketcher.sketch(row["tokens"]) for row in rows]


def _pairs(rows: Sequence[dict[str, str]]) -> set[tuple[int, int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[row["dup_group"]].append(place)
    return {pair for places in groups.values() for pair in combinations(places, 2)}


def _found(sketches: Sequence[Sketch]) -> dict[tuple[int, int], float]:
    """Every pair that the look-up brings together, (earlier, later) -> score."""
    groups, scored = Groups(), {}
    for later, sketch in enumerate(sketches):
        for earlier in groups.near(sketch):
            scored[earlier, later] = compare(sketches[earlier], sketch).score
        groups.add(sketch)
    return scored


def _pace(rows: Sequence[dict[str, str]]) -> float:
    sketcher = Sketcher(Segmenter())
    sketcher.sketch("预热")
    started = time.process_time()
    for row in rows[:300]:
        sketcher.sketch(row["tokens"])
    return 300 / (time.process_time() - started)


# among many
def among(data: Path, count: int, closed: float) -> dict[str, Any]:
    """Query times, memory and space with `count` tickets received over the last 55 days, this share of them closed."""
    rows, sketches = _read(data)
    later = {b: a for a, b in sorted(_pairs(rows))}
    planted = sorted(set(later.values()))
    runtime = build_runtime(copied(installation(), "duplicates", synchronous="NORMAL"))
    try:
        before = _memory()
        finished = frozenset(planted[::2])
        size, where, filled = _fill(runtime, sketches, planted, finished, count, closed)
        actor = runtime.query(lambda uow: actor_of(uow.first(User, login="agent")))
        asked = [(sketches[b], where[a]) for b, a in later.items()]
        _ask(runtime, actor, asked[:20])
        times, hits = _ask(runtime, actor, asked)
        lately = [a in finished for a in later.values()]
        return {
            "tickets": count,
            "closed": closed,
            "questions": len(asked),
            "found_in_first_5": {
                "open": _share(hits, [not one for one in lately]),
                "closed_lately": _share(hits, lately),
            },
            "ms": dict(
                zip(("p50", "p95", "p99"), np.percentile(times, [50, 95, 99]).round(2).tolist(), strict=True)
            ),
            "ms_mean": round(statistics.fmean(times), 2),
            "cpu_ms_mean": round(_cpu(runtime, actor, asked), 2),
            "memory_mb": {"before": before, "after": _memory()},
            "disk_mb": size,
            "filled_s": filled,
        }
    finally:
        runtime.close()


def _share(hits: Sequence[bool], which: Sequence[bool]) -> float:
    """The share of hits among the questions that are meant."""
    meant = [hit for hit, one in zip(hits, which, strict=True) if one]
    return round(sum(meant) / len(meant), 4) if meant else 0.0


def _ask(runtime: Any, actor: Any, asked: Sequence[tuple[Sketch, int]]) -> tuple[list[float], list[bool]]:
    times, hits = [], []
    for sketch, ticket_id in asked:
        started = time.perf_counter()
        found = runtime.query(matters.alike, actor, matters.Told(sketch))
        times.append((time.perf_counter() - started) * 1000)
        hits.append(ticket_id in {row["id"] for row in found})
    return times, hits


def _cpu(runtime: Any, actor: Any, asked: Sequence[tuple[Sketch, int]]) -> float:
    """Processor time of a question, which other work on the machine does not lengthen."""
    started = time.process_time()
    _ask(runtime, actor, asked)
    return (time.process_time() - started) * 1000 / len(asked)


def _fill(
    runtime: Any,
    sketches: Sequence[Sketch],
    planted: Sequence[int],
    finished: frozenset[int],
    count: int,
    share: float,
) -> tuple[dict[str, float], dict[int, int], float]:
    """Tickets, then their keys; the space of each in MB, place of a planted sketch -> its ticket's id, seconds. Of the
    planted ones those in `finished` were closed lately, of the others this share was closed at some time."""
    started = time.perf_counter()
    random = np.random.default_rng(SEED)
    spread = random.permutation(count)[: len(planted)]
    own = {int(number): place for number, place in zip(spread, planted, strict=True)}
    base = runtime.uows.ids()
    now = runtime.clock.now()
    keys: list[np.ndarray] = []
    empty = _size(runtime)
    made = Synthetic(sketches)
    for first in range(0, count, BATCH):
        batch = []
        for number in range(first, min(count, first + BATCH)):
            place = own.get(number)
            sketch = made.next() if place is None else sketches[place]
            received = now - timedelta(days=55 * (1 - number / count))
            closed = random.random() < share if place is None else place in finished
            back = timedelta(days=random.uniform(0, 55 if place is None else matters.CLOSED_DAYS - 1))
            ended = max(received, now - back) if closed else None
            batch.append(_ticket(base + number, sketch, received, ended))
            band = FINISHED if closed else 0
            rows = [(key + band, base + number) for key, _ in sketch.keys]
            keys.append(np.array(rows, dtype=np.int64).reshape(-1, 2))
        with runtime.uows.begin() as uow:
            insert_of(tickets, uow.connection.dialect).run_many(uow.connection, batch)
    with_tickets = _size(runtime)
    every = np.concatenate(keys)
    every = every[np.lexsort((every[:, 1], every[:, 0]))]
    for first in range(0, len(every), 200_000):
        piece = [{"key": int(k), "ticket_id": int(t)} for k, t in every[first : first + 200_000]]
        with runtime.uows.begin() as uow:
            insert_of(matter_keys, uow.connection.dialect).run_many(uow.connection, piece)
    buckets = Counter(np.unique(every[:, 0], return_counts=True)[1].tolist())
    size = {
        "tickets": round(with_tickets - empty, 1),
        "keys": round(_size(runtime) - with_tickets, 1),
        "key_rows": len(every),
        "distinct_keys": sum(buckets.values()),
        "largest_bucket": max(buckets),
    }
    ids = {place: base + int(number) for number, place in zip(spread, planted, strict=True)}
    return size, ids, round(time.perf_counter() - started, 1)


class Synthetic:
    """Sketches with the words of real ones mixed anew: what is common stays common, names are many."""

    def __init__(self, sketches: Sequence[Sketch]) -> None:
        self._random = np.random.default_rng(SEED)
        self._models = [list(sketch.words.items()) for sketch in sketches if len(sketch.words) > 2]
        uses = Counter(word for model in self._models for word, _ in model)
        classes: dict[int, list[int]] = defaultdict(list)
        for model in self._models:
            for word, weight in model:
                classes[weight // 20].append(word)
        self._uses = uses
        self._classes = {weight: np.array(words, dtype=np.int64) for weight, words in classes.items()}

    def next(self) -> Sketch:
        random = self._random
        model = self._models[int(random.integers(len(self._models)))]
        draws, picks = random.random(len(model)), random.random(len(model))
        quarters = random.integers(QUARTERS, size=len(model))
        words = {}
        for (word, weight), draw, pick, quarter in zip(model, draws, picks, quarters, strict=True):
            if draw < SWAPPED:
                pool = self._classes[weight // 20]
                word = int(pool[int(pick * len(pool))])
            if weight >= RARE and self._uses[word] < 200:
                word = (word + int(quarter) * 0x9E3779B1) & 0xFFFFFFFF
            words[word] = weight
        return Sketch(random.bytes(64), words)


def _ticket(ticket_id: int, sketch: Sketch, at: datetime, closed_at: datetime | None) -> dict[str, Any]:
    made = Ticket(
        id=ticket_id,
        no=f"B{ticket_id}",
        state="handling" if closed_at is None else "closed",
        title="合成工单",
        hotline="12345",
        channel="phone",
        received_at=at,
        changed_at=at,
        closed_at=closed_at,
        signature=sketch.dumps(),
        version=1,
    )
    return {column.name: getattr(made, column.name) for column in tickets.columns}


def _size(runtime: Any) -> float:
    """Megabytes of the database."""
    with runtime.uows.reading() as uow:
        if uow.connection.dialect.name == "sqlite":
            pages = uow.connection.exec_driver_sql("PRAGMA page_count").scalar()
            return float(pages * uow.connection.exec_driver_sql("PRAGMA page_size").scalar()) / 1e6
        return (
            float(uow.connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar())
            / 1e6
        )


def _memory() -> float:
    """Largest resident memory of this process so far, in megabytes."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.nlp.duplicates", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="0 leaves the load test out")
    parser.add_argument("--closed", type=float, default=0.85, help="the share of closed tickets among them")
    parser.add_argument("--skip-report", action="store_true")
    args = parser.parse_args()
    found: dict[str, Any] = {} if args.skip_report else report(args.data)
    if args.tickets:
        found["among"] = among(args.data, args.tickets, args.closed)
    json.dump(found, sys.stdout, ensure_ascii=False, indent=1)
    print()


if __name__ == "__main__":
    main()
