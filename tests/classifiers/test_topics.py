"""Hot topics: what belongs together, what does not, how hot it is and what it is called. City and messages are invented."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from classifiers.segment import Segmenter
from classifiers.topics import Report, Topic, heat, mine

NOON = datetime(2026, 5, 4, 12)
NOISE = [
    (
        "投诉枫林雅苑小区旁工地半夜施工",
        "枫林雅苑小区北门的工地每天施工到凌晨两点，打桩噪音很大，老人睡不着觉，请管一管。",
    ),
    (
        "枫林雅苑夜间施工噪音何时停",
        "我们枫林雅苑的业主被夜间施工的噪音折磨了半个月，混凝土车凌晨还在进出工地。",
    ),
    (
        "枫林雅苑北门工地通宵施工扰民",
        "枫林雅苑北门工地通宵打桩，噪音扰民，小孩第二天还要上学，打电话给工地没有人接。",
    ),
    ("深夜打桩", "枫林雅苑小区北边的工地又在深夜打桩了，噪音大得窗户都在抖，凌晨一点还不停。"),
]
ELSEWHERE = [
    (
        "投诉望湖公馆小区旁工地半夜施工",
        "望湖公馆小区南门的工地每天施工到凌晨两点，打桩噪音很大，老人睡不着觉，请管一管。",
    ),
    (
        "望湖公馆夜间施工噪音何时停",
        "望湖公馆南门的工地夜间施工，打桩噪音折磨了我们一个月，凌晨渣土车还在进出。",
    ),
    ("望湖公馆南门工地通宵施工扰民", "望湖公馆南门工地通宵打桩，噪音扰民，孩子第二天还要上学。"),
]
SCHOOL = [
    (
        "枫林雅苑的孩子上哪所小学",
        "枫林雅苑小区交房两年了，配套小学还没有开学，学位怎么安排，请教育局答复家长。",
    ),
    (
        "枫林雅苑配套小学何时招生",
        "买枫林雅苑的时候承诺有配套小学，现在孩子要报名，学位没有着落，家长很着急。",
    ),
]
OTHERS = [
    ("社保卡丢失如何补办", "社保卡掉了，去哪里补办，需要带什么材料？"),
    ("建议增加公园健身器材", "河边公园的健身器材太少，希望多装一些。"),
    ("咨询新生儿落户", "孩子刚出生，父母户口不在一起，怎么落户？"),
]

Make = Callable[..., list[Report]]


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter()


def _reports(*groups: list[tuple[str, str]]) -> list[Report]:
    texts = [text for group in groups for text in group]
    return [
        Report(str(number), title, detail, NOON + timedelta(hours=7 * number), caller=f"p{number}")
        for number, (title, detail) in enumerate(texts)
    ]


def _with(topics: list[Topic], member: str) -> Topic:
    return next(topic for topic in topics if member in topic.members)


def test_the_same_matter_in_other_words_is_one_topic_and_other_places_and_matters_are_others(
    segmenter: Segmenter,
) -> None:
    topics = mine(_reports(NOISE, ELSEWHERE, SCHOOL, OTHERS), segmenter)
    found = {frozenset(map(int, topic.members)) for topic in topics}
    assert found == {frozenset(range(4)), frozenset(range(4, 7)), frozenset({7, 8})}


def test_a_topic_is_named_by_place_and_matter_and_says_whom_it_concerns(segmenter: Segmenter) -> None:
    topics = mine(_reports(NOISE, ELSEWHERE, SCHOOL, OTHERS), segmenter)
    noise, school = _with(topics, "0"), _with(topics, "7")
    assert "枫林雅苑" in noise.place
    assert "施工" in noise.name
    assert noise.crowd in {"业主", "老人", "居民"}
    assert school.crowd == "家长"
    assert all(len(topic.name) <= 30 for topic in topics)


def test_topics_do_not_depend_on_the_order_of_the_messages(segmenter: Segmenter) -> None:
    reports = _reports(NOISE, ELSEWHERE, SCHOOL, OTHERS)
    assert mine(reports, segmenter) == mine(reports[::-1], segmenter)


def test_heat_is_the_sum_of_its_parts_and_the_hottest_comes_first(segmenter: Segmenter) -> None:
    topics = mine(_reports(NOISE, ELSEWHERE, SCHOOL, OTHERS), segmenter)
    assert [topic.heat for topic in topics] == sorted((topic.heat for topic in topics), reverse=True)
    for topic in topics:
        assert topic.heat == pytest.approx(sum(topic.parts.values()))
        assert set(topic.parts) == set(heat.WEIGHTS) == set(heat.NAMES)


def test_copies_of_one_caller_are_one_voice_and_copies_of_ten_callers_are_ten(segmenter: Segmenter) -> None:
    title, detail = NOISE[0]

    def campaign(callers: list[str]) -> Topic:
        reports = [Report(str(at), title, detail, NOON, caller=caller) for at, caller in enumerate(callers)]
        (topic,) = mine(reports, segmenter)
        assert len(topic.members) == len(callers)
        return topic

    alone, crowd = campaign(["a"] * 10), campaign([f"p{at}" for at in range(10)])
    assert (alone.callers, crowd.callers) == (1, 10)
    assert alone.parts["callers"] == alone.parts["volume"] == 0
    assert crowd.heat > alone.heat


def test_copies_without_a_known_caller_are_one_voice(segmenter: Segmenter) -> None:
    title, detail = NOISE[0]
    (topic,) = mine([Report(str(at), title, detail, NOON) for at in range(5)], segmenter)
    assert topic.callers == 1


def test_reactions_add_heat(segmenter: Segmenter) -> None:
    def heat_of(likes: int, dislikes: int) -> float:
        title, detail = NOISE[0]
        return mine([Report(str(at), title, detail, NOON, likes, dislikes) for at in range(2)], segmenter)[
            0
        ].heat

    assert heat_of(0, 0) < heat_of(20, 0) == heat_of(0, 20) < heat_of(200, 0)


def test_nothing_and_a_single_message_give_no_topic_unless_one_is_enough(segmenter: Segmenter) -> None:
    assert mine([], segmenter) == []
    assert mine(_reports(NOISE[:1]), segmenter) == []
    (topic,) = mine(_reports(NOISE[:1]), segmenter, least=1)
    assert topic.members == ("0",)
    assert topic.first == topic.last == NOON


@pytest.mark.parametrize(
    ("title", "detail"),
    [
        ("", "枫林雅苑停水了" * 15_000),
        ("😀😀😀", "👍👍"),
        ("???", "!!!"),
        ("hello", "the street light is broken, please repair it"),
        ("", "的了在是"),
        ("\ud800", "\x00\x01"),
        ("a市" * 500, "1" * 3_000),
    ],
)
def test_odd_messages_are_read_without_harm(segmenter: Segmenter, title: str, detail: str) -> None:
    odd = [Report(f"odd{at}", title, detail, NOON, caller=str(at)) for at in range(3)]
    topics = mine([*_reports(NOISE), *odd], segmenter)
    assert {"0", "1", "2"} <= set(_with(topics, "0").members)
    assert all(topic.name and len(topic.name) <= 30 for topic in topics)


def test_a_persons_name_and_a_phone_number_do_not_get_into_a_topics_name(segmenter: Segmenter) -> None:
    texts = [
        ("王建国拖欠枫林雅苑农民工工资13912345678", "包工头王建国拖欠我们农民工的工资，电话13912345678。"),
        ("枫林雅苑王建国拖欠农民工工资", "王建国不给农民工发工资，都三个月了，电话13912345678。"),
        ("王建国13912345678拖欠工资", "枫林雅苑工地的包工头王建国一直拖欠工资。"),
    ]
    (topic,) = mine(_reports(texts), segmenter)
    assert "建国" not in topic.name + " ".join(topic.words)
    assert "1391" not in topic.name + " ".join(topic.words)
    assert topic.crowd == "农民工"


def test_a_large_set_learns_which_words_go_together_and_keeps_places_apart(segmenter: Segmenter) -> None:
    places = [first + second for first in "桂松竹柳梅兰榆樟" for second in ("影华庭", "泉名邸", "溪豪苑")]
    matters = [
        "自来水浑浊发黄，水压很低，烧水有水垢，自来水公司一直没有来检修水管",
        "电梯经常停运，电梯困人三次，维保单位不修电梯，老人爬楼梯很辛苦",
        "楼下烧烤店油烟直排，烧烤摊油烟呛人，窗户不敢开，油烟管道没有净化",
    ]
    texts = [
        (f"{place}{matter[:4]}问题", f"{place}第{number}次反映：{matter}。")
        for number in range(6)
        for place in places
        for matter in matters
    ]
    reports = _reports(texts)
    topics = mine(reports, segmenter)
    told = {report.id: (report.title) for report in reports}
    assert all(len({told[member] for member in topic.members}) == 1 for topic in topics)
    assert sum(len(topic.members) == 6 for topic in topics) >= 60


def test_growth_compares_the_last_week_with_the_weeks_before() -> None:
    start, end = NOON, NOON + timedelta(days=28)
    rising = [end - timedelta(days=1)] * 9 + [start + timedelta(days=2)] * 3
    assert heat.growth_of(rising, start, end) == pytest.approx((9 - 1) / (9 + 1 + 1), abs=1e-4)
    assert heat.growth_of([start] * 9, start, end) < 0
    assert heat.growth_of([start], start, start) == 0


def test_a_trend_counts_by_day_or_week_and_ends_with_the_period() -> None:
    end = NOON + timedelta(days=9)
    assert heat.trend_of([NOON, end, end], NOON, end) == (1, 0, 0, 0, 0, 0, 0, 0, 0, 2)
    later = NOON + timedelta(days=100)
    assert heat.bucket_days(NOON, later) == 7
    assert sum(heat.trend_of([NOON, later], NOON, later)) == 2
