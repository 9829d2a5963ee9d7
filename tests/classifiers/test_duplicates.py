"""Sketches of messages and how alike they are. All messages are invented."""

import pytest

from classifiers import duplicates
from classifiers.duplicates import Sketch, Sketcher, compare
from classifiers.segment import Segmenter

FIRST = "翠湖小区二期从昨天晚上开始停水,物业说是水泵坏了,到现在没有人来修,老人孩子没法做饭。"
AGAIN = "翠湖小区二期从昨天晚上开始停水，物业说水泵坏了，到现在也没人来修，老人孩子没法做饭！"
NEIGHBOUR = "我住翠湖小区，水龙头一滴水都没有，听说二期的水泵出了毛病，请尽快抢修停水的问题"
ELSEWHERE = "锦绣小区三期停水了，水泵房没有人管，什么时候抢修？"
OTHER = "建议在市一中门口增设公交站,学生每天要走两公里才能坐车,雨天很不安全。"


@pytest.fixture(scope="module")
def sketcher() -> Sketcher:
    return Sketcher(Segmenter())


def test_a_copy_with_small_changes_is_a_copy(sketcher: Sketcher) -> None:
    likeness = compare(sketcher.sketch(FIRST), sketcher.sketch(AGAIN))
    assert likeness.copy >= 0.5
    assert likeness.words >= 0.8
    assert likeness.same_place


def test_the_same_matter_in_other_words_is_known_by_its_telling_words_and_place(sketcher: Sketcher) -> None:
    likeness = compare(sketcher.sketch(FIRST), sketcher.sketch(NEIGHBOUR))
    assert likeness.copy < 0.3 < likeness.words
    assert likeness.same_place


def test_the_same_trouble_at_another_place_says_so(sketcher: Sketcher) -> None:
    likeness = compare(sketcher.sketch(FIRST), sketcher.sketch(ELSEWHERE))
    assert likeness.same_place is False


def test_another_matter_is_not_alike(sketcher: Sketcher) -> None:
    likeness = compare(sketcher.sketch(FIRST), sketcher.sketch(OTHER))
    assert likeness.text < 0.15
    assert likeness.same_place is None


def test_the_words_in_common_are_told_the_most_telling_first(sketcher: Sketcher) -> None:
    one = sketcher.sketch(FIRST)
    common = [one.spelled[word] for word in compare(one, sketcher.sketch(NEIGHBOUR)).common]
    assert {"停水", "水泵", "翠湖"} <= set(common)
    assert common.index("翠湖") < common.index("没有")


def test_width_case_and_punctuation_make_no_difference(sketcher: Sketcher) -> None:
    assert compare(sketcher.sketch("ＡＰＰ打不开！"), sketcher.sketch("app 打不开")).copy == 1.0


def test_a_sketch_does_not_depend_on_the_run(sketcher: Sketcher) -> None:
    one = sketcher.sketch("停水")
    assert one.copy[:4].hex() == "5aec9bee"
    assert [key for key, _ in one.keys] == [8616792085]


@pytest.mark.parametrize("text", [FIRST, NEIGHBOUR, "水", "app", FIRST * 300, "😀😀", "𠮷\ud800😀停水"])
def test_what_was_stored_reads_back_as_it_was(sketcher: Sketcher, text: str) -> None:
    one = sketcher.sketch(text)
    back = Sketch.loads(one.dumps())
    assert (back.copy, dict(back.words), back.places) == (one.copy, dict(one.words), one.places)
    assert back.keys == one.keys
    assert len(one.dumps()) <= 300


@pytest.mark.parametrize("stored", ["", "x", "停水", "AAAA", "!!!!", "BQBAAA==", "A" * 400])
def test_a_damaged_or_foreign_sketch_is_an_empty_one(stored: str) -> None:
    assert Sketch.loads(stored).empty


@pytest.mark.parametrize("text", ["", "  ", "!!!", "\n", "，。？"])
def test_texts_without_letters_are_like_nothing(sketcher: Sketcher, text: str) -> None:
    one = sketcher.sketch(text)
    assert one.empty
    assert one.dumps() == ""
    assert one.keys == ()
    assert compare(one, one).text == 0.0


def test_a_hundred_thousand_characters_are_read_at_their_beginning(sketcher: Sketcher) -> None:
    long = (FIRST + OTHER) * 1_300
    assert len(long) > 100_000
    assert sketcher.sketch(long) == sketcher.sketch(long[: duplicates.READ_CHARS])


def test_a_pasted_log_leaves_its_serial_numbers_out(sketcher: Sketcher) -> None:
    log = "\n".join(f"2031-01-{day:02d} 0a3f{day}9c1e ERROR socket 缴费接口超时" for day in range(1, 29))
    words = set(sketcher.sketch(log).spelled.values())
    assert {"缴费", "socket"} <= words
    assert not [word for word in words if word.startswith("0a3f") or word.isdigit()]


def test_one_word_a_thousand_times_is_one_key(sketcher: Sketcher) -> None:
    assert len(sketcher.sketch("停水" * 2_000).keys) == 1


def test_keys_fit_a_signed_column_and_are_few(sketcher: Sketcher) -> None:
    keys = sketcher.sketch(FIRST + NEIGHBOUR + OTHER).keys
    assert len(keys) == duplicates.KEYS
    assert all(0 < key < 1 << 63 for key, _ in keys)
    assert [weight for _, weight in keys] == sorted((weight for _, weight in keys), reverse=True)


def test_copies_share_keys_and_strangers_do_not(sketcher: Sketcher) -> None:
    one, two, three = ({key for key, _ in sketcher.sketch(text).keys} for text in (FIRST, AGAIN, OTHER))
    assert len(one & two) >= 4
    assert not one & three
