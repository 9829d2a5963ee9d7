"""Hot topics: time, memory and what comes out, on a city's messages and on a made-up set of any size.

`report(data)` mines hot_messages.csv. `python -m bench.nlp.topics DATA [--messages 100000]` does that and then mines a set of
its own whose words are drawn from the messages' statistics (nothing of their text): one message in five belongs to one of
the planted topics, each of which has a place, a few words of its own and a week.
"""

import argparse
import csv
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from classifiers.segment import Segmenter
from classifiers.topics import Report, mine
from hotline.adapters.legacy.cell_values import parse_time
from hotline.domain.deadlines import LOCAL

SEED = 20261121
PLANTED_SIZE, PLANTED_SHARE = 20, 0.2


def report(data: Path) -> dict[str, Any]:
    """Seconds, memory, topics and members of hot_messages.csv under `data`."""
    return _measured(read(data / "hot_messages.csv"))


def read(path: Path) -> list[Report]:
    """The messages of a file; rows without a time take the first day of 2019."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    first = datetime(2019, 1, 1, tzinfo=LOCAL)
    return [
        Report(
            id=row.get("msg_id") or str(number),
            title=row.get("title") or "",
            detail=row.get("detail") or "",
            time=parse_time(row.get("time") or "", LOCAL) or first,
            likes=int(row.get("likes") or 0),
            dislikes=int(row.get("dislikes") or 0),
            caller=row.get("user") or "",
        )
        for number, row in enumerate(rows)
    ]


def _measured(reports: Sequence[Report]) -> dict[str, Any]:
    started, worked = time.perf_counter(), time.process_time()
    topics = mine(reports, Segmenter(), limit=10_000)
    return {
        "messages": len(reports),
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "topics": len(topics),
        "members": sum(len(topic.members) for topic in topics),
        "largest": max((len(topic.members) for topic in topics), default=0),
    }


def made_up(data: Path, count: int) -> list[Report]:
    """Messages of words drawn as often as they occur, a fifth of them planted in topics of twenty."""
    random.seed(SEED)
    words: Counter[str] = Counter()
    segmenter = Segmenter()
    for one in read(data / "hot_messages.csv")[:1_000]:
        words.update(segmenter.cut(one.detail[:300]))
    said, weights = list(words), list(words.values())
    signs = [chr(code) for code in range(0x4E00, 0x9FA0, 7)]
    start = datetime(2026, 1, 1, tzinfo=LOCAL)
    made = []
    for number in range(count):
        planted = number < count * PLANTED_SHARE
        chance = random.Random(number // PLANTED_SIZE if planted else number + 10**9)
        place = "".join(chance.choices(signs, k=3)) + chance.choice(("苑", "路", "小区", "花园"))
        own = chance.choices(said, weights, k=12) if planted else []
        day = chance.randrange(360) + (random.randrange(7) if planted else 0)
        body = random.choices(said, weights, k=60)
        made.append(
            Report(
                str(number),
                place + "".join(own[:5]),
                place + "".join(own + body),
                start + timedelta(days=day),
            )
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.nlp.topics", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--messages", type=int, default=0, help="also mine a made-up set of so many messages")
    args = parser.parse_args()
    found: dict[str, Any] = {"hot_messages.csv": report(args.data)}
    if args.messages:
        found["made up"] = _measured(made_up(args.data, args.messages))
    print(json.dumps(found, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
