"""Tables in and out of the analysing commands."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hotline.adapters.legacy.limits import FileRefused
from hotline.commands.tables import batches, read_rows, write_rows
from hotline.domain.errors import InvalidInput

HEAD = "编号,Title,detail\r\n"


def _file(folder: Path, content: bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_is_read_whatever_encoding_it_has(tmp_path: Path, encoding: str) -> None:
    path = _file(tmp_path, (HEAD + '1,路灯不亮,"第一行\n第二行，有"",""号"\r\n').encode(encoding))
    rows = read_rows(path, ["title"], ["detail"])
    assert rows.columns == ("编号", "title", "detail")
    assert list(rows) == [{"编号": "1", "title": "路灯不亮", "detail": '第一行\n第二行，有","号'}]
    assert len(rows) == 1


def test_every_record_is_a_row_also_an_empty_or_short_one(tmp_path: Path) -> None:
    path = _file(tmp_path, (HEAD + ",,\r\n2,短\r\n\r\n3,标题,内容,多出\r\n").encode())
    rows = list(read_rows(path, ["title", "detail"]))
    assert [(row["title"], row["detail"]) for row in rows] == [("", ""), ("短", ""), ("标题", "内容")]


def test_texts_full_of_tabs_do_not_pass_for_a_tab_separated_file(tmp_path: Path) -> None:
    texts = "".join(f'{n},题,"\n\t\t\t\t\t\t\t内容{n}\n\t\t\t\t\t\t\t"\r\n' for n in range(9))
    rows = list(read_rows(_file(tmp_path, (HEAD + texts).encode()), ["title", "detail"]))
    assert len(rows) == 9
    assert rows[8]["detail"].strip() == "内容8"


def test_bytes_that_are_no_text_are_refused_with_the_line(tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        HEAD.encode() + ("1,路灯,不亮不亮不亮不亮不亮不亮不亮不亮\r\n" * 3).encode() + b"\xff\xff\xfe,\r\n",
    )
    with pytest.raises(FileRefused, match="第 5 行"):
        read_rows(path, ["title"])


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = _file(tmp_path, b"a,b\r\n1,2\r\n")
    with pytest.raises(InvalidInput, match="缺少列：reply、title 或 detail；表头有：a、b"):
        read_rows(path, ["reply"], any_of=["title", "detail"])


def test_a_missing_or_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="找不到文件"):
        read_rows(tmp_path / "none.csv", ["title"])
    with pytest.raises(FileRefused, match="空的"):
        read_rows(_file(tmp_path, b""), ["title"])


def test_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    assert write_rows(path, ["a", "b"], [{"a": "=1+1", "b": 0.5}, {"a": "\ud800坏"}]) == 2
    assert list(csv.reader(path.read_text("utf-8").splitlines())) == [
        ["a", "b"],
        ["'=1+1", "0.5"],
        ["?坏", ""],
    ]

    def broken():
        yield {"a": "1"}
        raise ValueError("停了")

    with pytest.raises(ValueError, match="停了"):
        write_rows(path, ["a"], broken())
    assert path.read_text("utf-8").startswith("a,b")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.csv"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="无法写入"):
        write_rows(tmp_path / "none" / "out.csv", ["a"], [])


def test_batches_leave_nothing_out() -> None:
    assert list(batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
