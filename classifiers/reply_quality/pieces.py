"""Completeness: which pieces of a whole reply stand there, and what to write for those that do not."""

import re
from math import fsum

from classifiers.reply_quality import wordings as w
from classifiers.reply_quality.findings import Gap, Mark, Part
from classifiers.reply_quality.reading import Reading
from classifiers.reply_quality.substance import own_words, untransferred
from classifiers.reply_quality.weights import CONTACT_WITHOUT_HOURS, PARTS, PIECES

_GREETING = re.compile(
    r"您好|你好|尊敬的|敬爱的|亲爱的|(?:网友|市民|居民|业主|群众|同志|先生|女士|村民)[^。;!?]{0,24}?[::,]|^\W{0,3}(?:dear|hello)\b",
    re.I,
)
_OPENING = 60
_NUMBER = re.compile(
    r"(?<![\d-])(?:0\d{2,3}[-—\s)]{0,2}\d{7,8}|\d{4}-0{8}|[48]00[- ]?\d{3}[- ]?\d{4}|(?:电话|热线|致电|拨打|咨询|举报|中心)[^\d。;!?]{0,14}"
    r"(?!1[3-9]\d{9})(?:\d{3,5}-?\d{3,8}|\d{5,8}))(?![\d元])"
)
_HOURS = re.compile(r"工作日|\d{1,2}:\d{2}|24小时|全天|每[日天]|工作时间|上班时间")
_HOURS_NEAR = 60
_DAY_AT_END = re.compile(
    r"(?:20\d\d年\d{1,2}月\d{1,2}日|20\d\d[-./]\d{1,2}[-./]\d{1,2}|[二〇○零一二]{4}年[一二三四五六七八九十]{1,3}月[一二三四五六七八九十]{1,3}日)[\s.。)]*$"
)
_SIGNED = re.compile(
    rf"(?:^|[。!;?\s)])(?P<who>(?![^。;!?\s]{{0,20}}(?:请|咨询|联系|已|将|到|由|向|为|被|在|的|反映|感谢))[\u4e00-\u9fffA-Z0-9]{{2,26}}{w.UNIT_TAIL})[\s,]*"
    r"(?:20\d\d[年\-./]\d{1,2}[月\-./]\d{1,2}日?)?[\s.。]*$"
)
_CONSULTS = re.compile(r"咨询|请问|想问|怎么办理|如何办理|需要什么材料|能不能办|是否可以|[吗?]")
_COMPLAINS = re.compile(r"投诉|举报|要求|请求|希望|建议|请(?:查|尽快|来|帮)|扰民|违法|损坏|拖欠|太吵")

_ADVICE = {
    "greeting": ("开头没有称呼和问候", "您好！您反映的〔事项〕问题已收悉，现答复如下："),
    "checked": ("没有写怎样核查、查到什么", "经我单位〔日期〕到〔地点〕现场核查，〔查明的事实〕。"),
    "result": ("看不出办理结果或对问题的回答", "〔已采取的措施和结果，或对所问问题的直接回答〕。"),
    "basis": (
        "没有写依据的法律、政策文件及条款",
        "根据《〔文件全称〕》第〔几〕条，〔规定的内容和由此得出的结论〕。",
    ),
    "contact": ("没有留可以再问的电话和接听时间", "如有疑问，请拨打〔单位电话〕（工作日8:30—17:30）。"),
    "date": ("没有写答复日期", "{day}"),
    "signature": ("没有单位落款", "{unit}"),
}
_ORDER = tuple(PIECES)


def find(reading: Reading) -> dict[str, tuple[Mark, ...]]:
    """Piece -> where it stands; pieces that are not there are left out."""
    own = untransferred(reading.text)
    found = {
        "greeting": _first(_GREETING, reading.text[:_OPENING], "greeting"),
        "checked": _first(w.CHECKED, own, "checked"),
        "result": _result(reading),
        "basis": _first(w.BASIS, reading.text, "basis"),
        "contact": _first(_NUMBER, reading.text, "contact"),
        "date": _at_end(_DAY_AT_END, reading, "date"),
        "signature": _at_end(_SIGNED, reading, "signature"),
    }
    return {name: places for name, places in found.items() if places}


def _first(pattern: re.Pattern[str], text: str, kind: str) -> tuple[Mark, ...]:
    found = pattern.search(text)
    return (Mark(found.start(), found.end(), kind, PIECES[kind][0]),) if found else ()


def _result(reading: Reading) -> tuple[Mark, ...]:
    for pattern in (w.DONE, w.ANSWER, w.PLAN):
        for sentence in reading.sentences:
            found = pattern.search(own_words(sentence.text))
            if found and not w.RECEIVED.fullmatch(sentence.text.strip(" ,。!")):
                start = sentence.start
                return (Mark(start + found.start(), start + found.end(), "result", PIECES["result"][0]),)
    return ()


def _at_end(pattern: re.Pattern[str], reading: Reading, kind: str) -> tuple[Mark, ...]:
    start = max(0, len(reading.text) - 60)
    found = pattern.search(reading.text[start:])
    if not found:
        return ()
    group = found.lastgroup or 0
    return (Mark(start + found.start(group), start + found.end(), kind, PIECES[kind][0]),)


def needed(title: str, detail: str, request_type: str) -> frozenset[str]:
    """The pieces that a reply to this request owes: a question needs no inspection."""
    asks = request_type == "consult"
    if not request_type:
        head = f"{title}\n{detail[:400]}"
        asks = bool(_CONSULTS.search(head)) and not _COMPLAINS.search(head)
    return frozenset(PIECES) - ({"checked"} if asks else frozenset())


def judge(reading: Reading, found: dict[str, tuple[Mark, ...]], wanted: frozenset[str]) -> Part:
    """The part `completeness`: the share of the wanted pieces that are there, by weight."""
    total = fsum(PIECES[name][1] for name in wanted)
    earned = fsum(PIECES[name][1] * _earned(name, reading, found) for name in wanted if name in found)
    missing = [PIECES[name][0] for name in _ORDER if name in wanted - set(found)]
    reason = f"缺少{'、'.join(missing)}" if missing else "要件齐全"
    if "contact" in found and not _has_hours(reading, found["contact"][0]):
        reason += "；电话未注明接听时间"
    places = tuple(mark for name in _ORDER for mark in found.get(name, ()))
    return Part("completeness", PARTS["completeness"][0], earned / total, reason, places)


def _earned(name: str, reading: Reading, found: dict[str, tuple[Mark, ...]]) -> float:
    if name == "contact" and not _has_hours(reading, found[name][0]):
        return CONTACT_WITHOUT_HOURS
    return 1.0


def _has_hours(reading: Reading, number: Mark) -> bool:
    near = reading.text[max(0, number.start - _HOURS_NEAR) : number.end + _HOURS_NEAR]
    return bool(_HOURS.search(near))


def gaps(found: dict[str, tuple[Mark, ...]], wanted: frozenset[str], reply: str) -> tuple[Gap, ...]:
    """What is missing, in the order of a letter; a snippet that stands in the reply already is not offered again.
    `{unit}` and `{day}` in a snippet are for the caller to fill."""
    missing = (Gap(name, PIECES[name][0], *_ADVICE[name]) for name in _ORDER if name in wanted - set(found))
    return tuple(gap for gap in missing if gap.snippet not in reply)
