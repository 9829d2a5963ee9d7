"""Sums of money and their worth in yuan ("5000/8000" for a range, nothing where 几 leaves it open).

A sum needs its unit (元, 块, 毛, ¥) or, when it is spoken short (骗了六千八, 总价86万), a word of paying before it and no
measure word behind it.
"""

import re
from collections.abc import Iterator

from classifiers.extraction.numerals import CHINESE, number, plain
from classifiers.extraction.spans import Found

_CHINESE_RUN = rf"[{CHINESE}几万亿多余来]{{1,20}}+"
_DIGIT_RUN = rf"\d[\d,]{{0,18}}+(?:\.\d{{1,4}})?[{CHINESE}几万亿多余来\d]{{0,12}}+"
_SUM = rf"(?:{_DIGIT_RUN}|{_CHINESE_RUN})"
_NOT_INSIDE = rf"(?<![\d.,A-Za-z{CHINESE}第])"
_YUAN = r"(?:元(?!旦|宵|月|素|器|件|老|首|件)|圆(?=整|[,，。;；、\s]|$)|块钱|块(?![\u4e00-\u9fff]))"
_BLOCK = r"块(?=[\u4e00-\u9fff])(?![地田石玻砖牌板肉瓷儿空区土木水布冰])"
_END = r"(?=[,，。;；、!！?？:：)）\s]|$)"
_TAIL = rf"(?:[1-9一二三四五六七八九](?:角|毛|{_END})(?:[1-9一二三四五六七八九]分)?|钱|整)?"
_WITH_UNIT = re.compile(
    r"(?<![\d.])[¥￥](?P<sign>\d[\d,]{0,18}+(?:\.\d{1,2})?万?)元?"
    rf"|{_NOT_INSIDE}(?P<sum>{_SUM})(?:元?(?:-|—|~|～|至|到)(?P<to>{_SUM}){_YUAN}"
    rf"|(?:{_YUAN}|{_BLOCK})(?P<tail>{_TAIL})|(?P<small>毛钱?|角钱))"
)
_SPOKEN = re.compile(
    r"(?<=[收交赔欠花付扣罚骗借了账转要到退款费金价资租我他她给约共计投亏失贷入的有是再套])"
    rf"(?:\d{{1,9}}(?:\.\d{{1,2}})?[万千百]\d?|(?=[{CHINESE}]{{0,8}}[百佰千仟万])[{CHINESE}万]{{1,14}})"
    r"(?=[,，。;；、!！?？)）\s]|不|到\d|一个?月|一年|的贪|现在|左右|$|没|多?$)"
)
_BARE = re.compile(
    r"(?<=[要收交赔花付罚款费退])\d{3,7}(?:\.\d{1,2})?(?=[,，。;；!！\s]|$)|(?<=[,，])\d{3,5}(?=[,，][^\d])"
)


def amounts(text: str) -> Iterator[Found]:
    """The sums in a text with half-width digits, in order of the three ways they are written."""
    for match in _WITH_UNIT.finditer(text):
        if match["sum"] in ("一", "1") and "块" in match[0] and "钱" not in match[0]:
            continue
        yield Found("amount", match.start(), match.end(), _worth(match))
    for pattern in (_SPOKEN, _BARE):
        for match in pattern.finditer(text):
            value = _value(match[0])
            if value is not None and value >= 100:
                yield Found("amount", match.start(), match.end(), plain(value))


def _worth(match: re.Match[str]) -> str:
    words = match["sign"] or match["sum"]
    if "几" in words:
        return ""
    if match["to"]:
        return _range(words, match["to"])
    if pair := re.fullmatch(r"([一二两三四五六七八九])([二三四五六七八九])([百千万])", words):
        return "/".join(plain(_value(digit + pair[3]) or 0) for digit in pair.groups()[:2])
    value = _value(words)
    if value is None:
        return ""
    return plain(value / 10) if match["small"] else plain(value + _small_change(match["tail"] or ""))


def _range(low_words: str, high_words: str) -> str:
    """5000-8000, 8000到1万, 三到五万: a low end without a unit takes that of the high end when it would be tiny."""
    low, high = _value(low_words), _value(high_words)
    if low is None or high is None:
        return ""
    unit = next((sign for sign in "万千百" if high_words.endswith(sign)), "")
    if unit and low < 100 and not low_words.endswith(unit):
        low = _value(low_words + unit) or low
    return f"{plain(low)}/{plain(high)}"


def _value(words: str) -> float | None:
    return number(re.sub("[多余来几]", "", words)) if words else None


def _small_change(tail: str) -> float:
    digits = re.sub("[角毛钱整]", "", tail)
    value = (number(digits) or 0) if digits else 0
    return value / 10 if value < 10 else value / 100
