"""Who: persons with a name or a surname (张女士, 李某, 王主任, 姓名：陈建国), and ages in years.

A surname alone is too common a character: it needs a title, 某, or a word that a name follows.
"""

import re
from collections.abc import Iterator

from classifiers.extraction.numerals import number, plain
from classifiers.extraction.spans import Found
from classifiers.personal_data.surnames import ALL, COMPOUND

_SURNAME = f"(?:{'|'.join(COMPOUND)}|[{ALL}])"
_CAREFUL = "向于和对白方安任高万钱温石易毛金施文武关路成明应费左占管游车项党房简季"
"""Surnames that also begin or end everyday words: with 某 and titles only behind the beginning of a clause."""
_TITLES = "女士|先生|小姐|老师|师傅|阿姨|大爷|大妈|大娘|大姐|大哥|大叔|奶奶|爷爷|叔叔|伯伯|主任|书记|经理|局长|所长|院长|校长|副?[镇乡县区市村站店厂园队科处行会]长|董事长|护士长?|医生|大夫|警官|会计|律师|教练|老板|法官|同志|同学|教授|导游|主管|总监|秘书|干事|支书"
_SHORT_TITLES = "总|工|姐|哥|叔|婶|伯|姨|妹|嫂"
_BREAK = r"(?<![\u4e00-\u9fff])"
_NEXT = r"(?=[,，。;；:：、!！?？()（）\s“”\"说称来去和与在的把将是等将给承到为让也都曾又却已没不]|$|电话|手机|身份证|收了|负责|拒绝|威胁|反映|隐瞒|联系|受伤|扬言|自称|自己|私|态度|老|服务)"
_WITH_TITLE = re.compile(rf"(?<![副原班责主信])(?P<name>{_SURNAME}(?:{_TITLES}))(?!说明书)")
_SOMEBODY = re.compile(
    rf"(?P<name>{_SURNAME}某(?:某|[\u4e00-\u9fff]{_NEXT})?)(?![小地市县区部公单省村镇学医街路条件种个位家些])"
)
_FAMILIAR = re.compile(
    rf"(?:{_BREAK}|(?<=[员服和与叫师傅友事居任板说长找是]))(?P<name>[小老](?:{_SURNAME}|雅|丽|美|芳|燕|红|莉)){_NEXT}"
)
_SHORTLY = re.compile(
    rf"(?:{_BREAK}|(?<=[板叫和与员]))(?P<name>[{ALL}](?:{_SHORT_TITLES}))(?=[,，。;；:：、()（）\s说称来让给今在找承答]|$)"
)
_CALLED = r"(?:姓名[:：]?|名叫|名字[是叫]|我叫|名为|叫做?|工友|联系人[:：]?|当事人[:：]?|负责人[叫是:：]?|法人代表|法人|老板|房东|场主|店主|园长|院长|校长|村支书|村主任|主任|经理|业务员|司机|教练|导游|员工|村民|邻居|业主|租客|同学|同事|朋友|父亲|母亲|丈夫|妻子|爱人|老公|老婆|儿子|女儿|弟弟|哥哥|姐姐|妹妹|网格员|来电人|反映人|投诉人|举报人|本人)"
_NAMED = re.compile(rf"{_CALLED}(?P<name>{_SURNAME}[\u4e00-\u9fff]{{1,2}}?){_NEXT}")
_FULL = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,8}?)(?=先生|女士|[,，。;；、\s(（]|$)(?:先生|女士)?"
)
_WORDS = frozenset(
    "小车 老车 小时 老家 曾经 车拥 管教 向市 方实 小高 小康 小包 老房 小房 小金 任务 小白 小段 小米 小毛 小辛 小麦 老石 向社区 向政府 方便 高兴 高度 安全 安排 任何 万一 白天 金额 石头 文明 成功 成立 明显 明确 应该 应当 关于 关系 关门 路过 管理 房子 房屋 车辆 车子 左右 占用 季度 简单 文化 平时 时间 高速 高空 毛病 温度 易燃 施工 武力 钱财 方面 安装 任意 程度 余额 江边 田地 马上 马路 金钱 万元 黄色 白色 高中 高三 初中 周边 周围 周末 段时间 章程 许多 谢谢 严重 常年 洪水 全家 全部 连续 单位 明明 明天 成为 成年 成天 应急 马桶 石油 水电 康复 何时 何况 何种 顾客 顾及 史上 江湖 陆续 贺卡 傅家 毛坯 乔迁".split()
)
_AGE = re.compile(
    r"(?<![\d.])(?P<years>\d{1,3}|[一二两三四五六七八九十百]{1,4})(?:多|来|余|几)?(?:周)?岁(?P<half>半)?(?![月])(?:多)?(?=$|[^数])"
)


def people(text: str) -> Iterator[Found]:
    """The persons in a text with half-width digits; spans may overlap, the first ones are the surest."""
    for pattern in (_FULL, _WITH_TITLE, _SOMEBODY, _NAMED, _FAMILIAR, _SHORTLY):
        for match in pattern.finditer(text):
            if _is_a_person(text, match):
                yield Found("person", match.start("name"), match.end("name"))


def _is_a_person(text: str, match: re.Match[str]) -> bool:
    name = match["name"]
    if name in _WORDS or name[:2] in _WORDS:
        return False
    before = text[max(0, match.start("name") - 1) : match.start("name")]
    if (
        name[0] in "向和对于"
        and match.re is _WITH_TITLE
        and text[match.end() : match.end() + 1] not in tuple(",:;、(称说来")
    ):
        return False
    careful = name[0] in _CAREFUL and not name.startswith(COMPOUND)
    return (
        not careful
        or match.re is _NAMED
        or not re.match(r"[\u4e00-\u9fff]", before)
        or before in "的和与、称叫将由师员任长老板人子亲友处部科室院局所委办"
    )


def ages(text: str) -> Iterator[Found]:
    """Ages; the value is years, of 六七十岁 the lower."""
    for match in _AGE.finditer(text):
        words = match["years"]
        if pair := re.fullmatch(r"([一二三四五六七八九])([二三四五六七八九])十", words):
            words = pair[1] + "十"
        years = number(words)
        if years is not None and years <= 130:
            end = match.end("half") if match["half"] else text.index("岁", match.end("years")) + 1
            yield Found("age", match.start(), end, plain(years + (0.5 if match["half"] else 0)))
