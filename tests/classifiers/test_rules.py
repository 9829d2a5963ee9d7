"""Request type, urgency and sensitive signals by phrases. All messages are invented."""

import pytest

from classifiers import rules
from classifiers.api import REQUEST_TYPES, SENSITIVE, URGENCIES


@pytest.mark.parametrize(
    ("title", "detail", "expected"),
    [
        ("", "请问灵活就业人员怎么缴纳养老保险,需要什么材料?", "consult"),
        ("咨询公积金提取条件", "想了解一下租房能不能提取", "consult"),
        ("求助", "母亲走失两天了,恳请帮忙寻找", "help"),
        ("小区路灯坏了", "希望尽快修复", "help"),
        ("投诉健身房拒不退款", "开业三个月就关门,老板推诿", "complaint"),
        ("", "楼下烧烤摊油烟扰民,多次反映没人管", "complaint"),
        ("举报化工厂夜间偷排", "每天凌晨往河里排黑水", "report"),
        ("", "我要实名举报村会计虚报冒领补贴", "report"),
        ("建议在实验小学门口增设红绿灯", "", "suggestion"),
        ("表扬7路公交司机", "拾金不昧,送还了钱包", "praise"),
    ],
)
def test_the_type_follows_the_plain_words(title, detail, expected):
    assert rules.request_type(title, detail).code == expected


def test_thanks_at_the_end_are_manners_and_no_praise():
    assert rules.request_type("", "希望尽快修复路面,衷心感谢领导").code == "help"


def test_a_message_without_any_phrase_is_a_plea_for_help_at_a_low_score():
    assert rules.request_type("", "东门那边") == rules.Judged("help", 0.2, ())


def test_the_type_names_its_phrases():
    assert "举报" in rules.request_type("举报黑诊所", "").evidence


@pytest.mark.parametrize(
    "text",
    [
        "楼上燃气泄漏了,味道很大",
        "再不发工资我就不想活了",
        "三楼阳台有人要跳楼",
        "电梯里有两个老人被困",
        "几十个工人在路口堵路",
        "有人持刀在菜场门口",
        "幼儿园老师猥亵学生",
        "厂房着火了",
    ],
)
def test_danger_to_life_is_critical(text):
    judged = rules.urgency(text)
    assert judged.code == "critical"
    assert judged.evidence


@pytest.mark.parametrize(
    "text",
    [
        "整个小区停水三天了",
        "路口井盖缺失,晚上看不清",
        "孩子在学校被同学殴打",
        "几十名业主准备拉横幅",
        "楼道堆满纸箱,可能引发火灾",
        "厂区存在爆炸隐患",
    ],
)
def test_what_cannot_wait_is_urgent(text):
    assert rules.urgency(text).code == "urgent"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "请问社保卡怎么补办",
        "没有人员被困,只是想问电梯年检",
        "这次事故没有造成食物中毒",
        "希望安装燃气泄漏报警器",
        "社区要不要办防火灾知识讲座",
        "跳楼价清仓的广告贴满电线杆",
        "请开展溺水宣传,防止溺水",
        "我不是要自杀,别误会",
    ],
)
def test_denied_or_merely_mentioned_dangers_stay_normal(text):
    assert rules.urgency(text).code == "normal"


def test_a_worry_about_self_harm_is_heard_as_self_harm():
    assert rules.urgency("担心她想不开会跳楼").code == "critical"


def test_a_denial_reaches_no_further_than_its_clause():
    assert rules.urgency("没有人管,厂房着火了").code == "critical"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我不想活了", "self_harm"),
        ("他扬言要砍死邻居", "violence"),
        ("邻居煤气中毒昏迷", "life"),
        ("初一学生被校外人员恐吓", "minor"),
        ("上百名业主围堵售楼部", "mass"),
        ("不解决就去进京上访", "petition"),
        ("请为我保密,怕打击报复", "secrecy"),
        ("再不管就找记者曝光", "media"),
        ("村支书以权谋私", "official"),
        ("化工厂危化品泄露", "safety"),
    ],
)
def test_each_signal_is_heard(text, code):
    assert code in {signal.code for signal in rules.sensitive(text)}


def test_a_young_person_alone_is_no_signal():
    assert rules.sensitive("孩子上小学需要什么材料") == ()


def test_the_tables_use_the_codes_of_the_contract():
    assert set(rules.TYPE_PHRASES) == set(REQUEST_TYPES)
    assert {row.urgency for row in rules.ALARMS} <= set(URGENCIES)
    assert {row.sensitive for row in rules.ALARMS} - {""} == set(SENSITIVE)


@pytest.mark.parametrize(
    "text", ["没有" * 60_000, "孩子被打" * 30_000, "😀" * 100_000, "aaaa " * 30_000, "。" * 100_000]
)
def test_pasted_rubbish_is_read_to_its_end_without_harm(text):
    rules.request_type(text, text)
    rules.urgency(text)
    rules.sensitive(text)
