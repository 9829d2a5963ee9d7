"""Users: what a password must be, who may make whom, and that administrators stay apart."""

from __future__ import annotations

import pytest

from hotline.domain.errors import InvalidInput, NotAllowed
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.services import accounts


def _save(runtime: Runtime, actor: Actor, **values: object) -> int:
    usual = {"login": "new.user", "name": "新人", "roles": ["agent"], "password": "Str0ng-enough"}
    return runtime.transact(accounts.save_user, actor, **(usual | values))


@pytest.mark.parametrize("password", ["short-1A", "alllowercase1", "new.user-1234A", "12345678901"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        accounts.check_password(password, "new.user")


def test_only_the_security_administrator_makes_users(runtime: Runtime, actors: dict[str, Actor]) -> None:
    assert _save(runtime, actors["secadmin"])
    for login in ("sysadmin", "audadmin", "supervisor"):
        with pytest.raises(NotAllowed):
            _save(runtime, actors[login], login=f"by-{login}")


@pytest.mark.parametrize("roles", [["sys_admin", "sec_admin"], ["audit_admin", "agent"], ["wizard"], []])
def test_administrators_roles_stay_apart(
    runtime: Runtime, actors: dict[str, Actor], roles: list[str]
) -> None:
    with pytest.raises(InvalidInput):
        _save(runtime, actors["secadmin"], roles=roles)


def test_a_unit_role_needs_its_unit(runtime: Runtime, actors: dict[str, Actor]) -> None:
    with pytest.raises(InvalidInput):
        _save(runtime, actors["secadmin"], roles=["unit_handler"], unit="nowhere")
    assert _save(runtime, actors["secadmin"], roles=["unit_handler"], unit="LZ-RSJ")


def test_a_session_ends_when_idle_and_when_the_user_is_stopped(
    runtime: Runtime, actors: dict[str, Actor]
) -> None:
    def opened() -> str:
        found = runtime.transact(accounts.log_in, "agent", True, 12)
        assert found is not None
        return found.secret

    def alive(secret: str, idle: int = 60) -> bool:
        return runtime.query(accounts.actor_of_session, secret, idle) is not None

    secret = opened()
    assert alive(secret)
    runtime.clock.move(minutes=61)
    assert not alive(secret)
    secret = opened()
    user = {"name": "张敏", "roles": ["agent"], "password": ""}
    _save(runtime, actors["secadmin"], login="agent", active=False, **user)
    assert not alive(secret)
    assert runtime.transact(accounts.log_in, "agent", True, 12) is None


def test_a_new_password_ends_every_other_session(runtime: Runtime) -> None:
    here = runtime.transact(accounts.log_in, "agent", True, 12)
    there = runtime.transact(accounts.log_in, "agent", True, 12)
    actor, _, _ = runtime.query(accounts.actor_of_session, here.secret, 60)
    runtime.transact(accounts.change_password, actor, True, "Another-pass-2026", here.secret)
    assert runtime.query(accounts.actor_of_session, here.secret, 60) is not None
    assert runtime.query(accounts.actor_of_session, there.secret, 60) is None
