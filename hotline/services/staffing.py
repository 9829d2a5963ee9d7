"""Accounts as the security administrator keeps them: adding, changing, stopping, new passwords, ending sessions.

`accounts.save_user` holds the rules of an account; here stands what protects the house from a slip: no login is taken
over by adding it again, no extension rings at two desks, and the last security administrator cannot lock the door from
outside.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from hotline.domain.errors import Conflict, NotAllowed, NotFound, invalid_field
from hotline.domain.people import Actor, User
from hotline.domain.records import LoginSession
from hotline.domain.rights import ROLES, UNIT_ROLES
from hotline.ports import UnitOfWork
from hotline.services import accounts

Row = dict[str, Any]
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def check_manager(actor: Actor) -> None:
    if not actor.may("users.manage"):
        raise NotAllowed("users.manage", "只有安全管理员可以管理账号")


def listed(uow: UnitOfWork, actor: Actor, words: str = "", after: int | None = None, limit: int = 100) -> Row:
    """A keyset page of accounts, the newest first."""
    check_manager(actor)
    found = uow.views.users(words.strip(), after, limit)
    return {**found, "items": [_shown(uow, row) for row in found["items"]]}


def _shown(uow: UnitOfWork, row: Row) -> Row:
    kept = {name: value for name, value in row.items() if name != "password_hash"}
    return {
        **kept,
        "role_names": [ROLES.get(role, role) for role in row["roles"]],
        "unit_name": uow.reference.name("unit", row["unit"]) if row["unit"] else "",
        "locked": bool(row["locked_until"] and row["locked_until"] > uow.now),
    }


def one(uow: UnitOfWork, actor: Actor, login: str) -> Row:
    """One account with its live sessions. NotFound for an unknown one."""
    check_manager(actor)
    user = _user(uow, login)
    values = {name: value for name, value in vars(user).items() if not name.startswith("_")}
    live = [row for row in uow.find(LoginSession, user_id=user.id) if row.expires_at > uow.now]
    sessions = [
        {name: getattr(row, name) for name in ("kind", "label", "created_at", "seen_at")} for row in live
    ]
    return {**_shown(uow, values), "sessions": sessions}


def _user(uow: UnitOfWork, login: str) -> User:
    user = uow.first(User, login=login)
    if user is None:
        raise NotFound("user.not_found", "没有这个账号")
    return user


def add(uow: UnitOfWork, actor: Actor, login: str, **values: Any) -> str:
    """A new account; its generated password, to be shown once and changed at the first login."""
    check_manager(actor)
    if uow.first(User, login=login.strip()) is not None:
        raise invalid_field("login", "已有这个账号，请换一个")
    _check(uow, login, values)
    password = generated()
    accounts.save_user(uow, actor, login.strip(), password=password, **values)
    return password


def change(uow: UnitOfWork, actor: Actor, login: str, version: int, **values: Any) -> None:
    """Changes name, roles, unit, centre and extension. Conflict when somebody was faster."""
    check_manager(actor)
    user = _user(uow, login)
    _check(uow, login, values)
    if "sec_admin" in user.roles and "sec_admin" not in values["roles"]:
        _check_not_last(uow, user)
    accounts.save_user(uow, actor, login, active=user.active, version=version, **values)


def _check(uow: UnitOfWork, login: str, values: Row) -> None:
    extension = str(values.get("extension", "")).strip()
    if extension and not (extension.isascii() and extension.isdigit() and len(extension) <= 10):
        raise invalid_field("extension", "分机号为最多 10 位数字")
    others = uow.find(User, extension=extension, active=True) if extension else []
    for other in others:
        if other.login != login:
            raise invalid_field("extension", f"分机 {extension} 已登记给 {other.name}（{other.login}）")
    if values.get("unit") and not set(values["roles"]) & UNIT_ROLES:
        raise invalid_field("unit", "只有承办单位的角色才登记单位，请清空单位或选择承办单位角色")
    if len(str(values.get("centre", ""))) > 40:
        raise invalid_field("centre", "最多 40 个字")


def _check_not_last(uow: UnitOfWork, user: User) -> None:
    """Somebody must be left who may manage accounts."""
    others = [row for row in uow.find(User, active=True) if "sec_admin" in row.roles and row.id != user.id]
    if not others:
        raise Conflict("user.last_sec_admin", "这是最后一个安全管理员，请先指定另一位")


def set_active(
    uow: UnitOfWork, actor: Actor, login: str, active: bool, version: int, reason: str = ""
) -> None:
    """Stops an account (and ends its sessions) or lets it work again."""
    check_manager(actor)
    user = _user(uow, login)
    if not active and user.id == actor.user_id:
        raise Conflict("user.self", "不能停用自己的账号")
    if not active and "sec_admin" in user.roles:
        _check_not_last(uow, user)
    if user.version != version:
        raise Conflict("conflict", "别人刚刚改动了这个账号，请刷新后重试")
    user.active, user.changed_at = active, uow.now
    if not active:
        accounts.end_sessions(uow, user.id)
    uow.audit(actor, "user.activated" if active else "user.stopped", login, reason=reason[:200])


def reset_password(uow: UnitOfWork, actor: Actor, login: str, reason: str = "") -> str:
    """A generated password to be shown once; it has to be changed at the next login, and every session ends."""
    check_manager(actor)
    user = _user(uow, login)
    if user.id == actor.user_id:
        raise Conflict("user.self", "自己的密码请在“修改密码”里改")
    password = generated()
    user.password_hash, user.must_change, user.changed_at = accounts.hasher().hash(password), True, uow.now
    user.failures, user.locked_until = 0, None
    accounts.end_sessions(uow, user.id)
    uow.audit(actor, "password.reset", login, reason=reason[:200])
    return password


def unlock(uow: UnitOfWork, actor: Actor, login: str) -> None:
    """Ends the lock that wrong passwords brought."""
    check_manager(actor)
    user = _user(uow, login)
    user.failures, user.locked_until = 0, None
    uow.audit(actor, "user.unlocked", login)


def end_sessions(uow: UnitOfWork, actor: Actor, login: str) -> None:
    """Logs an account out everywhere; its API tokens end too."""
    check_manager(actor)
    accounts.end_sessions(uow, _user(uow, login).id)
    uow.audit(actor, "sessions.ended", login)


def generated() -> str:
    """Easy to read aloud and to type: four groups, and the kinds of signs that are asked for."""
    groups: Sequence[str] = ["".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)]
    return "-".join([*groups, f"Q{secrets.randbelow(90) + 10}"])
