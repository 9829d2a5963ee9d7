"""A message like several that people corrected gets their matter first, with the reason. All texts are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.api import Candidate, Prediction, Text
from classifiers.corrections import Corrections, CorrectionsBroken, Example, raised

LAMP, NOISE = "010305", "040201"
LAMPS = (
    "滨河步道的路灯晚上不亮，散步看不见台阶",
    "滨河步道路灯坏了一排，晚上散步很危险",
    "步道上的路灯不亮，老人晚上散步摔了一跤",
)
OTHERS = (
    "广场舞音响太吵，孩子写不了作业",
    "楼下烧烤店半夜油烟大",
    "公交车晚点半小时，上班迟到",
    "物业不开收据，电梯也没人修",
)


def plain(text: str) -> str:
    return text


def remembered(lamps: tuple[str, ...] = LAMPS, corrected: bool = True) -> Corrections:
    examples = [Example(Text("", text), LAMP, corrected) for text in lamps]
    return Corrections.of([*examples, *(Example(Text("", text), NOISE, True) for text in OTHERS)], plain, 7)


NEW = Text("", "滨河步道路灯又不亮了，晚上散步看不清")


def test_three_corrections_of_the_same_kind_raise_the_matter_of_the_next() -> None:
    advice = remembered().advice(NEW, plain)
    assert advice is not None
    assert (advice.code, advice.corrections) == (LAMP, 3)
    answer = Prediction("complaint", 0.8, (Candidate(NOISE, ("环境保护", "噪声"), 0.7),), certain=True)
    found = raised(answer, advice, ("城乡建设", "市政", "路灯"))
    assert [candidate.code for candidate in found.categories] == [LAMP, NOISE]
    assert found.evidence[0] == "与 3 件人工改派相近"
    assert not found.certain


def test_two_corrections_are_not_enough() -> None:
    assert remembered(LAMPS[:2]).advice(NEW, plain) is None


def test_answers_that_people_accepted_teach_nothing_new() -> None:
    assert remembered(corrected=False).advice(NEW, plain) is None


def test_corrections_that_disagree_raise_nothing() -> None:
    examples = [Example(Text("", text), code, True) for text in LAMPS for code in (LAMP, NOISE)]
    assert Corrections.of(examples, plain).advice(NEW, plain) is None


@pytest.mark.parametrize(
    "text", ["", "路", "12345 67890", "😀😀😀", "streetlight is broken", "路灯" * 50_000]
)
def test_odd_and_unlike_texts_raise_nothing_or_something_but_never_fail(text: str) -> None:
    advice = remembered().advice(Text("", text), plain)
    assert advice is None or advice.code in (LAMP, NOISE)
    assert remembered().advice(Text("", "我想咨询公积金贷款额度怎么计算"), plain) is None


def test_a_matter_that_is_first_already_or_gone_from_the_taxonomy_changes_nothing() -> None:
    advice = remembered().advice(NEW, plain)
    first = Prediction("complaint", 0.8, (Candidate(LAMP, ("城乡建设",), 0.7),), certain=True)
    assert raised(first, advice, ("城乡建设",)) is first
    other = Prediction("complaint", 0.8, (Candidate(NOISE, ("环境保护",), 0.7),))
    assert raised(other, advice, ()) is other
    assert raised(other, None, ("城乡建设",)) is other


def test_the_file_holds_no_text_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "corrections.npz"
    remembered().save(path)
    again = Corrections.load(path)
    assert (again.until, len(again)) == (7, 7)
    assert again.advice(NEW, plain) == remembered().advice(NEW, plain)
    assert [left.name for left in tmp_path.iterdir()] == ["corrections.npz"]
    stored = b"".join(table.tobytes() for table in again._tables.values())
    assert "路灯".encode() not in stored
    assert "路灯".encode("utf-32-le") not in stored
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CorrectionsBroken):
        Corrections.load(path)


def test_nothing_remembered_advises_nothing() -> None:
    assert Corrections.of([], plain).advice(NEW, plain) is None
