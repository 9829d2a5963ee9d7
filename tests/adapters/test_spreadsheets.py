"""Files as old systems, Excel, WPS and attackers make them: read rightly, or refused with a code and a row."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from hotline.adapters.legacy import limits
from hotline.adapters.legacy.limits import FileRefused
from hotline.adapters.legacy.spreadsheet import open_table, read_rows

HEADER = ["编号", "标题", "内容"]
ROWS = [
    ["GD-1", "路灯不亮", "南桥路第三盏路灯\n连续五天不亮"],
    ["GD-2", "噪声，扰民", "𠮷祥里夜间施工 㑇 😀"],
]


def csv_bytes(rows: Sequence[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    quoted = [delimiter.join(f'"{cell}"' for cell in row) for row in rows]
    return "\r\n".join(quoted).encode(encoding)


def xlsx_bytes(rows: Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(content: bytes, replace: dict[str, bytes]) -> bytes:
    """The archive with some parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in replace:
                new.writestr(name, old.read(name))
        for name, part in replace.items():
            new.writestr(name, part)
    return out.getvalue()


def shared(strings: bytes, rows: str) -> bytes:
    """A workbook as Excel writes it, its texts in one shared part (openpyxl writes them into the cells)."""
    content = xlsx_bytes([HEADER])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        types = archive.read("[Content_Types].xml")
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
    parts = {
        "[Content_Types].xml": types.replace(b"</Types>", part),
        "xl/sharedStrings.xml": strings,
        "xl/worksheets/sheet1.xml": sheet_xml(rows),
    }
    return repacked(content, parts)


