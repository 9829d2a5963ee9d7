"""Reply quality measured: the own set part by part, and real replies with their weak label and a shuffle test.

`python -m bench.nlp.replies FOLDER` prints what `report` finds; `--tune` shows the misses on the tuning third.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

from classifiers.reply_quality import PARTS, ReplyAssessor, ReplyQuality
from classifiers.reply_quality.weights import PIECES
from classifiers.segment import Segmenter

Row = dict[str, Any]
SET = Path(__file__).parent / "sets" / "replies.jsonl"
LEAKS = {"idnumber": "id_number"}
SEED = 12345


def report(data: Path) -> Row:
    """Everything that can be said: {"own": held-out scores, "real": figures over replies.csv (left out without it)}."""
    assessor = ReplyAssessor(Segmenter())
    found: Row = {"own": scores(judged(assessor, tuning=False))}
    if (data / "replies.csv").is_file():
        found["real"] = real(assessor, data / "replies.csv")
    return found


# --- the own set ---


def for_tuning(row: Row) -> bool:
    """A third of the matters, by a hash of the title."""
    return int(hashlib.sha256(row["title"].encode()).hexdigest(), 16) % 3 == 0


def judged(assessor: ReplyAssessor, tuning: bool) -> list[tuple[Row, ReplyQuality]]:
    """The rows of one side of the split with what the rules say."""
    rows = [json.loads(line) for line in SET.read_text("utf-8").splitlines()]
    return [(row, _assessed(assessor, row)) for row in rows if for_tuning(row) == tuning]


def _assessed(assessor: ReplyAssessor, row: Row) -> ReplyQuality:
    asked, replied = (datetime.fromisoformat(row[name]) for name in ("asked_at", "replied_at"))
    return assessor.assess(
        row["title"], row["detail"], row["reply"], asked, replied, limit_days=row["limit_days"]
    )


def scores(pairs: Sequence[tuple[Row, ReplyQuality]]) -> Row:
    """Gold against rules, part by part."""
    return {
        "pairs": len(pairs),
        "relevance": _ordered(pairs, "relevance"),
        "explainability": _ordered(pairs, "explainability"),
        "pieces": {name: _f1(pairs, _has_piece(name)) for name in PIECES},
        "tone": {name: _f1(pairs, _has_fault(name)) for name in ("shirk", "blame", "empty", "rude")},
        "leaks": _f1(pairs, _leaks),
        "commitment": _commitment(pairs),
        "late": _f1(pairs, _late),
        "best_of_matter": _best(pairs),
    }


def _ordered(pairs: Sequence[tuple[Row, ReplyQuality]], part: str) -> Row:
    """How well a part's score keeps the order of the gold levels 0, 1, 2: area under the curve of each step."""
    levels = [(row[part], quality.part(part).score or 0.0) for row, quality in pairs]
    steps = {"0<1": ((0,), (1,)), "1<2": ((1,), (2,)), "0<2": ((0,), (2,))}
    found = {
        step: auc([s for g, s in levels if g in high], [s for g, s in levels if g in low])
        for step, (low, high) in steps.items()
    }
    return found | {
        f"mean_{level}": round(mean(s for g, s in levels if g == level), 3) for level in (0, 1, 2)
    }


Said = Callable[[Row, ReplyQuality], tuple[bool, bool]]


def _has_piece(name: str) -> Said:
    return lambda row, quality: (name in row["pieces"], name in quality.facts["pieces"])


def _has_fault(name: str) -> Said:
    return lambda row, quality: (name in row["tone"], name in quality.facts["tone"])


def _leaks(row: Row, quality: ReplyQuality) -> tuple[bool, bool]:
    said = {one.code[5:] for one in quality.warnings if one.code.startswith("leak.")}
    gold = {LEAKS.get(kind, kind) for kind in row["leaks"]}
    return bool(gold), bool(said) and (not gold or gold <= said)


def _late(row: Row, quality: ReplyQuality) -> tuple[bool, bool]:
    """Late by calendar days is the gold that a reader can check: more days than twice the limit cannot be in time."""
    asked, replied = (datetime.fromisoformat(row[name]).date() for name in ("asked_at", "replied_at"))
    days = sum(
        datetime.fromordinal(day).weekday() < 5
        for day in range(asked.toordinal() + 1, replied.toordinal() + 1)
    )
    score = quality.part("timeliness").score
    return days > row["limit_days"], score is not None and score < 1


def _f1(pairs: Sequence[tuple[Row, ReplyQuality]], said: Said) -> Row:
    """Precision, recall and F1 of a yes-or-no finding, with the number of true ones."""
    both = [said(row, quality) for row, quality in pairs]
    hits = sum(gold and found for gold, found in both)
    gold, found = sum(g for g, _ in both), sum(f for _, f in both)
    precision, recall = hits / found if found else 0.0, hits / gold if gold else 0.0
    score = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {
        "n": gold,
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(score, 3),
    }


def _commitment(pairs: Sequence[tuple[Row, ReplyQuality]]) -> Row:
    """Accuracy over done, dated, undated, none; a refusal with its reasons counts as none."""
    same = [_plain(quality) == row["commitment"] for row, quality in pairs]
    return {"n": len(same), "accuracy": round(mean(same), 3)}


def _plain(quality: ReplyQuality) -> str:
    kind = quality.facts["commitment"]
    return "none" if kind == "reasoned" else kind


