"""python -m bench.nlp FOLDER: classifying and mining measured on a folder of real messages, as Markdown.

`make bench-nlp DATA=FOLDER` calls it. Parts are left out or chosen by name; the load test of duplicates among a
million tickets takes minutes and some gigabytes and is asked for with --tickets.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.nlp import duplicates, extraction, first_level, over_http, replies, topics, urgency, vectors

Part = Callable[[], dict[str, Any]]


def parts(data: Path, tickets: int) -> dict[str, Part]:
    """What can be measured, by name, in the order of the report."""
    found: dict[str, Part] = {
        "speed": partial(first_level.speed, data),
        "answer": partial(over_http.report, data),
        "first-level": partial(first_level.report, data),
        "urgency": urgency.report,
        "extraction": extraction.report,
        "duplicates": partial(duplicates.report, data),
        "topics": partial(topics.report, data),
        "replies": partial(replies.report, data),
        "vectors": partial(vectors.report, data),
    }
    if tickets:
        found["among"] = partial(duplicates.among, data, tickets)
    return found


def lines(figures: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Nested figures as rows of a table: the path of names and the figure."""
    if not isinstance(figures, dict):
        yield path, figures
        return
    for name, inner in figures.items():
        yield from lines(inner, f"{path} · {name}" if path else str(name))


def main() -> int:
    """Measures and prints part by part."""
    parser = argparse.ArgumentParser(prog="python -m bench.nlp", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with the real messages")
    parser.add_argument("--only", nargs="*", default=[], help="names of parts")
    parser.add_argument("--tickets", type=int, default=0, help="duplicates among so many tickets")
    options = parser.parse_args()
    known = parts(options.data, options.tickets)
    for name in options.only:
        if name not in known:
            parser.error(f"no part {name}; there are {', '.join(known)}")
    out = sys.stdout
    out.write(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}\n")
    for name in options.only or known:
        began = time.perf_counter()
        figures = known[name]()
        out.write(f"\n## {name} ({time.perf_counter() - began:.0f} s)\n\n| figure | |\n| --- | --- |\n")
        out.writelines(f"| {path} | {value} |\n" for path, value in lines(figures))
        out.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
