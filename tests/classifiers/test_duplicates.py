"""Near duplicates by signature. All messages are invented."""

from classifiers import duplicates

FIRST = "翠湖小区二期从昨天晚上开始停水,物业说是水泵坏了,到现在没有人来修,老人孩子没法做饭。"
AGAIN = "翠湖小区二期从昨天晚上开始停水，物业说水泵坏了，到现在也没人来修，老人孩子没法做饭！"
OTHER = "建议在市一中门口增设公交站,学生每天要走两公里才能坐车,雨天很不安全。"


def test_the_same_matter_in_slightly_other_words_is_similar():
    one, two = duplicates.signature(FIRST), duplicates.signature(AGAIN)
    assert duplicates.similarity(one, two) >= duplicates.SIMILAR


def test_another_matter_is_not():
    one, two = duplicates.signature(FIRST), duplicates.signature(OTHER)
    assert duplicates.similarity(one, two) < 0.2


def test_width_case_and_punctuation_make_no_difference():
    assert duplicates.signature("ＡＰＰ打不开！") == duplicates.signature("app 打不开")


def test_a_signature_is_always_the_same_size_and_does_not_depend_on_the_run():
    assert {len(duplicates.signature(text)) for text in ("水", FIRST, FIRST * 500)} == {256}
    assert duplicates.signature("停水")[:8].hex() == "5addf317ece3ff2f"


def test_texts_without_letters_are_like_nothing():
    for text in ("", "  ", "!!!", "\n"):
        assert duplicates.signature(text) == b""
    assert duplicates.similarity(b"", b"") == 0.0
    assert duplicates.bands(b"") == ()


def test_near_duplicates_share_a_band_and_strangers_seldom_do():
    one, two, three = (set(duplicates.bands(duplicates.signature(text))) for text in (FIRST, AGAIN, OTHER))
    assert one & two
    assert not one & three


def test_band_keys_fit_a_signed_column():
    assert all(0 <= key < 1 << 63 for key in duplicates.bands(duplicates.signature(FIRST)))


def test_the_most_similar_come_first_and_broken_signatures_are_passed_over():
    stored = [
        ("other", duplicates.signature(OTHER)),
        ("broken", b"x"),
        ("again", duplicates.signature(AGAIN)),
        ("same", duplicates.signature(FIRST)),
    ]
    found = duplicates.most_similar(duplicates.signature(FIRST), stored)
    assert [key for key, _ in found] == ["same", "again"]
    assert found[0][1] == 1.0
    assert duplicates.most_similar(b"", stored) == []


def test_rare_characters_and_lone_surrogates_do_no_harm():
    assert len(duplicates.signature("𠮷\ud800😀")) == 256
