"""Users and sessions: logging in with lock-out, passwords, and what security administration may change."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.domain import rights
from hotline.domain.drafts import clean
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, invalid_field
from hotline.domain.people import Actor, User
from hotline.domain.records import LoginSession
from hotline.ports import UnitOfWork

MOST_FAILURES = 5
LOCKED_MINUTES = 15
SHORTEST_PASSWORD = 10
KINDS_OF_SIGNS = 3
_APART = ("sys_admin", "sec_admin", "audit_admin")
_WRONG = NotAllowed("login.wrong", "账号或密码不正确")


@cache
def hasher() -> PasswordHasher:
    """argon2id with the library's current defaults."""
    return PasswordHasher()


def hash_of(secret: str) -> str:
    """What is kept of a session secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class LoggedIn:
    secret: str
    expires_at: datetime
    must_change: bool


def password_matches(uow: UnitOfWork, login: str, password: str) -> bool:
    """Checks a password against the stored hash (slow on purpose: run it outside a writing transaction).

    An unknown login costs the same time as a wrong password.
    """
    user = uow.first(User, login=login)
    try:
        return hasher().verify(user.password_hash if user else _dummy_hash(), password[:1000])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _dummy_hash() -> str:
    return hasher().hash(secrets.token_urlsafe())


def log_in(uow: UnitOfWork, login: str, matches: bool, hours: int, address: str = "") -> LoggedIn | None:
    """Opens a session, or counts the failure (None; the fifth locks for 15 minutes). NotAllowed when locked."""
    user = uow.first(User, login=login)
    if user is None or not user.active:
        return None
    actor = actor_of(user)
    if user.locked_until and user.locked_until > uow.now:
        raise NotAllowed(
            "login.locked", f"密码多次错误，账号已锁定，请 {LOCKED_MINUTES} 分钟后再试或联系安全管理员"
        )
    if not matches:
        user.failures += 1
        if user.failures >= MOST_FAILURES:
            user.failures, user.locked_until = 0, uow.now + timedelta(minutes=LOCKED_MINUTES)
        uow.audit(actor, "login.failed", user.login, address=address, locked=user.locked_until is not None)
        return None
    user.failures, user.locked_until = 0, None
    secret = secrets.token_urlsafe(32)
    session = LoginSession(
        id=uow.new_id(),
        secret_hash=hash_of(secret),
        user_id=user.id,
        created_at=uow.now,
        seen_at=uow.now,
        expires_at=uow.now + timedelta(hours=hours),
    )
    uow.add(session)
    uow.audit(actor, "login", user.login, address=address)
    return LoggedIn(secret, session.expires_at, user.must_change)


def wrong_login() -> NotAllowed:
    return _WRONG


def actor_of(user: User, via: str = "desk") -> Actor:
    return Actor(
        user.id, user.name, frozenset(user.roles), user.unit, user.centre, user.login, user.extension, via
    )


def actor_of_session(uow: UnitOfWork, secret: str, idle_minutes: int) -> tuple[Actor, bool, datetime] | None:
    """(actor, must change the password, last seen) behind a session secret; None when it has ended."""
    held = uow.views.session_holder(hash_of(secret))
    if held is None or not held["active"] or held["expires_at"] <= uow.now:
        return None
    if held["kind"] == "browser" and held["seen_at"] + timedelta(minutes=idle_minutes) <= uow.now:
        return None
    actor = Actor(
        user_id=held["user_id"],
        roles=frozenset(held["roles"]),
        via="api" if held["kind"] == "token" else "desk",
        **{name: held[name] for name in ("name", "unit", "centre", "login", "extension")},
    )
    return actor, held["must_change"], held["seen_at"]


def touch(uow: UnitOfWork, secret: str) -> None:
    """Notes that the session is in use."""
    session = uow.first(LoginSession, secret_hash=hash_of(secret))
    if session is not None:
        session.seen_at = uow.now


def log_out(uow: UnitOfWork, secret: str) -> None:
    session = uow.first(LoginSession, secret_hash=hash_of(secret))
    if session is not None:
        uow.delete(session)


def issue_token(uow: UnitOfWork, actor: Actor, label: str, days: int = 90) -> str:
    """An API token for the actor's own account; shown once. A token cannot make further ones."""
    if actor.via == "api":
        raise NotAllowed("token.by_token", "请登录网页签发令牌，令牌不能再签发令牌")
    if actor.user_id is None or not 1 <= days <= 365:
        raise InvalidInput("token.days", "令牌有效期应为 1–365 天")
    secret = secrets.token_urlsafe(32)
    uow.add(
        LoginSession(
            id=uow.new_id(),
            secret_hash=hash_of(secret),
            user_id=actor.user_id,
            kind="token",
            label=clean(label)[:60],
            created_at=uow.now,
            seen_at=uow.now,
            expires_at=uow.now + timedelta(days=days),
        )
    )
    uow.audit(actor, "token.issued", actor.login, label=label[:60])
    return secret


