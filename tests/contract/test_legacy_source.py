"""What every legacy source promises: one record per row, in order, repeatable, never raising for one bad row."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from datetime import UTC, datetime

import openpyxl
import pytest

from hotline.adapters.legacy.csv_export import FileSource
from hotline.adapters.legacy.limits import FileRefused
from hotline.adapters.legacy.mapping import Mapping, load_mapping, parse_mapping
from hotline.adapters.legacy.record import LegacyRecord

HEADER = [
    "工单编号",
    "诉求标题",
    "主要内容",
    "来电时间",
    "姓名",
    "联系电话",
    "诉求类型",
    "受理渠道",
    "办理状态",
]
GOOD = [
    "CG-001",
    "路灯不亮",
    "南桥路路灯不亮",
    "2019/2/28 11:25:05",
    "周某",
    "138 0013 8000",
    "求助",
    "来电",
    "已办结",
]
SECOND = ["CG-002", "夜间噪声", "𠮷祥里施工 㑇😀", "2024-03-05 09:30", "", "", "投诉", "微信", "办理中"]

Build = Callable[..., FileSource]


def as_csv(rows: list[list[str]], mapping: Mapping | None = None) -> FileSource:
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in rows)
    return FileSource(text.encode("gb18030"), mapping, "导出.csv")


def as_xlsx(rows: list[list[str]], mapping: Mapping | None = None) -> FileSource:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return FileSource(out.getvalue(), mapping, "导出.xlsx")


@pytest.fixture(params=[as_csv, as_xlsx], ids=["csv", "xlsx"])
def source(request: pytest.FixtureRequest) -> Build:
    return request.param


def only(source: FileSource) -> LegacyRecord:
    (record,) = source
    return record


def changed(**cells: str) -> list[list[str]]:
    return [HEADER, [cells.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]]


def codes(record: LegacyRecord) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in record.problems]


def notes(record: LegacyRecord) -> list[tuple[str, str]]:
    return [(note.field, note.code) for note in record.notes]


def test_an_export_with_usual_names_needs_no_mapping(source: Build) -> None:
    first, second = source([HEADER, GOOD, SECOND])
    assert first == LegacyRecord(
        row=2,
        external_no="CG-001",
        title="路灯不亮",
        detail="南桥路路灯不亮",
        received_at=datetime(2019, 2, 28, 3, 25, 5, tzinfo=UTC),
        caller_name="周某",
        caller_phone="13800138000",
        request_type="help",
        channel="phone",
        state="已办结",
        final=True,
    )
    assert (second.detail, second.channel, second.final, second.row) == (
        "𠮷祥里施工 㑇😀",
        "wechat",
        False,
        3,
    )


def test_a_source_counts_its_rows_and_can_be_read_again(source: Build) -> None:
    opened = source([HEADER, GOOD, SECOND])
    assert opened.total == 2
    assert list(opened) == list(opened)


def test_an_export_without_rows_is_empty_and_not_an_error(source: Build) -> None:
    opened = source([HEADER])
    assert (opened.total, list(opened)) == (0, [])


def test_a_bad_row_says_why_and_the_next_one_comes_all_the_same(source: Build) -> None:
    bad = ["", "", "", "昨天", "周某", "138", "求助", "来电", "已办结"]
    refused, good = source([HEADER, bad, GOOD])
    assert codes(refused) == [("detail", "missing"), ("external_no", "missing"), ("received_at", "bad_time")]
    assert refused.refused
    assert not good.refused


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"工单编号": ""}, ("external_no", "missing")),
        ({"工单编号": "4.31024E+17"}, ("external_no", "digits_lost")),
        ({"工单编号": "1" * 101}, ("external_no", "too_long")),
        ({"主要内容": "长" * 20_001}, ("detail", "too_long")),
        ({"来电时间": ""}, ("received_at", "missing")),
        ({"来电时间": "2024/13/40"}, ("received_at", "bad_time")),
        ({"来电时间": "1024/1/4"}, ("received_at", "bad_time")),
        ({"姓名": "长" * 61}, ("caller_name", "too_long")),
    ],
)
def test_what_makes_a_row_unusable(source: Build, cells: dict[str, str], problem: tuple[str, str]) -> None:
    assert codes(only(source(changed(**cells)))) == [problem]


@pytest.mark.parametrize(
    ("cells", "note"),
    [
        ({"联系电话": "见内容"}, ("caller_phone", "invalid")),
        ({"诉求类型": "其他"}, ("request_type", "unmapped")),
        ({"受理渠道": "信鸽"}, ("channel", "unmapped")),
        ({"诉求标题": "长" * 101}, ("title", "shortened")),
    ],
)
def test_what_is_only_noted(source: Build, cells: dict[str, str], note: tuple[str, str]) -> None:
    record = only(source(changed(**cells)))
    assert notes(record) == [note]
    assert not record.refused


def test_notes_and_problems_quote_no_personal_data(source: Build) -> None:
    record = only(source(changed(姓名="欧阳某某" * 20, 联系电话="号码是一三八")))
    told = " ".join(problem.message for problem in (*record.problems, *record.notes))
    assert "欧阳" not in told
    assert "一三八" not in told


def test_a_title_over_the_limit_moves_into_the_text(source: Build) -> None:
    title = "关于" + "长" * 120
    record = only(source(changed(诉求标题=title)))
    assert len(record.title) == 100
    assert record.detail == f"{title}\n南桥路路灯不亮"


def test_a_title_alone_is_also_the_text(source: Build) -> None:
    assert only(source(changed(主要内容=""))).detail == "路灯不亮"


def test_markup_and_sql_stay_plain_text(source: Build) -> None:
    text = "<script>alert(1)</script>'; DROP TABLE tickets; --"
    assert only(source(changed(主要内容=text))).detail == text


def test_an_unquoted_comma_is_a_problem_of_its_row() -> None:
    record = only(FileSource("编号,标题,内容\n1,路灯,坏了,请修".encode()))
    assert codes(record) == [("row", "too_many_cells")]


@pytest.mark.parametrize(
    "written",
    [
        "2019/2/28 11:25:05",
        "2019-02-28T11:25:05",
        "2019-02-28T03:25:05Z",
        "2019-02-28 04:25:05+01:00",
        "2019.02.28 11:25:05",
        "2019年2月28日 11时25分5秒",
        "2019年02月28日 上午11:25:05",
        "2019/2/28 11:25:05 AM",
        "20190228112505",
        "1551324305",
        "1551324305000",
        "43524.475752315",
    ],
)
def test_times_as_old_systems_write_them(source: Build, written: str) -> None:
    assert only(source(changed(来电时间=written))).received_at == datetime(2019, 2, 28, 3, 25, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "hour_utc"), [("2024/3/5 下午3:00", 7), ("2024/3/5 12:00 AM", -8), ("2024/3/5", -8)]
)
def test_half_days_and_dates_alone(source: Build, written: str, hour_utc: int) -> None:
    received = only(source(changed(来电时间=written))).received_at
    assert received is not None
    assert (received - datetime(2024, 3, 5, tzinfo=UTC)).total_seconds() == hour_utc * 3600


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0731-8555 1234", "073185551234"),
        ("+86 13800138000", "13800138000"),
        ("无/13800138000", "13800138000"),
    ],
)
def test_telephone_numbers_come_in_one_form(source: Build, written: str, number: str) -> None:
    assert only(source(changed(联系电话=written))).caller_phone == number


MAPPING = """
name = "12319 导出"
final_states = ["销案"]
date_formats = ["%d.%m.%Y %H:%M"]
extra = ["网格"]
[columns]
external_no = "流水"
detail = ["描述一", "描述二"]
category = ["大类", "小类"]
received_at = "何时"
reply = ""
[constants]
channel = "phone"
[defaults]
request_type = "help"
[values.category]
"市容/占道" = "0203"
[values.request_type]
"吐槽" = "complaint"
[values.unit]
"城管" = "U-CG"
"""
ODD_HEADER = ["流水", "描述一", "描述二", "大类", "小类", "何时", "状态", "网格", "回复", "承办单位", "类型"]
ODD_ROW = ["7", "占道", "请清理", "市容", "占道", "05.03.2024 09:30", "销案", "3-7", "不导入", "城管", "吐槽"]


def test_a_mapping_renames_joins_translates_and_fills(source: Build) -> None:
    record = only(source([ODD_HEADER, ODD_ROW], parse_mapping(MAPPING.encode())))
    assert record == LegacyRecord(
        row=2,
        external_no="7",
        detail="占道\n请清理",
        received_at=datetime(2024, 3, 5, 1, 30, tzinfo=UTC),
        category="0203",
        category_text="市容/占道",
        channel="phone",
        request_type="complaint",
        state="销案",
        final=True,
        unit="U-CG",
        unit_text="城管",
        extra={"网格": "3-7"},
    )


def test_an_unknown_old_word_is_noted_and_kept_as_text(source: Build) -> None:
    row = [*ODD_ROW[:4], "井盖", *ODD_ROW[5:9], "路灯所", ""]
    record = only(source([ODD_HEADER, row], parse_mapping(MAPPING.encode())))
    assert (record.category, record.category_text, record.unit_text) == ("", "市容/井盖", "路灯所")
    assert notes(record) == [("category", "unmapped"), ("unit", "unmapped")]
    assert record.request_type == "help"


def test_columns_nobody_asked_for_are_named_and_not_imported(source: Build) -> None:
    opened = source([ODD_HEADER, ODD_ROW], parse_mapping(MAPPING.encode()))
    assert opened.unused == ("回复",)
    assert "不导入" not in str(dataclasses.asdict(only(opened)))


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("[columns", "mapping_broken", "TOML"),
        ("\udcff", "mapping_broken", "UTF-8"),
        ("colums = 1", "mapping_unknown_key", "columns"),
        ("[columns]\ntitel = 'x'", "mapping_unknown_key", "title"),
        ("[columns]\ntitle = 3", "mapping_wrong_type", "文字"),
        ("columns = 3", "mapping_wrong_type", "columns"),
        ("guess = 'ja'", "mapping_wrong_type", "true"),
        ("timezone = 'Asia/Nowhere'", "mapping_wrong_type", "时区"),
        ("[values.state]\na = 1", "mapping_wrong_type", "state.a"),
        ("[columns]\ntitle = '诉求题目'", "mapping_column_missing", "诉求标题"),
        ("guess = false", "columns_unknown", "external_no"),
    ],
)
def test_a_faulty_mapping_is_refused_with_a_hint(source: Build, text: str, code: str, hint: str) -> None:
    with pytest.raises(FileRefused) as caught:
        source([HEADER, GOOD], parse_mapping(text.encode("utf-8", "surrogateescape")))
    assert caught.value.code == f"import.{code}"
    assert hint in caught.value.message


def test_a_mapping_file_that_is_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(FileRefused) as caught:
        load_mapping(tmp_path / "没有.toml")
    assert caught.value.code == "import.no_file"


def test_columns_that_tell_nothing_are_listed_for_the_person(source: Build) -> None:
    with pytest.raises(FileRefused) as caught:
        source([["甲", "乙"], ["1", "2"]])
    assert "甲、乙" in caught.value.message


def test_an_export_without_states_is_final_where_it_was_answered(source: Build) -> None:
    open_one, answered = source(
        [
            ["编号", "内容", "答复", "答复时间"],
            ["1", "路灯坏了", "", ""],
            ["2", "路灯坏了", "已修", "2024/3/5"],
        ]
    )
    assert (open_one.final, answered.final) == (False, True)
