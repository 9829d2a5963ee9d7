"""The model registry: which versions there are, which one serves, which one reads along as a shadow.

One version serves at most, one is the shadow at most; none serving means the model of the setting `classifier`. Each
version keeps what served before it, so that rolling back walks the same way back. Every change is audited.
"""

from __future__ import annotations

from typing import Any

from hotline.domain.drafts import clean
from hotline.domain.errors import Conflict, NotAllowed, NotFound
from hotline.domain.learning import MODEL_STATES, Choice, ModelLesson, ModelVersion
from hotline.domain.people import SYSTEM_ACTOR, Actor, User
from hotline.domain.records import Notice
from hotline.domain.rights import PERMISSIONS
from hotline.ports import UnitOfWork

Row = dict[str, Any]
MANAGE, READ = "models.manage", "models.read"
LONGEST_CHAIN = 5
"""How many models back a start looks for one that can still be opened."""
LONGEST_FAULT, LONGEST_REASON = 500, 200


def check_reader(actor: Actor) -> None:
    if not actor.may(READ):
        raise NotAllowed(READ, "您没有查看模型成绩的权限")


def check_manager(actor: Actor) -> None:
    if not actor.may(MANAGE):
        raise NotAllowed(MANAGE, "您没有管理模型的权限")


def register(
    uow: UnitOfWork,
    actor: Actor,
    taken: Any,
    lesson: dict[str, list[Any]] | None = None,
) -> int:
    """Enters a model that lies in the registry's folder as a candidate; its id. `taken` has name, kind, digest and
    figures; `lesson` says what it was trained on (tickets, labels, texts). Conflict when the version is known."""
    check_manager(actor)
    if uow.first(ModelVersion, name=taken.name):
        raise Conflict("model.known", f"版本 {taken.name} 已经登记过")
    taught = lesson or {}
    key = uow.new_id()
    uow.add(
        ModelVersion(
            id=key,
            name=taken.name,
            kind=taken.kind,
            folder=taken.name,
            digest=taken.digest,
            figures=taken.figures,
            labels=len(taught.get("labels", [])),
            made_by=actor.name,
            made_at=uow.now,
            state_by=actor.name,
            state_at=uow.now,
        ),
        ModelLesson(id=key, **taught),
    )
    uow.audit(
        actor, "model.registered", taken.name, digest=taken.digest, labels=len(taught.get("labels", []))
    )
    return key


def listed(uow: UnitOfWork, actor: Actor) -> list[Row]:
    """All versions, the newest first, without their lessons."""
    check_reader(actor)
    return [
        {name: value for name, value in vars(row).items() if not name.startswith("_")}
        | {"state_label": MODEL_STATES[row.state]}
        for row in uow.find(ModelVersion, order="-id")
    ]


def one(uow: UnitOfWork, name: str) -> ModelVersion:
    """The version of this name; NotFound otherwise."""
    found = uow.first(ModelVersion, name=name)
    if found is None:
        raise NotFound("model.unknown", f"没有登记过版本为“{name[:80]}”的模型")
    return found


def digest_of(uow: UnitOfWork, name: str) -> str:
    """The digest that a version was registered with: what its folder must still have."""
    return one(uow, name).digest


def serve(uow: UnitOfWork, actor: Actor, name: str, reason: str = "") -> None:
    """Puts a version in service; what served is retired. The caller has opened the model's folder just now.

    One that served before is gone back to: what came between the two is no longer on the way of a rollback.
    """
    check_manager(actor)
    chosen, current = one(uow, name), _in(uow, "serving")
    if current is chosen:
        if not chosen.fault:
            raise Conflict("model.serving", f"{name} 已经在使用中")
        _enter(uow, actor, chosen, "serving", reason)  # mended: the processes that refused it try it again
        return
    if chosen.name not in {choice.name for choice in chain(uow)}:  # else rolling back would go in a circle
        chosen.before = current.name if current else ""
    if current is not None:
        _enter(uow, actor, current, "retired", reason)
    _enter(uow, actor, chosen, "serving", reason)


def shadow(uow: UnitOfWork, actor: Actor, name: str, reason: str = "") -> None:
    """Lets a version read along with the one in service; the last shadow becomes a candidate again."""
    check_manager(actor)
    chosen, current = one(uow, name), _in(uow, "shadow")
    if chosen.state in ("shadow", "serving"):
        raise Conflict("model.busy", f"{name} 正在{MODEL_STATES[chosen.state]}")
    if current is not None:
        _enter(uow, actor, current, "candidate")
    chosen.shadow_cursor, chosen.shadow_failures = uow.views.last_reading(), 0
    _enter(uow, actor, chosen, "shadow", reason)


def end_shadow(uow: UnitOfWork, actor: Actor, reason: str = "") -> None:
    """No model reads along any more. Conflict when none did."""
    check_manager(actor)
    current = _in(uow, "shadow")
    if current is None:
        raise Conflict("model.no_shadow", "没有影子模型")
    _enter(uow, actor, current, "candidate", reason)


def rollback(uow: UnitOfWork, actor: Actor, reason: str = "") -> str:
    """Takes the version in service out and puts back what served before it; that one's name, "" for the setting's
    model. Conflict when the setting's model serves already."""
    check_manager(actor)
    current = _in(uow, "serving")
    if current is None:
        raise Conflict("model.nothing_to_roll_back", "正在使用的就是设置中的默认模型，没有可以回退的版本")
    _enter(uow, actor, current, "retired", reason)
    if not current.before:
        return ""
    _enter(uow, actor, one(uow, current.before), "serving", reason)
    return current.before


def before_serving(uow: UnitOfWork) -> str:
    """What a rollback would put back; "" for the setting's model."""
    current = _in(uow, "serving")
    return current.before if current else ""


def chain(uow: UnitOfWork) -> list[Choice]:
    """The version in service and those before it, as a process tries them; empty where the setting's model serves."""
    found: list[Choice] = []
    row = _in(uow, "serving")
    while row is not None and len(found) < LONGEST_CHAIN and row.name not in {c.name for c in found}:
        found.append(Choice(row.name, row.state_at.isoformat()))
        row = uow.first(ModelVersion, name=row.before) if row.before else None
    return found


def report_fault(uow: UnitOfWork, name: str, reason: str) -> None:
    """A process could not open the version it should serve with: kept once, and those who manage models are told."""
    row = uow.first(ModelVersion, name=name)
    if row is None or row.fault:
        return
    row.fault, row.fault_at = reason[:LONGEST_FAULT], uow.now
    uow.audit(SYSTEM_ACTOR, "model.refused", name)
    for user in uow.find(User, active=True):
        if PERMISSIONS[MANAGE] & set(user.roles):
            uow.add(
                Notice(
                    id=uow.new_id(),
                    to_user_id=user.id,
                    kind="model",
                    text=f"模型 {name} 无法装入，系统仍在使用之前的模型，请到“模型”页查看原因",
                    state="sent",
                    created_at=uow.now,
                    sent_at=uow.now,
                )
            )


def _in(uow: UnitOfWork, state: str) -> ModelVersion | None:
    return uow.first(ModelVersion, state=state)


def _enter(uow: UnitOfWork, actor: Actor, row: ModelVersion, state: str, reason: str = "") -> None:
    if state == "serving":
        row.fault, row.fault_at = "", None
    before, row.state = row.state, state
    row.state_by, row.state_at = actor.name, uow.now
    uow.audit(actor, f"model.{state}", row.name, before=before, reason=clean(reason)[:LONGEST_REASON])
    uow.flush()
