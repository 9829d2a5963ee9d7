"""One suite for every way back to a parallel hotline's old system, and what each does on its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline.adapters.folder_outlet import FolderOutlet
from hotline.adapters.webhook import WebhookOutlet
from hotline.domain.errors import Unavailable
from hotline.ports import LegacyOutlet
from tests.contract.gateway import Gateway, gateway

OUTCOME = {
    "source_no": "GJJ-2026-001",
    "ticket_no": "LZ20260302000001",
    "reply": "已核实，余额无误（𠮷💡）。",
}


@pytest.fixture
def old_system() -> Iterator[Gateway]:
    with gateway() as server:
        yield server


@pytest.fixture(params=["folder", "webhook"])
def outlet(request: pytest.FixtureRequest, tmp_path: Path, old_system: Gateway) -> LegacyOutlet:
    return FolderOutlet(tmp_path / "pushback") if request.param == "folder" else WebhookOutlet(old_system.url)


def test_an_outcome_is_taken(outlet):
    assert outlet.push("12329", OUTCOME, "push-1") == ""


def test_the_same_key_may_be_pushed_again(outlet):
    assert outlet.push("12329", OUTCOME, "push-1") == outlet.push("12329", OUTCOME, "push-1") == ""


def test_the_folder_holds_one_whole_file_for_each_outcome(tmp_path):
    outlet = FolderOutlet(tmp_path)
    for key in ("push-1", "push-2", "push-1"):
        outlet.push("12329", OUTCOME, key)
    outlet.push("12333", OUTCOME, "push-1")
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == ["12329/push-1.json", "12329/push-2.json", "12333/push-1.json"]
    assert json.loads((tmp_path / "12329" / "push-1.json").read_text("utf-8")) == OUTCOME


def test_a_folder_that_cannot_be_written_is_unavailable_until_it_can(tmp_path):
    (tmp_path / "12329").write_text("a file where a folder should be")
    outlet = FolderOutlet(tmp_path)
    with pytest.raises(Unavailable) as refusal:
        outlet.push("12329", OUTCOME, "push-1")
    assert refusal.value.__cause__ is not None
    (tmp_path / "12329").unlink()
    assert outlet.push("12329", OUTCOME, "push-1") == ""


def test_the_old_system_gets_the_hotline_the_outcome_and_the_key(old_system):
    WebhookOutlet(old_system.url).push("12329", OUTCOME, "push-9")
    headers, body = old_system.received[0]
    assert body == {"hotline": "12329", **OUTCOME}
    assert headers["Idempotency-Key"] == "push-9"


def test_a_refusal_is_said_in_words_and_not_raised(old_system):
    old_system.answers = [422]
    assert "422" in WebhookOutlet(old_system.url).push("12329", OUTCOME, "push-1")


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_an_old_system_in_trouble_is_unavailable_and_tried_again(old_system, status):
    old_system.answers = [status]
    outlet = WebhookOutlet(old_system.url)
    with pytest.raises(Unavailable):
        outlet.push("12329", OUTCOME, "push-1")
    assert outlet.push("12329", OUTCOME, "push-1") == ""