def string_table(*items: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<sst xmlns="{main}">{"".join(f"<si>{item}</si>" for item in items)}</sst>'.encode()


def sheet_xml(rows: str) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def values(source: bytes | Path, name: str = "a.csv", **options: Any) -> list[list[str]]:
    return [list(row.values.values()) for row in open_table(source, name, **options).rows()]


def refusal(source: bytes | str | Path, name: str = "a.csv", **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        for _ in open_table(source, name, **options).rows():
            pass
    assert any("一" <= letter <= "龥" for letter in caught.value.message)
    return caught.value


def code(source: bytes | str | Path, name: str = "a.csv", **options: Any) -> str:
    return refusal(source, name, **options).code.removeprefix("import.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding_gives_the_same_rows(encoding: str) -> None:
    assert values(csv_bytes([HEADER, *ROWS], encoding=encoding)) == ROWS


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert values(csv_bytes([HEADER, *ROWS], delimiter)) == ROWS


def test_a_first_line_that_names_the_delimiter_is_obeyed() -> None:
    assert values(b"sep=;\n" + "编号;内容\n1;a,b,c\n".encode()) == [["1", "a,b,c"]]


def test_row_numbers_are_those_of_a_spreadsheet_program() -> None:
    content = '编号,内容\n\n1,"两\n行"\n2,第五行\n'.encode()
    assert [row.number for row in read_rows(content)] == [3, 4]


def test_rare_characters_survive_both_formats() -> None:
    row = ["𠮷-1", "㑇", "😀 \U00020bb7 \U0002b740 \U0002ceb0 \U00030000 \U00031350 \U000323b0"]
    assert values(csv_bytes([HEADER, row], encoding="gb18030")) == [row]
    assert values(xlsx_bytes([HEADER, row]), "a.xlsx") == [row]


def test_a_broken_byte_names_its_line() -> None:
    good = csv_bytes([HEADER, *[["1", "路灯", "不亮" * 20]] * 40])
    error = refusal(good + b"\r\n2,\xe8\xb7,x")
    assert (error.code, error.row) == ("import.undecodable", 42)


def test_a_broken_byte_in_gb18030_names_its_line() -> None:
    error = refusal("编号,内容\n1,路灯不亮了\n".encode("gb18030") + b"2,\x81\x20\n")
    assert (error.code, error.row) == ("import.undecodable", 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"\n\n , ,\n", "empty"),
        ("编号,内容\n1,a\x00b\n".encode(), "nul"),
        ('编号,内容\n1,"没有闭合\n2,还在里面\n'.encode(), "quote_open"),
        (b"id,x\n1," + b"y" * (limits.MAX_LINE_CHARS + 5), "line_too_long"),
        (b"id,x\n1," + b"y" * (limits.MAX_CELL_CHARS + 1), "cell_too_long"),
        (b'id,x\n1,"' + b"y\n" * 2_600_000 + b'"', "cell_too_long"),
        (b"," * limits.MAX_COLUMNS + b"\n1\n", "too_many_columns"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "html_table"),
        (b"%PDF-1.7", "other_document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"PK\x03\x04 and then nothing", "workbook_damaged"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, expected: str) -> None:
    assert code(content) == expected


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert code(tmp_path / "没有.csv") == "no_file"
    assert code(tmp_path) == "no_file"


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as stream:
        stream.truncate(limits.MAX_FILE_BYTES + 1)
    assert code(path) == "too_large"


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.adapters.legacy.spreadsheet.MAX_ROWS", 3)
    assert code(csv_bytes([HEADER, *[["1", "2", "3"]] * 4])) == "too_many_rows"


def test_a_workbook_reads_as_people_see_it() -> None:
    when = dt.datetime(2019, 2, 28, 11, 25, 5)
    row = [
        "GD-1",
        13800138000,
        431024199003071234,
        0.1,
        when,
        dt.date(2024, 3, 5),
        dt.time(9, 30),
        True,
        None,
        "a\nb",
    ]
    shown = values(xlsx_bytes([list("甲乙丙丁戊己庚辛壬癸"), row]), "a.xlsx")
    assert shown == [
        [
            "GD-1",
            "13800138000",
            "4.31024199003071E+17",
            "0.1",
            "2019-02-28 11:25:05",
            "2024-03-05",
            "09:30:00",
            "TRUE",
            "",
            "a\nb",
        ]
    ]


def test_formulas_give_their_stored_value_and_never_the_formula() -> None:
    cells = '<c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>[1]别的表!A1</f><v>旧值</v></c>'
    content = repacked(
        xlsx_bytes([["编号", "内容"]]),
        {"xl/worksheets/sheet1.xml": sheet_xml(f'{_HEADER_XML}<row r="2">{cells}</row>')},
    )
    assert values(content, "a.xlsx") == [["2", "旧值"]]


def test_a_formula_without_a_stored_value_is_refused_with_its_row() -> None:
    error = refusal(xlsx_bytes([["编号", "内容"], ["1", "=A2&B9"]]), "a.xlsx")
    assert (error.code, error.row) == ("import.formula_without_value", 2)
    array = xlsx_bytes([["编号"]], lambda book: book.active.__setitem__("A2", ArrayFormula("A2", "=SUM(1)")))
    assert code(array, "a.xlsx") == "formula_without_value"


def test_a_title_above_and_a_header_of_two_lines_become_one_header() -> None:
    rows = [
        ["某市热线工单导出", None, None, None, None, None],
        ["编号", "来电人", None, "被反映人", None, "内容"],
        [None, "姓名", "电话", "姓名", "地址", None],
        ["1", "周某", "13800138000", "吴某", "南桥路", "路灯不亮"],
    ]

    def merge(book: Any) -> None:
        for area in ("A1:F1", "A2:A3", "B2:C2", "D2:E2", "F2:F3"):
            book.active.merge_cells(area)

    table = open_table(xlsx_bytes(rows, merge), "a.xlsx")
    assert table.columns == ("编号", "来电人姓名", "电话", "被反映人姓名", "地址", "内容")
    assert [row.number for row in table.rows()] == [4]


def test_a_row_of_data_under_an_unnamed_column_is_no_header() -> None:
    table = open_table("编号,标题,,内容\n,甲,备注,乙\n".encode())
    assert table.columns == ("编号", "标题", "第3列", "内容")
    assert table.total == 1


def test_columns_of_one_name_are_told_apart() -> None:
    assert open_table("编号,电话,电话\n1,2,3\n".encode()).columns == ("编号", "电话", "电话(2)")


def test_cells_beyond_the_header_are_shown_as_surplus() -> None:
    (row,) = read_rows("编号,内容\n1,坏了,请修,\n".encode())
    assert row.surplus == ("请修",)


def test_the_first_visible_sheet_with_text_is_read_or_the_one_asked_for() -> None:
    def sheets(book: Any) -> None:
        book.active.sheet_state = "hidden"
        book.create_sheet("空表")
        for name in ("工单", "其他"):
            book.create_sheet(name).append(["编号", name])
            book[name].append([1, "x"])

    content = xlsx_bytes([["隐藏"], ["y"]], sheets)
    assert open_table(content, "a.xlsx").columns == ("编号", "工单")
    assert open_table(content, "a.xlsx", sheet="其他").columns == ("编号", "其他")
    assert code(content, "a.xlsx", sheet="没有") == "no_such_sheet"


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_truncated_workbook_is_refused(kept: float) -> None:
    content = xlsx_bytes([HEADER, *ROWS * 50])
    assert code(content[: int(len(content) * kept)], "a.xlsx") == "workbook_damaged"


def test_a_workbook_with_flipped_bytes_is_refused() -> None:
    content = bytearray(xlsx_bytes([HEADER, *[[str(n), "路灯", f"第{n}盏"] for n in range(500)]]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 200
    content[start : start + 40] = bytes(40)
    assert code(bytes(content), "a.xlsx") == "workbook_damaged"


def test_text_that_calls_itself_a_workbook_is_refused() -> None:
    assert code(b"just,text\n1,2", "a.xlsx") == "not_a_workbook"


def test_a_zip_bomb_is_refused_by_its_directory() -> None:
    bomb = repacked(xlsx_bytes([HEADER]), {"xl/worksheets/sheet1.xml": bytes(64 * limits.MIB)})
    assert code(bomb, "a.xlsx") == "zip_bomb"
    styles = repacked(xlsx_bytes([HEADER]), {"xl/styles.xml": bytes(limits.MAX_PART_BYTES + 1)})
    assert code(styles, "a.xlsx") == "zip_bomb"
    crowd = repacked(xlsx_bytes([HEADER]), {f"x/{n}": b"" for n in range(limits.MAX_ARCHIVE_ENTRIES)})
    assert code(crowd, "a.xlsx") == "zip_bomb"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"xl/vbaProject.bin": b"x"}, "macros"),
        ({"xl/workbook.bin": b"x"}, "binary_workbook"),
        ({"content.xml": b"x"}, "other_document"),
        ({"xl/workbook.xml": b"<workbook"}, "workbook_damaged"),
        ({"[Content_Types].xml": b"<x/>"}, "workbook_damaged"),
    ],
)
def test_other_archives_are_refused(parts: dict[str, bytes], expected: str) -> None:
    assert code(repacked(xlsx_bytes([HEADER]), parts), "a.xlsx") == expected


def test_a_plain_archive_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "1,2")
    assert code(out.getvalue(), "a.xlsx") == "not_a_workbook"


_HEADER_XML = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>编号</t></is></c><c r="B1" t="str"><v>内容</v></c></row>'
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('<row r="99999999999"><c r="A1"><v>1</v></c></row>', "too_many_rows"),
        ('<row r="2"><c r="ZZZZZZ2"><v>1</v></c></row>', "too_many_columns"),
        ('<row r="2"><c r="A2" t="s"><v>77</v></c></row>', "workbook_damaged"),
        (
            '<row r="2"><c r="A2" t="inlineStr"><is><t>' + "x" * 5_000_000 + "</t></is></c></row>",
            "cell_too_long",
        ),
        ('<row r="2"><c r="A2"', "workbook_damaged"),
    ],
)
def test_a_sheet_that_lies_is_refused(rows: str, expected: str) -> None:
    content = repacked(xlsx_bytes([HEADER]), {"xl/worksheets/sheet1.xml": sheet_xml(_HEADER_XML + rows)})
    assert code(content, "a.xlsx") == expected


