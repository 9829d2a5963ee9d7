"""How good answers were, against what people said: plain arithmetic over judged answers.

Everything counts on the first level of the taxonomy, where scores are calibrated; the share of answers that were right
to the deepest level stands beside it, among those whose truth goes below the first. Intervals are Wilson's at 95 %.
With few cases the interval says how little is known; below TOO_FEW no share should be read as one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

TOO_FEW = 30
BINS = 10
COVERAGES = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MOST_CONFUSIONS = 10
_Z = 1.959964
Row = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One answer and the truth: first-level codes, the codes themselves, the score of the answered class."""

    said: str
    truth: str
    said_code: str
    truth_code: str
    score: float
    certain: bool


def figures(cases: Sequence[Case]) -> Row:
    """All figures of these cases as plain data; see the functions below for each part."""
    return {
        "judged": len(cases),
        "enough": len(cases) >= TOO_FEW,
        "all": share(case.said == case.truth for case in cases),
        "certain": share(case.said == case.truth for case in cases if case.certain),
        "exact": share(case.said_code == case.truth_code for case in cases if case.truth_code != case.truth),
        "macro_f1": macro_f1(cases),
        "classes": classes(cases),
        "confusions": confusions(cases),
        "calibration": calibration(cases),
        "abstention": abstention(cases),
    }


def share(hits: Iterable[bool]) -> Row:
    """{"n", "right", "share", "low", "high"}; the shares are None without any case."""
    found = list(hits)
    return share_of(sum(found), len(found))


def share_of(right: int, n: int) -> Row:
    """As `share`, from counts: with Wilson's interval."""
    if not n:
        return {"n": 0, "right": 0, "share": None, "low": None, "high": None}
    p, z2 = right / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = _Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low, high = max(0.0, middle - reach), min(1.0, middle + reach)
    return {"n": n, "right": right, "share": round(p, 4), "low": round(low, 4), "high": round(high, 4)}


def classes(cases: Sequence[Case]) -> list[Row]:
    """Precision, recall and F1 of every class that occurs, the most frequent truth first."""
    said, truth = Counter(c.said for c in cases), Counter(c.truth for c in cases)
    right = Counter(c.truth for c in cases if c.said == c.truth)
    rows = []
    for code in sorted({*said, *truth} - {""}, key=lambda code: (-truth[code], code)):
        precision = right[code] / said[code] if said[code] else None
        recall = right[code] / truth[code] if truth[code] else None
        f1 = 2 * right[code] / (said[code] + truth[code])
        rows.append(
            {
                "code": code,
                "truth": truth[code],
                "said": said[code],
                "precision": _round(precision),
                "recall": _round(recall),
                "f1": _round(f1),
            }
        )
    return rows


def macro_f1(cases: Sequence[Case]) -> float | None:
    """The plain mean of F1 over the classes that people named."""
    named = [row["f1"] for row in classes(cases) if row["truth"]]
    return _round(sum(named) / len(named)) if named else None


def confusions(cases: Sequence[Case]) -> list[Row]:
    """The pairs that were taken for each other most often: {"truth", "said", "count"}."""
    wrong = Counter((c.truth, c.said) for c in cases if c.said != c.truth)
    worst = sorted(wrong.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_CONFUSIONS]
    return [{"truth": truth, "said": said, "count": count} for (truth, said), count in worst]


def matrix(cases: Sequence[Case]) -> Row:
    """The whole confusion: {"codes", "rows"}, rows by truth, columns by answer."""
    codes = sorted({c.truth for c in cases} | {c.said for c in cases})
    counts = Counter((c.truth, c.said) for c in cases)
    return {"codes": codes, "rows": [[counts[truth, said] for said in codes] for truth in codes]}


def calibration(cases: Sequence[Case]) -> Row:
    """{"error": expected calibration error, "bins": [{"low", "n", "score", "right"}]} over bins of equal width."""
    bins: dict[int, list[Case]] = {}
    for case in cases:
        bins.setdefault(min(int(case.score * BINS), BINS - 1), []).append(case)
    rows, error = [], 0.0
    for number, inside in sorted(bins.items()):
        score = sum(c.score for c in inside) / len(inside)
        right = sum(c.said == c.truth for c in inside) / len(inside)
        error += abs(score - right) * len(inside) / len(cases)
        rows.append(
            {"low": number / BINS, "n": len(inside), "score": round(score, 4), "right": round(right, 4)}
        )
    return {"error": _round(error) if cases else None, "bins": rows}


def abstention(cases: Sequence[Case]) -> list[Row]:
    """Accuracy when only the surest part answers: [{"coverage", "accuracy", "least", "n"}], `least` its lowest score."""
    if not cases:
        return []
    ranked = sorted(cases, key=lambda case: -case.score)
    rows = []
    for coverage in COVERAGES:
        kept = ranked[: max(1, round(len(ranked) * coverage))]
        right = sum(c.said == c.truth for c in kept)
        rows.append(
            {
                "coverage": coverage,
                "accuracy": round(right / len(kept), 4),
                "least": round(kept[-1].score, 4),
                "n": len(kept),
            }
        )
    return rows


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
