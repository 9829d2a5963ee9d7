"""Whether a phrase is meant as it stands: figurative, denied, settled, past, imagined, or only the subject of talk.

Everything here works on one message whose width was folded, sign for sign, so that offsets stay true. Figurative
phrases ("跳楼甩卖", "气得要死", "死机") are blanked before anything listens. The rest is a matter of degree: `Doubt` says by how
many steps an alarm is lowered, and `SILENT` that it is no alarm at all.
"""

import re
from typing import NamedTuple

from classifiers.phrases.alarm_words import NOW, PAST

BLANK = "＿"
SILENT = 3
BESIDE = 12
"""A good end may stand so many signs before the words of the danger ("好在人救出来了，没有窒息")."""
AROUND = 30
"""How far, in signs, the words of an aftermath (a court, a verdict, a compensation) reach."""

_FIGURATIVE = re.compile(
    "跳楼(?:价|甩卖|大?促销|清仓|大?减价|大酬宾|机|式)|自杀式|自杀了一样|(?:像|跟).{0,4}自杀"
    "|(?:气|累|热|烦|吵|急|闹|困|饿|笑|臭|冷|呛|咸|贵|堵|挤|郁闷|难受|无聊|恨)(?:都)?(?:得)?(?:要死|半死|死)(?:我|人|了|个人)?"
    "|(?:吵|热|冷|烦|累|疼|痛|急|难吃|臭)得要(?:死|命)|要死不活|半死不活|死(?:机|板|角|活|心|路|党|缠|皮|循环|鱼|树|猪|档|工资|规定|撑|扛|守|等|磨)"
    "|(?:卡|锁|堵|关|写|定|封|焊|钉|跑)死(?:了)?(?!人)|(?:要命|致命)的(?:是|问题)?|要了?老命|要人命的?(?:物业|价)|打死(?:我|他|都)?也?(?:也|都|不)|撞死(?:机)"
    "|爆炸(?:头|性|式|螺)|爆(?:仓|款|满|火|表|单|料|棚)|炸(?:裂|鸡|串|酱|鱼|街|锅|了锅|毛|薯|油条|了个)|(?:油|香|酥)炸|信息爆炸"
    "|杀(?:虫|毒|价|菌|青|猪|鸡|鱼|手锏|软件|蟑|鼠|熟)|(?:封|抹|秒|扼|绞|被|误)杀(?=软|了?号|，就是|就是封)|被杀，?就是封号|砍(?:一刀|价|树|伐|掉|我家.{0,3}树)|砍.{0,4}(?:核桃|树|竹)"
    "|火(?:车|锅|爆|热|速|机票|候|腿|箭|炬|炕|龙|山岛|化)|着急上火|容易上火|恼火|(?<![引突触诱])发火(?![灾情警])|救命(?:稻草|钱|恩人|药|通道|的药|之恩)|(?:肺|人)都?(?:快)?气炸|都炸(?:锅)?了|关键时候能救命|滚滚的?浓烟|想死的心|晕死(?:了)?人?|(?:真|着实|实在)?(?:真的)?让我想不开|窒息感|想不开(?=门|通|机|车|户|店|发票)|要?跳(?:广场|健身|交谊|街)?(?:舞|绳|操|槽|闸|票|级|转)"
    "|轰炸|炸群|拉黑|黑烟囱|人间蒸发|不见了踪影|血(?:汗钱|本|拼|压|糖|型|亏|脂|常规)|泼(?:冷|脏)水|打断(?:话|说话|了?我的话)|放(?:鞭)?炮|开枪式|枪毙|中枪|躺枪|机关枪|水枪|喷枪|加油枪|扫码枪|刷枪"
    "|投毒舌|毒(?:舌|鸡汤|瘤|打)|倒闭|垮台|拖垮|压垮|崩塌的心|塌房|心态崩|淹没在|窒息的(?:感觉|操作)|(?:令|让)人窒息|坑蒙拐骗|蒙拐骗|电梯.{0,4}罢工|冻结|堵心|堵车|添堵|下辈子都|杀人放火的剧"
)  # fmt: skip
_TOPIC_AFTER = re.compile(
    r"^(?:的)?(?:保险|险(?!情)|事故(?:统计|鉴定|处理条例)|演练|演习|逃生演练|预案|报警器(?!.{0,6}[叫响])|自动报警|警报器|知识|宣传|培训|讲座|教育|课|应急|大甩卖|游戏|小说|电影|电视剧|新闻|剧|率|扶贫|标识|标志|牌子"
    r"|预防|防治|防范|隔离带|鉴定|等级|烈度|风险评估|告诫书|倾向|赔偿款?(?:$|[^了])|有奖|处罚|怎么处理|条例|法律|办法|热线|是一回事)"
)
_TOPIC_LIST = re.compile(
    r"意外险|险种|都赔|能赔|计划停|停[水电]通知|停[水电]计划"
    r"|(?:买|投|办|推销|推荐).{0,8}保险(?![丝阀杠柜箱扣栓绳])|保险(?:产品|条款|推销|业务员|销售)"
)
_TOPIC_BEFORE = re.compile(
    r"(?:反|防|防止|预防|防范|避免|杜绝|遏制|打击|严厉打击|宣传|普及|学习|演练|培训|教育|讲|放|播|演|看了?部?讲|关于|见义勇为|救起|救下|勇救)(?:的|了|一个|个)?$"
)
_DENIED = re.compile(
    r"(?:没有|并没|没|未曾|并未|未|不会|不是|并非|不存在|无|防止|防|避免|预防|以免|免得|省得|杜绝|严禁|禁止|谨防|不要|别|绝不|不想|不再|从没|从来没|从未|不曾|不算|谈不上|不至于|没到)"
    r"(?:有|人|再|过|发生|出现|造成|导致|引发|引起|要|想|去|任何|什么|打算|想过|被|人员|的|真的|说要|到|有人|任何人|是|算|在|学别人)*$"
)
_WORRIED = re.compile(
    r"可能|容易|极易|随时|担心|害怕|生怕|恐怕|万一|如果|假如|要是|倘若|会不会|潜在|怕|以防|说不定|早晚|迟早|哪天|等到|非得等|造成|威胁|多次|经常|时常|屡次|频繁|常常|频频|涉嫌|疑似|像|似的"
)
_RISK = re.compile(r"^.{0,6}(?:隐患|风险|危险|的可能|不堪设想|怎么办|责任谁)")
_AFTERMATH = re.compile(
    r"法院|判决|立案|伤残|轻伤|鉴定书|抢救无效|去世|身亡|(?:工伤|赔偿|补偿|理赔)|案件|烟囱|焚烧|排放|处罚决定|结案|起诉|笔录|前科"
)
_IMAGINED = re.compile(
    r"如果|如(?=发生|出现|遇|有火|再)|一旦|若是|若有|若(?=发生|出现)|倘|假如|再不.{0,8}就会|不堪设想|后果|怎么办|会不会(?:导致|造成|引发)|难免|要是|倘若|万一|假设|听说|据说|群里都在传|传言|谣言|电影|电视剧?|小说|游戏|新闻里|网上说"
)
_PAST = re.compile(f"(?:{PAST})")
_RIGHT_NOW = re.compile("现在|刚才|刚刚|正在|还在|马上|今天|今早|今晚")
_NOW = re.compile(f"(?:{NOW}|快来|赶紧|马上|急)")
_DATED = re.compile(
    "[0-9一二三四五六七八九十]{1,2}月(?:份|初|中旬|底|[0-9一二三四五六七八九十]{1,3}[日号])|多年|至今(?:没|未|不|仍)"
)
_LASTING = re.compile("又|还在|至今|到现在|一直|还要|下次|再|反复|天天|仍")
_SETTLED = re.compile(
    "(?:已经|都|早就|现在|今天|后来|最后|终于|幸好|幸亏|好在)(?:(?![没未]|无法|不能).){0,8}"
    "(?:解决了|救出来了|救活|救回来|没事了|找到了|脱险|扑灭|出院了|修好了|弄好了|处理好了|病好了|恢复了"
    "|平安(?!小区|社区|路|街|里|村|镇|县|大道|公园|银行|医院|学校|花园|家园))|又好了(?!几)|人也?没事(?:[，。,.]|$)"
    "|(?<![没未能法])把火扑灭|(?<!还)没出事|撤(?:了|销).{0,2}(?:吧|单)|(?:单子|工单|投诉)(?![被让遭给]).{0,4}撤|事情?已经?解决"
)
_LINE_END = re.compile(r"[,，、：:。！？!?；;\n]")


