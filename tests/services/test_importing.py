"""Importing an old hotline's export through the command, as an operator does."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hotline.adapters.legacy.csv_export import FileSource
from hotline.adapters.legacy.mapping import parse_mapping
from hotline.cli import main
from hotline.domain.people import Actor, User
from hotline.domain.records import ImportBatch, ImportRefusal, Notice
from hotline.domain.ticket import Ticket
from hotline.runtime import Runtime
from hotline.services import importing, queries
from hotline.services.accounts import actor_of
from hotline.services.import_rows import Plan
from hotline.settings import Settings
from tests.serving import settle

HEAD = ("工单编号", "标题", "主要内容", "来电时间", "联系电话", "办理状态", "答复内容", "留言用户")
ROWS = (
    (
        "Q-1",
        "路灯不亮",
        "老城区清河路一排路灯不亮",
        "2025/3/1 10:00",
        "13900000001",
        "已办结",
        "已修复",
        "u88",
    ),
    ("Q-2", "噪音扰民", "工地夜间施工", "2025/3/2 22:10", "见内容", "办理中", "", "u89"),
    ("Q-3", "", "", "2025/3/3 08:00", "", "办理中", "", ""),
    ("Q-4", "占道经营", "老城区菜市场门口占道", "2024/1/5 09:30", "", "办理中", "", "u90"),
)
MAPPING = """
name = "老热线导出"
[places]
"老城区" = "LZ01"
"""


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command line over this test's installation."""
    for name in ("home", "classifier", "synchronous", "telephony"):
        monkeypatch.setenv(f"HOTLINE_{name.upper()}", str(getattr(settings, name)))
    return lambda *words: main([str(word) for word in words])


def written(path: Path, rows: tuple = ROWS, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    return path


def many(path: Path, count: int) -> Path:
    return written(
        path,
        tuple(
            (f"M-{n}", f"第{n}件事", f"请处理第{n}件事，谢谢", "2025/5/1 08:00", "", "", "", "")
            for n in range(count)
        ),
    )


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING, "utf-8")
    return path


def tickets(runtime: Runtime, source: str = "12319") -> dict[str, dict]:
    def read(uow):
        names = ("no", "state", "historical", "area", "public_reply", "received_at", "title")
        return {
            row.source_no: {name: getattr(row, name) for name in names}
            for row in uow.find(Ticket, source_system=source)
        }

    return runtime.query(read)


def test_every_row_becomes_history_or_backlog_or_is_refused(run, runtime, tmp_path, mapping, capsys) -> None:
    report = tmp_path / "report.csv"
    file = written(tmp_path / "old.csv")
    code = run(
        *("import-tickets", file, "--hotline", "12319", "--map", mapping),
        *("--historical-before", "2025-01-01", "--report", report),
    )
    found = tickets(runtime)
    assert code == 0
    assert {no: row["state"] for no, row in found.items()} == {
        "Q-1": "archived",
        "Q-2": "review",
        "Q-4": "archived",
    }
    assert found["Q-1"]["area"] == found["Q-4"]["area"] == "LZ01"
    assert found["Q-1"]["public_reply"] == "已修复"
    told = capsys.readouterr().out
    assert "读入 4　新建 3　已存在 0　拒收 1" in told
    assert re.search(r"拒收 第 4 行  编号 Q-3", told)
    rows = list(csv.reader(report.read_text("utf-8-sig").splitlines()))[1:]
    assert [row[2] for row in rows] == ["已入库", "已入库", "拒收", "已入库"]
    assert "电话号码格式不正确" in rows[1][4]


def test_history_starts_no_clock_and_tells_nobody(run, runtime, tmp_path) -> None:
    run("import-tickets", written(tmp_path / "old.csv"), "--hotline", "12319", "--mode", "historical")
    settle(runtime)
    assert runtime.query(lambda uow: sum(row["with_clock"] for row in uow.views.standing("12319"))) == 0
    assert runtime.query(lambda uow: len(uow.find(Notice))) == 0


