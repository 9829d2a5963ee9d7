"""The lists that rules read: their form, and the question whether a name is nothing but words of a list."""

import re

import pytest

from classifiers.word_files import expressions, is_made_of, sections, spelt_out, words

LISTS = ("hearing.txt", "organisations.txt", "places.txt", "reply_manner.txt", "reply_wordings.txt")


@pytest.mark.parametrize("file", LISTS)
def test_no_section_and_no_line_of_a_section_stands_twice(file):
    found = sections(file)
    assert len({name for name, _ in found}) == len(found)
    for _, lines in found:
        assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("file", LISTS)
def test_every_line_is_an_expression_of_its_own(file):
    spelt = expressions(file)
    for _, lines in sections(file):
        for line in lines:
            re.compile(spelt_out(line, spelt))


def test_comments_and_blank_lines_are_no_words():
    assert not any(word.startswith(("#", "[")) or not word for word in words("places.txt")["everyday"])


def test_a_name_for_a_section_that_is_not_there_is_refused():
    with pytest.raises(KeyError):
        spelt_out("已(?:<nothing>)", {"did": "修复"})


def test_text_is_made_of_words_when_they_cover_it_without_a_gap():
    known = {"农村", "信用", "用社"}
    assert is_made_of("农村信用", known)
    assert not is_made_of("农村信用社", known)
    assert is_made_of("", known)


def test_words_that_share_signs_cost_no_time_that_doubles_with_each():
    known = {"一", "一一", "一一一"}
    assert is_made_of("一" * 20_000, known)
    assert not is_made_of("一" * 20_000 + "公", known)