def tokens(uow: UnitOfWork, actor: Actor) -> list[dict[str, Any]]:
    """The actor's own API tokens, without their secrets, oldest first."""
    return [
        {name: getattr(row, name) for name in ("id", "label", "created_at", "seen_at", "expires_at")}
        for row in uow.find(LoginSession, user_id=actor.user_id, kind="token")
    ]


def revoke_token(uow: UnitOfWork, actor: Actor, token_id: int) -> None:
    """Ends one of the actor's own tokens; NotFound otherwise."""
    row = uow.first(LoginSession, id=token_id, user_id=actor.user_id, kind="token")
    if row is None:
        raise NotFound("token.not_found", "没有这个令牌")
    uow.delete(row)
    uow.audit(actor, "token.revoked", actor.login, label=row.label)


def check_password(password: str, login: str = "") -> None:
    """At least ten signs of three kinds, without the login; InvalidInput says what is missing."""
    kinds = sum(
        any(test(sign) for sign in password)
        for test in (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())
    )
    if (
        len(password) < SHORTEST_PASSWORD
        or kinds < KINDS_OF_SIGNS
        or (login and login.lower() in password.lower())
    ):
        raise invalid_field(
            "password",
            f"密码至少 {SHORTEST_PASSWORD} 位，含大写、小写、数字、符号中的三种，且不含账号名",
            "password.weak",
        )


def change_password(
    uow: UnitOfWork, actor: Actor, old_matches: bool, password: str, session_secret: str = ""
) -> None:
    """The user's own change; every session and token of theirs ends but the one they are in."""
    if not old_matches:
        raise invalid_field("old", "原密码不正确", "password.wrong")
    check_password(password, actor.login)
    user = uow.get(User, actor.user_id)
    user.password_hash, user.must_change, user.changed_at = hasher().hash(password), False, uow.now
    for session in uow.find(LoginSession, user_id=user.id):
        if session.secret_hash != hash_of(session_secret):
            uow.delete(session)
    uow.audit(actor, "password.changed", user.login)


def save_user(
    uow: UnitOfWork,
    actor: Actor,
    login: str,
    *,
    name: str,
    roles: Sequence[str],
    unit: str = "",
    centre: str = "",
    extension: str = "",
    active: bool = True,
    password: str = "",
    version: int | None = None,
) -> int:
    """Creates or changes a user; its id. The three administrators' roles stay apart from each other and from work."""
    if not actor.may("users.manage"):
        raise NotAllowed("users.manage", "只有安全管理员可以管理账号")
    login, name = clean(login), clean(name)
    if not (2 <= len(login) <= 40 and login.replace("-", "").replace("_", "").replace(".", "").isalnum()):
        raise invalid_field("login", "账号为 2–40 位字母、数字或 - _ .")
    if not 1 <= len(name) <= 40:
        raise invalid_field("name", "请填写姓名（最多 40 字）")
    _check_roles(uow, roles, unit)
    user = uow.first(User, login=login)
    if user is not None and version is not None and user.version != version:
        raise Conflict("conflict", "别人刚刚改动了这个账号，请刷新后重试")
    if user is None or password:
        check_password(password, login)
    values: dict[str, Any] = {
        "name": name,
        "roles": sorted(roles),
        "unit": unit,
        "centre": centre,
        "extension": clean(extension),
        "active": active,
    }
    if user is None:
        user = User(
            id=uow.new_id(),
            login=login,
            password_hash="",
            must_change=True,
            created_at=uow.now,
            changed_at=uow.now,
            **values,
        )
        uow.add(user)
    for field, value in values.items():
        setattr(user, field, value)
    if password:
        user.password_hash, user.must_change, user.locked_until, user.failures = (
            hasher().hash(password),
            True,
            None,
            0,
        )
    if not active or password:
        end_sessions(uow, user.id)
    uow.audit(actor, "user.saved", login, roles=sorted(roles), unit=unit, active=active)
    return user.id


def _check_roles(uow: UnitOfWork, roles: Sequence[str], unit: str) -> None:
    unknown = set(roles) - set(rights.ROLES)
    if unknown or not roles:
        raise invalid_field(
            "roles", f"不认识的角色：{'、'.join(sorted(unknown))}" if unknown else "请至少选择一个角色"
        )
    if any(role in roles for role in _APART) and len(set(roles)) > 1:
        raise invalid_field("roles", "系统、安全、审计管理员须由不同的人担任，也不得兼任业务角色")
    if set(roles) & rights.UNIT_ROLES:
        uow.reference.require("unit", unit, "unit")


def end_sessions(uow: UnitOfWork, user_id: int) -> None:
    """Logs a user out everywhere."""
    for session in uow.find(LoginSession, user_id=user_id):
        uow.delete(session)
