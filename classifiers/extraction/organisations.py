"""Who is complained about: firms, shops, schools, hospitals, offices with a name of their own.

The value is "against" for those that a message complains about and "" for the others (the office it was reported to, the one
that is praised). 物业公司 or 派出所 alone names nobody and is left out.
"""

import re
from collections.abc import Iterator

from classifiers.extraction.names import name_start
from classifiers.extraction.places import BEFORE_PSEUDONYM, is_meant_as_place
from classifiers.extraction.spans import Found
from classifiers.word_files import expressions, is_made_of, words

_ENDINGS = expressions("organisations.txt")
_ENDING = re.compile(
    f"(?P<office>{_ENDINGS['office']})|(?P<firm>{_ENDINGS['firm']})|(?P<school>{_ENDINGS['school']})"
)
_WORDS = words("organisations.txt")
_BUSINESS, _DESCRIBING = _WORDS["business"], _WORDS["describing"]
_PUBLIC = re.compile(
    r"(?:局|委|政府|管委会|政务服务(?:中心|大厅)|公积金.{0,2}中心|社.{0,6}中心|法院|检察院|大队|支队|派出所|事处|办|居委会|村委会)$"
)
_ASKED = re.compile(
    r"(?:向|联系(?:了|过)?|找(?:过)?|报(?:告)?|建议|请|希望|咨询|请问|感谢|表扬|点赞|没有|让|冒充|自称|经|拨打|通过|被送往|住在|恳请|要求|求|督促)$"
)
_ACCUSED = re.compile(r"(?:投诉|举报|控告|查处|曝光|反映|状告)[:：“\"]?$")
_PRAISE = re.compile(r"表扬|感谢|点赞|谢谢|写信|医德高尚|暖心")
ANYBODY = frozenset(
    "酒吧 网吧 餐厅 餐馆 饭店 超市 商场 药店 药房 诊所 宾馆 酒店 民宿 银行 健身房 理发店 便利店 店 厂 美容院 KTV 学校 幼儿园".split()
)
"""Behind a place these name nobody: which bar of the street it is, is not said."""
_MOST_BETWEEN = 6
_ADDRESS = re.compile(r".*[路街巷道弄]\d{1,5}(?:-\d{1,4})?号")
_MOST = {"firm": 14, "school": 12, "office": 12}


def organisations(text: str) -> Iterator[Found]:
    """The organisations with a name in a text with half-width digits; those complained about are "against"."""
    found = list(_named(text))
    accused = [span for span in found if _ACCUSED.search(text[max(0, span.start - 5) : span.start])]
    suspects = accused or (
        [] if _PRAISE.search(text) else [span for span in found if _is_suspect(text, span)]
    )
    private = [span for span in suspects if not _PUBLIC.search(text[span.start : span.end])]
    against = set(accused or private or suspects)
    for span in found:
        yield span._replace(value="against") if span in against else span


def _is_suspect(text: str, span: Found) -> bool:
    return not _ASKED.search(text[max(0, span.start - 4) : span.start])


def _named(text: str) -> Iterator[Found]:
    """An ending that goes on where the last one ended (鸿达房地产|开发有限公司) belongs to the same name."""
    held: Found | None = None
    for match in _ENDING.finditer(text):
        kind = match.lastgroup or ""
        floor = held.end if held else 0
        start = name_start(text, match.start(), floor, _MOST[kind], _BUSINESS)
        if held and start == held.end and kind != "office" and match.start() - start <= _MOST_BETWEEN:
            held = held._replace(end=match.end())
            continue
        lead = BEFORE_PSEUDONYM.match(text, start, match.start())
        start = lead.end() if lead else start
        address = _ADDRESS.match(text, start, match.start())
        if address and _has_a_name(text[address.end() : match.start()], match[0], kind):
            start = address.end()
        if not _has_a_name(text[start : match.start()], match[0], kind):
            continue
        if kind != "firm" and is_meant_as_place(text, start, match.end()):
            continue
        if held:
            yield held
        held = Found("organisation", start, match.end())
    if held:
        yield held


def _has_a_name(name: str, ending: str, kind: str) -> bool:
    if kind == "office" and not ending.endswith(("公司", "集团")):
        return bool(re.search(r"[市区县省镇乡道村]$|[市区县省镇乡]|[A-Z]\d", name)) and not re.fullmatch(
            r"小区|社区|街道", name
        )
    if len(name) >= 2 and not is_made_of(name, _DESCRIBING):
        return True
    return kind == "school" and len(name) >= 1 and bool(re.match(r"[市县区]", name)) and len(ending) >= 4
