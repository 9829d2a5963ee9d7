"""hotline reply-quality on files: what it writes, in step with its input, and what it refuses in Chinese."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hotline.cli import main

HEAD = "title,detail,reply,time,reply_time,msg_id\n"
GOOD = "路灯不亮,柳渡路六盏路灯不亮,您好，经现场检查，柳渡路路灯因电缆被挖断不亮，已于3月4日修好。,2026-03-02 10:00,2026/3/5 9:00:00,7\n"


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an installation: the shipped calendar serves."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "nowhere"))


def run(tmp_path: Path, content: str | bytes, *more: str) -> tuple[int, list[dict[str, str]]]:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(content if isinstance(content, bytes) else content.encode())
    status = main(["reply-quality", "--input", str(source), "--output", str(target), *more])
    if not target.exists():
        return status, []
    with target.open(encoding="utf-8", newline="") as file:
        return status, list(csv.DictReader(file))


def test_each_row_gets_a_score_its_parts_and_the_reasons(tmp_path: Path) -> None:
    status, rows = run(tmp_path, HEAD + GOOD + "空,,,,,8\n", "--keep", "msg_id")
    assert status == 0
    assert [row["msg_id"] for row in rows] == ["7", "8"]
    assert float(rows[0]["score"]) > 0.6
    assert rows[0]["timeliness"] == "1.0000"
    assert "政策依据" in rows[0]["missing"]
    assert "针对性：" in rows[0]["reasons"]
    assert rows[1]["score"] == "0.0000"
    assert rows[1]["timeliness"] == ""


def test_files_of_other_encodings_are_read(tmp_path: Path) -> None:
    status, rows = run(tmp_path, (HEAD + GOOD).encode("gb18030"))
    assert (status, len(rows)) == (0, 1)


def test_the_limit_is_held_against_the_statutory_calendar(tmp_path: Path) -> None:
    spring = GOOD.replace("2026-03-02 10:00", "2026-02-13 10:00").replace("2026/3/5", "2026/2/26")
    assert run(tmp_path, HEAD + spring)[1][0]["timeliness"] == "1.0000"
    assert run(tmp_path, HEAD + spring, "--limit-days", "1")[1][0]["timeliness"] != "1.0000"


def test_a_time_nobody_can_read_leaves_timeliness_out_and_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = [GOOD.replace("2026-03-02 10:00", time) for time in ("昨天", "2026-02-30", "")]
    status, rows = run(tmp_path, HEAD + "".join(odd) + GOOD)
    assert status == 0
    assert [row["timeliness"] for row in rows] == ["", "", "", "1.0000"]
    assert "有 2 条的时间读不出（第 1、2 条）" in capsys.readouterr().out


def test_a_zone_that_a_time_names_counts(tmp_path: Path) -> None:
    replied = "2026-03-09T23:30:00+00:00"
    late = GOOD.replace("2026/3/5 9:00:00", replied)
    local = GOOD.replace("2026/3/5 9:00:00", "2026-03-10 07:30:00")
    rows = run(tmp_path, HEAD + late + local)[1]
    assert rows[0]["timeliness"] == rows[1]["timeliness"] == "0.6000"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title,detail,reply\na,b,c\n", "缺少列：time、reply_time"),
        ("", "文件是空的"),
    ],
)
def test_bad_files_are_refused_in_chinese_and_leave_no_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, said: str
) -> None:
    status, rows = run(tmp_path, content)
    assert (status, rows) == (2, [])
    assert said in capsys.readouterr().err


def test_an_unknown_column_to_keep_and_an_odd_limit_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, HEAD + GOOD, "--keep", "nr")[0] == 2
    assert "没有要保留的列：nr" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(tmp_path, HEAD + GOOD, "--limit-days", "0")
    assert "1–366 个工作日" in capsys.readouterr().err
