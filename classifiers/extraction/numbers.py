"""Numbers that point at somebody: phones, ID numbers, credit codes, bank cards, plates, and e-mail addresses.

Checked where they carry a check digit; what fails it is left unmarked as an ID, and still masked (`maskable`), because a
mistyped ID number is as personal as a right one.
"""

import re
from collections.abc import Callable, Iterator

from classifiers.extraction.spans import Found

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_MARKS = "10X98765432"
_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def _digits_only(text: str) -> str:
    return re.sub(r"[^0-9Xx]", "", text)


def id_number_is_valid(number: str) -> bool:
    """Check digit (GB 11643) and a plausible date of birth of an 18-digit resident identity number."""
    number = number.upper()
    if not re.fullmatch(
        r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", number
    ):
        return False
    return _ID_MARKS[sum(int(d) * w for d, w in zip(number, _ID_WEIGHTS, strict=False)) % 11] == number[-1]


def credit_code_is_valid(code: str) -> bool:
    """Check sign (GB 32100) of an 18-place unified social credit code."""
    code = code.upper()
    if len(code) != 18 or any(sign not in _CREDIT_SIGNS for sign in code):
        return False
    total = sum(_CREDIT_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return _CREDIT_SIGNS[(31 - total % 31) % 31] == code[-1]


def bank_card_is_valid(number: str) -> bool:
    """Luhn's check over 16 to 19 digits that begin as a card does."""
    digits = [int(sign) for sign in reversed(number)]
    doubled = (d if place % 2 == 0 else sum(divmod(d * 2, 10)) for place, d in enumerate(digits))
    return 16 <= len(digits) <= 19 and number[0] in "3456" and sum(doubled) % 10 == 0


def _always(_: str) -> bool:
    return True


_Kind = tuple[str, re.Pattern[str], Callable[[str], bool]]
_NUMBERS: tuple[_Kind, ...] = (
    ("email", re.compile(r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z]{2,24}){1,3}"), _always),
    ("id_number", re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])"), id_number_is_valid),
    ("credit_code", re.compile(r"(?<![0-9A-Za-z])[159AY][1239][0-9A-HJ-NPQRTUWXY]{16}(?![0-9A-Za-z])"), credit_code_is_valid),
    ("bank_card", re.compile(r"(?<![0-9A-Za-z])[3-6]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?![0-9A-Za-z])"),
     lambda found: bank_card_is_valid(_digits_only(found))),
    ("phone", re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), _always),
    ("phone", re.compile(r"(?<![0-9A-Za-z-])(?:\(0\d{2,3}\)|0\d{2,3}[- ]?)[2-9]\d{6,7}(?:[-转]\d{1,6})?(?![\d-])"), _always),
    ("phone", re.compile(r"(?<![0-9A-Za-z-])[48]00[- ]?\d{3,4}[- ]?\d{3,4}(?![\d-])"), _always),
    ("phone", re.compile(r"(?<=电话)[^0-9。；\n]{0,4}([2-9]\d{6,7})(?!\d)"), _always),
    ("plate", re.compile(rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·.\- ]?(?:[0-9A-HJ-NP-Za-hj-np-z]{{5,6}}|[0-9A-Za-z]{{4}}[学警挂港澳])(?![0-9A-Za-z])"),
     lambda found: any(sign.isdigit() for sign in found)),
)  # fmt: skip
_LONG_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])|(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])"
)


def numbers(text: str) -> Iterator[Found]:
    """What is found in a text with half-width digits; of two that overlap the first in the table is meant."""
    for kind, pattern, valid in _NUMBERS:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if valid(match.group(group)):
                yield Found(kind, match.start(group), match.end(group))


def long_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of digits as long as an ID number, right or mistyped."""
    return ((match.start(), match.end()) for match in _LONG_NUMBER.finditer(text))
