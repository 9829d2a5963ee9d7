"""Measures the embedded search index: `python tests/kb/measure_search.py [DOCUMENTS]` prints build and query times.

The documents are made of dictionary words drawn by their frequency, parted by blanks (so that segmenting is not what
is measured when building), with a title of 8 and a text of 80 words, a unit out of 60 and a day out of 1,000. Queries
are segmented by jieba, as they are in use. No test: it says what it measured and judges nothing.
"""

# ruff: noqa: T201 -- a script talks on stdout

import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jieba

from kb.api import Document, Query, Range
from kb.index_sqlite import SqliteIndex
from kb.query import Analyser

COLUMNS = ("queries", "median", "p95", "max", "p95 cpu")


def vocabulary() -> tuple[list[str], list[int]]:
    """Dictionary words with their summed frequencies."""
    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    pairs = [(word, int(count)) for word, count, *_ in map(str.split, lines) if int(count) >= 50]
    return [word for word, _ in pairs], list(itertools.accumulate(count for _, count in pairs))


def documents(count: int, words: list[str], weights: list[int], dice: random.Random) -> Iterator[Document]:
    """Documents of drawn words."""
    for number in range(count):
        drawn = dice.choices(words, cum_weights=weights, k=88)
        fields = {"unit": f"u{dice.randrange(60)}", "day": dice.randrange(1_000)}
        yield Document(f"d{number}", " ".join(drawn[:8]), " ".join(drawn[8:]), fields)


def queries(words: list[str], weights: list[int], dice: random.Random) -> dict[str, list[Query]]:
    """Kinds of queries, two hundred of each."""

    def text(size: int) -> str:
        return "".join(dice.choices(words, cum_weights=weights, k=size))

    def many(make) -> list[Query]:
        return [make() for _ in range(200)]

    return {
        "one word": many(lambda: Query(text(1))),
        "three words, any": many(lambda: Query(text(3))),
        "three words, all": many(lambda: Query(text(3), match="all")),
        "eight words, any": many(lambda: Query(text(8))),
        "thirty words, any": many(lambda: Query(text(30))),
        "one character": many(lambda: Query(dice.choice(text(4)))),
        "three words, unit": many(lambda: Query(text(3), {"unit": f"u{dice.randrange(60)}"})),
        "three words, days": many(lambda: Query(text(3), {"day": Range(200, 700)})),
        "unit alone": many(lambda: Query("", {"unit": f"u{dice.randrange(60)}"})),
        "nothing": many(lambda: Query("")),
    }


def measure(index: SqliteIndex, asked: list[Query]) -> tuple[float, ...]:
    """Median, 95th percentile and longest time of the queries, and the 95th percentile of processor time: in ms."""
    walls, processors = [], []
    for query in asked:
        wall, processor = time.perf_counter(), time.thread_time()
        index.search(query)
        walls.append(1_000 * (time.perf_counter() - wall))
        processors.append(1_000 * (time.thread_time() - processor))
    return (*p50_p95(walls), max(walls), p50_p95(processors)[1])


def p50_p95(times: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def main(count: int) -> None:
    """Build an index of `count` documents and time every kind of query."""
    dice = random.Random(12345)
    words, weights = vocabulary()
    segmenter = jieba.Tokenizer()
    blanks = Analyser(str.split)
    searching = Analyser(lambda text: list(segmenter.cut_for_search(text)))
    searching.tokens("热身")
    fields = {"unit": "keyword", "day": "number"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        filling = SqliteIndex(path, "tickets", blanks, fields)
        filling.open()
        begun = time.perf_counter()
        filling.rebuild(documents(count, words, weights, dice))
        took = time.perf_counter() - begun
        filling.close()
        print(f"built: {count / took:.0f} documents/s, {path.stat().st_size / 1e6:.0f} MB")
        index = SqliteIndex(path, "tickets", searching, fields)
        index.open()
        print(f"{COLUMNS[0]:20} " + " ".join(f"{name:>10}" for name in COLUMNS[1:]))
        for name, asked in queries(words, weights, dice).items():
            print(f"{name:20} " + " ".join(f"{value:10.1f}" for value in measure(index, asked)))
        index.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
