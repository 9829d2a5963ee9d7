"""A model's figures as text tables: overall, per class, confusion, calibration, abstention; models side by side."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]


def tables(found: Mapping[str, Figures], names: Mapping[str, str]) -> Iterator[str]:
    """The lines of all tables. `found`: model -> figures of domain/scoring.py with a matrix; `names`: code -> name."""
    yield from _overall(found)
    for model, figures in found.items():
        if figures["judged"]:
            yield f"\n【{model}】"
            yield from _classes(figures, names)
            yield from _matrix(figures["matrix"], names)
            yield from _calibration(figures["calibration"])
            yield from _abstention(figures["abstention"])


def _overall(found: Mapping[str, Figures]) -> Iterator[str]:
    rows = [["模型", "条数", "正确率", "95% 区间", "到最末级", "有把握", "其正确率", "宏 F1", "校准误差"]]
    for model, f in found.items():
        whole, certain = f["all"], f["certain"]
        rows.append(
            [
                model,
                str(f["judged"]),
                _percent(whole["share"]),
                f"{_percent(whole['low'])}–{_percent(whole['high'])}",
                _percent(f["exact"]["share"]),
                _percent(certain["n"] / f["judged"] if f["judged"] else None),
                _percent(certain["share"]),
                _percent(f["macro_f1"]),
                _percent(f["calibration"]["error"]),
            ]
        )
    yield from _lined(rows)


def _classes(figures: Figures, names: Mapping[str, str]) -> Iterator[str]:
    rows = [["分类", "实际", "判为", "查准", "查全", "F1"]]
    rows += [
        [
            names.get(row["code"], row["code"]),
            str(row["truth"]),
            str(row["said"]),
            *(_percent(row[name]) for name in ("precision", "recall", "f1")),
        ]
        for row in figures["classes"]
    ]
    yield from _lined(rows)


def _matrix(matrix: Figures, names: Mapping[str, str]) -> Iterator[str]:
    yield "\n混淆（行为实际，列为判定，列号同行号）"
    rows = [["", "", *(str(number) for number in range(1, len(matrix["codes"]) + 1))]]
    for number, (code, counts) in enumerate(zip(matrix["codes"], matrix["rows"], strict=True), 1):
        rows.append([str(number), names.get(code, code) or "（没有回答）", *(str(n or "·") for n in counts)])
    yield from _lined(rows)


def _calibration(found: Figures) -> Iterator[str]:
    yield f"\n校准（误差 {_percent(found['error'])}）"
    rows = [["把握", "条数", "平均把握", "实际正确"]]
    rows += [
        [f"≥{row['low'] * 100:.0f}", str(row["n"]), _percent(row["score"]), _percent(row["right"])]
        for row in found["bins"]
    ]
    yield from _lined(rows)


def _abstention(found: Sequence[Figures]) -> Iterator[str]:
    yield "\n取舍（只让最有把握的部分由模型判定）"
    rows = [["判定比例", "条数", "正确率", "最低把握"]]
    rows += [
        [
            f"{row['coverage'] * 100:.0f}",
            str(row["n"]),
            _percent(row["accuracy"]),
            _percent(row["least"]),
        ]
        for row in found
    ]
    yield from _lined(rows)


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value * 100:.1f}"


def _lined(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns of equal width on a terminal: the first words to the left, figures to the right."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = 2 if rows[0][0] == "" else 1
    for row in rows:
        cells = [
            cell + " " * (width - _width(cell)) if column < left else " " * (width - _width(cell)) + cell
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
