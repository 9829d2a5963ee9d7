"""The built house for the length of one command, and in whose name the command acts."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hotline.bootstrap import build_runtime
from hotline.domain.people import Actor
from hotline.runtime import Runtime
from hotline.settings import Settings


@dataclass(frozen=True)
class House:
    """A runtime and the actor of the command: whoever may run commands here administers the system."""

    runtime: Runtime
    actor: Actor


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """Builds the house and closes it when the command ends, however it ends."""
    runtime = build_runtime(settings)
    try:
        who = command_user()
        yield House(runtime, Actor(None, who, frozenset({"sys_admin"}), login=who, via="command"))
    finally:
        runtime.close()


def installed(settings: Settings) -> bool:
    """Whether HOTLINE_HOME holds an installation (`hotline init`): its keys and, for SQLite, its database are there."""
    keys = bool(settings.keys) or settings.path("keys").exists()
    url = settings.resolved(settings.database)
    return keys and (not url.startswith("sqlite") or Path(url.removeprefix("sqlite:///")).exists())


def command_user() -> str:
    """The name of the account that runs the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "命令行"