def test_a_backlog_keeps_its_day_but_its_clock_starts_now(run, runtime, clock, tmp_path) -> None:
    run("import-tickets", written(tmp_path / "old.csv"), "--hotline", "12319", "--mode", "backlog")
    whole = runtime.query(queries.ticket, supervisor(runtime), "Q-2")
    assert whole["received_at"].year == 2025
    assert whole["no"].startswith("20250302-")
    assert [item["state"] for item in whole["clocks"]] == ["running"]
    assert whole["clocks"][0]["due_at"] > whole["clocks"][0]["started_at"] > whole["received_at"]


def supervisor(runtime: Runtime) -> Actor:
    return runtime.query(lambda uow: actor_of(uow.first(User, login="supervisor")))


def test_an_account_is_no_callers_name_and_a_bad_phone_is_left_out(run, runtime, tmp_path) -> None:
    run("import-tickets", written(tmp_path / "old.csv"), "--hotline", "12319")
    asked = runtime.query(queries.ticket, supervisor(runtime), "Q-2")["requests"][0]
    assert asked["anonymous"]
    assert not asked["name_masked"]
    assert not asked["phone_masked"]
    first = runtime.query(queries.ticket, supervisor(runtime), "Q-1")
    assert first["requests"][0]["phone_masked"]
    kept = next(entry for entry in first["timeline"] if entry["kind"] == "old_record")
    assert kept["data"]["state"] == "已办结"
    assert not kept["public"]


def test_a_second_run_finds_everything_there(run, runtime, tmp_path, capsys) -> None:
    file = written(tmp_path / "old.csv")
    run("import-tickets", file, "--hotline", "12319")
    before = tickets(runtime)
    capsys.readouterr()
    run("import-tickets", file, "--hotline", "12319")
    assert "读入 4　新建 0　已存在 3　拒收 1" in capsys.readouterr().out
    assert tickets(runtime) == before


def test_a_number_twice_in_one_file_is_one_ticket(run, runtime, tmp_path) -> None:
    run("import-tickets", written(tmp_path / "old.csv", (ROWS[0], ROWS[0])), "--hotline", "12319")
    batch = runtime.query(lambda uow: uow.views.import_batches())[0]
    assert (batch["created"], batch["already"]) == (1, 1)


def test_a_dry_run_writes_nothing(run, runtime, tmp_path, capsys) -> None:
    waiting = runtime.query(lambda uow: uow.views.outbox_state())
    run("import-tickets", written(tmp_path / "old.csv", (*ROWS, ROWS[0])), "--hotline", "12319", "--dry-run")
    assert "读入 5　新建 3　已存在 1　拒收 1" in capsys.readouterr().out
    counts = runtime.query(lambda uow: [len(uow.find(kind)) for kind in (ImportBatch, ImportRefusal)])
    assert counts == [0, 0]
    assert not tickets(runtime)
    assert runtime.query(lambda uow: uow.views.outbox_state()) == waiting


def test_gb18030_with_rare_characters_is_read(run, runtime, tmp_path) -> None:
    row = ("G-1", "𠮷㑇路积水", "下雨就积水😀，请疏通", "2025/6/1 08:00", "", "", "", "")
    run("import-tickets", written(tmp_path / "gb.csv", (row,), "gb18030"), "--hotline", "12345")
    assert tickets(runtime, "12345")["G-1"]["title"] == "𠮷㑇路积水"


def test_a_mapping_with_an_unknown_code_is_refused_before_the_first_row(
    run, runtime, tmp_path, mapping, capsys
) -> None:
    mapping.write_text('[places]\n"老城区" = "XX99"\n', "utf-8")
    file = written(tmp_path / "old.csv")
    assert run("import-tickets", file, "--hotline", "12319", "--map", mapping) == 2
    assert "area=XX99" in capsys.readouterr().err
    assert not tickets(runtime)


def test_an_unknown_hotline_is_refused(run, tmp_path, capsys) -> None:
    assert run("import-tickets", written(tmp_path / "old.csv"), "--hotline", "99999") == 2
    assert "99999" in capsys.readouterr().err


def test_two_imports_of_one_file_share_the_work(run, runtime, tmp_path) -> None:
    file = many(tmp_path / "many.csv", 450)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run, "import-tickets", file, "--hotline", "12345") for _ in range(2)]
        assert [one.result() for one in runs] == [0, 0]
    assert len(tickets(runtime, "12345")) == 450
    batches = runtime.query(lambda uow: uow.views.import_batches())
    assert sum(batch["created"] for batch in batches) == 450
    assert all(batch["state"] == "finished" for batch in batches)