def test_entities_are_never_expanded() -> None:
    xml = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + sheet_xml(_HEADER_XML)
    assert code(repacked(xlsx_bytes([HEADER]), {"xl/worksheets/sheet1.xml": xml}), "a.xlsx") == "doctype"
    assert code(shared(xml, _HEADER_XML), "a.xlsx") == "doctype"
    workbook = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'
    assert code(repacked(xlsx_bytes([HEADER]), {"xl/workbook.xml": workbook}), "a.xlsx") == "workbook_damaged"


def test_a_shared_text_of_five_megabytes_is_refused() -> None:
    table = string_table(f"<t>{'长' * 1_700_000}</t>")
    assert code(shared(table, _HEADER_XML), "a.xlsx") == "cell_too_long"


def test_shared_texts_come_whole_and_without_phonetic_guides() -> None:
    table = string_table(
        "<t>编号</t>",
        "<r><t>内</t></r><r><t xml:space='preserve'>容</t></r><rPh sb='0' eb='1'><t>neirong</t></rPh>",
        "<t>𠮷祥里_x000D_&#10;路灯&amp;井盖</t>",
    )
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    rows += '<row r="7"><c r="A7"><v>1.3800138E10</v></c><c r="B7" t="s"><v>2</v></c></row>'
    (row,) = open_table(shared(table, rows), "a.xlsx").rows()
    assert (row.number, row.values) == (7, {"编号": "13800138000", "内容": "𠮷祥里\n路灯&井盖"})


def test_a_style_for_dates_the_calendar_lacks_gives_the_number() -> None:
    def style(book: Any) -> None:
        book.active["B2"].number_format = "yyyy-mm-dd"

    assert values(xlsx_bytes([["编号", "时间"], ["1", 99999999]], style), "a.xlsx") == [["1", "99999999"]]


def test_reading_holds_little_in_memory() -> None:
    import tracemalloc

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADER)
    for number in range(4_000):
        sheet.append([f"GD-{number}", "路灯不亮", f"第{number}盏" + "很久没有人来修" * 120])
    out = io.BytesIO()
    book.save(out)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_rows(out.getvalue(), "a.xlsx")) == 4_000
        assert tracemalloc.get_traced_memory()[1] < 20 * limits.MIB
    finally:
        tracemalloc.stop()
