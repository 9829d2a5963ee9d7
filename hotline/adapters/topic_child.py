"""The process that mines hot topics: `python -m hotline.adapters.topic_child`, started by ChildMiner and by nobody else.

Lines of JSON on standard input: a head, then lists of messages, then null. Lines of JSON on standard output: how far
it is, then one line a topic, then how many. When the house has gone, reading or writing fails and the process ends.
Nothing of a message is ever logged; an error is told by its kind and the line of code that raised it.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO

from classifiers.segment import Segmenter
from classifiers.topics import Report, mine
from hotline.adapters import children

TOLD_EVERY_S = 0.3


class _Teller:
    """Passes progress on, at each new step and a few times a second."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._step, self._at = out, "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if step != self._step or time.monotonic() - self._at >= TOLD_EVERY_S:
            self._step, self._at = step, time.monotonic()
            say(self._out, {"step": step, "done": done, "total": total})


def say(out: TextIO, what: Any) -> None:
    """One line of JSON, at once."""
    out.write(json.dumps(what, ensure_ascii=False, default=_plain) + "\n")
    out.flush()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else float(value)


def reports(lines: TextIO) -> Iterator[Report]:
    """The messages up to the closing null. EOFError when the line breaks off before."""
    for line in lines:
        batch = json.loads(line)
        if batch is None:
            return
        for message in batch:
            yield Report(**{**message, "time": datetime.fromisoformat(message["time"])})
    raise EOFError


def work(lines: TextIO, out: TextIO) -> None:
    """One whole run."""
    head = json.loads(lines.readline())
    until = datetime.fromisoformat(head["until"])
    asked = {"limit": head["limit"], "least": head["least"], "progress": _Teller(out)}
    found = mine(list(reports(lines)), Segmenter(), now=until, **asked)
    for topic in found:
        say(out, {"topic": {**asdict(topic), "parts": dict(topic.parts)}})
    say(out, {"found": len(found)})


def main() -> int:
    os.nice(children.NICENESS)
    try:
        work(sys.stdin, sys.stdout)
    except (EOFError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except MemoryError:
        say(sys.stdout, {"error": "MemoryError"})
        return 1
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        say(sys.stdout, {"error": f"{type(error).__name__} {where}"})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
