"""Things in a message that have a shape: phone and ID numbers, plates, cards, amounts, and simple places.

By rules only, with offsets into the very text that was handed in, for masking before dispatch and for
highlights. Numbers are checked where they carry a check digit; what fails it is left unmarked as an ID,
and still masked (`maskable`), because a mistyped ID number is as personal as a right one. Full-width
digits are read as digits.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from classifiers.api import Entity
from classifiers.segment import fold_width

READ_CHARS = 20_000
PERSONAL = frozenset({"phone", "id_number", "bank_card", "email", "plate"})
"""Kinds that are hidden before a text leaves the centre."""

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_MARKS = "10X98765432"
_CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLACE_SIGN = (
    r"[0-9A-Z]|(?![在的了是和与及或我你他她从到于有对向把将给被这那没不也都就还但吗呢请])[\u4e00-\u9fff]"
)
_DIGITS = "零〇一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟"
_PLACE_TAILS = (
    "自治州|自治县|地区|新区|开发区|高新区|经开区|街道|社区|小区|花园|家园|公寓|大厦|广场|大道|大街|公路|国道|省道|高速"
    "|路口|立交桥|大桥|公园|市场|商场|超市|医院|学校|小学|中学|大学|学院|幼儿园|车站|地铁站|公交站|火车站|高铁站"
    "|工业园|产业园|村委会|居委会|派出所|省|市|区|县|镇|乡|村|路|街|巷|弄|桥|站"
)
_PLACE_STOP = (
    "我们?|你们?|他们?|在|位于|住在|家住|到|从|去|至|往|由|对|向|把|将|给|是|有|和|与|及|或|的|了|请问|请|关于|投诉|举报|咨询"
    "|反映|建议|求助|现在|附近|这个|那个|本|该|各|每|某|全|于|经|被|沿|靠近|途经|来到|因|因为|希望|为何|为什么|市民|居民|业主|物业|前往|路过|经过|发生|出现"
)


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
    ("credit_code", re.compile(r"(?<![0-9A-Za-z])[159AY][1239][0-9A-HJ-NPQRTUWXY]{16}(?![0-9A-Za-z])"), credit_code_is_valid),
    ("id_number", re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])"), id_number_is_valid),
    ("bank_card", re.compile(r"(?<![0-9A-Za-z])[3-6]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?(?![0-9A-Za-z])"),
     lambda found: bank_card_is_valid(_digits_only(found))),
    ("phone", re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), _always),
    ("phone", re.compile(r"(?<![0-9A-Za-z-])(?:\(0\d{2,3}\)|0\d{2,3}[- ]?)[2-9]\d{6,7}(?:[-转]\d{1,6})?(?![\d-])"), _always),
    ("phone", re.compile(r"(?<![0-9A-Za-z-])[48]00[- ]?\d{3,4}[- ]?\d{3,4}(?![\d-])"), _always),
    ("phone", re.compile(r"(?<=电话)[^0-9。；\n]{0,4}([2-9]\d{6,7})(?!\d)"), _always),
    ("plate", re.compile(rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·.\- ]?(?:[0-9A-HJ-NP-Za-hj-np-z]{{5,6}}|[0-9A-Za-z]{{4}}[学警挂港澳])(?![0-9A-Za-z])"),
     lambda found: any(sign.isdigit() for sign in found)),
    ("amount", re.compile(rf"(?<![0-9.])(?:[¥￥$])?\d[\d,]{{0,14}}(?:\.\d{{1,4}})?(?:多|余|来)?(?:百|千|万|亿|十万|百万|千万)?(?:多|余)?(?:元|块钱?|圆)(?:多|钱|整)?|[¥￥]\d[\d,]{{0,14}}(?:\.\d{{1,2}})?|[{_DIGITS}]{{1,8}}(?:多|余)?[万亿]?(?:多|余)?(?:元|块钱)"), _always),
)  # fmt: skip
_PLACE = re.compile(
    rf"(?:{_PLACE_SIGN}){{1,10}}?(?:{_PLACE_TAILS})(?:[0-9]{{1,5}}(?:号|弄|栋|幢|座|单元|室|期|组))*"
)
_PLACE_LEAD = re.compile(rf"^(?:{_PLACE_STOP})+")
_PLACE_EMPTY = re.compile(rf"^(?:{_PLACE_STOP}|个|一|二|两|几|多|小|大|老|新|旧|马|公|道|城|农|乡|线|网|出|走|上|下|门)*"
                          rf"(?:{_PLACE_TAILS})?$")  # fmt: skip
_LONG_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])\d{17}[\dXx](?![0-9A-Za-z])|(?<![0-9A-Za-z])\d{15}(?![0-9A-Za-z])"
)


def find(text: str) -> tuple[Entity, ...]:
    """What was found, in order and without overlaps; of two that overlap the first kind in the table wins."""
    folded = fold_width(text[:READ_CHARS])
    taken = bytearray(len(folded))
    found = [*_claim(text, _numbers(folded), taken), *_claim(text, _places(folded), taken)]
    return tuple(sorted(found, key=lambda entity: entity.start))


def mask(text: str, kinds: Iterable[str] = PERSONAL) -> str:
    """The text with the inside of personal numbers starred; the ends stay, to be recognised by."""
    wanted = frozenset(kinds)
    parts, last = [], 0
    for start, end in _maskable(text, wanted):
        inside = text[start:end]
        keep = 3 if len(inside) >= 10 else 1
        parts += [text[last:start], inside[:keep], "*" * max(1, len(inside) - keep * 2), inside[-keep:]]
        last = end
    return "".join([*parts, text[last:]])


def _maskable(text: str, kinds: frozenset[str]) -> list[tuple[int, int]]:
    """Spans to hide over the whole text, in pieces of the reading length cut at a line or sentence end."""
    spans: list[tuple[int, int]] = []
    for begin, piece in _pieces(text):
        known = [entity for entity in find(piece) if entity.kind in kinds]
        spans += [(begin + entity.start, begin + entity.end) for entity in known]
        if "id_number" in kinds:
            spans += [(begin + m.start(), begin + m.end()) for m in _LONG_NUMBER.finditer(fold_width(piece))]
    return _apart(sorted(set(spans)))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    begin = 0
    while begin < len(text):
        end = min(len(text), begin + READ_CHARS)
        while end < len(text) and end > begin + READ_CHARS - 200 and re.match(r"[\w@.+-]", text[end - 1]):
            end -= 1
        yield begin, text[begin:end]
        begin = end


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _claim(text: str, spans: Iterable[tuple[str, int, int]], taken: bytearray) -> Iterator[Entity]:
    for kind, start, end in spans:
        if not any(taken[start:end]):
            taken[start:end] = b"\1" * (end - start)
            yield Entity(kind, text[start:end], start, end)


def _numbers(text: str) -> Iterator[tuple[str, int, int]]:
    for kind, pattern, valid in _NUMBERS:
        for match in pattern.finditer(text):
            group = 1 if pattern.groups else 0
            if valid(match.group(group)):
                yield kind, match.start(group), match.end(group)


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    """Chains of names that end as places do ("安宁县红旗镇中山路12号"), less the small words they begin with."""
    start = end = -1
    for match in _PLACE.finditer(text):
        lead = _PLACE_LEAD.match(match.group())
        begin = match.start() + (lead.end() if lead else 0)
        if _PLACE_EMPTY.match(text[begin : match.end()]):
            continue
        if begin == end:
            end = match.end()
            continue
        if end > start:
            yield "place", start, end
        start, end = begin, match.end()
    if end > start:
        yield "place", start, end
