"""What phrases alone can tell: the request type, how urgent it is, and the signals that need a careful hand.

Tables first, two small engines after them. The tables are read by people who know the work, so a phrase
stands where its meaning is, and every answer carries the phrases that gave it. Two choices may surprise.
Urgency leans to the alarm: only a plain denial ("没有人受伤") silences a phrase, and a mere worry ("担心", "隐患")
lowers it by one step. And self-harm is never lowered by a worry: who says "怕她想不开" is heard as if it were
happening.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from classifiers.segment import fold_width

READ_CHARS = 20_000
"""The rules read no further than this: long enough for any letter, short enough for pasted logs."""


@dataclass(frozen=True)
class Judged:
    """An answer of the rules: its code, a score in 0..1, and the phrases that spoke for it in order."""

    code: str
    score: float
    evidence: tuple[str, ...]


class Hit(NamedTuple):
    """A phrase of an alarm table that stands in the text and is not denied."""

    sensitive: str
    urgency: str
    phrase: str


class Alarm(NamedTuple):
    """One row of the alarm tables: the signal it gives ("" for none), how urgent it is, and its phrases."""

    sensitive: str
    urgency: str
    phrases: str


# The weight of a phrase: 3 names the type outright, 2 is typical of it, 1 is common in it.
TYPE_PHRASES: dict[str, tuple[tuple[int, str], ...]] = {
    "report": (
        (4, "实名举报|匿名举报|我要举报|特此举报|检举|揭发"),
        (3, "举报"),
        (
            2,
            "贪污|受贿|行贿|以权谋私|偷税|漏税|非法集资|传销|聚众赌博|开设赌场|卖淫|嫖娼|涉黑|黑恶势力|保护伞",
        ),
        (2, "偷排|非法采砂|非法采矿|非法行医|黑诊所|无证经营|无照经营|制假|售假|假药|虚报冒领|骗取补贴|倒卖"),
    ),
    "complaint": (
        (4, "我要投诉|特此投诉|投诉人|现投诉"),
        (3, "投诉"),
        (
            2,
            "乱收费|违规收费|强制消费|强制收取|态度恶劣|不作为|乱作为|推诿|踢皮球|互相推|吃拿卡要|霸王条款|欺诈|欺骗",
        ),
        (
            2,
            "扰民|拒不退|不退款|不予退|拖欠|克扣|违约|偷工减料|虚假宣传|擅自|坑害|太不负责|置之不理|无人管|没人管",
        ),
        (1, "严重影响|不满|不合理|不公平|强烈要求|多次反映|敷衍|臭|噪音|噪声|违规|违建|违章|维权"),
    ),
    "suggestion": (
        (4, "提个建议|提一个建议|提点建议|几点建议|一点建议|的建议$|合理化建议|建言献策"),
        (3, "建议|提议"),
        (
            2,
            "增设|增开|加设|能否增加|可否增加|希望增加|希望能增加|应该设|可以考虑|优化.{0,6}(?:线路|设置|配时)",
        ),
    ),
    "consult": (
        (4, "我要咨询|想咨询|请问|请教|想问|问一下|想了解|想知道"),
        (3, "咨询|询问|怎么办理|如何办理|怎样办理|怎么申请|如何申请|需要什么(?:材料|手续|条件)|需要哪些"),
        (
            2,
            "什么时候|何时|多久|多少钱|是否可以|能不能|能否|可否|可不可以|是不是|有没有政策|什么政策|什么条件|符合条件吗",
        ),
        (2, "在哪里办|哪里办理|标准是|如何计算|怎么算|怎么交|如何缴"),
        (1, "吗[?？]|呢[?？]|[?？]"),
    ),
    "help": (
        (4, "求助|救救|帮帮我|帮帮忙|请求帮助|寻求帮助|需要帮助|请帮忙"),
        (
            2,
            "恳请|恳求|请求.{0,8}(?:解决|帮助|处理|修复|救助)|希望.{0,12}(?:解决|修复|处理|协调|帮助|安装|疏通|抢修)",
        ),
        (
            2,
            "停水|停电|停气|停暖|没有?水用|没有?电用|漏水|堵塞|损坏|不亮|坏了|走失|被困|丢失|生活困难|无法生活",
        ),
        (1, "麻烦|尽快|困难|维修|修一修|请.{0,6}(?:解决|处理|协调)"),
    ),
    "praise": (
        (5, "表扬|锦旗|感谢信|点赞|好人好事|拾金不昧|见义勇为"),
        (
            3,
            "特此感谢|深表感谢|衷心感谢|由衷感谢|要感谢|想感谢|服务态度(?:很|非常|特别)好|热情周到|耐心细致|认真负责",
        ),
    ),
}

ALARMS: tuple[Alarm, ...] = (
    Alarm("self_harm", "critical", "自杀|轻生|跳楼|跳河|跳江|跳桥|割腕|服毒|喝农药|上吊|自焚|寻短见|想不开"),
    Alarm("self_harm", "critical", "不想活|活不下去|不活了|了结(?:自己|生命)|结束(?:自己的?)?生命|以死(?:相逼|抗争|证明)|遗书"),
    Alarm("violence", "critical", "同归于尽|报复社会|持刀|拿刀|砍人|砍死|捅死|(?<!棒子)打死|杀了(?:他|她|你|我)|杀人|(?:被人?|遭)绑架|劫持|泼汽油"),
    Alarm("violence", "critical", "(?:炸|放火烧)(?:了|掉|死)|人身威胁|死亡威胁|正在(?:打人|打架|斗殴)"),
    Alarm("violence", "urgent", "打伤|殴打|被打|群殴|家暴|威胁恐吓|扬言"),
    Alarm("life", "critical", "生命危险|危及生命|人命关天|奄奄一息|昏迷|休克|大出血|窒息|煤气中毒|一氧化碳中毒|溺水|触电"),
    Alarm("life", "critical", "被困|困在(?:电梯|水里|车里|楼里)|被埋|失联|掉进|坠楼|坠井|跌落|救命|突发(?:心脏病|脑梗|心梗)"),
    Alarm("life", "urgent", "断药|停药|等着(?:做)?手术|无钱(?:治|做手术)|独居老人.{0,10}(?:摔|病|饿)|露宿街头|流落街头|断粮"),
    Alarm("safety", "critical", "着火|起火|失火|火灾|爆炸|(?:燃|煤|天然)气(?:管道)?泄漏|泄漏(?:燃|煤|天然)气|液化气泄漏|危化品"),
    Alarm("safety", "critical", "坍塌|垮塌|倒塌|塌方|泥石流|山体滑坡|溃坝|决堤|集体中毒|食物中毒|高压线(?:掉|断|垂)|疫情爆发"),
    Alarm("safety", "urgent", "井盖(?:缺失|丢失|不见|没了|破损|塌)|路面?(?:塌陷|下陷)|漏电|电线(?:裸露|垂落|掉落)|外墙(?:脱落|掉落)"),
    Alarm("safety", "urgent", "高空(?:坠物|抛物)|电梯(?:坠落|急坠|下坠)|危房|墙体(?:倾斜|开裂严重)|火星|煤气味|燃气味|天然气味"),
    Alarm("", "urgent", "停水|断水|停电|断电|停气|断气|停暖|暖气不热|供暖不热|爆管|水管爆裂|内涝|严重积水|淹(?:了|没)"),
    Alarm("mass", "critical", "聚众|围堵|堵(?:路|门|桥|高速)|冲击(?:政府|机关)|罢工|罢课|罢运|集体(?:停运|停工|闹事)|群体性?事件"),
    Alarm("mass", "urgent", "拉横幅|静坐|聚集|游行|集体(?:维权|讨薪|抗议|投诉)|(?:几|数|上)(?:十|百|千)(?:名|人|户|位)"),
    Alarm("petition", "urgent", "集体上访|进京上访|越级上访|赴省上访|去北京上访|上访"),
    Alarm("minor", "critical", "猥亵|性侵|强奸|拐卖|拐骗|被拐|虐童|虐待(?:儿童|孩子|学生|幼儿)|童工"),
    Alarm("minor", "urgent", "校园(?:欺凌|霸凌|暴力)|体罚|辍学|失学"),
    Alarm("secrecy", "normal", "(?:请|要求|希望|务必|帮|为)(?:.{0,4})保密|匿名|不要(?:透露|泄露)|打击报复|保护(?:举报人|投诉人|个人信息)"),
    Alarm("media", "normal", "媒体曝光|曝光|记者|热搜|发(?:抖音|微博|朋友圈|到网上|视频)|电视台|舆论"),
    Alarm("official", "normal", "贪污|受贿|行贿|以权谋私|滥用职权|徇私舞弊|吃拿卡要|官商勾结|优亲厚友|保护伞|公款|买官卖官"),
)  # fmt: skip

# A young person and harm in one sentence: neither says it alone.
YOUNG = "孩子|小孩|儿童|未成年|学生|婴儿|幼儿|宝宝|女童|男童|少年|少女|(?:十[一二三四五六七]?|[1-9]|1[0-7])岁"
HARM = "殴打|被打|打伤|打骂|欺凌|霸凌|虐待|受伤|烧伤|烫伤|失踪|走失|失联|中毒|溺水|坠|跳楼|自杀|轻生|割腕|被困|昏迷|恐吓|遗弃"

_LEVELS = ("normal", "urgent", "critical")
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_CLAUSE_END = re.compile(r"[,，、：:。！？!?；;]")
_DENIED = re.compile(
    r"(?:没有|并没|没|未曾|并未|未|不会|不是|并非|不存在|无|防止|避免|预防|以免|杜绝|严禁|禁止|谨防|不要|别|绝不|不想)"
    r"(?:有|人|再|过|发生|出现|造成|导致|引发|引起|要|想|去|任何|什么|打算|想过|被|人员|的)*$"
)
_WORRIED = re.compile(
    r"可能|容易|担心|害怕|生怕|恐怕|万一|如果|假如|会不会|潜在|怕|以前|之前|去年|前年|曾经|曾|当年|年前"
)
_ABOUT = re.compile(
    r"^(?:的)?(?:保险|险|演练|预案|报警器|警报|知识|宣传|培训|讲座|应急|价|机|大甩卖|游戏|小说|电影|率|扶贫|标识)"
)
_RISK = re.compile(r"^.{0,4}(?:隐患|风险|危险|的可能)")

_ALARMS = tuple((row, re.compile(row.phrases)) for row in ALARMS)
_TYPES = {code: tuple((w, re.compile(phrases)) for w, phrases in rows) for code, rows in TYPE_PHRASES.items()}
_YOUNG, _HARM = re.compile(YOUNG), re.compile(HARM)
_THANKS_ONLY = re.compile(r"(?:谢谢|感谢|多谢).{0,8}$")


def request_type(title: str, detail: str) -> Judged:
    """咨询, 求助, 投诉, 举报, 建议 or 表扬, by weighed phrases; what stands in the title counts double.

    With no phrase at all it is a plea for help at a score of .2: the type that promises least about blame.
    """
    sums = dict.fromkeys(TYPE_PHRASES, 0.0)
    spoken: dict[str, list[str]] = {code: [] for code in TYPE_PHRASES}
    for text, factor in ((title, 2.0), (detail, 1.0)):
        for code, weight, phrase in _type_hits(fold_width(text[:READ_CHARS])):
            sums[code] += weight * factor
            spoken[code].append(phrase)
    best = max(sums, key=lambda code: sums[code])
    if not sums[best]:
        return Judged("help", 0.2, ())
    return Judged(best, round(sums[best] / (sum(sums.values()) + 2.0), 3), _once(spoken[best]))


def urgency(text: str) -> Judged:
    """critical, urgent or normal, with the phrases that raised it; normal when nothing did."""
    return urgency_of(alarms(text))


def sensitive(text: str) -> tuple[Judged, ...]:
    """The signals of `api.SENSITIVE` that the text gives, each once, with their phrases."""
    return signals_of(alarms(text))


def urgency_of(hits: Sequence[Hit]) -> Judged:
    """As `urgency`, from alarms that were found already."""
    code = max((hit.urgency for hit in hits), key=_LEVELS.index, default="normal")
    if code == "normal":
        return Judged(code, 1.0, ())
    return Judged(code, 0.9, _once(hit.phrase for hit in hits if hit.urgency == code))


def signals_of(hits: Sequence[Hit]) -> tuple[Judged, ...]:
    """As `sensitive`, from alarms that were found already."""
    found: dict[str, list[str]] = {}
    for hit in hits:
        if hit.sensitive:
            found.setdefault(hit.sensitive, []).append(hit.phrase)
    return tuple(Judged(code, 0.9, _once(phrases)) for code, phrases in found.items())


def alarms(text: str) -> list[Hit]:
    """Every phrase of the alarm tables in the text that is not denied, at the step worries leave it."""
    hits: list[Hit] = []
    for sentence in _SENTENCE.findall(fold_width(text[:READ_CHARS])):
        for row, pattern in _ALARMS:
            hits.extend(
                _heard(row, sentence, found)
                for found in pattern.finditer(sentence)
                if _holds(sentence, found)
            )
        hits.extend(_young_in_harm(sentence))
    return hits


def _type_hits(text: str) -> Iterator[tuple[str, int, str]]:
    """Each phrase once per row: a message that says 投诉 ten times is not ten complaints."""
    for code, rows in _TYPES.items():
        for weight, pattern in rows:
            for phrase in {
                found.group() for found in pattern.finditer(text) if not _only_thanks(text, found)
            }:
                yield code, weight, phrase


def _only_thanks(text: str, found: re.Match[str]) -> bool:
    """A closing "衷心感谢领导" is manners and no praise."""
    return "感谢" in found.group() and bool(_THANKS_ONLY.search(text[found.start() : found.end() + 9]))


def _holds(sentence: str, found: re.Match[str]) -> bool:
    before = _CLAUSE_END.split(sentence[max(0, found.start() - 16) : found.start()])[-1]
    return not _DENIED.search(before) and not _ABOUT.match(sentence[found.end() : found.end() + 8])


def _heard(row: Alarm, sentence: str, found: re.Match[str]) -> Hit:
    before = _CLAUSE_END.split(sentence[max(0, found.start() - 20) : found.start()])[-1]
    worry = _WORRIED.search(before) or _RISK.match(sentence[found.end() : found.end() + 8])
    level = row.urgency
    if worry and row.sensitive != "self_harm":
        level = _LEVELS[max(0, _LEVELS.index(level) - 1)]
    return Hit(row.sensitive, level, found.group())


def _young_in_harm(sentence: str) -> list[Hit]:
    young = _YOUNG.search(sentence)
    if not young:
        return []
    harms = [found for found in _HARM.finditer(sentence) if _holds(sentence, found)]
    row = Alarm("minor", "urgent", HARM)
    return [_heard(row, sentence, found) for found in harms if abs(found.start() - young.start()) <= 40]


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
