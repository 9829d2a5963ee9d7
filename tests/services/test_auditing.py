"""The audit finds what was changed, taken away or put in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from hotline.runtime import Runtime
from hotline.services import auditing
from tests.flows.story import Story


@pytest.fixture
def sealed(runtime: Runtime) -> Runtime:
    """A house whose audit holds a dozen sealed rows in two batches, and a few that wait."""
    story = Story(runtime)
    for _ in range(2):
        story.dispatched()
        while runtime.transact(auditing.seal):
            pass
    story.register()
    return runtime


def _tamper(runtime: Runtime, statement: str) -> list[str]:
    with runtime.uows.engine.begin() as connection:
        connection.execute(text(statement))
    return [finding.code for finding in runtime.query(auditing.verify).findings]


def test_an_honest_audit_verifies(sealed: Runtime) -> None:
    report = sealed.query(auditing.verify)
    assert report.ok
    assert report.seals == 2
    assert sealed.query(auditing.verify, sealed.query(auditing.last_anchor)).ok


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE audit_rows SET actor = 'nobody' WHERE seal = 1 AND position = 2", "row.changed"),
        ("DELETE FROM audit_rows WHERE seal = 1 AND position = 2", "row.missing"),
        (
            "INSERT INTO audit_rows SELECT id + 1, at, actor, actor_id, via, action, subject, detail, digest, seal, "
            "position FROM audit_rows WHERE seal = 1 AND position = 2",
            "row.inserted",
        ),
        ("UPDATE audit_rows SET subject = 'x' WHERE seal IS NULL", "row.forged"),
        ("DELETE FROM audit_seals WHERE id = 1", "seal.missing"),
        ("UPDATE audit_seals SET count = count + 1 WHERE id = 2", "seal.changed"),
    ],
)
def test_tampering_is_found(sealed: Runtime, statement: str, code: str) -> None:
    assert code in _tamper(sealed, statement)


def test_an_anchor_shows_that_the_last_seals_are_gone(sealed: Runtime) -> None:
    anchor = sealed.query(auditing.last_anchor)
    _tamper(sealed, "DELETE FROM audit_rows WHERE seal = (SELECT max(id) FROM audit_seals)")
    _tamper(sealed, "DELETE FROM audit_seals WHERE id = (SELECT max(id) FROM audit_seals)")
    findings = sealed.query(auditing.verify, anchor).findings
    assert "anchor.missing" in {finding.code for finding in findings}


def test_every_registration_and_reveal_is_audited(runtime: Runtime, drain: Callable[[], None]) -> None:
    story = Story(runtime)
    story.register()
    actions = runtime.query(lambda uow: [row["action"] for row in uow.views.audit_rows()["items"]])
    assert "ticket.registered" in actions
