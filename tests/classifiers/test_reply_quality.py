"""Reply quality: what lifts and lowers each part, what is warned of, and that no text makes it fail."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from classifiers.reply_quality import PARTS, ReplyAssessor, ReplyQuality
from classifiers.reply_quality.reading import READ_CHARS
from classifiers.segment import Segmenter

TITLE = "青荷里小区西门路灯不亮"
DETAIL = "青荷里小区西门外的柳渡路有六盏路灯从上个月底就不亮了，晚上一片漆黑，请尽快修好。"
GOOD = (
    "您好！您反映青荷里小区西门柳渡路路灯不亮的问题收悉。3月3日我中心到现场核查，确有六盏路灯不亮，原因是施工挖断了电缆。"
    "依据《城市照明管理规定》第二十一条，我中心已责令施工单位赔偿更换，因此3月4日晚六盏路灯全部恢复照明。"
    "报修电话0799-8620011（工作日8:30—17:30）。临澜区市政设施维护中心 2026年3月5日"
)
ASKED, REPLIED = datetime(2026, 3, 2, 19, 20), datetime(2026, 3, 5, 10)


@pytest.fixture(scope="module")
def assessor() -> ReplyAssessor:
    return ReplyAssessor(Segmenter())


def judged(assessor: ReplyAssessor, reply: str, **more: object) -> ReplyQuality:
    return assessor.assess(TITLE, DETAIL, reply, ASKED, REPLIED, **more)  # type: ignore[arg-type]


def score(quality: ReplyQuality, part: str) -> float:
    found = quality.part(part).score
    assert found is not None
    return found


def test_a_whole_reply_lacks_nothing_and_each_part_says_why(assessor: ReplyAssessor) -> None:
    quality = judged(assessor, GOOD)
    assert quality.score > 0.9
    assert quality.grade == "良好"
    assert not quality.gaps
    assert not quality.warnings
    assert [part.name for part in quality.parts] == list(PARTS)
    assert all(part.reason for part in quality.parts)


def test_marks_point_at_the_passages_of_the_reply_that_was_handed_in(assessor: ReplyAssessor) -> None:
    wide = GOOD.replace("0799-8620011", "０７９９-８６２００１１").replace("！", "!")
    for part in judged(assessor, wide).parts:
        for mark in part.marks:
            assert wide[mark.start : mark.end].strip(), mark
    basis = next(mark for mark in judged(assessor, wide).part("completeness").marks if mark.kind == "basis")
    assert wide[basis.start : basis.end] == "《城市照明管理规定》第二十一条"


def test_a_reply_to_another_matter_is_capped_however_well_it_is_written(assessor: ReplyAssessor) -> None:
    other = GOOD.replace("青荷里小区西门柳渡路路灯不亮", "翠湖市场污水外溢").replace("路灯", "管道")
    quality = judged(assessor, other.replace("照明", "排水"))
    assert score(quality, "relevance") < 0.25
    assert quality.score <= 0.40


def test_officialese_answers_nothing(assessor: ReplyAssessor) -> None:
    quality = judged(assessor, "您好，您反映的柳渡路路灯问题我单位高度重视，正在研究中，将进一步核实情况。")
    assert quality.facts["tone"] == ["empty"]
    assert quality.facts["commitment"] == "undated"
    assert score(quality, "relevance") <= 0.5
    assert quality.grade == "待改进"


def test_what_is_missing_comes_with_a_sentence_to_put_in(assessor: ReplyAssessor) -> None:
    quality = judged(assessor, "您反映的柳渡路路灯已修好。")
    assert [gap.name for gap in quality.gaps] == [
        "greeting",
        "checked",
        "basis",
        "contact",
        "date",
        "signature",
    ]
    assert all(gap.advice and gap.snippet for gap in quality.gaps)


def test_a_place_left_to_be_filled_is_warned_of_and_a_document_number_is_not(assessor: ReplyAssessor) -> None:
    unfilled = judged(assessor, GOOD + "经我单位〔日期〕核查。")
    assert [warned.code for warned in unfilled.warnings] == ["unfilled"]
    assert not judged(assessor, GOOD + "参见临政办〔2026〕12号。").warnings


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("诉求人电话13912340987已告知。", "leak.phone"),
        ("身份证号362301198705121234核对无误。", "leak.id_number"),
        ("身份证号362301 19870512 1234核对无误。", "leak.id_number"),
        ("诉求人电话幺三九幺二三四零九八七已告知。", "leak.phone"),
        ("举报人姓名钱志明，已核实。", "leak.name"),
        ("投诉人住402室，已走访。", "leak.address"),
    ],
)
def test_the_reporters_data_in_a_public_reply_is_warned_of(
    assessor: ReplyAssessor, said: str, code: str
) -> None:
    quality = judged(assessor, GOOD.replace("报修电话", said + "报修电话"))
    assert [warned.code for warned in quality.warnings] == [code]
    assert quality.warnings[0].marks
    assert quality.score <= 0.6


def test_an_offices_number_and_a_named_official_are_no_leak(assessor: ReplyAssessor) -> None:
    assert not judged(assessor, GOOD.replace("报修电话", "联系人：市容科张科长，电话")).warnings


def test_not_ours_is_shirking_unless_it_says_whose(assessor: ReplyAssessor) -> None:
    shirks = judged(assessor, "您好，路灯不属于我单位职责范围，请向其他部门反映。")
    named = judged(
        assessor, "您好，路灯不属于我单位职责范围，由区城市管理局负责，已转该局，电话0799-8633120。"
    )
    assert shirks.facts["tone"] == ["shirk"]
    assert named.facts["tone"] == []
    assert score(named, "tone") > score(shirks, "tone")


def test_blame_and_rudeness_cost_the_tone_and_cap_the_total(assessor: ReplyAssessor) -> None:
    quality = judged(assessor, GOOD.replace("报修电话", "你们自己不注意才造成的，不要无理取闹。报修电话"))
    assert set(quality.facts["tone"]) == {"blame", "rude"}
    assert quality.score <= 0.6


def test_a_promise_wants_a_day(assessor: ReplyAssessor) -> None:
    dated = judged(assessor, "您好，经核查电缆老化，我中心将于3月20日前更换。")
    undated = judged(assessor, "您好，经核查电缆老化，我中心将尽快更换。")
    assert (dated.facts["commitment"], undated.facts["commitment"]) == ("dated", "undated")
    assert score(dated, "commitment") > score(undated, "commitment")


def test_reasons_are_facts_cause_rule_and_what_follows(assessor: ReplyAssessor) -> None:
    bare = judged(assessor, "您好，柳渡路的路灯已修好，请放心。")
    cause = judged(assessor, "您好，经核查，柳渡路的路灯因电缆被挖断不亮，现已修好。")
    assert score(bare, "explainability") < score(cause, "explainability")
    assert score(cause, "explainability") < score(judged(assessor, GOOD), "explainability")


def test_a_question_owes_no_inspection(assessor: ReplyAssessor) -> None:
    asked = assessor.assess("咨询居住证签注需要什么材料", "请问带什么？", "您好，带身份证到派出所办理。")
    assert "checked" not in {gap.name for gap in asked.gaps}
    complaint = judged(assessor, "您好，已修好。", request_type="complaint")
    assert "checked" in {gap.name for gap in complaint.gaps}
    assert "checked" not in {gap.name for gap in judged(assessor, "您好。", request_type="consult").gaps}


def test_working_days_are_counted_by_the_calendar_that_is_handed_in(assessor: ReplyAssessor) -> None:
    def at(**more: object) -> float | None:
        late = datetime(2026, 10, 12, 9)
        found = assessor.assess(TITLE, DETAIL, GOOD, datetime(2026, 9, 29, 9), late, **more)  # type: ignore[arg-type]
        return found.part("timeliness").score

    golden_week = {date(2026, 10, day) for day in range(1, 9)}
    assert at(limit_days=5) == pytest.approx(0.6 * (1 - 3 / 5))
    assert at(limit_days=5, is_workday=lambda day: day.weekday() < 5 and day not in golden_week) == 1.0
    assert at(due_at=datetime(2026, 10, 12, 18)) == 1.0
    assert at(due_at=datetime(2026, 10, 9, 18)) == pytest.approx(0.6)


def test_a_reply_before_its_request_is_not_judged_by_time(assessor: ReplyAssessor) -> None:
    early = assessor.assess(TITLE, DETAIL, GOOD, REPLIED, ASKED)
    assert early.part("timeliness").score is None
    assert "时间有误" in early.part("timeliness").reason
    assert early.score > 0.9


def test_a_reply_that_copies_the_request_answers_nothing(assessor: ReplyAssessor) -> None:
    assert score(judged(assessor, DETAIL + DETAIL), "relevance") <= 0.2


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "好",
        " \n",
        "👍" * 300,
        "�" * 300,
        "Please wait.",
        "\x00坏",
        "经查已" * 30_000,
        "《" * 100_000,
        "1月" * 50_000,
    ],
    ids=lambda text: ascii(text[:6]),
)
def test_odd_replies_get_a_low_score_and_a_reason(assessor: ReplyAssessor, reply: str) -> None:
    quality = judged(assessor, reply)
    assert quality.score < 0.55
    assert all(part.reason for part in quality.parts)
    if len(reply) > READ_CHARS:
        assert "long" in {warned.code for warned in quality.warnings}


@pytest.mark.parametrize("matter", ["", "嗯", "的" * 100_000, "😀" * 100], ids=lambda text: ascii(text[:6]))
def test_an_empty_request_leaves_relevance_unjudged(assessor: ReplyAssessor, matter: str) -> None:
    quality = assessor.assess("", matter, GOOD)
    assert quality.part("relevance").score in (None, 0.0) or matter
    assert 0 <= quality.score <= 1


def test_an_encoders_opinion_is_heard_where_there_is_one() -> None:
    sure = ReplyAssessor(Segmenter(), similarity=lambda asked, said: 1.0)
    deaf = ReplyAssessor(Segmenter(), similarity=lambda asked, said: 0.0)
    assert score(judged(sure, GOOD), "relevance") == 1.0
    assert score(judged(deaf, GOOD), "relevance") == 0.5


LAMPS = "临澜区澜桥街道滨江东路中山亭门口路灯不亮，请尽快修好。滨江东路中山亭晚上很黑。"
MENDED = "您好！您反映的路灯不亮问题收悉。3月3日经现场核查，{place}路灯因电缆损坏不亮，3月4日已更换电缆，路灯全部恢复照明。"


@pytest.mark.parametrize(
    "place", ["中山亭门口", "滨江东路", "滨江东路中山亭", "临澜区澜桥街道滨江东路中山亭门口"]
)
def test_a_place_named_in_a_shorter_or_longer_form_is_named(assessor: ReplyAssessor, place: str) -> None:
    part = assessor.assess("路灯不亮", LAMPS, MENDED.format(place=place), ASKED, REPLIED).part("relevance")
    assert "未提到" not in part.reason
    assert any(mark.kind == "place" for mark in part.marks)


def test_of_two_names_one_inside_the_other_the_longer_is_missed(assessor: ReplyAssessor) -> None:
    part = assessor.assess("路灯不亮", LAMPS, MENDED.format(place="该处"), ASKED, REPLIED).part("relevance")
    assert part.reason.endswith("；未提到临澜区澜桥街道滨江东路中山亭")


def test_a_sentence_with_a_hole_says_nothing_yet_and_is_not_offered_twice(assessor: ReplyAssessor) -> None:
    bare = "您好，您反映的柳渡路路灯已修好。"
    gap = next(gap for gap in judged(assessor, bare).gaps if gap.name == "basis")
    held = judged(assessor, bare + gap.snippet)
    assert score(held, "completeness") == score(judged(assessor, bare), "completeness")
    assert "basis" not in {one.name for one in held.gaps}
    assert {warned.code for warned in held.warnings} == {"unfilled"}
