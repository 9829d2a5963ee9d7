"""The snapshot of reference data that threads share never holds what was not committed, nor what is out of date."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.ports import UnitOfWork
from hotline.runtime import Runtime


class Stop(Exception):
    pass


def rename(uow: UnitOfWork, name: str) -> None:
    body = {**uow.reference.require("setting", "intake"), "desk_name": name}
    uow.change_reference("setting", "intake", body, "系统管理员", "改名")


def desk_name(uow: Any) -> str:
    return str(uow.reference.require("setting", "intake")["desk_name"])


def test_a_change_that_is_rolled_back_is_seen_by_nobody(both: Runtime) -> None:
    before = both.query(desk_name)
    seen: list[str] = []

    def fail(uow: UnitOfWork) -> None:
        held = {"code": "intake", "name": "受理", "desk_name": "没有提交的名称"}
        uow.change_reference("setting", "intake", held, "系统管理员", "改名")
        seen.append(desk_name(uow))
        raise Stop

    both.uows.references.forget()
    with pytest.raises(Stop):
        both.transact(fail)
    assert seen == ["没有提交的名称"]
    assert both.query(desk_name) == before


def test_what_a_changing_transaction_reads_is_not_shared_before_it_commits(both: Runtime) -> None:
    before = both.query(desk_name)
    both.uows.references.forget()
    with both.uows.begin() as uow:
        held = {"code": "intake", "name": "受理", "desk_name": "新名称"}
        uow.change_reference("setting", "intake", held, "系统管理员", "改名")
        assert desk_name(uow) == "新名称"
        assert both.query(desk_name) == before
    assert both.query(desk_name) == "新名称"


def test_a_reader_that_began_before_a_change_does_not_share_its_older_view(both: Runtime) -> None:
    with both.uows.reading() as early:
        early.views.state_counts({})
        both.transact(rename, "新名称")
        desk_name(early)
    assert both.query(desk_name) == "新名称"


def test_one_transaction_works_by_one_snapshot(both: Runtime) -> None:
    with both.uows.reading() as uow:
        first = uow.reference
        both.transact(rename, "新名称")
        assert uow.reference is first
