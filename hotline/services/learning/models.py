"""The model registry: which versions there are, which one serves, which one reads along as a shadow.

One version serves at most, one is the shadow at most; none serving means the model of the setting `classifier`. Each
version keeps what served before it, so that rolling back walks the same way back. Every change is audited. The acts take
a CheckedModel and no name: who wants a version in service has opened it (services/learning/switching.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from hotline.domain.drafts import clean
from hotline.domain.errors import Conflict, NotAllowed, NotFound
from hotline.domain.learning import MODEL_STATES, CheckedModel, Choice, ModelLesson, ModelVersion, ShadowRun
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
    taken: CheckedModel,
    lesson: dict[str, list[Any]] | None = None,
) -> int:
    """Enters a model as a candidate; its id. `lesson` says what it was trained on (tickets, labels, texts). Conflict when
    the version is known."""
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
    """All versions, the newest first, without their lessons; a shadow with what it has failed on so far."""
    check_reader(actor)
    running = {run.id: run.shadow_failures for run in uow.find(ShadowRun)}
    return [
        {name: value for name, value in vars(row).items() if not name.startswith("_")}
        | {"state_label": MODEL_STATES[row.state]}
        | {"shadow_failures": running.get(row.id, row.shadow_failures)}
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


def serve(uow: UnitOfWork, actor: Actor, checked: CheckedModel, reason: str = "") -> None:
    """Puts a version in service; what served is retired.

    One that served before is gone back to: what came between the two is no longer on the way of a rollback.
    """
    check_manager(actor)
    chosen, current = _registered(uow, checked), _in(uow, "serving")
    if current is chosen:
        if not chosen.fault:
            raise Conflict("model.serving", f"{chosen.name} 已经在使用中")
        _enter(uow, actor, chosen, "serving", reason)  # mended: the processes that refused it try it again
        return
    if chosen not in _way(uow):  # else rolling back would go in a circle
        chosen.before = current.name if current else ""
    if current is not None:
        _enter(uow, actor, current, "retired", reason)
    _enter(uow, actor, chosen, "serving", reason)


def shadow(uow: UnitOfWork, actor: Actor, checked: CheckedModel, reason: str = "") -> None:
    """Lets a version read along with the one in service; the last shadow becomes a candidate again."""
    check_manager(actor)
    chosen, current = _registered(uow, checked), _in(uow, "shadow")
    if chosen.state in ("shadow", "serving"):
        raise Conflict("model.busy", f"{chosen.name} 正在{MODEL_STATES[chosen.state]}")
    if current is not None:
        _enter(uow, actor, current, "candidate")
    _end_run(uow, chosen)  # a reader that was late may have begun one after the last end
    chosen.shadow_cursor, chosen.shadow_failures = uow.views.last_reading(), 0
    _enter(uow, actor, chosen, "shadow", reason)


def end_shadow(uow: UnitOfWork, actor: Actor, reason: str = "") -> None:
    """No model reads along any more. Conflict when none did."""
    check_manager(actor)
    current = _in(uow, "shadow")
    if current is None:
        raise Conflict("model.no_shadow", "没有影子模型")
    _enter(uow, actor, current, "candidate", reason)


def rollback(uow: UnitOfWork, actor: Actor, leaving: str, back: CheckedModel | None, reason: str = "") -> str:
    """Takes the version `leaving` out of service and puts back one that served before it, None for the setting's model;
    the name of what serves now. Conflict when the setting's model serves already, or when somebody has switched since
    the caller looked."""
    check_manager(actor)
    current = _in(uow, "serving")
    if current is None:
        raise Conflict("model.nothing_to_roll_back", "正在使用的就是设置中的默认模型，没有可以回退的版本")
    chosen = _registered(uow, back) if back else None
    if current.name != leaving or (chosen and chosen not in islice(_way(uow), 1, None)):
        raise Conflict("model.switched", "使用中的模型刚刚被切换，请刷新后重试")
    _enter(uow, actor, current, "retired", reason)
    if chosen is None:
        return ""
    _enter(uow, actor, chosen, "serving", reason)
    return chosen.name


def before_serving(uow: UnitOfWork) -> str:
    """What a rollback would put back, if it can be opened; "" for the setting's model."""
    current = _in(uow, "serving")
    return current.before if current else ""


def chain(uow: UnitOfWork) -> list[Choice]:
    """The version in service and the last few before it, as a process tries them at its start; empty where the
    setting's model serves."""
    return [_choice(row) for row in islice(_way(uow), LONGEST_CHAIN)]


def way_back(uow: UnitOfWork) -> list[Choice]:
    """The version in service and all that a rollback may come to, the nearest first."""
    return [_choice(row) for row in _way(uow)]


def _choice(row: ModelVersion) -> Choice:
    return Choice(row.name, row.state_at.isoformat(), row.digest)


def _way(uow: UnitOfWork) -> Iterator[ModelVersion]:
    """The version in service, the one before it, and so on; each once."""
    row, met = _in(uow, "serving"), set()
    while row is not None and row.id not in met:
        met.add(row.id)
        yield row
        row = uow.first(ModelVersion, name=row.before) if row.before else None


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


def _registered(uow: UnitOfWork, checked: CheckedModel) -> ModelVersion:
    """The row of a checked model. Conflict when its folder is not the one that was registered."""
    row = one(uow, checked.name)
    if row.digest != checked.digest:
        raise Conflict("model.changed", f"模型 {checked.name} 的目录与登记时不同，可能被改动过")
    return row


def _in(uow: UnitOfWork, state: str) -> ModelVersion | None:
    return uow.first(ModelVersion, state=state)


def _enter(uow: UnitOfWork, actor: Actor, row: ModelVersion, state: str, reason: str = "") -> None:
    if state == "serving":
        row.fault, row.fault_at = "", None
    if row.state == "shadow":
        _end_run(uow, row)
    before, row.state = row.state, state
    row.state_by, row.state_at = actor.name, uow.now
    uow.audit(actor, f"model.{state}", row.name, before=before, reason=clean(reason)[:LONGEST_REASON])
    uow.flush()


def _end_run(uow: UnitOfWork, row: ModelVersion) -> None:
    if run := uow.first(ShadowRun, id=row.id):
        row.shadow_failures = run.shadow_failures
        uow.delete(run)
