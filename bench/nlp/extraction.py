"""Scores extraction on our own examples, per field: `python -m bench.nlp.extraction [--part tuning|held-out] [--misses]`.

Rules are tuned on the tuning third alone; the held-out part is for figures. Exact counts a found span only with
both ends right; overlap counts it once it touches the marked one (each span for one match). Values are compared where the
spans overlap.
"""

import argparse
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any

from bench.nlp.marked import Example, Mark, examples
from classifiers.api import Entity

Find = Callable[[str, datetime], Sequence[Entity]]


@dataclass
class Tally:
    """Counts of one field over many messages."""

    marked: int = 0
    found: int = 0
    exact: int = 0
    overlap: int = 0
    valued: int = 0
    right_value: int = 0
    misses: list[str] = field(default_factory=list)

    def scores(self) -> dict[str, Any]:
        """Precision, recall and F1 of both kinds, and the share of right values; counts beside them."""
        return {
            "marked": self.marked,
            "found": self.found,
            "exact": _f1(self.exact, self.found, self.marked),
            "overlap": _f1(self.overlap, self.found, self.marked),
            "value_accuracy": round(self.right_value / self.valued, 4) if self.valued else None,
            "values": self.valued,
        }


def _f1(right: int, found: int, marked: int) -> dict[str, float]:
    precision = right / found if found else 0.0
    recall = right / marked if marked else 0.0
    total = precision + recall
    f1 = 2 * precision * recall / total if total else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def score(chosen: Iterable[Example], find: Find) -> dict[str, Tally]:
    """A tally per field; "against" is the organisation complained about: the first one that a message has."""
    tallies: dict[str, Tally] = {}
    for example in chosen:
        found = list(find(example.text, example.received_at))
        kinds = {mark.field for mark in example.marks} | {entity.kind for entity in found}
        for kind in kinds:
            _count(tallies.setdefault(kind, Tally()), example, kind, found)
        _count_against(tallies.setdefault("against", Tally()), example, found)
    return tallies


def _count(tally: Tally, example: Example, kind: str, found: Sequence[Entity]) -> None:
    marks = [mark for mark in example.marks if mark.field == kind]
    left = [entity for entity in found if entity.kind == kind]
    tally.marked += len(marks)
    tally.found += len(left)
    for mark in marks:
        match = _match(mark, left)
        if match is None:
            tally.misses.append(f"- {example.text[mark.start : mark.end]} ‖ {example.text[:60]}")
            continue
        left.remove(match)
        _compare(tally, example, mark, match)
    tally.misses += [f"+ {entity.text} ‖ {example.text[:60]}" for entity in left]


def _match(mark: Mark, left: Sequence[Entity]) -> Entity | None:
    touching = [entity for entity in left if entity.start < mark.end and entity.end > mark.start]
    same = [entity for entity in touching if (entity.start, entity.end) == (mark.start, mark.end)]
    return next(iter(same or touching), None)


def _compare(tally: Tally, example: Example, mark: Mark, match: Entity) -> None:
    wanted = example.text[mark.start : mark.end]
    tally.overlap += 1
    if (match.start, match.end) == (mark.start, mark.end):
        tally.exact += 1
    else:
        tally.misses.append(f"~ {wanted} / {match.text} ‖ {example.text[:60]}")
    if mark.value and mark.field != "organisation":
        tally.valued += 1
        right = _same_value(mark.value, match.value)
        tally.right_value += right
        if not right:
            tally.misses.append(f"= {wanted}: {mark.value} / {match.value} ‖ {example.text[:60]}")


def _same_value(wanted: str, given: str) -> bool:
    try:
        return [float(part) for part in wanted.split("/")] == [float(part) for part in given.split("/")]
    except ValueError:
        return wanted == given


def _count_against(tally: Tally, example: Example, found: Sequence[Entity]) -> None:
    marks = [mark for mark in example.marks if mark.against]
    named = [entity for entity in found if entity.kind == "organisation" and entity.value == "against"]
    tally.marked += bool(marks)
    tally.found += bool(named)
    if not named:
        return
    first = named[0]
    tally.exact += any((mark.start, mark.end) == (first.start, first.end) for mark in marks)
    tally.overlap += any(mark.start < first.end and mark.end > first.start for mark in marks)


def report(part: str = "held-out", find: Find | None = None) -> dict[str, Any]:
    """The scores of one part ("tuning", "held-out" or "all"), how many messages it has, milliseconds of processor per message."""
    find = find or shipped()
    chosen = [example for example in examples() if part == "all" or example.tuning == (part == "tuning")]
    find("热身", datetime(2026, 1, 1))
    begun = time.process_time()
    tallies = score(chosen, find)
    took = time.process_time() - begun
    return {
        "part": part,
        "messages": len(chosen),
        "ms_per_message": round(took / len(chosen) * 1000, 2),
        "fields": {name: tallies[name].scores() for name in sorted(tallies)},
        "misses": {name: tallies[name].misses for name in sorted(tallies)},
    }


def shipped() -> Find:
    """The extraction of this package with the starter city's areas."""
    from classifiers.extraction import Gazetteer, find

    source = resources.files("hotline") / "data" / "areas.toml"
    rows = tomllib.loads(source.read_text(encoding="utf-8"))["area"]
    city = Gazetteer(
        [name for row in rows for name in (row["name"], *row.get("aliases", ()))],
        [name for row in rows for name in row.get("places", ())],
    )
    return lambda text, received_at: find(text, received_at, city)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nlp.extraction", description=__doc__)
    parser.add_argument("--part", choices=("tuning", "held-out", "all"), default="held-out")
    parser.add_argument("--misses", action="store_true", help="what was missed, of the tuning part only")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    scores = report(options.part)
    misses = scores.pop("misses")
    if options.json:
        print(json.dumps(scores, ensure_ascii=False, indent=2))
        return 0
    print(f"{scores['part']}: {scores['messages']} messages, {scores['ms_per_message']} ms each")
    for name, row in scores["fields"].items():
        exact, overlap = row["exact"], row["overlap"]
        value = "" if row["value_accuracy"] is None else f"  value {row['value_accuracy']:.3f}"
        print(
            f"{name:14} {row['marked']:4} marked {row['found']:4} found  exact P {exact['precision']:.3f} R {exact['recall']:.3f}"
            f" F1 {exact['f1']:.3f}  overlap F1 {overlap['f1']:.3f}{value}"
        )
    if options.misses and options.part == "tuning":
        for name, lines in misses.items():
            print(f"\n[{name}]", *lines, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
