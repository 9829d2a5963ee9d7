"""Who is complained about: firms, shops, schools, hospitals, offices with a name of their own.

The value is "against" for those that a message complains about and "" for the others (the office it was reported to, the one
that is praised). 物业公司 or 派出所 alone names nobody and is left out.
"""

import re
from collections.abc import Iterator

from classifiers.extraction.names import name_start
from classifiers.extraction.places import BEFORE_PSEUDONYM, is_meant_as_place
from classifiers.extraction.spans import Found

_FIRM = (
    r"(?:股份|责任)?有限(?:责任)?公司(?:[\u4e00-\u9fff]{2,6}(?:分公司|支行|分店))?|集团(?:有限公司)?|分公司|公司|合作社|事务所|工作室|经营部|服务部|营业[厅部所]|售楼[部处]|门市部|专卖店|旗舰店|便利店|4S店|店(?![铺家主员面方里内长门大老])"
    r"|网点|驾校|培训(?:中心|机构|学校|班)|托管[班中]心?|早教中心|影城|影院|健身房|健身会所|游泳馆|网吧|网咖|KTV|酒吧|美容院|美容医院|足浴[城店馆]?|洗浴中心|会所|俱乐部|旅行社|民宿|酒店|宾馆|饭[店馆]|餐[厅馆]|菜馆|羊肉馆|茶馆|照相馆|烘焙坊|度假村"
    r"|大?药房|诊所|卫生[院室]|门诊部|养老院|敬老院|福利院|(?:村镇)?银行|银行|信用社|支行|快递|搬家公司|租赁行|地产|置业|物业(?:服务|管理)?(?:公司|中心|处)?|业委会|业主委员会|家政|养猪场|养殖场|砂石厂|石材厂|汽修厂|修理厂|厂(?![家房商长区里])"
    r"|购物中心|购物广场|百货|超市(?:[\u4e00-\u9fff]{1,4}店)?|商场|婚纱摄影|卤味|课堂|剪艺|理发店|美发店|饰品|装饰|充电站"
)
_SCHOOL = r"人民医院|中医院|妇幼保健院|妇产医院|医院|[一二三四五六七八九十]中(?=[要不让的老对强高初学把给乱收违补食宿校\s,，。]|$)|幼儿园|小学|中学|大学|学院|实验学校|职业学校|学校"
_OFFICE = (
    r"(?:公安|教育|住建|城管|交警|卫健|民政|人社|社保|医保|市监|市场监管|税务|环保|生态环境|自然资源(?:和规划)?|规划|水利|水务|农业农村|林业|交通运输?|司法|财政|信访|审计|商务|文旅|应急管理?|市政|园林|国土|房管|质监|工商|食药监|供电|综合行政执法|城市管理(?:综合执法)?)(?:局|委|分局|大队|支队|所)"
    r"|卫健委|发改委|教委|政务服务(?:中心|大厅)|住房公积金管理中心|公积金中心|社会保险服务中心|社保中心|不动产登记中心|疾控中心|就业服务中心|行政审批局|人民政府|政府|管委会|街道办(?:事处)?|居委会|村委会|派出所|交警[大支]队|法院|检察院|自来水公司|供电公司|公交(?:集团|公司)|水务公司|燃气公司|[\u4e00-\u9fff]局"
)
_ENDING = re.compile(f"(?P<office>{_OFFICE})|(?P<firm>{_FIRM})|(?P<school>{_SCHOOL})")
_BUSINESS = frozenset(
    "管理 租赁 服务 经营 销售 维修 装修 建设 投资 咨询 担保 贷款 运输 派遣 出租 代理 养殖 加工 制造 修理 教育 培训 开发 设计 装饰 贸易 物流 保险 购物 生活 美容 健身 托管 理财 劳务 房产 商贸 实验 附属 师范 职业 技工 营业 电子 商务 移动 搬家 居住 建筑 工程 环保 医疗 用品 中国 国际 实业 科技 便民 水务 金融 网络 摄影 卖 好又 来 又 家 和 学 财富 居 同 实 育 天天 一品 大自然 好帮手 恒 新 保 行 卓越 信任 发展 自然".split()
)
_DESCRIBING = re.compile(
    r"(?:物业|装修|装饰|建筑|工程|快递|中介|房产|房地产|开发|燃气|自来水|供电|供水|电力|天然气|公交|保险|劳务|派遣|外卖|家政|搬家|培训|教育|服务|管理|有限|责任|租赁|贷款|网贷|小额|旅游|电信|通信|网络|水务|热力|供暖|供热|出租车|网约车|私立|公立|民办|大|小|新|老|一|两|几|多|某|各|该|本|这|那|我|你|他|们|家|个|的|所"
    r"|上市|国有|私营|外资|用人|农民|专业|村|乡镇|县|市|区|省|级|街道|社区|小区|政府|附近|当地|其他|任何|有些|连锁|品牌|实体|网|手机|电脑|眼镜|理发|美发|美容|奶茶|早餐|夜宵|小吃|水果|蔬菜|便利|专卖|食品|化工|造纸|水泥|砖|电子|制衣|服装|家具|饭|酒|药|书|商|门|开|修|建|办|找|进|厂|店|施工|承建|总|分|子|母|上级|前|后|原|现|集团|物流|货运|客运|定点|医保|三甲|附属|职业|中|高|初|重点|示范|公办|民营|普惠|特殊|老年|驾驶|补习|辅导|基层|全市|全县|房屋|二手房|食堂|校园|大型|小型|生鲜|连|宠物|银|商业|股份|农村|信用|村镇|购物|中标|三方|二方|甲方|乙方|配套|私人|利益|实验|普惠性?|义务|性|临街|届|选聘|城市|证券|属|直|中心|民间|借贷|合作|建设|福利|数|几|[一二三四五六七八九十百\d]|住宅|国|相关|涉事|上述|原|现|当|责任|幼儿|小区|全日制|期盼|全|省|农机|选矿|炼油|机械|公共|设施|我们|对|镇|乡)*"
)
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
    if len(name) >= 2 and not _DESCRIBING.fullmatch(name):
        return True
    return kind == "school" and len(name) >= 1 and bool(re.match(r"[市县区]", name)) and len(ending) >= 4
