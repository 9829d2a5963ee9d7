"""The registry: what is taken in, what serves and reads along, and what happens when a model is broken."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from classifiers.api import ClassifierUnavailable, Text
from classifiers.segment import Segmenter
from hotline import bootstrap
from hotline.adapters import aside
from hotline.bootstrap import build_runtime
from hotline.cli import main
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from hotline.domain.learning import CheckedModel, ModelVersion, Reading, ShadowRun
from hotline.domain.people import Actor
from hotline.domain.records import AuditRow, Notice
from hotline.ports import UnitOfWork
from hotline.runtime import Runtime
from hotline.services import sweeps
from hotline.services.learning import models, shadowing, switching
from hotline.settings import Settings
from tests.fakes import FixedClock
from tests.flows.story import Story
from tests.learning import break_model, files_of, model_folder

LAMP = Text("路灯不亮", "小区门口的路灯坏了")


@pytest.fixture(scope="module")
def dictionary() -> Segmenter:
    """One dictionary for all runtimes of this file: reading it takes longer than everything else."""
    segmenter = Segmenter()
    segmenter.load()
    return segmenter


@pytest.fixture(autouse=True)
def shared_dictionary(dictionary: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "Segmenter", lambda: dictionary)


@pytest.fixture
def admin() -> Actor:
    return Actor(1, "管理", frozenset({"sys_admin"}), login="admin")


@pytest.fixture
def two(shared_dictionary: None, runtime: Runtime, admin: Actor, tmp_path: Path) -> tuple[str, str]:
    """Two registered versions."""
    one, other = (
        switching.add(runtime, admin, model_folder(tmp_path, name)) for name in ("site-1", "site-2")
    )
    return one, other


def states(runtime: Runtime) -> dict[str, str]:
    return runtime.query(lambda uow: {row.name: row.state for row in uow.find(ModelVersion)})


def answering(runtime: Runtime) -> str:
    return str(runtime.classifier.read([LAMP])[1])


def fault_of(runtime: Runtime, name: str) -> str:
    return str(runtime.query(lambda uow: models.one(uow, name).fault))


def breaks(runtime: Runtime, settings: Settings, name: str) -> None:
    break_model(settings.path("models") / name)


def test_a_running_process_takes_over_what_is_put_in_service_and_goes_back(
    runtime: Runtime, admin: Actor, two: tuple[str, str]
) -> None:
    assert answering(runtime).startswith("keywords/")
    assert not runtime.classifier.follow()
    for name in two:
        switching.serve(runtime, admin, name)
        assert runtime.classifier.follow()
        assert answering(runtime).endswith(f"/{name}")
    assert states(runtime) == {"site-1": "retired", "site-2": "serving"}
    assert switching.rollback(runtime, admin) == "site-1"
    assert runtime.classifier.follow()
    assert answering(runtime).endswith("/site-1")
    assert switching.rollback(runtime, admin) == ""
    assert runtime.classifier.follow()
    assert answering(runtime).startswith("keywords/")
    with pytest.raises(Conflict):
        switching.rollback(runtime, admin)


def test_every_change_of_the_registry_is_audited(
    runtime: Runtime, admin: Actor, two: tuple[str, str]
) -> None:
    switching.serve(runtime, admin, "site-1")
    switching.shadow(runtime, admin, "site-2")
    switching.rollback(runtime, admin)
    rows = runtime.query(lambda uow: list(uow.find(AuditRow, subject=["site-1", "site-2"])))
    assert [(row.action, row.subject, row.actor) for row in rows] == [
        ("model.registered", "site-1", "admin"),
        ("model.registered", "site-2", "admin"),
        ("model.serving", "site-1", "admin"),
        ("model.shadow", "site-2", "admin"),
        ("model.retired", "site-1", "admin"),
    ]


def test_a_broken_foreign_missing_or_known_folder_is_refused_with_the_reason(
    runtime: Runtime, settings: Settings, admin: Actor, tmp_path: Path
) -> None:
    broken = model_folder(tmp_path, "cut-short")
    break_model(broken)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "config.json").write_text("{}")
    evil = model_folder(tmp_path, "evil")
    head = (evil / "model.json").read_text("utf-8")
    (evil / "model.json").write_text(head.replace('"evil"', '"../../evil"'), "utf-8")
    for folder, reason in (
        (broken, "校验值不符"),
        (foreign, "model.json"),
        (tmp_path / "nowhere", "没有模型目录"),
        (evil, "版本号"),
    ):
        with pytest.raises(InvalidInput, match=reason):
            switching.add(runtime, admin, folder)
    assert states(runtime) == {}
    assert list(settings.path("models").iterdir()) == []
    whole = model_folder(tmp_path, "whole")
    switching.add(runtime, admin, whole)
    with pytest.raises(Conflict):
        switching.add(runtime, admin, whole)
    (whole / "model.json").write_text((whole / "model.json").read_text("utf-8") + "\n", "utf-8")
    with pytest.raises(InvalidInput, match="内容不同"):
        switching.add(runtime, admin, whole)


def test_rolling_back_ends_at_the_default_model_however_often_versions_were_swapped(
    runtime: Runtime, admin: Actor, two: tuple[str, str]
) -> None:
    for name in ("site-1", "site-2", "site-1"):
        switching.serve(runtime, admin, name)
    assert switching.rollback(runtime, admin) == ""
    with pytest.raises(Conflict):
        switching.rollback(runtime, admin)


def test_swapping_more_versions_than_a_start_looks_back_over_makes_no_circle_either(
    runtime: Runtime, admin: Actor
) -> None:
    """Seven rows without folders: what is asked here is the way back alone."""
    made = [CheckedModel(f"site-{n}", "linear", f"digest-{n}") for n in range(models.LONGEST_CHAIN + 2)]
    for one in made:
        runtime.transact(models.register, admin, one)
        runtime.transact(models.serve, admin, one)
    runtime.transact(models.serve, admin, made[0])
    assert [choice.name for choice in runtime.query(models.way_back)] == ["site-0"]
    assert runtime.transact(models.rollback, admin, "site-0", None) == ""


def test_a_rollback_passes_over_what_cannot_be_opened_any_more_and_ends_at_the_default(
    runtime: Runtime, settings: Settings, admin: Actor, two: tuple[str, str], tmp_path: Path
) -> None:
    switching.add(runtime, admin, model_folder(tmp_path, "site-3"))
    for name in (*two, "site-3"):
        switching.serve(runtime, admin, name)
    breaks(runtime, settings, "site-2")
    assert switching.rollback(runtime, admin) == "site-1"
    assert "校验值不符" in fault_of(runtime, "site-2")
    switching.serve(runtime, admin, "site-3")
    breaks(runtime, settings, "site-1")
    assert switching.rollback(runtime, admin) == ""
    assert set(states(runtime).values()) == {"retired"}


def test_a_rollback_that_somebody_else_overtook_changes_nothing(
    runtime: Runtime, admin: Actor, two: tuple[str, str]
) -> None:
    for name in two:
        switching.serve(runtime, admin, name)
    with pytest.raises(Conflict):
        runtime.transact(models.rollback, admin, "site-1", None)
    assert states(runtime)["site-2"] == "serving"


def test_one_version_serves_and_one_reads_along_whatever_two_processes_write(both: Runtime) -> None:
    def row(uow: UnitOfWork, name: str, state: str) -> ModelVersion:
        facts = {"kind": "linear", "folder": name, "digest": "d", "made_by": "", "state": state}
        return ModelVersion(id=uow.new_id(), name=name, made_at=uow.now, state_at=uow.now, **facts)

    for state in ("serving", "shadow"):
        both.transact(lambda uow, s=state: uow.add(row(uow, f"{s}-1", s)))
        with pytest.raises(Conflict):
            both.transact(lambda uow, s=state: uow.add(row(uow, f"{s}-2", s)))
    both.transact(lambda uow: uow.add(row(uow, "retired-1", "retired"), row(uow, "retired-2", "retired")))


def exchange(settings: Settings, name: str) -> None:
    """Another whole model under the same version, as a careless copy would leave it."""
    head = settings.path("models") / name / "model.json"
    head.write_text(head.read_text("utf-8") + "\n", "utf-8")


def test_a_folder_that_was_exchanged_is_refused_with_the_reason_and_the_previous_model_stays(
    runtime: Runtime, settings: Settings, clock: FixedClock, admin: Actor, two: tuple[str, str]
) -> None:
    switching.serve(runtime, admin, "site-1")
    answering(runtime)
    switching.shadow(runtime, admin, "site-2")
    digest = runtime.query(models.digest_of, "site-2")
    switching.serve(runtime, admin, "site-2")
    exchange(settings, "site-2")
    assert not runtime.classifier.follow()
    assert answering(runtime).endswith("/site-1")
    assert "可能被改动过" in fault_of(runtime, "site-2")
    with pytest.raises(ClassifierUnavailable, match="可能被改动过"):
        runtime.models.read("site-2", digest, [LAMP])
    with pytest.raises(InvalidInput, match="可能被改动过"):
        switching.serve(runtime, admin, "site-2")
    restarted = build_runtime(settings, clock)
    try:
        assert answering(restarted).endswith("/site-1")
    finally:
        restarted.close()


def test_a_model_that_broke_on_disk_is_not_chosen(
    runtime: Runtime, settings: Settings, admin: Actor, two: tuple[str, str]
) -> None:
    switching.serve(runtime, admin, "site-2")
    breaks(runtime, settings, "site-1")
    for act in (switching.serve, switching.shadow):
        with pytest.raises(InvalidInput, match="校验值不符"):
            act(runtime, admin, "site-1")
    assert states(runtime)["site-2"] == "serving"
    with pytest.raises(NotFound):
        switching.serve(runtime, admin, "nobody")


def test_a_chosen_model_that_cannot_be_opened_leaves_the_last_one_in_service_and_raises_one_alarm(
    runtime: Runtime, settings: Settings, admin: Actor, two: tuple[str, str]
) -> None:
    switching.serve(runtime, admin, "site-1")
    answering(runtime)
    switching.serve(runtime, admin, "site-2")
    breaks(runtime, settings, "site-2")
    assert not runtime.classifier.follow()
    assert not runtime.classifier.follow()
    assert answering(runtime).endswith("/site-1")
    assert "校验值不符" in fault_of(runtime, "site-2")
    alarms = runtime.query(lambda uow: [row.to_user_id for row in uow.find(Notice, kind="model")])
    assert len(alarms) == len(set(alarms)) >= 2, "one for each person who manages models"


def test_a_start_with_a_broken_model_uses_the_last_good_one_and_tries_a_mended_one_again(
    runtime: Runtime,
    settings: Settings,
    clock: FixedClock,
    admin: Actor,
    two: tuple[str, str],
    tmp_path: Path,
) -> None:
    switching.serve(runtime, admin, "site-1")
    switching.serve(runtime, admin, "site-2")
    breaks(runtime, settings, "site-2")
    restarted = build_runtime(settings, clock)
    try:
        assert answering(restarted).endswith("/site-1")
        assert restarted.query(lambda uow: uow.first(ModelVersion, name="site-2").fault)
        assert not restarted.classifier.follow()
        for path in files_of(tmp_path / "site-2"):
            shutil.copy(path, settings.path("models") / "site-2" / path.relative_to(tmp_path / "site-2"))
        switching.serve(restarted, admin, "site-2")
        assert restarted.classifier.follow()
        assert answering(restarted).endswith("/site-2")
        assert not restarted.query(lambda uow: uow.first(ModelVersion, name="site-2").fault)
    finally:
        restarted.close()


def test_only_those_who_manage_models_change_the_registry(
    runtime: Runtime, two: tuple[str, str], tmp_path: Path
) -> None:
    agent = Actor(2, "话务员", frozenset({"agent"}))
    for act in (
        lambda: switching.add(runtime, agent, tmp_path / "site-1"),
        lambda: switching.serve(runtime, agent, "site-1"),
        lambda: switching.shadow(runtime, agent, "site-1"),
        lambda: switching.rollback(runtime, agent),
        lambda: runtime.query(models.listed, agent),
    ):
        with pytest.raises(NotAllowed):
            act()


def step(runtime: Runtime) -> bool:
    return asyncio.run(shadowing.step(runtime))


def test_the_shadow_reads_what_was_read_since_it_began_and_changes_no_ticket(
    runtime: Runtime, clock: FixedClock, admin: Actor, two: tuple[str, str], drain
) -> None:
    story = Story(runtime)
    story.by_web()
    drain()
    switching.shadow(runtime, admin, "site-2")
    registered = story.by_web()
    drain()
    before = runtime.query(lambda uow: uow.ticket(registered.no).version)
    assert not step(runtime), "an answer is left alone for two seconds"
    clock.move(seconds=3)
    step(runtime)
    step(runtime)
    rows = runtime.query(lambda uow: list(uow.find(Reading, shadow=True)))
    assert [row.ticket_id for row in rows] == [registered.ticket_id]
    assert rows[0].model.endswith("/site-2")
    assert runtime.query(lambda uow: uow.ticket(registered.no).version) == before


def test_what_the_shadow_fails_on_is_counted_and_left_behind(
    runtime: Runtime, settings: Settings, clock: FixedClock, admin: Actor, two: tuple[str, str], drain
) -> None:
    switching.shadow(runtime, admin, "site-2")
    Story(runtime).by_web()
    drain()
    clock.move(seconds=3)
    breaks(runtime, settings, "site-2")
    step(runtime)
    shown = {row["name"]: row for row in runtime.query(models.listed, admin)}["site-2"]
    assert (shown["shadow_failures"], shown["state"]) == (1, "shadow")
    assert runtime.query(shadowing.next_work, shadowing.PROCESS) is None
    switching.shadow(runtime, admin, "")
    assert runtime.query(lambda uow: models.one(uow, "site-2").shadow_failures) == 1
    assert runtime.query(lambda uow: list(uow.find(ShadowRun))) == []


def test_a_run_left_by_a_late_reader_does_not_go_on_when_the_version_reads_along_again(
    runtime: Runtime, clock: FixedClock, admin: Actor, two: tuple[str, str], drain
) -> None:
    switching.shadow(runtime, admin, "site-2")
    key = runtime.query(lambda uow: models.one(uow, "site-2").id)
    switching.shadow(runtime, admin, "")
    Story(runtime).by_web()
    drain()
    runtime.transact(lambda uow: uow.add(ShadowRun(id=key, cursor=0, shadow_failures=7)))
    switching.shadow(runtime, admin, "site-2")
    clock.move(seconds=3)
    assert runtime.query(shadowing.next_work, shadowing.PROCESS) is None, "it reads what comes from now on"
    shown = {row["name"]: row for row in runtime.query(models.listed, admin)}["site-2"]
    assert shown["shadow_failures"] == 0


def test_one_process_reads_along_until_it_falls_silent_and_the_registry_is_not_written_meanwhile(
    runtime: Runtime, clock: FixedClock, admin: Actor, two: tuple[str, str], drain
) -> None:
    switching.shadow(runtime, admin, "site-2")
    row = runtime.query(lambda uow: models.one(uow, "site-2").version)
    for _ in range(2):
        Story(runtime).by_web()
        drain()
    clock.move(seconds=3)
    work = runtime.query(shadowing.next_work, "one")
    assert runtime.transact(shadowing.hold, work, "one")
    assert not runtime.transact(shadowing.hold, work, "other"), "it had looked before the first one held it"
    assert runtime.query(shadowing.next_work, "other") is None
    clock.move(seconds=shadowing.LEASE.total_seconds() + 1)
    assert not asyncio.run(shadowing.step(runtime, "other")), "the first was killed: the other goes on"
    readings = runtime.query(lambda uow: list(uow.find(Reading, shadow=True)))
    assert len(readings) == 2
    runtime.transact(shadowing.store, work, [], "")
    assert runtime.query(lambda uow: uow.first(ShadowRun).shadow_failures) == 0
    assert runtime.query(lambda uow: models.one(uow, "site-2").version) == row


def test_killed_between_copying_and_registering_nothing_is_half_registered(
    settings: Settings, runtime: Runtime, admin: Actor, tmp_path: Path
) -> None:
    source = model_folder(tmp_path, "site-1")
    program = (
        "import os, signal, sys, pathlib\n"
        "from hotline.bootstrap import build_runtime\n"
        "from hotline.settings import Settings\n"
        "rt = build_runtime(Settings(home=sys.argv[1], classifier='rules:', telephony=''))\n"
        "rt.models.take(pathlib.Path(sys.argv[2]))\n"
        "with rt.models.training_place() as place:\n"
        "    (place / 'labels.csv').write_text('texts')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, settings.home, str(source)], cwd=os.getcwd())
    assert killed.returncode == -signal.SIGKILL
    home = settings.path("models")
    (left,) = home.glob(".lessons-*")
    assert (left / "labels.csv").exists()
    long_ago = time.time() - 2 * aside.YOUNG_S
    os.utime(left, (long_ago, long_ago))
    with runtime.models.training_place() as at_work:
        asyncio.run(sweeps.left_asides(runtime))
        assert list(home.glob(".lessons-*")) == [at_work], "swept soon, and only what nobody works on"
        assert at_work.stat().st_mode & 0o077 == 0
    assert not at_work.exists()
    assert states(runtime) == {}
    with pytest.raises(NotFound):
        switching.serve(runtime, admin, "site-1")
    assert switching.add(runtime, admin, source) == "site-1"
    switching.serve(runtime, admin, "site-1")
    assert states(runtime) == {"site-1": "serving"}


def test_the_command_walks_a_model_from_its_folder_into_service_and_back(
    settings: Settings,
    runtime: Runtime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("HOTLINE_HOME", settings.home)
    monkeypatch.setenv("HOTLINE_CLASSIFIER", "rules:")
    folder = model_folder(tmp_path, "site-1")
    why = ["--reason", "试用"]
    for words in (
        ["add", str(folder)],
        ["check", "site-1"],
        ["shadow", "site-1", *why],
        ["shadow", *why],
        ["serve", "site-1", *why],
        ["list"],
    ):
        assert main(["models", *words]) == 0, words
    assert "使用中" in capsys.readouterr().out
    for act in (["rollback"], ["serve", "site-1"], ["shadow"]):
        with pytest.raises(SystemExit):
            main(["models", *act])
        assert "--reason" in capsys.readouterr().err
    assert main(["models", "rollback", "--reason", " "]) == 2
    assert "请写明理由" in capsys.readouterr().err
    assert main(["models", "rollback", *why]) == 0
    assert main(["models", "check"]) == 0
    assert main(["models", "serve", "nobody", *why]) == 2
    assert "没有登记过" in capsys.readouterr().err
    rows = runtime.query(lambda uow: list(uow.find(AuditRow, subject="site-1")))
    assert {row.detail["reason"] for row in rows if row.action != "model.registered"} == {"试用"}
