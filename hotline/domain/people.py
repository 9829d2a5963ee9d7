"""Who works here: roles, users, and the actor in whose name a use case runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hotline.domain import rights

CITIZEN, SYSTEM, LEGACY = "citizen", "system", "legacy"
"""Roles that nobody logs in with: the portal, the house itself, a signed legacy system."""


@dataclass(kw_only=True, eq=False)
class User:
    """A person with an account. `unit` is the code of the unit whose subtree bounds what a unit role sees."""

    id: int
    login: str
    name: str
    password_hash: str
    roles: list[str]
    unit: str = ""
    centre: str = ""
    extension: str = ""
    active: bool = True
    must_change: bool = False
    failures: int = 0
    locked_until: datetime | None = None
    created_at: datetime
    changed_at: datetime
    version: int = 0


@dataclass(frozen=True)
class Actor:
    """In whose name a use case runs. `via` says through which door: desk, api, portal, import, sweep …"""

    user_id: int | None
    name: str
    roles: frozenset[str]
    unit: str = ""
    centre: str = ""
    login: str = ""
    extension: str = ""
    via: str = "desk"
    permissions: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "permissions", rights.permissions_of(self.roles))

    def may(self, permission: str) -> bool:
        """Whether the roles carry this permission. An unknown permission is a programming error."""
        if permission not in rights.PERMISSIONS:
            raise KeyError(permission)
        return permission in self.permissions

    @property
    def bound_to_unit(self) -> bool:
        """Unit people see their unit's assignments only; the hotline's own people see their centre's tickets."""
        return bool(self.roles) and self.roles <= rights.UNIT_ROLES


SYSTEM_ACTOR = Actor(None, "系统", frozenset({SYSTEM}), via="system")
PORTAL_ACTOR = Actor(None, "市民", frozenset({CITIZEN}), via="portal")


def legacy_actor(hotline: str) -> Actor:
    """The actor of a legacy hotline's signed intake or import."""
    return Actor(None, f"{hotline} 热线", frozenset({LEGACY}), via="legacy")
