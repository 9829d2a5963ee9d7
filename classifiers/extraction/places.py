"""Where: place names by their endings, the city's own names, road numbers and crossings, joined into the longest place.

The value is the form of the finest part (PLACE_FORMS). A name ends in 路, 小区, 医院 … and begins where `names` says; what has
only everyday words before its ending (农村, 我们小区, 马路) is no place. A city's own names come from its gazetteer.
"""

import re
from collections.abc import Iterator

from classifiers.extraction.gazetteer import Gazetteer
from classifiers.extraction.names import name_start
from classifiers.extraction.spans import Found

_AREA = (
    r"自治[州县区]|高新区|经开区|开发区|新区|(?<![全本我外各节省跨])省(?![钱去心力下略内道事得])|(?<![城超门夜楼股上我本全该都各早])市(?![民场容价值区内面公长里政]|中心)|市(?=政府|公安|中心医院)|区(?![别分域间块里内政委号])|(?<![强全本我该各困])县(?![城里委政道级])"
    r"|镇(?![上里定静压痛银])|乡(?![下村亲镇里间])|街道(?=[\u4e00-\u9fff]{0,12}(?:[路街村号镇]|社区|小区))|街道"
)
_ROAD = r"大道|大街|快速路|公路|高速(?:公路)?|[东西南北中]?路(?![过人费径程障况由线])|步行街|街(?![道坊上头])|巷(?![子道口])|胡同|国道|省道|县道"
_COMMUNITY = r"安置小区|工业小区|小区|花园|家园|公寓|社区|新村|新城|[名雅嘉华]?苑|嘉园|华庭|山庄|庄园|别墅区?|家属院|宿舍楼?|(?<![乡农全各进出我本该])村(?![里民上头口委庄落医支组道])|屯(?=[\d,。，的])|庄(?=[\d,。，的村])"
_SITE = (
    r"工业园区?|产业园区?|科技园|创业园|物流园|软件园|步行街|商业街|农贸市场|批发市场|菜市场|水产市场|市场(?![监价经调秩])|商场|商城|购物广场|广场(?!舞)|公园|水库|湿地|景区|隧道|立交桥|立交|大桥|码头"
    r"|渡口|水闸|停车场|体育中心|体育馆|图书馆|博物馆|文化馆|火车站|高铁站|汽车站|客运站|公交站|地铁站|枢纽站|收费站|加油站|车站|机场|写字楼|大厦|大楼|家具城|村委会|居委会|派出所"
    r"|风电场|中心医院|人民医院|中医院|妇幼保健院|医院|幼儿园|小学|中学|[一二三四五六七八九十]中|大学|学院|学校|河(?![道边里水堤流])|湖(?![边里水])|山(?![上里下区林体坡路])|桥(?![上下头洞面墩])|站(?![点台长在着])|洲|港(?![口币])|古镇|寺"
)
_ENDING = re.compile(f"(?P<site>{_SITE})|(?P<community>{_COMMUNITY})|(?P<road>{_ROAD})|(?P<area>{_AREA})")
_NUMBERED_ROAD = re.compile(
    r"(?:[GSXY]\d{2,4}(?:国道|省道|县道|高速(?:公路)?)?|(?:国道|省道|县道|乡道)[GSXY]?\d{1,4}线?|(?<!\d)\d{3}(?:国道|省道|县道))(?:K\d{1,4}(?:\+\d{1,3})?)?|地铁\d{1,2}号线(?=[\u4e00-\u9fff]{2,6}站)"
)
BEFORE_PSEUDONYM = re.compile(r"[^A-Z]+(?=[A-Z]\d{0,2}(?:[市区县州]|$))")
_PSEUDONYM = re.compile(r"(?<![A-Za-z0-9])[A-Z]\d{0,2}(?:[市区县]|(?=[市区县]))|西地省")
_HOUSE = re.compile(
    r"(?:[一二三四五六七八九十\d]{1,3}(?:期|组|队|社|区(?=\d)|支路|横街|巷)|[A-Z]?\d{1,5}(?:-\d{1,4})?(?:号楼|号院|号|弄|栋|幢|座|单元|室|楼(?!道)|层)|[A-Z]座|[一二三四五六七八九十]{1,3}(?:栋|幢|号楼|单元)"
    r"|(?<=[栋幢座元号])\d{3,4}室?(?![\d元年路]))+"
)
_CROSSING = re.compile(r"(?:交叉路?口|交汇处?|交汇路?口|交界处?|路?口|十字路口)(?!罩)")
_AND = re.compile("[与和及]")
_EVERYDAY = re.compile(
    r"(?:我|你|他|们|本|该|此|这|那|哪|一|两|二|三|四|五|几|多|各|全|每|某|大|小|老|新|旧|东|西|南|北|中|上|下|前|后|左|右|内|外|城|乡|农|村|镇|市|县|区|马|公|铁|道|车|线|网|出|走|半|整|个|条|座|家|所|栋|间|种|同|另|其"
    r"|水泥|柏油|住宅|居民|商品房|安置|老旧|高档|封闭|主干|人行|机动|非机动|盲人|步行|单行|断头|机耕|高速|通村|进村|乡间|学区|生活|城中|自然|行政|贫困|周边|邻近|附近|夜|早|蔬菜|农贸|批发|综合|人民|中心|公立|私立|民办|民营|职业|技工|正规|普通|重点|乡镇|省级|市级|县级|区级"
    r"|社|景|辖|校|片|园|库|地|郊|山|林|厂|工业|保护|服务|开发|商业|办公|休息|施工|街道|道路|小区|社区|公园|广场|医院|学校|市场|门诊|社会|劳动力|股票|楼|超|上|都|集|菜|花鸟|家具|建材|二手|电子|政|门|便民|隔离|防疫|疫苗|免费|收费|地下|立体|露天|临时|私家|路边|公交|公共|汽|客运|水|电|网络|官方|加油|充电|垃圾|中转|变|污水|处理|火车|高铁|地铁|汽车|高中|初中|职|名|好|双|重|整|开|过|为|用|房|宿|职工|学生|员工|单身|青年|人才|廉租|公租|经济|适用|集资|商品|红绿灯|十字|丁字|三岔|交叉|回家|上学|放学|下班|上班|必经|步|便|绕|修|让|占|堵|开|半|带|指|迷|问|认|跑|赶|岔|弯|棚户|棚改|责任|家属|重灾|盲|灾|牧|产|特|绿水青|金山银|堆成|火|电视|社保|广播|加气|文化|农机|高压|石拱|马路|村部|空中|集体|国家|文明|强|主城|督学|党委|当|级|乡镇|原|区别|排涝|泵|抽水|海鲜|农产品|粮油|坡|土|石子|砂石|泥|沙|烂|好走|近|远)*"
)
_LOCATIVE = re.compile(
    r"[(（]?(?:[东西南北正后前侧]?大?门(?!诊)|门[口前]|附近|旁|对面|周边|周围|一带|路段|出[站口]|站|北侧|南侧|东侧|西侧|到|至|边上|楼下|后面|前面|负一楼|起火)"
)
_GOING = re.compile(r"(?:到|从|至|路过|经过|位于|靠近|前往|去|建设|地点[:：]|住)$")