class Doubt(NamedTuple):
    """What speaks against a phrase: how many steps lower it is heard (SILENT: not at all)."""

    steps: int
    denied: bool


def without_figures(text: str) -> str:
    """The text with figurative phrases blanked, sign for sign."""
    return _FIGURATIVE.sub(lambda found: BLANK * len(found.group()), text)


def settled(text: str, since: int) -> bool:
    """Whether the message says, from text[since] on, that a danger is over; what was settled before is another one."""
    return _SETTLED.search(text, max(0, since - BESIDE)) is not None


def happening(text: str) -> bool:
    """Whether words of here and now stand in it."""
    return _NOW.search(text) is not None


def doubt(sentence: str, start: int, end: int) -> Doubt:
    """What the words around sentence[start:end] make of it.

    Denials reach as far as their clause. Past times silence unless something says that it goes on. Worries and
    risks lower by one step, so do the words of an aftermath and dates, imagined things by two.
    """
    before = _LINE_END.split(sentence[max(0, start - 16) : start])[-1]
    after = sentence[end : end + 8]
    if _DENIED.search(before):
        return Doubt(SILENT, True)
    if _TOPIC_AFTER.match(after) or _TOPIC_BEFORE.search(before):
        return Doubt(SILENT, False)
    if _TOPIC_LIST.search(sentence, max(0, start - AROUND), end + AROUND):
        return Doubt(SILENT, False)
    wide = sentence[max(0, start - 24) : end]
    if _was_past(wide) and not _LASTING.search(sentence, start, end + 40):
        return Doubt(SILENT, False)
    if _IMAGINED.search(wide):
        return Doubt(2, False)
    worried = _WORRIED.search(before) or _RISK.match(after)
    told = _AFTERMATH.search(sentence, max(0, start - AROUND), end + AROUND) or (
        _DATED.search(sentence, max(0, start - AROUND), end + AROUND) and not _RIGHT_NOW.search(sentence)
    )
    return Doubt(bool(worried) + bool(told), False)


def _was_past(before: str) -> bool:
    """Whether a past time stands before a phrase and nothing of now between the two ("上次修好了，今天又…")."""
    said = list(_PAST.finditer(before))
    between = before[said[-1].end() :] if said else ""
    return bool(said) and not (_RIGHT_NOW.search(between) or _LASTING.search(between))
