"""Where: place names by their endings, the city's own names, road numbers and crossings, joined into the longest place.

The value is the form of the finest part (PLACE_FORMS). A name ends in 路, 小区, 医院 … and begins where `names` says; what has
only everyday words before its ending (农村, 我们小区, 马路) is no place. A city's own names come from its gazetteer.
"""

import re
from collections.abc import Iterator

from classifiers.extraction.gazetteer import Gazetteer
from classifiers.extraction.names import name_start
from classifiers.extraction.spans import Found
from classifiers.word_files import expressions, is_made_of, words

_ENDINGS = expressions("places.txt")
_ENDING = re.compile(
    "|".join(f"(?P<{form}>{_ENDINGS[form]})" for form in ("site", "community", "road", "area"))
)
_NUMBERED_ROAD = re.compile(
    r"(?:[GSXY]\d{2,4}(?:国道|省道|县道|高速(?:公路)?)?|(?:国道|省道|县道|乡道)[GSXY]?\d{1,4}线?|(?<!\d)\d{3}(?:国道|省道|县道))(?:K\d{1,4}(?:\+\d{1,3})?)?|地铁\d{1,2}号线(?=[\u4e00-\u9fff]{2,6}站)"
)
BEFORE_PSEUDONYM = re.compile(r"[^A-Z]+(?=[A-Z]\d{0,2}(?:[市区县州]|$))")
_PSEUDONYM = re.compile(r"(?<![A-Za-z0-9])[A-Z]\d{0,2}(?:[市区县]|(?=[市区县]))|西地省")
_HOUSE = re.compile(
    r"(?:[一二三四五六七八九十\d]{1,3}(?:期|组|队|社|区(?=\d)|支路|横街|巷)|[A-Z]?\d{1,5}(?:-\d{1,4})?(?:号楼|号院|号|弄|栋|幢|座|单元|室|楼(?!道)|层)|[A-Z]座|[一二三四五六七八九十]{1,3}(?:栋|幢|号楼|单元)"
    r"|(?<=[栋幢座元号])\d{3,4}室?(?![\d元年路]))+"
)
_CROSSING = re.compile(r"(?:交叉路?口|交汇处?|交汇路?口|交界处?|路?口|十字路口)(?!罩)")
_AND = re.compile("[与和及]")
_EVERYDAY = words("places.txt")["everyday"]
_LOCATIVE = re.compile(
    r"[(（]?(?:[东西南北正后前侧]?大?门(?!诊)|门[口前]|附近|旁|对面|周边|周围|一带|路段|出[站口]|站|北侧|南侧|东侧|西侧|到|至|边上|楼下|后面|前面|负一楼|起火)"
)
_GOING = re.compile(r"(?:到|从|至|路过|经过|位于|靠近|前往|去|建设|地点[:：]|住)$")


def places(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    """The places in a text with half-width digits, in order, without overlaps."""
    parts = sorted([*_by_ending(text), *_given(text, gazetteer)], key=lambda part: (part.start, -part.end))
    held: Found | None = None
    for part in parts:
        if held is None or part.start > held.end:
            if held:
                yield held
            held = part
        elif part.end > held.end:
            held = Found("place", held.start, part.end, part.value)
    if held:
        yield held


def joined(text: str, found: list[Found]) -> Iterator[Found]:
    """With house numbers and crossings taken in: 中山路 + 12号, 中山路 + 与 + 解放路 + 交叉口."""
    held: Found | None = None
    for part in found:
        house = _HOUSE.match(text, part.end) if part.value in ("road", "community", "site") else None
        span = part._replace(end=house.end()) if house else part
        crossing = _CROSSING.match(text, span.end)
        if held and _is_crossing(text, held, span, crossing):
            held = Found("place", held.start, crossing.end() if crossing else span.end, "crossing")
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _is_crossing(text: str, first: Found, second: Found, crossing: re.Match[str] | None) -> bool:
    between = text[first.end : second.start]
    here = crossing is not None or text[second.start : second.end].endswith("路口")
    return bool(first.value == "road" and len(between) == 1 and _AND.match(between) and here)


def is_meant_as_place(text: str, start: int, end: int) -> bool:
    """Is a school or hospital here a place (在…门口, 到…) and not the one that acts?"""
    return bool(_LOCATIVE.match(text, end) or _GOING.search(text[max(0, start - 4) : start]))


def _given(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    for start, end, form in gazetteer.find(text):
        if not _goes_on(text, start, end):
            yield Found("place", start, end, _last_ending(text[start:end]) or form)
    for match in _NUMBERED_ROAD.finditer(text):
        yield Found("place", match.start(), match.end(), "road")
    for match in _PSEUDONYM.finditer(text):
        yield Found("place", match.start(), match.end(), "area")


def _goes_on(text: str, start: int, end: int) -> bool:
    """Is a short name only the beginning of another word (澜桥|头, 文澜|先生)?"""
    return bool(end - start == 2 and re.match(r"[头先女某老师总]", text[end : end + 1]))


def parts_of(name: str) -> list[str]:
    """The shorter forms of a place's name, finest first: 澜桥街道滨江东路88号 is also 滨江东路. Of areas only the last."""
    parts = []
    for one in _AND.split(name):
        ends, start = list(_ENDING.finditer(one)), 0
        for ending in ends:
            if ending.end() - start <= 2:
                continue
            if ending.lastgroup != "area" or ending is ends[-1]:
                parts.append(one[start : ending.end()])
            start = ending.end()
    return [part for part in reversed(parts) if part != name]


def _last_ending(name: str) -> str:
    last = ""
    for match in _ENDING.finditer(name):
        last = (match.lastgroup or "") if match.end() == len(name) else ""
    return last


_MOST = {"area": 6, "road": 6, "community": 8, "site": 9}


def _by_ending(text: str) -> Iterator[Found]:
    last_end = 0
    for match in _ENDING.finditer(text):
        form = match.lastgroup or ""
        start = name_start(text, match.start(), last_end, _MOST[form])
        if start == last_end and last_end and match.start() - start < _MOST[form]:
            known = True
        else:
            lead = _COUNT.match(text, start, match.start()) or BEFORE_PSEUDONYM.match(
                text, start, match.start()
            )
            start = lead.end() if lead else start
            known = _is_a_name(text[start : match.start()], match[0])
        if known:
            yield Found("place", start, match.end(), form)
            last_end = match.end()


_COUNT = re.compile(r"\d+(?:年|月|日|号|点|时|分|岁|元|块|米|楼|层|栋|个|条|家|位|人|天|盏|段)+")
_COUNTED = re.compile(r"[一二两三四五六七八九十几数多]+(?:盏|条|段|截)$")


def _is_a_name(name: str, ending: str) -> bool:
    if ending == "路" and _COUNTED.search(name):
        return False
    if re.fullmatch(r"[A-Z]\d{0,2}", name):
        return True
    if len(name) < 2 or name.isdecimal():
        return len(name) == 1 and len(ending) > 2 and name >= "\u4e00" and not is_made_of(name, _EVERYDAY)
    return not is_made_of(name, _EVERYDAY)
