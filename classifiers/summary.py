"""A message in short: a title of at most 30 characters, and the five elements 何人 何时 何地 何事 何诉求.

Nothing is written anew: every element is a piece of the text with its offsets, chosen by what was extracted from it and by
words that a matter or a wish is told with. A caller who may not show personal data hands in a masked text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

from classifiers.api import Entity
from classifiers.segment import fold_width

TITLE_LENGTH = 30
READ_CHARS = 4_000
"""What a message is about and asks for stands in its first pages."""
ELEMENTS = {"who": "何人", "when": "何时", "where": "何地", "what": "何事", "wants": "何诉求"}
_MOST_OF_ONE = 3
_LONGEST_PIECE = 60
_LEAST_CLAUSE, _FULL_CLAUSE = 6, 16


@dataclass(frozen=True)
class Element:
    """text[start:end] of the message, in code points; `value` as in Entity."""

    text: str
    start: int
    end: int
    value: str = ""


@dataclass(frozen=True)
class Summary:
    """The five elements, each with its pieces in order of weight; empty where the message does not say."""

    who: tuple[Element, ...] = ()
    when: tuple[Element, ...] = ()
    where: tuple[Element, ...] = ()
    what: tuple[Element, ...] = ()
    wants: tuple[Element, ...] = ()

    @property
    def empty(self) -> bool:
        return not any(getattr(self, part.name) for part in fields(self))


_SENTENCE = re.compile(r"(?:[^。！？!?；;.\n]|\.(?!\s))+[。！？!?；;.\n]?")
_CLAUSE = re.compile(r"[^,，:：]+")
_LEAD = re.compile(
    r"[\s“\"（(【\[]*(?:(?:尊敬的)?(?:各位)?(?:市?领导|书记|市长|县长|区长|局长|政府)(?:们)?[您你]?好?(?=[,，!！:：。\s]|$)|[您你]好|请问(?:一下)?|咨询一下|麻烦(?:问一下|您)?|谢谢"
    r"|(?:您好[,，]?)?我(?:想|要|们想|们要|来)?(?:要)?(?:咨询|反映|投诉|举报|问|实名举报)(?:的是|一下|一个问题)?|(?:实名|匿名)?(?:投诉|举报|反映|咨询)(?:人|内容|事项)?(?=[:：]|.{6})"
    r"|(?:市民|来电人|反映人|诉求人|投诉人)?[\u4e00-\u9fff]{0,3}(?:先生|女士|某某?)?(?:来电)?(?:反映|称|表示|咨询|自述)(?=[:：,，])|(?:来电人|市民|自述|内容|诉求|标题|问题|事由)(?:称|反映)?[:：]|关于|其(?=于|在))[\s,，:：!！。]*"
)
_TITLE_LINE = re.compile(r"(?:^|\n)\s*(?:标题|主题|事由)[:：]\s*([^\n]{2,60})")
_MATTER = re.compile(
    r"拖欠|欠薪|不退|不给|不肯|拒[绝不]|乱收|多收|收费|涨价|停[水电气暖]|漏水|积水|渗水|不亮|没亮|亮灯|噪[音声]|扰民|油烟|异味|臭|污染|偷排|违[建停章规法]|占[道用]|堵[塞车了]|坏了|损坏|破损|塌|开裂|裂缝|坑|井盖|脱落|倒了|失联|跑路|诈骗|骗|虚假|假[货冒]|过期|变质|异物"
    r"|受伤|摔|撞|打人|殴打|咬伤|着火|起火|爆炸|赌|无证|非法|私[自分]|强制|辞退|补偿|赔|房产证|交房|烂尾|施工|改造|维修|电梯|垃圾|污水|路灯|公交|停车|上户口|入学|补课|社保|医保|公积金|低保|补贴|证明|办理|申请|怎么[办申]|如何|需要什么|什么时候|态度|敷衍|失眠|停运|断电|丢[了失]|走失|拆迁|征地|安置|举报|占道|烧烤|广场舞|喇叭|装修|物业费|维修基金|押金|定金|退款|退费"
)
_WISH = re.compile(
    r"希望|恳请|恳求|请求|要求|建议|能不能|能否|可否|可不可以|是否可以|盼|请(?!问|教|假|客|来|了|过)|请问|请教|咨询|想问|想知道|如何|怎么(?:办|申|领|处|解)|什么时候|何时|需要(?:什么|哪些)|尽快|督促|为什么|谁来|有没有|求助|求求|应该|赔偿|退还"
)
_WISH_ONLY = re.compile(
    r"希望|恳请|恳求|请求|要求|建议|能不能|能否|可否|盼|请(?!问|教|假|客|来|了|过)|尽快|督促|求求"
)
_VALUE = r"(?:〔[^〔〕]{1,12}〕|[\d*][\d* -]{5,19}+)"
_CONTACT_PART = (
    rf"(?:(?:(?:我|本人)(?:名?叫|姓)(?![他她人它])|(?:(?:我|本人)的?)?(?:姓名|名字|联系人))(?:是|为|叫)?(?:{_VALUE}|[\u4e00-\u9fff]{{1,4}})?"
    rf"|(?:(?:我|本人)的?)?(?:联系)?(?:电话|方式|手机|微信|身份证)号?码?(?:是|为)?{_VALUE}?|{_VALUE})"
)
_CONTACT = re.compile(rf"{_CONTACT_PART}(?:[\s、]*{_CONTACT_PART})*")
"""A clause that only says who tells it and how to reach them."""
_LONGEST_CONTACT, _LONGEST_MASK = 40, 14
_ROLE = re.compile(
    r"我(?:们)?是(?:[^,，。\s]{0,16}的)?(业主|住户|居民|村民|租客|租户|商户|家长|职工|员工|学生|司机|老师|农民工|顾客|消费者|市民)"
)


def title(text: str, entities: Iterable[Entity] = ()) -> str:
    """A title of at most TITLE_LENGTH characters out of the text's own words; "" for a text without a word.

    `entities` are those of this very text; without them the place is not put before a clause that lacks it.
    """
    given = _TITLE_LINE.search(text[:READ_CHARS])
    if given:
        return _cut(_one_line(given[1]))
    found = tuple(entities)
    best = _best_clause(text, found)
    if best is None:
        return ""
    start, end = best
    words = _one_line(_without_times(text, start, end, found))
    where = next(iter(_wheres(found)), None)
    if (
        where
        and where.text not in words
        and len(where.text) + len(words) <= TITLE_LENGTH
        and not _has(found, start, end)
    ):
        words = where.text + words
    return _cut(words)


def summarise(text: str, entities: Sequence[Entity]) -> Summary:
    """The five elements of a message, out of the entities found in this very text."""
    best = _best_clause(text, entities)
    return Summary(
        who=_who(text, entities),
        when=_elements(sorted(_of(entities, "time"), key=lambda one: ("-" not in one.value, one.start))),
        where=_elements(_wheres(entities)),
        what=(_piece(text, *_widened(text, *best)),) if best else (),
        wants=tuple(_wishes(text))[:1],
    )


def _of(entities: Iterable[Entity], kind: str) -> list[Entity]:
    return [one for one in entities if one.kind == kind]


def _elements(entities: Iterable[Entity]) -> tuple[Element, ...]:
    """At most _MOST_OF_ONE, each wording once."""
    once = {one.text: Element(one.text, one.start, one.end, one.value) for one in reversed(list(entities))}
    return tuple(reversed(once.values()))[:_MOST_OF_ONE]


def _who(text: str, entities: Sequence[Entity]) -> tuple[Element, ...]:
    """Who tells it or is concerned, then who is complained about."""
    people = _elements(_of(entities, "person"))[:2]
    role = _ROLE.search(text[:READ_CHARS])
    if not people and role:
        people = (Element(role[1], role.start(1), role.end(1)),)
    against = [one for one in _of(entities, "organisation") if one.value == "against"]
    return (*people, *_elements(against)[:1])


def _wheres(entities: Iterable[Entity]) -> list[Entity]:
    """The places, the finest forms first; whole districts only where nothing finer is said."""
    order = {"crossing": 0, "community": 0, "site": 0, "road": 0, "area": 1}
    return sorted(_of(entities, "place"), key=lambda one: (order.get(one.value, 1), one.start))


def _clauses(text: str) -> Iterator[tuple[int, int, int, int]]:
    """Start and end of each clause and of its sentence, greetings and the like left out."""
    plain = fold_width(text[:READ_CHARS])
    for sentence in _SENTENCE.finditer(plain):
        at = sentence.start()
        while (lead := _LEAD.match(plain, at, sentence.end())) and lead.end() > at:
            at = lead.end()
        for clause in _CLAUSE.finditer(plain, at, sentence.end()):
            start, end = _trimmed(plain, clause.start(), clause.end())
            while (lead := _LEAD.match(plain, start, end)) and lead.end() > start:
                start = lead.end()
            if end > start:
                yield start, end, sentence.start(), sentence.end()


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and not (text[start].isalnum() or text[start] == "〔"):
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in ")）》”〕"):
        end -= 1
    return start, end


def _best_clause(text: str, entities: Sequence[Entity]) -> tuple[int, int] | None:
    """The clause that tells most of the matter: a place or firm in it, a word of trouble, enough words, early."""
    best, most = None, -99.0
    for number, (start, end, _, _) in enumerate(_clauses(text)):
        length = end - start - _said_of_time(entities, start, end)
        score = min(length, _FULL_CLAUSE) / _FULL_CLAUSE - 0.12 * number
        score += 1.2 * bool(_MATTER.search(text, start, end)) + 0.5 * _has(entities, start, end)
        score -= 2.0 * _is_contact(text, start, end)
        score -= 0.6 * bool(_WISH_ONLY.search(text, start, end)) + 1.0 * (length < _LEAST_CLAUSE)
        if score > most:
            best, most = (start, end), score
        if number >= 40:
            break
    return best


def _has(entities: Iterable[Entity], start: int, end: int) -> bool:
    return any(one.kind in ("place", "organisation") and start <= one.start < end for one in entities)


def _said_of_time(entities: Iterable[Entity], start: int, end: int) -> int:
    """How many characters of a clause are times."""
    return sum(
        min(one.end, end) - one.start for one in entities if one.kind == "time" and start <= one.start < end
    )


def _without_times(text: str, start: int, end: int, entities: Iterable[Entity]) -> str:
    """The clause less the times at its front (昨天下午3点我在…): the ticket has a field for them."""
    for one in entities:
        if one.kind == "time" and one.start == start and end - one.end >= _LEAST_CLAUSE:
            start = one.end
    return re.sub(r"^(?:左右|前后|期间|以来|开始|起|,|，|的|、)+", "", text[start:end])


def _widened(text: str, start: int, end: int) -> tuple[int, int]:
    """A short clause with the one behind it in the same sentence, so that it says something by itself."""
    clauses = list(_clauses(text))
    at = next((number for number, one in enumerate(clauses) if one[0] == start), None)
    if at is not None and end - start < _FULL_CLAUSE and at + 1 < len(clauses):
        following = clauses[at + 1]
        told = _WISH_ONLY.search(text, following[0], following[1]) or _is_contact(text, *following[:2])
        if following[2] == clauses[at][2] and not told:
            return start, following[1]
    return start, end


def _is_contact(text: str, start: int, end: int) -> bool:
    return end - start <= _LONGEST_CONTACT and bool(_CONTACT.fullmatch(text, start, end))


def _wishes(text: str) -> Iterator[Element]:
    """Clauses with a wish, plain wishes before questions, the last first: people ask at the end."""
    clauses = list(_backwards(text))
    for pattern in (_WISH_ONLY, _WISH):
        for start, end, stop in clauses:
            wish = pattern.search(text, start, end)
            if wish:
                yield _piece(text, *_trimmed(text, start, _short_of_mask(text, start, stop)))


def _backwards(text: str) -> Iterator[tuple[int, int, int]]:
    """The clauses from the last, each with where its sentence ends or comes to names and numbers to call."""
    sentence = until = -1
    for start, end, _, stop in reversed(list(_clauses(text))):
        if stop != sentence:
            sentence = until = stop
        if _is_contact(text, start, end):
            until = start
        else:
            yield start, end, until


def _piece(text: str, start: int, end: int) -> Element:
    end = _short_of_mask(text, start, end)
    return Element(text[start:end], start, end)


def _short_of_mask(text: str, start: int, end: int) -> int:
    """The end of a piece of at most _LONGEST_PIECE, before a mask that would be cut in half."""
    end = min(end, start + _LONGEST_PIECE)
    return _before_mask(text, start, end)


def _before_mask(text: str, start: int, end: int) -> int:
    opened = text.rfind("〔", start + 1, end)
    halved = opened > text.rfind("〕", start, end) and "〕" in text[end : opened + _LONGEST_MASK]
    return opened if halved else end


def _one_line(words: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff\ud800-\udfff]+", " ", words).strip()


def _cut(words: str) -> str:
    if len(words) <= TITLE_LENGTH:
        return words
    comma = max(words.rfind(sign, 0, TITLE_LENGTH + 1) for sign in "，,、")
    return words[:comma] if comma >= 12 else words[: _before_mask(words, 0, TITLE_LENGTH - 1)] + "…"
