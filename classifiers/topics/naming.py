"""What a topic is called: the place, the matter in the citizens' own words, and whom it concerns.

A matter is named by the runs of words that most of its messages share. Nothing that looks like a person's
name (classifiers.names) or a long number gets into a name, and of places only what at least two messages or a
third of them say.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from classifiers.topics.places import AREA, Names
from classifiers.topics.wording import Cut, tells

MAX_NAME = 30
MAX_MATTER = 14
TITLE = 3
"""How many details a title outweighs when a place is named."""
_LONG_NUMBER = re.compile(r"\d{5}")
_CODE = re.compile(r"^[a-z]+[0-9]*$|^区")
_CODED = re.compile(r"(?<![a-z])([a-z]{1,3})(?=\d|[\u4e00-\u9fff])|(?<=\d)([a-z]{1,2})(?![a-z])")
CROWDS = {
    "业主": ("业主", "购房者", "购房户", "住户"),
    "家长": ("家长", "孩子", "小孩", "学位", "入学"),
    "学生": ("学生", "同学", "大学生", "考生", "毕业生", "宿舍"),
    "农民工": ("农民工", "民工", "工资", "欠薪", "讨薪"),
    "职工": ("职工", "员工", "工人", "铁路职工"),
    "司机": ("司机", "驾驶员", "车主", "的哥", "网约车"),
    "乘客": ("乘客", "公交车", "坐车", "候车"),
    "学员": ("学员", "驾校", "会员"),
    "村民": ("村民", "组民", "农民", "村组"),
    "商户": ("商户", "经营户", "店主", "摊主", "个体户"),
    "租户": ("租户", "租客", "租房"),
    "老人": ("老人", "老年人", "退休"),
    "患者": ("患者", "病人", "看病", "住院"),
    "教师": ("教师", "老师"),
    "军人": ("退伍军人", "退役军人", "士官", "转业", "退伍"),
    "残疾人": ("残疾人", "残疾"),
    "投资人": ("投资人", "出借人", "受害人", "受害者", "集资"),
    "居民": ("居民", "市民", "街坊"),
}
"""Crowds and the words that speak of them, the special before the general."""


class Namer:
    """Names topics of one run; `struck` are the words that may be a person's name."""

    def __init__(self, names: Names, struck: frozenset[str]) -> None:
        self._names, self._struck = names, struck

    def place(self, cuts: Sequence[Cut]) -> str:
        """The area and the place most messages name, or "" where they do not agree on one."""
        said: Counter[str] = Counter()
        for one in cuts:
            said.update(
                dict.fromkeys(self._said(one.title), TITLE) | dict.fromkeys(self._said(one.detail), 1)
            )
            said.update(dict.fromkeys(self._said(one.title) & self._said(one.detail), TITLE))
        areas = Counter(area for one in cuts for area in {word for word in one.title if AREA.match(word)})
        wide = [area for area, count in areas.items() if count >= len(cuts) / 2]
        area = max(wide, key=lambda one: (len(one), areas[one], one), default="")
        enough = max(2, len(cuts) / 3) * (1 if len(cuts) < 2 else 1.5)
        often = {name: count for name, count in said.items() if count >= enough and not self._is_struck(name)}
        best = max(often, key=lambda name: (often[name] * len(name) ** 0.3, name), default="")
        return _written(area + best)[:18]

    def _said(self, words: Sequence[str]) -> set[str]:
        """The names among the words, areas left out."""
        return {self._whole(words, span) for span in self._names.spans(words)} - {""}

    def _whole(self, words: Sequence[str], span: tuple[int, int]) -> str:
        return "".join(word for word in words[span[0] : span[1]] if not AREA.match(word))

    def matter(self, cuts: Sequence[Cut], place: str) -> str:
        """One or two runs of words that the messages share outside the place; "" where they share none."""
        runs = Counter(run for one in cuts for run in self._runs(one.title))
        enough = 1 if len(cuts) == 1 else max(2, len(cuts) / 5)
        if max(runs.values(), default=0) < enough:
            runs = Counter(run for one in cuts for run in self._runs(one.detail[:150]))
        usable = {run: count for run, count in runs.items() if count >= enough and self._fits(run, place)}
        ranked = sorted(usable, key=lambda run: (-usable[run] * min(len("".join(run)), 8) ** 0.5, run))
        return _written(" ".join(_apart(ranked[:40])))

    def _runs(self, words: Sequence[str]) -> set[tuple[str, ...]]:
        """Runs of one to four telling words outside names of several words."""
        named = {at for start, end in self._names.spans(words) if end - start > 1 for at in range(start, end)}
        found = set()
        for start in range(len(words)):
            for end in range(start + 1, min(start + 4, len(words)) + 1):
                if end - 1 in named or not tells(words[end - 1]):
                    break
                found.add(tuple(words[start:end]))
        return found

    def _fits(self, run: tuple[str, ...], place: str) -> bool:
        text = "".join(run)
        shared = sum(text[at : at + 2] in place.lower() for at in range(len(text) - 1))
        coded = any(_CODE.match(word) for word in run)
        return 2 <= len(text) <= MAX_MATTER and not shared and not coded and not self._is_struck(*run)

    def _is_struck(self, *words: str) -> bool:
        return any(_LONG_NUMBER.search(word) or word in self._struck for word in words)

    def title(self, place: str, matter: str) -> str:
        """At most 30 characters."""
        return " ".join(part for part in (place, matter) if part)[:MAX_NAME].strip() or "未能命名的话题"

    def words(self, ranked: Iterable[str]) -> tuple[str, ...]:
        """The first eight of the words that are no personal names."""
        kept = [word for word in ranked if not self._is_struck(word)]
        return tuple(kept[:8])


