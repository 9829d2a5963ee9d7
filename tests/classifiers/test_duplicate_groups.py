"""Groups of messages about the same matter in a long list. All messages are invented."""

import pytest

from classifiers import duplicate_groups, duplicates
from classifiers.duplicate_groups import Groups, grouped
from classifiers.duplicates import Sketch, Sketcher
from classifiers.segment import Segmenter

WATER = "翠湖小区二期从昨天晚上开始停水，物业说是水泵坏了，到现在没有人来修。"
STOP = "建议在市一中门口增设公交站，学生每天要走两公里才能坐车。"
NOISE = "临江路烧烤店每天半夜还在放音响，噪音吵得全楼睡不着。"


@pytest.fixture(scope="module")
def sketcher() -> Sketcher:
    return Sketcher(Segmenter())


def test_a_repeat_joins_the_group_of_the_most_alike_row_above(sketcher: Sketcher) -> None:
    found = list(grouped(map(sketcher.sketch, (WATER, STOP, WATER + "请尽快处理", NOISE, STOP))))
    assert [one.group for one in found] == [1, 2, 1, 3, 2]
    assert [one.earlier for one in found][2:] == [0, None, 1]
    assert found[2].score > duplicates.SAME
    assert found[0].score == 0.0


def test_empty_messages_stand_alone(sketcher: Sketcher) -> None:
    found = list(grouped(map(sketcher.sketch, ("", "！！", "😀", ""))))
    assert [one.group for one in found] == [1, 2, 3, 4]
    assert all(one.earlier is None for one in found)


def test_a_higher_bar_makes_more_groups(sketcher: Sketcher) -> None:
    texts = (WATER, "翠湖小区停水，水泵坏了没有人修")
    low, high = (len({one.group for one in grouped(map(sketcher.sketch, texts), bar)}) for bar in (0.3, 0.99))
    assert (low, high) == (1, 2)


def test_one_complaint_a_thousand_times_is_one_group_and_few_comparisons(
    sketcher: Sketcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    honest = duplicates.compare

    def counting(one: Sketch, other: Sketch) -> duplicates.Likeness:
        nonlocal compared
        compared += 1
        return honest(one, other)

    monkeypatch.setattr(duplicate_groups, "compare", counting)
    groups, sketch = Groups(), sketcher.sketch(WATER)
    assert {groups.add(sketch).group for _ in range(1_000)} == {1}
    assert compared <= 1_000 * duplicate_groups.NEAREST
