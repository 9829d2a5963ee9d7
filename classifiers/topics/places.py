"""Finds the names of places, companies and cases in cut messages, without a gazetteer: by how names are written.

A name is (a) a run of words up to one that ends as places do ("梧桐里小区", "望江路"), or (b) a run that stands
at least twice before a word that follows names (小区, 业主, 三期, 案…), wherever else it stands. Both over-reach at
times by a word; that is why names are compared by their pairs of characters and not as wholes, so that
"万顺星河湾" and "星河湾小区" meet. A type noun alone ("搅拌站", "幼儿园") is no name: it tells the matter.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence

from classifiers.topics.stopwords import EMPTY

WORD = re.compile(r"^[\u4e00-\u9fffa-z0-9·]+$")
NUMBER = re.compile(r"^[0-9一二三四五六七八九十百零〇两]+[期栋号楼组单元年月日时点分元万米个岁次]*$")
AREA = re.compile(
    r"^(?!小区|社区|园区|地区|景区|校区|片区|街区|城区|市区|郊区|山区|新区|库区|辖区|院区|厂区|分区|超市|城市|门市|夜市|股市|楼市|房市|上市|都市|各区|各县|区$|市$|县$|州$)(?:[a-z]?[0-9]*|[\u4e00-\u9fff]{1,4})(?:省|市|区|县|州|盟|旗)$"
)
_TAILS = (
    "小区|花园|家园|公寓|大厦|广场|大道|大街|公路|国道|省道|高速|路口|立交桥|大桥|公园|市场|商场|超市|医院|学校|小学|中学|大学"
    "|学院|幼儿园|车站|地铁站|工业园|产业园|街道|社区|集团|公司|银行|驾校|健身房|酒店|饭店|影楼|机构|平台|中心|工地|项目|楼盘|新城|新村"
    "|国际城|号线|城|苑|府|湾|庭|郡|园|居|邸|墅|馆|村|镇|乡|路|街|巷|弄|桥|站|湖|山|河|江|岛|寺|厂|店|校|港|洲|轩|阁|台|滩|院|里|门|组"
)
_KINDS = (
    "实验|附属|附中|附小|普惠性?|配套|公办|民办|示范性|一级|中级|高级|人民|法院|检察院|公安局|派出所|分局|执法局|管理局|大队|支队|政府|办公室|办事处"
    "|有限|责任|股份|科技|网络|信息|投资|房地产|房产|地产|开发商?|置业|物业|商务|生物|文化|传播|教育|培训|管理|服务|贸易|技术|建筑|工程|经济|职业|餐饮"
    "|公交|首末站|巴士|地铁|麻将馆|幼儿|楼盘|楼下|附近|门面|商铺|底层|临街|安置|业主|全体|居民|车库|停车场|食堂|宿舍|校区|城镇|第三方|造价|咨询|平台"
)
_LAST_KIND = re.compile(f"(?:{_TAILS}|{_KINDS})$")
_TAIL = re.compile(f"(?:{_TAILS})$")
_KIND_ONLY = re.compile(f"^(?:{_TAILS})$")
_FOLLOWS = re.compile(
    r"^(?:小区|楼盘|业主|物业|开发商|校区|培训|案|案件|幼儿园|居民|项目|工地|[0-9一二三四五六七八九十]+[期栋])$"
)
MAX_WORDS, MAX_CHARS = 5, 10

Span = tuple[int, int]


class Names:
    """The names of one set of messages. `known` are general words (a dictionary): alone they name nothing."""

    def __init__(self, known: Container[str], texts: Iterable[Sequence[str]]) -> None:
        self._known = known
        self._learned = self._learn(texts)

    def spans(self, words: Sequence[str]) -> list[Span]:
        """[start, end) of the names among the words, in order; they may overlap."""
        found = []
        for end, word in enumerate(words, 1):
            if _TAIL.search(word) and WORD.match(word) and word not in EMPTY and not AREA.match(word):
                start = self._start(words, end)
                if not self._is_plain(words[start:end]):
                    found.append((start, end))
        for start in range(len(words)):
            for length in range(min(MAX_WORDS, len(words) - start), 0, -1):
                if tuple(words[start : start + length]) in self._learned:
                    found.append((start, start + length))
                    break
        return sorted(set(found))

    def _start(self, words: Sequence[str], end: int) -> int:
        """How far a name reaches back from its last word."""
        start, length = end - 1, len(words[end - 1])
        while start > 0 and end - start < MAX_WORDS:
            before = words[start - 1]
            length += len(before)
            if (
                length > MAX_CHARS
                or not self._may_begin(before)
                or (_TAIL.search(before) and len(before) > 1)
            ):
                break
            start -= 1
        return start

    def _may_begin(self, word: str) -> bool:
        return (
            bool(WORD.match(word)) and word not in EMPTY and not AREA.match(word) and not NUMBER.match(word)
        )

    def _is_plain(self, words: Sequence[str]) -> bool:
        """A kind of place and no name: one general word, or nothing before the tail."""
        whole = "".join(words)
        return len(whole) < 3 or bool(_KIND_ONLY.match(whole)) or (len(words) == 1 and whole in self._known)

    def _learn(self, texts: Iterable[Sequence[str]]) -> Mapping[tuple[str, ...], int]:
        counts: Counter[tuple[str, ...]] = Counter()
        for words in texts:
            seen: set[tuple[str, ...]] = set()
            for place, word in enumerate(words):
                if _FOLLOWS.match(word):
                    seen.update(self._runs_before(words, place))
            counts.update(seen)
        return {run: count for run, count in counts.items() if count >= 2}

    def _runs_before(self, words: Sequence[str], place: int) -> Iterable[tuple[str, ...]]:
        for length in range(1, min(MAX_WORDS, place) + 1):
            run = tuple(words[place - length : place])
            if not self._may_begin(run[0]) and not (run[0].isdigit() and length > 1):
                return
            if 3 <= len("".join(run)) <= 8 and not self._is_plain(run):
                yield run


def core(name: str) -> str:
    """What tells the name from others of its kind ("望江路" -> "望江"); "" where every part is a kind."""
    bare = name
    while (shorter := _LAST_KIND.sub("", bare)) != bare:
        bare = shorter
    return name[:2] if len(bare) == 1 else bare
