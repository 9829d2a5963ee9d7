"""Relevance: whether the reply takes up this matter and not another.

The words of the request that carry information (rare in Chinese at large, as jieba's dictionary counts them) are looked
for in the reply, the title's double; so are the places and organisations it names. What may surprise: a reply that
repeats the request and says nothing is halved, and one that copies it is no answer either.
"""

import math

from classifiers.extraction import find as find_entities
from classifiers.extraction.places import parts_of
from classifiers.reply_quality.findings import Mark, Part
from classifiers.reply_quality.reading import READ_CHARS, Reading
from classifiers.reply_quality.substance import substance
from classifiers.reply_quality.weights import PARTS
from classifiers.segment import Segmenter, fold_width

_STOCK = frozenset(
    "您好 你好 尊敬 网友 市民 居民 业主 群众 同志 先生 女士 领导 书记 县长 市长 区长 反映 问题 情况 收悉 来信 留言 诉求 答复 回复 如下 感谢 谢谢 支持 理解 关心 监督 工作 "
    "部门 有关 相关 单位 政府 我局 我市 我区 我县 处理 解决 调查 核实 现场 经查 希望 请求 建议 咨询 投诉 举报 要求 请问 我们 他们 你们 没有 可以 已经 进行 就是 这个 那个 现在 "
    "目前 一直 什么 怎么 这样 时候 因为 所以 但是 如果 还是 为了 不能 不是 能够 应该 非常 其他 以及 对于 关于 根据 按照 规定 办理 热线 电话 联系 能否 为何 为什么 何时 尽快 一个 进一步 "
    "加强 高度重视 积极 生活 老百姓 百姓 人民 关注 社会 一下 一些 这些 那些 自己 大家 今年 去年 明年 一年 多年 时间 地方 有人 影响 严重 造成 导致".split()
)
MOST_WORDS = 14
"""Of a long request only so many words count: nobody repeats a whole letter."""
_TITLE_TIMES = 2.0
_PLACES_SHARE = 0.1
_LONGEST_NAME, _MOST_NAMES = 16, 4
_FULL, _NONE = 0.42, 0.05
"""Coverage from which a reply is wholly about the matter, and up to which it is not at all (fitted on the tuning third)."""
_TALK_ONLY = 0.5
_COPIED, _COPY_GRAM = 0.7, 8


def key_words(title: str, detail: str, segmenter: Segmenter) -> dict[str, float]:
    """The words of a request that carry most information, word -> weight."""
    weights: dict[str, float] = {}
    for text, times in ((title, _TITLE_TIMES), (detail[:READ_CHARS], 1.0)):
        for word in set(segmenter.cut(text)):
            if len(word) > 1 and word not in _STOCK:
                weights[word] = max(weights.get(word, 0.0), times * information(word, segmenter))
    top = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS]
    return dict(top)


def information(word: str, segmenter: Segmenter) -> float:
    """How much a word tells, 0..1: its rarity in jieba's counts; a bare number tells little, an unknown word most."""
    if word.isdigit():
        return 0.2
    tokenizer = segmenter.tokenizer
    count = tokenizer.FREQ.get(word, 0) or 1
    return math.log(tokenizer.total / count) / math.log(tokenizer.total)


def coverage(title: str, detail: str, reply: str, segmenter: Segmenter) -> float:
    """The share of the request's information that the reply takes up, 0..1."""
    words = key_words(title, detail, segmenter)
    if not words:
        return 0.0
    text = segmenter.normalise(reply)
    said = set(segmenter.cut(reply))
    taken = sum(weight for word, weight in words.items() if word in said or (len(word) > 2 and word in text))
    return taken / sum(words.values())


def judge(
    title: str, detail: str, reading: Reading, segmenter: Segmenter, similarity: float | None = None
) -> Part:
    """The part `relevance`. `similarity` (0..1) is a dense encoder's opinion where there is one."""
    label = PARTS["relevance"][0]
    if not key_words(title, detail, segmenter):
        return Part("relevance", label, None, "诉求内容太少，无法判断是否针对")
    if len(reading.bare) < 2:
        return Part("relevance", label, 0.0, "没有答复内容")
    share = coverage(title, detail, reading.text, segmenter)
    places, taken = _places(title, detail, reading)
    if places:
        share = (1 - _PLACES_SHARE) * share + _PLACES_SHARE * len(taken) / len(places)
    score = min(1.0, max(0.0, (share - _NONE) / (_FULL - _NONE)))
    if similarity is not None:
        score = (score + similarity) / 2
    return _said(label, score, reading, fold_width(f"{title}\n{detail}"), places, taken)


def _said(
    label: str, score: float, reading: Reading, matter: str, places: list[str], taken: tuple[Mark, ...]
) -> Part:
    if _copied(matter, reading.text) > _COPIED:
        return Part("relevance", label, min(score, 0.2), "答复大半照抄诉求原文，没有回应", taken)
    if not substance(reading):
        return Part(
            "relevance", label, score * _TALK_ONLY, "提到了诉求，但只有套话或转办，没有实质回应", taken
        )
    if score < 0.25:
        return Part("relevance", label, score, "答复几乎没有提到诉求中的事项，可能答非所问", taken)
    unnamed = [place for place in places if place not in {mark.note for mark in taken}]
    missed = [one for one in unnamed if not any(one != other and one in other for other in unnamed)]
    reason = "回应了诉求中的事项" if score > 0.6 else "部分回应了诉求中的事项"
    return Part(
        "relevance", label, score, reason + (f"；未提到{'、'.join(missed[:3])}" if missed else ""), taken
    )


def _places(title: str, detail: str, reading: Reading) -> tuple[list[str], tuple[Mark, ...]]:
    """The first places and organisations of the request, and where the reply names them, be it in a shorter form."""
    names = _names(fold_width(f"{title}\n{detail[:2000]}"))
    found = []
    for name, forms in names.items():
        said = next((form for form in forms if form in reading.text), "")
        if said:
            at = reading.text.find(said)
            found.append(Mark(at, at + len(said), "place", name))
    return list(names), tuple(found)


def _names(matter: str) -> dict[str, list[str]]:
    """Each name with the forms it may be named in, the whole first; of two places one inside the other the longer."""
    kinds = {
        one.text: one.kind
        for one in find_entities(matter)
        if one.kind in ("place", "organisation") and 2 < len(one.text) < _LONGEST_NAME
    }
    names = [name for name, kind in kinds.items() if kind != "place" or not _is_inside(name, kinds)]
    return {name: [name, *(parts_of(name) if kinds[name] == "place" else ())] for name in names[:_MOST_NAMES]}


def _is_inside(name: str, kinds: dict[str, str]) -> bool:
    return any(kind == "place" and name != other and name in other for other, kind in kinds.items())


def _copied(matter: str, reply: str) -> float:
    """The share of the reply's runs of eight signs that stand in the request word for word."""
    runs = [reply[at : at + _COPY_GRAM] for at in range(max(0, len(reply) - _COPY_GRAM))]
    known = {matter[at : at + _COPY_GRAM] for at in range(max(0, min(len(matter), READ_CHARS) - _COPY_GRAM))}
    return sum(run in known for run in runs) / len(runs) if len(runs) > 20 else 0.0
