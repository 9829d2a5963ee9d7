"""hotline classify: one judged row for each row that was read."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from hotline.cli import main

COLUMNS = ["level1", "level2", "level3", "score", "request_type", "urgency", "unit", "top3", "evidence"]
MESSAGES = [
    ("7", "停水", "临澜区清河路小区停水三天了，没水做饭，请尽快恢复供水"),
    ("8", "", ""),
    ("9", "", "二楼着火了，有两个孩子被困在屋里，快来人"),
    ("10", "请问社保卡丢了怎么补办", ""),
    ("11", "😀", "hello?? \t =1+1"),
]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command line where nothing is installed."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "none"))
    return lambda *words: main(["classify", *map(str, words)])


def _table(path: Path, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([("id", "title", "detail"), *MESSAGES])
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_judged_in_order_without_an_installation(bare, tmp_path, capsys) -> None:
    out = tmp_path / "out.csv"
    assert bare("--input", _table(tmp_path / "in.csv", "gb18030"), "--output", out) == 0
    rows = _read(out)
    assert list(rows[0]) == COLUMNS
    assert len(rows) == len(MESSAGES)
    assert rows[0]["level1"] == "城乡建设"
    assert rows[0]["unit"] == "澜州水务集团有限公司"
    assert [row["urgency"] for row in rows] == ["紧急", "普通", "特急", "普通", "普通"]
    assert rows[3]["request_type"] == "咨询"
    assert all(0 <= float(row["score"]) <= 1 and row["level1"] for row in rows)
    assert all(row["top3"].startswith(row["level1"]) for row in rows)
    assert not (tmp_path / "none").exists()
    assert "已判断 5 条" in capsys.readouterr().out


def test_an_unsure_row_has_a_first_level_and_nothing_below(bare, tmp_path) -> None:
    out = tmp_path / "out.csv"
    bare("--input", _table(tmp_path / "in.csv"), "--output", out)
    unsure = _read(out)[4]
    assert unsure["level1"]
    assert (unsure["level2"], unsure["level3"]) == ("", "")


def test_columns_of_the_input_are_kept_where_asked(bare, tmp_path, capsys) -> None:
    source, out = _table(tmp_path / "in.csv"), tmp_path / "out.csv"
    assert bare("--input", source, "--output", out, "--keep", "id") == 0
    assert [row["id"] for row in _read(out)] == [number for number, _, _ in MESSAGES]
    assert bare("--input", source, "--output", tmp_path / "other.csv", "--keep", "nix") == 2
    assert "没有要保留的列：nix" in capsys.readouterr().err
    assert not (tmp_path / "other.csv").exists()


def test_an_installation_answers_with_its_own_units(runtime, settings, monkeypatch, tmp_path) -> None:
    units = runtime.query(lambda uow: uow.reference.all_of("unit"))
    water = next(row for row in units if row["name"] == "澜州水务集团有限公司")
    renamed = {**water, "name": "澜州新水务公司"}
    runtime.transact(lambda uow: uow.change_reference("unit", water["code"], renamed, "测试", "改名"))
    for name in ("home", "classifier"):
        monkeypatch.setenv(f"HOTLINE_{name.upper()}", getattr(settings, name))
    out = tmp_path / "out.csv"
    assert main(["classify", "--input", str(_table(tmp_path / "in.csv")), "--output", str(out)]) == 0
    assert _read(out)[0]["unit"] == "澜州新水务公司"


@pytest.mark.parametrize("installed", [False, True])
def test_keywords_answer_for_a_table_only_where_they_are_asked_for(
    request, monkeypatch, tmp_path, capsys, installed
) -> None:
    home = str(tmp_path / "none")
    if installed:
        request.getfixturevalue("runtime")
        home = request.getfixturevalue("settings").home
    monkeypatch.setenv("HOTLINE_HOME", home)
    out = tmp_path / "out.csv"
    words = ["classify", "--input", str(_table(tmp_path / "in.csv")), "--output", str(out)]
    monkeypatch.setenv("HOTLINE_CLASSIFIER", "onnx:foreign")
    assert main(words) == 2
    assert "分类模型不能使用" in capsys.readouterr().err
    assert not out.exists()
    monkeypatch.setenv("HOTLINE_CLASSIFIER", "rules:")
    assert main(words) == 0
    assert len(_read(out)) == len(MESSAGES)


def test_a_file_that_is_no_text_is_refused_and_leaves_no_output(bare, tmp_path, capsys) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("title,detail\n一,二\n".encode() + bytes(range(128, 256)))
    assert bare("--input", source, "--output", tmp_path / "out.csv") == 2
    assert "行" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