def killed_after(path: Path, rows: int) -> None:
    """Runs the import in a process of its own and kills it hard once so many rows are accounted for."""
    script = (
        "import os, signal, sys\n"
        "from hotline.services import importing\n"
        "from hotline.cli import main\n"
        "take = importing.take\n"
        "def dying(uow, plan, batch, first, records):\n"
        f"    if first >= {rows}:\n"
        "        take(uow, plan, batch, first, records)\n"
        "        uow.flush()\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return take(uow, plan, batch, first, records)\n"
        "importing.take = dying\n"
        f"main(['import-tickets', {str(path)!r}, '--hotline', '12345'])\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, timeout=100)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def test_an_import_killed_in_mid_transaction_goes_on_where_it_was(run, runtime, tmp_path, capsys) -> None:
    file = many(tmp_path / "many.csv", 350)
    killed_after(file, 200)
    assert len(tickets(runtime, "12345")) == 200
    assert run("import-tickets", file, "--hotline", "12345") == 0
    told = capsys.readouterr().out
    assert "前 200 行已有结果" in told
    assert "读入 350　新建 350　已存在 0　拒收 0" in told
    assert "缺失 0" in told
    assert len(tickets(runtime, "12345")) == 350
    assert len(runtime.query(lambda uow: uow.views.import_batches())) == 1


def test_settling_classifies_and_says_where_the_tickets_stand(run, runtime, tmp_path, capsys) -> None:
    run(
        "import-tickets", written(tmp_path / "old.csv"), "--hotline", "12319", "--mode", "backlog", "--settle"
    )
    told = capsys.readouterr().out
    assert "待办 3" in told
    assert "已分类 3" in told
    assert "有时限在走 3" in told
    assert runtime.query(lambda uow: uow.views.outbox_state())["waiting"] == 0


def test_the_text_may_say_where_within_the_place_of_the_title(run, runtime, tmp_path, mapping) -> None:
    mapping.write_text('[places]\n"本市" = "LZ"\n"老城区" = "LZ01"\n"东湖片区" = "LZ02"\n', "utf-8")
    rows = (
        ("P-1", "本市路灯不亮", "老城区清河路", "2025/3/1 10:00", "", "", "", ""),
        ("P-2", "老城区路灯不亮", "从东湖片区开车过来看到的", "2025/3/1 10:00", "", "", "", ""),
        ("P-3", "路灯不亮", "老城区和东湖片区都有", "2025/3/1 10:00", "", "", "", ""),
    )
    run("import-tickets", written(tmp_path / "old.csv", rows), "--hotline", "12319", "--map", mapping)
    assert [row["area"] for row in tickets(runtime).values()] == ["LZ01", "LZ01", ""]


def test_both_databases_account_for_every_row_once(both: Runtime, tmp_path: Path) -> None:
    source = FileSource(written(tmp_path / "old.csv"))
    plan, records = Plan("12319", "12319"), list(source)
    batch, done = both.transact(importing.begin, plan, "old.csv", "digest", source.total, "tester")
    assert done == 0
    for _ in range(2):
        assert both.transact(importing.take, plan, batch, 0, records) == 4
    account = both.transact(importing.finish, batch)
    assert (account["created"], account["refused"], account["state"]) == (3, 1, "finished")
    settle(both)
    rows = both.query(importing.reconcile, plan, batch, records)
    assert [row[2] for row in rows] == ["已入库", "已入库", "拒收", "已入库"]
    standing = both.query(lambda uow: uow.views.standing("12319"))
    assert sum(row["with_clock"] for row in standing if not row["historical"]) == 2


def test_the_guides_mapping_is_one_that_is_read() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "importing.md").read_text("utf-8")
    mapping = parse_mapping(re.search(r"```toml\n(.*?)```", guide, re.DOTALL)[1].encode())
    assert mapping.places["老城区"] == "LZ01"
    assert mapping.columns["detail"] == ("主要内容", "补充描述")