def places(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    """The places in a text with half-width digits, in order, without overlaps."""
    parts = sorted([*_by_ending(text), *_given(text, gazetteer)], key=lambda part: (part.start, -part.end))
    held: Found | None = None
    for part in parts:
        if held is None or part.start > held.end:
            if held:
                yield held
            held = part
        elif part.end > held.end:
            held = Found("place", held.start, part.end, part.value)
    if held:
        yield held


def joined(text: str, found: list[Found]) -> Iterator[Found]:
    """With house numbers and crossings taken in: 中山路 + 12号, 中山路 + 与 + 解放路 + 交叉口."""
    held: Found | None = None
    for part in found:
        house = _HOUSE.match(text, part.end) if part.value in ("road", "community", "site") else None
        span = part._replace(end=house.end()) if house else part
        crossing = _CROSSING.match(text, span.end)
        if held and _is_crossing(text, held, span, crossing):
            held = Found("place", held.start, crossing.end() if crossing else span.end, "crossing")
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _is_crossing(text: str, first: Found, second: Found, crossing: re.Match[str] | None) -> bool:
    between = text[first.end : second.start]
    here = crossing is not None or text[second.start : second.end].endswith("路口")
    return bool(first.value == "road" and len(between) == 1 and _AND.match(between) and here)


def is_meant_as_place(text: str, start: int, end: int) -> bool:
    """Is a school or hospital here a place (在…门口, 到…) and not the one that acts?"""
    return bool(_LOCATIVE.match(text, end) or _GOING.search(text[max(0, start - 4) : start]))


def _given(text: str, gazetteer: Gazetteer) -> Iterator[Found]:
    for start, end, form in gazetteer.find(text):
        if not _goes_on(text, start, end):
            yield Found("place", start, end, _last_ending(text[start:end]) or form)
    for match in _NUMBERED_ROAD.finditer(text):
        yield Found("place", match.start(), match.end(), "road")
    for match in _PSEUDONYM.finditer(text):
        yield Found("place", match.start(), match.end(), "area")


def _goes_on(text: str, start: int, end: int) -> bool:
    """Is a short name only the beginning of another word (澜桥|头, 文澜|先生)?"""
    return bool(end - start == 2 and re.match(r"[头先女某老师总]", text[end : end + 1]))


def _last_ending(name: str) -> str:
    last = ""
    for match in _ENDING.finditer(name):
        last = (match.lastgroup or "") if match.end() == len(name) else ""
    return last


_MOST = {"area": 6, "road": 6, "community": 8, "site": 9}


def _by_ending(text: str) -> Iterator[Found]:
    last_end = 0
    for match in _ENDING.finditer(text):
        form = match.lastgroup or ""
        start = name_start(text, match.start(), last_end, _MOST[form])
        if start == last_end and last_end and match.start() - start < _MOST[form]:
            known = True
        else:
            lead = _COUNT.match(text, start, match.start()) or BEFORE_PSEUDONYM.match(
                text, start, match.start()
            )
            start = lead.end() if lead else start
            known = _is_a_name(text[start : match.start()], match[0])
        if known:
            yield Found("place", start, match.end(), form)
            last_end = match.end()


_COUNT = re.compile(r"\d+(?:年|月|日|号|点|时|分|岁|元|块|米|楼|层|栋|个|条|家|位|人|天)+")


def _is_a_name(name: str, ending: str) -> bool:
    if re.fullmatch(r"[A-Z]\d{0,2}", name):
        return True
    if len(name) < 2 or name.isdecimal():
        return len(name) == 1 and len(ending) > 2 and name >= "\u4e00" and not _EVERYDAY.fullmatch(name)
    return not _EVERYDAY.fullmatch(name)
