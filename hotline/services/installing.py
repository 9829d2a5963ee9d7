"""What `hotline init` does in the database: reference data of the starter city, demo accounts, starter articles."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hotline.domain.drafts import Person, TicketDraft
from hotline.domain.people import SYSTEM_ACTOR, User
from hotline.domain.reference import KINDS
from hotline.ports import UnitOfWork
from hotline.services import intake, knowledge
from hotline.services.accounts import actor_of, hasher

AUTHOR = "安装"


_MARK = "installation"


def complete(uow: UnitOfWork) -> bool:
    """Whether an installation was finished; one that was killed half-way is taken up again."""
    return uow.reference.row("setting", _MARK) is not None


def finish(uow: UnitOfWork, demo: bool) -> None:
    """Marks the installation as finished, so that nothing of it is ever done again."""
    body = {"code": _MARK, "name": "安装", "demo": demo, "at": uow.now.isoformat()}
    uow.change_reference("setting", _MARK, body, AUTHOR, "安装完成")


def install_reference(uow: UnitOfWork, rows: Mapping[str, Sequence[dict[str, Any]]], note: str) -> None:
    """The first version of every kind; nothing when there is one."""
    if uow.reference.versions:
        return
    for kind in KINDS:
        uow.install_reference(kind, rows.get(kind, []), AUTHOR, note)
    uow.audit(SYSTEM_ACTOR, "installed", note, kinds=sorted(rows))


DEMO_ACCOUNTS = (
    ("agent", "张敏", ["agent"], ""),
    ("agent2", "李倩", ["agent"], ""),
    ("reviewer", "陈审", ["reviewer"], ""),
    ("dispatcher", "王派", ["dispatcher"], ""),
    ("arbitrator", "赵衡", ["arbitrator"], ""),
    ("followup", "周访", ["follow_up"], ""),
    ("inspector", "吴质", ["inspector"], ""),
    ("supervisor", "郑班", ["supervisor"], ""),
    ("leader", "市领导", ["leader"], ""),
    ("editor", "冯识", ["kb_editor"], ""),
    ("editor2", "褚文", ["kb_editor"], ""),
    ("analyst", "蒋析", ["analyst"], ""),
    ("sysadmin", "系统管理员", ["sys_admin"], ""),
    ("secadmin", "安全管理员", ["sec_admin"], ""),
    ("audadmin", "审计管理员", ["audit_admin"], ""),
)


DEMO_UNITS = (
    "LZ-RSJ",
    "LZ-SWU",
    "LZ01-ZF",
    "LZ01-ZJJ",
    "LZ01-CGJ",
    "LZ01-SJG",
    "LZ01-HBJ",
    "LZ01-JTJ",
    "LZ0101-ZF",
)


def unit_accounts(uow: UnitOfWork) -> list[tuple[str, str, list[str], str]]:
    """A handler for each demo unit who may also approve, so that one person can play a whole unit."""
    return [
        (
            f"unit-{code.lower()}",
            f"{uow.reference.name('unit', code)}经办",
            ["unit_handler", "unit_approver"],
            code,
        )
        for code in DEMO_UNITS
    ]


def add_demo_accounts(uow: UnitOfWork, password: str = "") -> list[tuple[str, str, str]]:
    """Adds the demo accounts that are not there yet; (login, name, generated password) of each new one."""
    made = []
    shared = hasher().hash(password) if password else ""
    for login, name, roles, unit in (*DEMO_ACCOUNTS, *unit_accounts(uow)):
        if uow.first(User, login=login) is not None:
            continue
        secret = password or _password()
        uow.add(
            User(
                id=uow.new_id(),
                login=login,
                name=name,
                password_hash=shared or hasher().hash(secret),
                roles=roles,
                unit=unit,
                extension="8001" if login == "agent" else "8002" if login == "agent2" else "",
                created_at=uow.now,
                changed_at=uow.now,
            )
        )
        uow.audit(SYSTEM_ACTOR, "user.saved", login, roles=roles, unit=unit, demo=True)
        made.append((login, name, secret))
    return made


def _password() -> str:
    """Easy to read aloud, long enough: four groups of four."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3)) + "-A7"


def add_articles(uow: UnitOfWork, entries: Iterable[Mapping[str, Any]]) -> int:
    """Adds starter articles that are not there yet, published; how many."""
    return sum(knowledge.install(uow, entry) for entry in entries)


def add_demo_requests(uow: UnitOfWork, entries: Iterable[Mapping[str, Any]]) -> int:
    """Registers the invented requests of the starter city, once each; how many are new."""
    agent = uow.first(User, login="agent")
    if agent is None:
        return 0
    actor = actor_of(agent, "desk")
    made = [intake.register(uow, actor, _demo_draft(entry)) for entry in entries]
    return sum(not registered.already for registered in made)


def _demo_draft(entry: Mapping[str, Any]) -> TicketDraft:
    caller = Person(
        name=entry.get("caller_name", ""),
        phone=entry.get("caller_phone", ""),
        kind=entry.get("caller_kind", "person"),
    )
    classified = entry["channel"] == "phone" and not entry.get("answerable")
    return TicketDraft(
        text=entry["detail"],
        title=entry["title"],
        hotline=entry["hotline"],
        channel=entry["channel"],
        request_type=entry["request_type"],
        urgency=entry.get("urgency", "normal"),
        category=entry["category"] if classified else "",
        area=entry.get("area", "") if classified else "",
        place=entry.get("place", ""),
        caller=Person() if entry.get("anonymous") else caller,
        anonymous=bool(entry.get("anonymous")),
        secret=bool(entry.get("secret")) or None,
        enterprise=bool(entry.get("enterprise")),
        source_system="demo",
        source_no=entry["code"],
    )