def _best(pairs: Sequence[tuple[Row, ReplyQuality]]) -> float:
    """Share of matters whose first reply, the good one, has the highest total."""
    matters: dict[str, list[tuple[str, float]]] = {}
    for row, quality in pairs:
        matters.setdefault(row["title"], []).append((row["id"], quality.score))
    best = [max(found, key=lambda one: one[1])[0].endswith("a") for found in matters.values()]
    return round(mean(best), 3)


def auc(high: Sequence[float], low: Sequence[float]) -> float:
    """The chance that one of `high` scores above one of `low`, ties half; nan without either."""
    if not high or not low:
        return float("nan")
    import numpy as np

    below = np.sort(np.array(low))
    left = np.searchsorted(below, np.array(high), "left")
    right = np.searchsorted(below, np.array(high), "right")
    return round(float((left + right).sum() / 2 / len(high) / len(low)), 3)


# --- real replies ---


def moment(text: str) -> datetime | None:
    """A time as replies.csv writes it."""
    try:
        return datetime.strptime(text.strip(), "%Y/%m/%d %H:%M:%S")
    except ValueError:
        return None


def real(assessor: ReplyAssessor, path: Path) -> Row:
    """Distribution, agreement with the weak label, and true replies against shuffled ones of the same month."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [_real_one(assessor, row, row["reply"]) for row in rows]
    by_id = {row["msg_id"]: quality for row, quality in zip(rows, found, strict=True)}
    pairs = [(by_id[row["msg_id"]], _real_one(assessor, row, reply)) for row, reply in shuffled(rows)]
    own, other = [one for one, _ in pairs], [one for _, one in pairs]
    label = [row["explainable_syu"] == "1" for row in rows]
    reasons = [quality.part("explainability").score or 0.0 for quality in found]
    lengths = [float(len(row["reply"])) for row in rows]
    return {
        "rows": len(rows),
        "total_deciles": _deciles([quality.score for quality in found]),
        "parts": {name: _deciles(_scores(found, name)) for name in PARTS},
        "explainability_auc": _by_label(reasons, label),
        "length_auc": _by_label(lengths, label),
        "explainability_auc_above_60_chars": _by_label(
            [s for s, n in zip(reasons, lengths, strict=True) if n > 60],
            [s for s, n in zip(label, lengths, strict=True) if n > 60],
        ),
        "relevance_auc_shuffled": auc(_scores(own, "relevance"), _scores(other, "relevance")),
        "own_reply_above_foreign": _pair_order(pairs),
    }


def shuffled(rows: Sequence[Row]) -> list[tuple[Row, str]]:
    """Each request with the reply to another one answered in the same month; requests alone in theirs are left out."""
    months: dict[str, list[Row]] = {}
    for row in rows:
        months.setdefault("/".join(row["reply_time"].split("/")[:2]), []).append(row)
    chance = random.Random(SEED)
    pairs = []
    for group in months.values():
        for row in group:
            others = [other for other in group if other is not row and other["reply"] != row["reply"]]
            if others:
                pairs.append((row, chance.choice(others)["reply"]))
    return pairs


def _real_one(assessor: ReplyAssessor, row: Row, reply: str) -> ReplyQuality:
    return assessor.assess(row["title"], row["detail"], reply, moment(row["time"]), moment(row["reply_time"]))


def _scores(found: Sequence[ReplyQuality], name: str) -> list[float]:
    return [score for quality in found if (score := quality.part(name).score) is not None]


def _pair_order(pairs: Sequence[tuple[ReplyQuality, ReplyQuality]]) -> float:
    """Share of requests whose own reply is more relevant than the foreign one, ties half."""
    relevant = [tuple(one.part("relevance").score or 0.0 for one in pair) for pair in pairs]
    return round(mean((own > foreign) + (own == foreign) / 2 for own, foreign in relevant), 3)


def _by_label(values: Sequence[float], label: Sequence[bool]) -> float:
    return auc(
        [v for v, good in zip(values, label, strict=True) if good],
        [v for v, good in zip(values, label, strict=True) if not good],
    )


def _deciles(values: Sequence[float]) -> list[float]:
    return [round(value, 2) for value in quantiles(values, n=10)]


def _misses(assessor: ReplyAssessor) -> None:
    for row, quality in judged(assessor, tuning=True):
        said = quality.facts
        wrong = {
            "pieces": (set(row["pieces"]) - set(said["pieces"]), set(said["pieces"]) - set(row["pieces"])),
            "tone": (set(row["tone"]) - set(said["tone"]), set(said["tone"]) - set(row["tone"])),
            "commitment": (row["commitment"], _plain(quality)),
        }
        levels = {
            name: (row[name], round(quality.part(name).score or 0, 2))
            for name in ("relevance", "explainability")
        }
        print(
            row["id"],
            quality.score,
            levels,
            {k: v for k, v in wrong.items() if any(v) and v[0] != v[1]},
            row["reply"][:70],
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.nlp.replies", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with replies.csv")
    parser.add_argument("--tune", action="store_true", help="show the tuning third case by case")
    args = parser.parse_args()
    if args.tune:
        _misses(ReplyAssessor(Segmenter()))
        print(
            json.dumps(scores(judged(ReplyAssessor(Segmenter()), tuning=True)), ensure_ascii=False, indent=1)
        )
        return
    print(json.dumps(report(args.data), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
