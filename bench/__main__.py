"""python -m bench: creation and reading in one run, as a Markdown table. `make bench` calls it.

With DATA=file.csv in the environment (`make bench DATA=…`) it imports that file instead (bench/imports.py).

What is made for measuring lies under HOTLINE_BENCH (a folder under the system's temporary one by default) and the
100,000 tickets are kept there for the next run.
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
from functools import partial

from bench import creation, imports
from bench.installations import installation
from bench.over_http import CLIENTS, through_http
from bench.reading import answer_times, filled
from hotline.settings import Settings

ROUNDS = 5
GOALS = {"use case": 0.2, "HTTP": 0.5}
SLOWEST_MS = 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--creates", type=int, default=600, help="creates of each measurement")
    parser.add_argument("--tickets", type=int, default=100_000, help="tickets while reading")
    args = parser.parse_args()
    if os.environ.get("DATA"):
        raise SystemExit(imports.measure(os.environ["DATA"]))
    made = installation()
    print(
        f"\nPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} CPUs, "
        f"load {os.getloadavg()[0]:.1f}; median of {ROUNDS} rounds of {args.creates // ROUNDS} creates\n"
    )
    _creation(made, args.creates // ROUNDS)
    _reading(args.tickets)


def _creation(template: Settings, count: int) -> None:
    played = creation.captured(creation.copied(template, "captured"), count + creation.WARM_UP)
    print("| creates/s, one transaction each | synchronous | rate | ratio | goal |")
    print("| --- | --- | ---: | ---: | ---: |")
    for synchronous in ("FULL", "NORMAL"):
        rates: dict[str, list[float]] = {"bare": [], "use case": [], "HTTP": []}
        for _ in range(ROUNDS):
            work = partial(creation.copied, template, "work", synchronous=synchronous)
            rates["bare"].append(creation.bare(work(), played))
            rates["use case"].append(creation.use_case(work(), count))
            rates["HTTP"].append(through_http(work(), count))
        _creation_rows(synchronous, {name: statistics.median(found) for name, found in rates.items()})


def _creation_rows(synchronous: str, rate: dict[str, float]) -> None:
    against_bare, against_use_case = rate["use case"] / rate["bare"], rate["HTTP"] / rate["use case"]
    print(f"| bare sqlite3, the same rows | {synchronous} | {rate['bare']:.0f} | 1 | |")
    print(
        f"| use case in-process | {synchronous} | {rate['use case']:.0f} | {against_bare:.2f} of bare "
        f"| ≥ {GOALS['use case']} |"
    )
    print(
        f"| HTTP, {CLIENTS} clients | {synchronous} | {rate['HTTP']:.0f} | {against_use_case:.2f} of use case "
        f"| ≥ {GOALS['HTTP']} |"
    )


def _reading(tickets: int) -> None:
    settings = installation(f"reading-{tickets}")
    filled(settings, tickets)
    print(f"\n| reading {tickets} tickets, one reader, HTTP | questions | p50 ms | p95 ms | goal |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for found in answer_times(settings):
        print(f"| {found.name} | {found.count} | {found.median:.1f} | {found.p95:.1f} | p95 ≤ {SLOWEST_MS} |")
    print()


if __name__ == "__main__":
    main()
