"""Request type, urgency and sensitive signals by phrases. All messages are invented."""

import re

import pytest

from bench.nlp.urgency import examples, report
from classifiers.api import REQUEST_TYPES, SENSITIVE, URGENCIES, whole
from classifiers.phrases import alarms, rules
from classifiers.phrases.endings import GoodEnds
from classifiers.phrases.index import PhraseIndex, alternatives, needed


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
    assert {row.sensitive for row in rules.ALARMS} - {""} <= set(SENSITIVE)


@pytest.mark.parametrize(
    "text",
    [
        "没有" * 60_000,
        "孩子被打" * 30_000,
        "3月1日孩子被打" * 12_000,
        "😀" * 100_000,
        "aaaa " * 30_000,
        "。" * 100_000,
    ],
)
def test_pasted_rubbish_is_read_to_its_end_without_harm(text):
    rules.request_type(text, text)
    rules.urgency(text)
    rules.sensitive(text)


@pytest.mark.parametrize(
    "text",
    [
        "双十一跳楼甩卖,全场五折",
        "排队排得我气得要死",
        "要命的是窗口不开",
        "打印机老死机",
        "我们要跳广场舞",
        "门坏了,想不开门都难",
        "这衣服打死我也不买",
        "理发烫成了爆炸头",
        "一旦发生火灾后果不堪设想",
        "去年这里着过火",
        "电梯困人的事已经解决了,人也没事",
        "社区上周办了防溺水演练",
        "建议给老人买摔伤溺水都赔的意外险",
        "相关人员没有到场",
    ],
)
def test_figures_of_speech_past_settled_and_imagined_dangers_stay_normal(text):
    assert rules.urgency(text, rules.request_type("", text).code).code == "normal"


@pytest.mark.parametrize(
    "text",
    [
        "请问想自杀的人该打什么电话,我撑不下去了,药准备好了",
        "她说不会想不开,可是人在楼顶",
        "听她室友说她割腕了",
        "楼下有人喊救命,说是被人拖上面包车",
        "俺爹栽到干渠里头了",
        "一百多号人把厂门口堵住了",
    ],
)
def test_alarms_in_other_words_are_still_critical(text):
    assert rules.urgency(text, rules.request_type("", text).code).code == "critical"


def test_what_a_long_letter_mentions_late_is_one_step_less_urgent():
    letter = "我们小区的绿化一直没有人打理。" * 20
    assert rules.urgency("厂房着火了。" + letter).code == "critical"
    assert rules.urgency(letter + "厂房着火了。").code == "urgent"
    assert rules.urgency(letter + "我不想活了。").code == "critical"


def test_every_alarm_says_where_it_stands_in_the_text_as_written():
    text = "您好!二楼着火了,孩子被困在屋里"
    for hit in rules.alarms(text):
        assert text[hit.start : hit.end] == hit.phrase
    assert "着火" in {hit.phrase for hit in rules.alarms(text)}


def test_praise_that_blames_is_a_complaint():
    assert rules.request_type("真该给你们点赞", "打了十个电话没一个管事的").code == "complaint"


def test_a_question_about_complaining_asks():
    assert rules.request_type("", "请问对处理结果不满意往哪投诉,走什么程序").code == "consult"


def test_the_sieve_lets_through_all_that_the_plain_expressions_find():
    index = PhraseIndex((row.phrases, row.phrases) for row in rules.ALARMS)
    plain = [(row.phrases, re.compile(one)) for row in rules.ALARMS for one in alternatives(row.phrases)]
    for example in examples()[::40]:
        text = whole(example.text)
        assert {(row, match.span()) for row, match in index.found(text)} == {
            (phrases, match.span()) for phrases, pattern in plain for match in pattern.finditer(text)
        }


def test_an_expression_names_the_words_it_cannot_do_without():
    assert needed("没(?:有)?(?:饭|米)") == ("没",)
    assert needed("(?:燃|天然)气.{0,3}泄漏") == ("泄漏",)
    assert needed("[一二]?.{0,3}") == ()


def test_the_examples_for_tuning_are_judged_as_well_as_the_score_page_says():
    scores = report(["tuning"])["tuning"]
    assert scores["urgency"]["per_class"]["critical"]["recall"] >= 0.97
    assert scores["urgency"]["macro_f1"] >= 0.9
    assert scores["request_type"]["macro_f1"] >= 0.8


@pytest.mark.parametrize(
    "text",
    [
        "上次已经修好了，今天电梯又困人，老人喘不上气",
        "今天平安小区着火了，里面还有人",
        "现在火还没扑灭，有人困在楼上",
        "消防来了还没把火扑灭，楼里有人喊救命",
        "现在还没出事，但煤气一直在漏",
        "投诉被撤了，房子要塌了，里面还住着人",
        "电表箱保险丝烧着火了",
        "煤气灶保险阀坏了，正在漏气",
        "刚撞死人了，保险公司不管",
        "点赞你们的工作，谢谢，可是我真的不想活了，今晚就走",
    ],
)
def test_what_was_settled_insured_or_praised_beside_it_silences_no_danger(text):
    kind = rules.request_type("", text).code
    assert rules.urgency_of(rules.alarms(text, kind)).code == "critical"


@pytest.mark.parametrize("text", ["电梯困人，后来人救出来了，没事了，谢谢", "昨晚着火了，已经扑灭了"])
def test_a_danger_that_is_over_is_none(text):
    assert rules.urgency_of(rules.alarms(text, "help")).code == "normal"


@pytest.mark.parametrize(
    "text",
    [
        "孩子从楼上摔下来昏迷了，快来人！对了，上次报的路灯已经修好了。",
        "电梯困人，物业说门已经弄好了，可人昏迷了",
        "厂房着火了，里面有人。我们还没吃饭。上周说的事情已经解决了。",
        "路灯已经修好了，但厂房着火了",
        "厂房着火了，另外路灯已经修好了",
    ],
)
def test_a_good_end_of_another_matter_silences_no_danger(text):
    assert rules.urgency_of(rules.alarms(text, "help")).code == "critical"


@pytest.mark.parametrize("text", ["厂房着火了。后来火已经扑灭了。", "好在人没事了，厂房着火了"])
def test_a_good_end_in_the_next_sentence_or_before_the_danger_lowers_it_by_one_step(text):
    assert rules.urgency_of(rules.alarms(text, "help")).code == "urgent"


def test_the_good_ends_of_a_long_message_are_sought_once(monkeypatch):
    sought = []
    monkeypatch.setattr(alarms, "GoodEnds", lambda text: sought.append(text) or GoodEnds(text))
    rules.alarms("厂房着火了，但人昏迷了。" * 500 + "火已经扑灭了", "help")
    assert len(sought) == 1


def test_dangers_and_good_ends_by_the_thousand_are_read_in_time_that_grows_with_them():
    ends = GoodEnds("着火了已经扑灭了" * 2_500)
    assert sum(ends.steps(at, at + 2) for at in range(0, 20_000, 8)) == 3 * 2_500