def telling_words(cuts: Sequence[Cut], everywhere: Counter[str]) -> list[str]:
    """Words that these messages say more often than all messages do, the most telling first."""
    here: Counter[str] = Counter()
    for one in cuts:
        here.update({word for word in (*one.title, *one.detail) if len(word) > 1 and tells(word)})
    few = 1 if len(cuts) == 1 else 2
    score = {w: n / len(cuts) * (n / (everywhere[w] + 3)) ** 0.5 for w, n in here.items() if n >= few}
    return sorted(score, key=lambda word: (-score[word], word))[:24]


def crowd_of(texts: Sequence[str], everywhere: Counter[str], total: int) -> str:
    """Whom the topic concerns: the crowd that a quarter of the messages mention, most above what is usual."""
    here = crowds_in(texts)
    lift = {
        crowd: count / len(texts) / ((everywhere[crowd] + 1) / (total + 1)) ** 0.5
        for crowd, count in here.items()
        if count >= max(1, len(texts) / 4)
    }
    order = list(CROWDS)
    return max(lift, key=lambda crowd: (lift[crowd], -order.index(crowd)), default="")


def crowds_in(texts: Iterable[str]) -> Counter[str]:
    """How many of the texts mention each crowd."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(crowd for crowd, words in CROWDS.items() if any(word in text for word in words))
    return counts


def _apart(ranked: Sequence[tuple[str, ...]]) -> list[str]:
    """The first run, and the first other that shares no word with it and still finds room."""
    chosen: list[str] = []
    for run in ranked:
        text = "".join(run)
        fresh = not any(text[at : at + 2] in other for other in chosen for at in range(len(text) - 1))
        if fresh and len(text) >= 2 and sum(map(len, chosen)) + len(text) <= MAX_MATTER:
            chosen.append(text)
        if len(chosen) == 2:
            break
    return chosen


def _written(text: str) -> str:
    """As people write it: letters of codes large again ("a7县" -> "A7县")."""
    return _CODED.sub(lambda found: found.group().upper(), text)
