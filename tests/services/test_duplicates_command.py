"""`hotline duplicates` on tables of all kinds. All messages are invented."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline import cli
from hotline.commands import duplicates

ROWS = [
    ("m1", "翠湖小区停水", "翠湖小区二期从昨天晚上开始停水，物业说是水泵坏了，到现在没有人来修。"),
    ("m2", "", "建议在市一中门口增设公交站，学生每天要走两公里才能坐车。"),
    ("m3", "翠湖小区停水！", "翠湖小区二期从昨天晚上开始停水,物业说是水泵坏了,到现在没有人来修。请回复"),
    ("m4", "", ""),
    ("m5", "=cmd()", "😀"),
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return written(tmp_path / "in.csv", ["msg_id", "title", "detail"], ROWS)


def written(path: Path, header: list[str], rows: list[tuple[str, ...]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_given_its_group_and_the_most_alike_row_above(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    assert cli.main(["duplicates", "--input", str(table), "--output", str(out)]) == 0
    rows = read(out)
    assert [row["group"] for row in rows] == ["1", "2", "1", "3", "4"]
    assert (rows[2]["earlier_row"], rows[2]["earlier_msg_id"], rows[2]["kind"]) == ("1", "m1", "文字相同")
    assert [row["group_size"] for row in rows] == ["2", "1", "2", "1", "1"]
    assert rows[3]["score"] == ""
    assert "1 组重复" in capsys.readouterr().out


def test_without_an_output_the_groups_are_told(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["duplicates", "--input", str(table)]) == 0
    assert "第 1 组：第 1、3 行" in capsys.readouterr().out


def test_many_rows_on_several_cores_give_the_same_answer(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, several = tmp_path / "alone.csv", tmp_path / "several.csv"
    assert cli.main(["duplicates", "--input", str(table), "--output", str(alone)]) == 0
    monkeypatch.setattr(duplicates, "ALONE", 1)
    monkeypatch.setattr(duplicates, "BATCH", 2)
    assert cli.main(["duplicates", "--input", str(table), "--output", str(several)]) == 0
    assert read(alone) == read(several)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    source = written(tmp_path / "in.csv", ["title", "detail"], [("停水", "翠湖小区停水")] * 2, encoding)
    out = tmp_path / "out.csv"
    assert cli.main(["duplicates", "--input", str(source), "--output", str(out)]) == 0
    assert [row["group"] for row in read(out)] == ["1", "1"]


def test_tokens_alone_will_do(tmp_path: Path) -> None:
    source = written(tmp_path / "in.csv", ["tokens"], [("翠湖 小区 停水 水泵",), ("翠湖 小区 停水 水泵",)])
    assert cli.main(["duplicates", "--input", str(source), "--output", str(tmp_path / "out.csv")]) == 0
    assert {row["group"] for row in read(tmp_path / "out.csv")} == {"1"}


@pytest.mark.parametrize("content", [b"", b"x,y\n1,2\n", b"\x00\x01\x02\xff\xfe" * 50])
def test_a_table_that_cannot_be_used_is_refused_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(content)
    assert cli.main(["duplicates", "--input", str(source)]) == 2
    assert capsys.readouterr().err.startswith("错误：")


@pytest.mark.parametrize("least", ["0", "2", "nan", "高"])
def test_a_bar_that_is_no_share_is_refused(table: Path, least: str) -> None:
    with pytest.raises(SystemExit):
        cli.main(["duplicates", "--input", str(table), "--least", least])


def test_a_long_table_is_not_queued_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "AHEAD", 2)
    monkeypatch.setattr(duplicates, "_stored", lambda texts: texts)
    taken: list[int] = []

    def batches() -> Iterator[list[str]]:
        for number in range(50):
            taken.append(number)
            yield [str(number)]

    with ThreadPoolExecutor(2) as pool:
        found = duplicates._in_turn(pool, batches())
        for number in range(50):
            assert next(found) == [str(number)]
            assert len(taken) <= number + 3
    assert list(found) == []
