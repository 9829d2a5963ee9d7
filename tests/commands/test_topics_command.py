"""hotline topics: a table of messages in, the hot topics out. All messages are invented."""

import csv
from pathlib import Path

import pytest

from hotline.cli import main

HEADER = ("msg_id", "title", "time", "detail", "likes")
ROWS = [
    (
        "11",
        "枫林雅苑夜间施工噪音",
        "2026/5/4 22:10:05",
        "枫林雅苑北门工地半夜打桩，噪音扰民，老人睡不着。",
        "3",
    ),
    ("12", "枫林雅苑工地通宵施工扰民", "2026-05-05 01:20", "枫林雅苑工地凌晨还在打桩，噪音很大。", "0"),
    (
        "13",
        "枫林雅苑深夜打桩噪音",
        "2026-05-06 23:59:59",
        "枫林雅苑北门的工地深夜打桩，噪音让人睡不着。",
        "x",
    ),
    ("14", "社保卡补办", "2026-05-06 10:00:00", "社保卡掉了到哪里补办？", ""),
]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command needs no installation."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "none"))


def _table(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = HEADER) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def _run(tmp_path: Path, rows: list[tuple[str, ...]], *more: str) -> tuple[int, list[dict[str, str]]]:
    source, out = _table(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    status = main(["topics", "--input", str(source), "--output", str(out), *more])
    with out.open(encoding="utf-8", newline="") as file:
        return status, list(csv.DictReader(file))


def test_the_table_names_rank_place_span_heat_and_members(tmp_path: Path) -> None:
    status, (topic,) = _run(tmp_path, ROWS)
    assert status == 0
    assert list(topic) == ["rank", "name", "place", "from", "to", "heat", "members"]
    assert sorted(topic["members"].split(" ")) == ["11", "12", "13"]
    assert (topic["rank"], topic["from"], topic["to"]) == ("1", "2026-05-04 22:10:05", "2026-05-06 23:59:59")
    assert "枫林雅苑" in topic["name"]
    assert float(topic["heat"]) > 0


def test_more_columns_are_written_when_asked_for(tmp_path: Path) -> None:
    _, (topic,) = _run(tmp_path, ROWS, "--more")
    assert topic["callers"] == "3"
    assert topic["words"]


def test_one_row_gives_a_table_without_topics_and_a_table_of_copies_one_topic(tmp_path: Path) -> None:
    assert _run(tmp_path, ROWS[:1]) == (0, [])
    copies = [(str(at), *ROWS[0][1:]) for at in range(30)]
    _, (topic,) = _run(tmp_path, copies)
    assert len(topic["members"].split(" ")) == 30


def test_a_row_that_comes_again_with_its_id_counts_once_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, [ROWS[0]] * 5) == (0, [])
    assert "4 行的 msg_id 与前面的行相同" in capsys.readouterr().err


def test_rows_without_a_time_are_left_out_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [("15", "枫林雅苑施工噪音", "昨天晚上", "枫林雅苑工地半夜打桩。", "1")]
    _, (topic,) = _run(tmp_path, [*broken, *ROWS])
    assert "15" not in topic["members"].split(" ")
    assert "1 行的 time 读不成时间，未计入：第 1 行" in capsys.readouterr().err


def test_a_table_without_any_time_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = _table(tmp_path / "in.csv", [(*row[:2], "？", *row[3:]) for row in ROWS])
    assert main(["topics", "--input", str(source), "--output", str(tmp_path / "out.csv")]) == 2
    assert "topics.time" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_missing_columns_and_an_empty_file_are_refused_in_chinese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = _table(tmp_path / "in.csv", [("1", "x")], ("msg_id", "title"))
    assert main(["topics", "--input", str(source), "--output", str(tmp_path / "out.csv")]) == 2
    assert "缺少列：time、detail" in capsys.readouterr().err
    (tmp_path / "empty.csv").write_bytes(b"")
    assert (
        main(["topics", "--input", str(tmp_path / "empty.csv"), "--output", str(tmp_path / "out.csv")]) == 2
    )
    assert "错误：" in capsys.readouterr().err


def test_a_table_of_headings_only_gives_no_topics(tmp_path: Path) -> None:
    assert _run(tmp_path, []) == (0, [])


def test_a_title_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    rows = [
        (f"={at}", "=1+1 枫林雅苑", "2026-05-04", "枫林雅苑工地半夜打桩，噪音扰民", "") for at in range(2)
    ]
    _, (topic,) = _run(tmp_path, rows)
    assert not topic["members"].startswith("=")
