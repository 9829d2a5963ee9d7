"""Where a name begins when only its end is known: Chinese writes no blank before 锦绣花园小区 in 我住在锦绣花园小区.

Going left from the end, a name stops at a sign that no name has, at a word of `data/boundary_words.txt`, or after `most`
characters. Words that firms and roads are named by (`keep`) do not stop it unless it would begin with them.
"""

import re

from classifiers.word_files import words

_BOUNDARY_WORDS = words("boundary_words.txt")[""]
_NAME_SIGN = re.compile(r"[0-9A-Za-z\u4e00-\u9fff]")
_LONGEST_WORD = 4
_PARTS_OF_NAMES = {"和": "平谐睦顺兴美合", "对": "口", "来": "福凤宾", "同": "心德安仁和济", "经": "开纬", "向": "阳荣", "有": "限色", "会": "展昌同", "位": "育", "因": "特", "自": "然强立来", "如": "意皋家归", "为": "民", "接": "龙", "回": "民龙族春天", "之": "江", "于": "都洪田家", "在建": "设国宁华平"}  # fmt: skip
"""Boundary words that begin or join names when one of these follows: 在建小区, but 在|建设路."""


def name_start(text: str, end: int, floor: int, most: int, keep: frozenset[str] = frozenset()) -> int:
    """The start of the name whose own part ends at `end`; never before `floor`, at most `most` characters back."""
    at, floor = end, max(floor, end - most)
    while at > floor and _NAME_SIGN.match(text[at - 1]) and not _ends_a_word(text, at, floor, keep):
        at -= 1
    return _without_lead(text, at, end)


def _ends_a_word(text: str, at: int, floor: int, keep: frozenset[str]) -> bool:
    """Does a boundary word end here? One that reaches before `floor` counts as well."""
    for length in range(1, _LONGEST_WORD + 1):
        word = text[max(0, at - length) : at]
        if word in _BOUNDARY_WORDS and word not in keep:
            return text[at : at + 1] not in tuple(_PARTS_OF_NAMES.get(word, ""))
    return False


def _without_lead(text: str, start: int, end: int) -> int:
    """Less whole boundary words at the front that `keep` had let through (咨询|鑫源公司)."""
    for _ in range(3):
        lead = next(
            (
                length
                for length in (4, 3, 2)
                if end - start - length >= 2 and text[start : start + length] in _BOUNDARY_WORDS
            ),
            0,
        )
        if not lead:
            return start
        start += lead
    return start
