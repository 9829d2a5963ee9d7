"""Figures of judged answers, held against numbers that were worked out by hand."""

from __future__ import annotations

import pytest

from hotline.domain.scoring import (
    Case,
    abstention,
    calibration,
    confusions,
    figures,
    macro_f1,
    matrix,
    share_of,
)


def case(said: str, truth: str, score: float = 0.9, certain: bool = True) -> Case:
    return Case(said, truth, f"{said}01", f"{truth}01", score, certain)


FOUR = [case("a", "a"), case("a", "b", 0.6, certain=False), case("b", "b", 0.8), case("b", "b", 0.7)]


def test_shares_carry_their_interval_and_their_number() -> None:
    assert share_of(8, 10) == {"n": 10, "right": 8, "share": 0.8, "low": 0.4902, "high": 0.9433}
    assert share_of(0, 0) == {"n": 0, "right": 0, "share": None, "low": None, "high": None}
    assert share_of(10, 10)["low"] == pytest.approx(0.7225, abs=1e-4)


def test_all_certain_and_exact_answers_are_counted_apart() -> None:
    found = figures([*FOUR, Case("b", "b", "b01", "b02", 0.9, True)])
    assert (found["all"]["right"], found["all"]["n"]) == (4, 5)
    assert (found["certain"]["right"], found["certain"]["n"]) == (4, 4)
    assert found["exact"]["right"] == 3
    assert found["enough"] is False
    assert figures([Case("b", "b", "b01", "b", 0.9, True)])["exact"]["n"] == 0


def test_precision_recall_and_f1_of_each_class() -> None:
    rows = {row["code"]: row for row in figures(FOUR)["classes"]}
    assert (rows["a"]["precision"], rows["a"]["recall"], rows["a"]["f1"]) == (0.5, 1.0, 0.6667)
    assert (rows["b"]["precision"], rows["b"]["recall"], rows["b"]["f1"]) == (1.0, 0.6667, 0.8)
    assert macro_f1(FOUR) == 0.7333


def test_a_class_that_was_never_answered_scores_nought_and_no_answer_is_no_class() -> None:
    rows = {row["code"]: row for row in figures([case("", "c"), case("a", "a")])["classes"]}
    assert set(rows) == {"a", "c"}
    assert (rows["c"]["precision"], rows["c"]["recall"], rows["c"]["f1"]) == (None, 0.0, 0.0)


def test_confusions_name_the_worst_pairs_first_and_the_matrix_counts_all() -> None:
    cases = [case("a", "b"), case("a", "b"), case("b", "a"), case("a", "a")]
    assert confusions(cases) == [
        {"truth": "b", "said": "a", "count": 2},
        {"truth": "a", "said": "b", "count": 1},
    ]
    assert matrix(cases) == {"codes": ["a", "b"], "rows": [[1, 1], [2, 0]]}


def test_calibration_error_is_the_gap_between_promise_and_truth() -> None:
    sure = [case("a", "a", 0.95)] * 9 + [case("a", "b", 0.95)]
    assert calibration(sure) == {
        "error": 0.05,
        "bins": [{"low": 0.9, "n": 10, "score": 0.95, "right": 0.9}],
    }
    assert calibration([]) == {"error": None, "bins": []}
    assert calibration([case("a", "a", 1.0)])["bins"][0]["low"] == 0.9


def test_abstaining_keeps_the_surest_answers() -> None:
    cases = [case("a", "a", 0.9), case("a", "a", 0.8), case("a", "b", 0.2), case("a", "b", 0.1)]
    by = {row["coverage"]: row for row in abstention(cases)}
    assert (by[0.5]["accuracy"], by[0.5]["least"], by[0.5]["n"]) == (1.0, 0.8, 2)
    assert by[1.0]["accuracy"] == 0.5
    assert abstention([]) == []
