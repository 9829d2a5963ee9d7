"""Finds personal data in text: numbers that point at somebody, and names that people give of themselves.

What may surprise: an ID or bank number with a spoiled check digit is found by its shape (a mistyped number still points at
a person) and is not `sure`; full-width and Chinese digits (幺三八…) are read, because people write their phone number
that way. Offsets count code points, as Python strings do. Every gap is bounded: time grows with the length of the text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from classifiers.personal_data.checks import is_credit_code, is_id_number, passes_luhn
from classifiers.personal_data.surnames import COMMON, COMPOUND, RARE_COMPOUND


@dataclass(frozen=True)
class Span:
    """Where something stands, text[start:end], and its kind.

    text: what stands there, in half width and with Chinese digits as digits; never shown in a repr or log.
    sure: its check digit is right, or it has none to check.
    """

    start: int
    end: int
    kind: str
    text: str = field(repr=False)
    sure: bool = True


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_CHINESE_DIGITS = {
    ord(sign): digit for sign, digit in zip("零〇幺一二三四五六七八九", "001123456789", strict=True)
}
_IN_WORDS = frozenset({"id_number", "bank_card", "phone"})
"""Kinds whose digits people also write in Chinese."""
_OF_NOBODY = frozenset({"credit_code", "hotline"})
"""Numbers of firms and services, which no one hides."""
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SHAPES = (
    (
        "email",
        re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"),
    ),
    ("id_number", re.compile(r"(?<!\d)[1-8]\d{5}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXx](?!\d)")),
    ("id_number", re.compile(r"(?<!\d)[1-8]\d{5}\d{2}[01]\d[0-3]\d\d{3}(?!\d)")),
    ("credit_code", re.compile(r"(?<![0-9A-Za-z])[159AY][1239][0-9A-HJ-NPQRTUWXY]{16}(?![0-9A-Za-z])")),
    ("bank_card", re.compile(r"(?<![\d-])[3-6]\d{3}(?:[ -]?\d{4}){2,3}[ -]?\d{1,7}(?!\d)")),
    ("phone", re.compile(r"(?<!\d)(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")),
    (
        "phone",
        re.compile(
            r"(?<!\d)(?:\(0\d{2,3}\)|0\d{2,3}[)-]?)[ -]?[2-8]\d{2,3}[ -]?\d{4}(?:(?:转|-)\d{1,6})?(?!\d)"
        ),
    ),
    ("hotline", re.compile(r"(?<![0-9A-Za-z-])[48]00[- ]?\d{3,4}[- ]?\d{3,4}(?![\d-])")),
    (
        "phone",
        re.compile(r"(?:电话|座机|手机)[^0-9。;\n]{0,4}(?P<only>[2-8]\d{2,3}[ -]?\d{4})(?![\d元块年月])"),
    ),
    (
        "plate",
        re.compile(
            rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·. -]?"
            r"(?=[A-Za-z]{0,4}\d)[A-HJ-NP-Za-hj-np-z0-9]{4,5}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳](?![A-Za-z0-9])"
        ),
    ),
)
_COMMON_WORD_STARTS = "向于白方安任高万钱温石易毛金施文武"
"""Surnames that also begin everyday words (本人向社区…, 本人白天…): names only after 我叫 or 姓名."""
_ROLE_WORD_STARTS = "孙程周钟田史陈曾江余"
"""Surnames that also begin what somebody may be or where from (我是程序员, 我是周边住户)."""


def _said_name(leads: str, careful: str = "") -> re.Pattern[str]:
    """A name behind one of the words that lead to it; surnames in `careful` are not taken for one here."""
    compound = "|".join((*COMPOUND, *RARE_COMPOUND))
    single = "".join(sign for sign in COMMON if sign not in careful)
    return re.compile(
        rf"(?:{leads})(?:是|为)?[: ]{{0,2}}((?:{compound}|[{single}])[\u4e00-\u9fff]{{1,2}})"
        r"(?=[,。;、!\s()0-9]|电话|手机|身份证|先生|女士|$)"
    )


_NAMES = (
    _said_name("我叫|名叫|姓名"),
    _said_name("联系人|投诉人|举报人|反映人|来电人|本人", _COMMON_WORD_STARTS),
    _said_name("我(?=是)", _COMMON_WORD_STARTS + _ROLE_WORD_STARTS),
)


def find_personal(text: str) -> tuple[Span, ...]:
    """Phone, ID, bank and plate numbers, e-mail addresses and self-given names, in order of place.

    Spans do not overlap; where two readings meet, an ID number goes before a bank card and that before a phone.
    """
    plain, digits = _plain(text)
    readings = (*_numbers(plain, digits), *_names(plain))
    return _apart((span for span in readings if span.kind not in _OF_NOBODY), len(text))


def find_numbers(text: str) -> tuple[Span, ...]:
    """Numbers alone, of services (`hotline`) and firms (`credit_code`) as well, those that are sure, in order of place."""
    return _apart((span for span in _numbers(*_plain(text)) if span.sure), len(text))


def _apart(spans: Iterable[Span], length: int) -> tuple[Span, ...]:
    """Of two that overlap the first one that was read, all in order of place."""
    taken, kept = bytearray(length), []
    for span in spans:
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return tuple(sorted(kept, key=lambda span: span.start))


def _plain(text: str) -> tuple[str, str]:
    """The text in half width, and with Chinese digits as digits too; both as long as the text."""
    plain = text.translate(_FULL_WIDTH)
    return plain, plain.translate(_CHINESE_DIGITS)


def _numbers(plain: str, digits: str) -> Iterator[Span]:
    for kind, shape in _SHAPES:
        for match in shape.finditer(digits if kind in _IN_WORDS else plain):
            group = match.lastgroup or 0
            found = match[group]
            if (sure := _checked(kind, re.sub("[ -]", "", found))) is not None:
                yield Span(match.start(group), match.end(group), kind, found, sure)


def _checked(kind: str, number: str) -> bool | None:
    """Whether a number of this shape is sure; None when it is none. UnionPay cards (62…) may be mistyped."""
    if kind == "id_number":
        return is_id_number(number)
    if kind == "credit_code":
        return True if is_credit_code(number) else None
    if kind == "bank_card":
        if not 16 <= len(number) <= 19:
            return None
        return passes_luhn(number) or (False if number.startswith("62") else None)
    return True


def _names(plain: str) -> Iterator[Span]:
    for pattern in _NAMES:
        for match in pattern.finditer(plain):
            yield Span(match.start(1), match.end(1), "name", match[1])
