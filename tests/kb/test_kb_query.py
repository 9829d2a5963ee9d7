"""Normalising, tokens, synonyms and pinyin."""

import jieba
import opencc
import pytest

from kb.query import Analyser, is_token, pinyin


def tokens_of_groups(analyser: Analyser, text: str) -> list[set[tuple[str, ...]]]:
    return [set(group.alternatives) for group in analyser.groups(text)]


def test_tokens_hold_no_punctuation_or_blanks(analyser):
    tokens = analyser.tokens('"公积金" AND (提取*) -title:a_b')
    assert {"公积金", "and", "提取", "title", "a", "b"} <= set(tokens)
    assert all(is_token(token) for token in tokens)


def test_traditional_characters_become_simplified_where_a_converter_is_handed_in():
    plain = jieba.Tokenizer()
    analyser = Analyser(plain.lcut, simplify=opencc.OpenCC("t2s").convert)
    assert analyser.tokens("醫療保險") == analyser.tokens("医疗保险")


def test_a_synonym_is_one_group_with_its_equals(analyser):
    (group,) = analyser.groups("噪音")
    assert set(group.alternatives) == {("噪音",), ("噪声",), ("扰民",)}


def test_the_longest_synonym_wins(analyser):
    (group,) = analyser.groups("住房公积金")
    assert "住房" in group.alternatives[0]
    assert group.alternatives[1] == ("公积金",)


def test_latin_synonyms_are_whole_words_only():
    analyser = Analyser(jieba.Tokenizer().lcut, synonyms=[("etc", "电子收费")])
    assert len(analyser.groups("etc")[0].alternatives) == 2
    assert len(analyser.groups("fetch")[0].alternatives) == 1


def test_rows_that_share_an_expression_flow_together():
    analyser = Analyser(jieba.Tokenizer().lcut, synonyms=[("电动车", "电瓶车"), ("电瓶车", "小电驴")])
    assert len(analyser.groups("电动车")[0].alternatives) == 3


def test_stop_words_fall_away_unless_nothing_else_is_there(analyser):
    assert tokens_of_groups(analyser, "请问居住证怎么办") == [{("居住",)}, {("居住证",)}]
    assert tokens_of_groups(analyser, "的") == [{("的",)}]
    assert analyser.groups("？！ ") == ()


@pytest.mark.parametrize("text", ["𠮷", "㑇", "𪚥", "𫝆", "𬺰", "𰻞", "😀", "〇"])
def test_rare_characters_are_tokens(analyser, text):
    assert analyser.tokens(text) == [text]
    assert is_token(text)


def test_an_endless_word_is_cut(analyser):
    assert max(map(len, analyser.tokens("a" * 1_000))) == 64


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("公积金", ("gongjijin", "gjj")),
        ("abc", ("", "")),
        ("公a", ("", "")),
        ("女儿", ("nver", "ne")),
        ("", ("", "")),
    ],
)
def test_pinyin_of_a_word(word, sounds):
    assert pinyin(word) == sounds


def test_of_an_endless_query_the_longest_words_are_kept(analyser):
    groups = analyser.groups("税 电 居住证 " + " ".join(f"w{n:02}" for n in range(30)))
    assert len(groups) == 12
    assert ("税",) not in [group.alternatives[0] for group in groups]


def test_neighbouring_characters_are_pieces_whatever_the_segmenter_says(analyser):
    assert "路灯" in analyser.terms("路灯不亮", "").pieces
