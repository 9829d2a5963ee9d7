"""Tone: polite, taking the matter on, no blame, no officialese without content; and personal data that must not go out."""

import re

from classifiers.personal_data.finding import find_personal
from classifiers.personal_data.surnames import FREQUENT
from classifiers.reply_quality import wordings as w
from classifiers.reply_quality.findings import Mark, Part, Warned
from classifiers.reply_quality.reading import Reading, Sentence, marks
from classifiers.reply_quality.weights import PARTS
from classifiers.word_files import expressions

_SAID = expressions("reply_manner.txt")
_RUDE, _BLAME, _SHIRK = (re.compile(_SAID[fault]) for fault in ("rude", "blame", "shirk"))
_NOBODY = re.compile(r"(?:有关|相关|其他|其它|主管|职能|发[^。;!?,]{1,4}的|应)(?:部门|单位|公司)")
_LACKS = {"rude": 0.6, "blame": 0.5, "shirk": 0.6, "empty": 0.4, "curt": 0.15}
_FAULTS = {
    "rude": "用语不礼貌",
    "blame": "把责任推给诉求人",
    "shirk": "称不属本单位职责，却没有说明由谁负责",
    "empty": "只有表态，没有具体措施和时间",
    "curt": "没有礼貌用语",
}
_NOTES = {"rude": "不礼貌", "blame": "指责", "shirk": "推诿", "empty": "空话"}


def find(reading: Reading, concrete: bool) -> dict[str, tuple[Mark, ...]]:
    """Fault of tone -> where. `concrete`: something was done, answered or promised with a day."""
    found = {
        "rude": marks(_RUDE, reading.text, "rude", _NOTES["rude"]),
        "blame": marks(_BLAME, reading.text, "blame", _NOTES["blame"]),
        "shirk": _shirking(reading),
        "empty": () if concrete else marks(w.EMPTY, reading.text, "empty", _NOTES["empty"]),
    }
    if not w.COURTESY.search(reading.text):
        found["curt"] = (Mark(0, 0, "curt", _FAULTS["curt"]),)
    return {name: places for name, places in found.items() if places}


def judge(faults: dict[str, tuple[Mark, ...]], reading: Reading) -> Part:
    """The part `tone`."""
    label = PARTS["tone"][0]
    if len(reading.bare) < 2:
        return Part("tone", label, 0.0, "没有答复内容")
    score = max(0.0, 1.0 - sum(_LACKS[name] for name in faults))
    reason = "；".join(_FAULTS[name] for name in faults) or "用语得体"
    places = tuple(mark for marks_ in faults.values() for mark in marks_ if mark.end)
    return Part("tone", label, score, reason, places)


def _shirking(reading: Reading) -> tuple[Mark, ...]:
    found = []
    for number, sentence in enumerate(reading.sentences):
        hit = _SHIRK.search(sentence.text)
        if hit and not _says_whose(reading.sentences[number : number + 2], hit.end()):
            start = sentence.start
            found.append(Mark(start + hit.start(), start + hit.end(), "shirk", _NOTES["shirk"]))
    return tuple(found[:3])


def _says_whose(sentences: tuple[Sentence, ...], after: int) -> bool:
    text = _NOBODY.sub("", "".join(sentence.text for sentence in sentences)[after:])
    return any(
        not re.match(r"(?:您|你|自行|建议)", name[0])
        for name in re.finditer(
            rf"(?:由|向|到|转|请|联系|咨询|拨打|属)(?:{w.NAMED_UNIT.pattern})|12\d{{3}}", text
        )
    )


_REPORTER = "(?:诉求|投诉|举报|反映|来电|来信|信访|申请|咨询)(?:人|者)|(?:当事人|住户|户主|业主|本人)"
_NAMED = re.compile(
    rf"(?:{_REPORTER})(?:的?(?:姓名|名字))?(?:[((:,: ]|是|系|为|叫){{0,2}}(?P<name>[{FREQUENT}](?!某|先生|女士|小姐|师傅|阿姨|老师|同志)[\u4e00-\u9fff]{{1,2}})"
    r"(?=[((,,。;、:!\s)\d]|系|的|反映|投诉|举报|所|电话|手机|身份|$)"
    rf"|(?:姓名|名叫)[:为是]?(?P<plain>[{FREQUENT}](?!某|先生|女士)[\u4e00-\u9fff]{{1,2}})(?=[((,,。;、:!\s)\d]|手机|电话|$)"
)
_HOME = re.compile(
    rf"(?:{_REPORTER})[^。;!?,]{{0,6}}(?:住|家住|住址|地址)[^。;!?,]{{0,30}}?\d{{1,4}}(?:室|号)|单元\d{{3,4}}室住户"
)
LEAKS = {
    "phone": "手机号",
    "id_number": "身份证号",
    "bank_card": "银行卡号",
    "name": "诉求人姓名",
    "address": "住址",
}


def leaks(reading: Reading) -> tuple[Warned, ...]:
    """One warning per kind of personal data in the reply; numbers of offices are no secrets."""
    text = reading.text
    found: dict[str, list[tuple[int, int]]] = {kind: [] for kind in LEAKS}
    for one in find_personal(text):
        if one.kind in ("id_number", "bank_card") or (one.kind == "phone" and _is_mobile(one.text)):
            found[one.kind].append((one.start, one.end))
    found["name"] = [hit.span(hit.lastgroup or 0) for hit in _NAMED.finditer(text)]
    found["address"] = [hit.span() for hit in _HOME.finditer(text)]
    return tuple(_leaked(kind, spans) for kind, spans in found.items() if spans)


def _leaked(kind: str, spans: list[tuple[int, int]]) -> Warned:
    what = LEAKS[kind]
    places = tuple(Mark(start, end, "leak", what) for start, end in spans[:5])
    return Warned(f"leak.{kind}", f"公开答复中像有{what}，发布前请删去", places)


def _is_mobile(number: str) -> bool:
    digits = "".join(sign for sign in number if sign.isdigit())[-11:]
    return len(digits) == 11 and digits.startswith("1")
