"""Finding and keeping parties; their personal values are sealed on the way in and opened one by one."""

from __future__ import annotations

from hotline.domain import personal
from hotline.domain.drafts import Person
from hotline.domain.errors import InvalidInput, NotFound
from hotline.domain.parties import ROLES, Party, Request, RequestParty
from hotline.domain.people import Actor
from hotline.ports import UnitOfWork
from hotline.services import access

FIELDS = {
    "name": personal.mask_name,
    "phone": personal.mask_phone,
    "id_number": personal.mask_id_number,
    "address": personal.mask_address,
}
LABELS = {"name": "姓名", "phone": "电话", "id_number": "证件号", "address": "住址"}
_INDEXED = ("phone", "id_number")


def find_or_add(uow: UnitOfWork, person: Person) -> Party | None:
    """The party behind a person as given: by ID number, credit code, or phone together with the same name."""
    if person.empty:
        return None
    party = _known(uow, person)
    if party is None:
        party = Party(id=uow.new_id(), kind=person.kind, flags=[], created_at=uow.now)
        uow.add(party)
    party.gender = party.gender or person.gender
    party.credit_code = party.credit_code or person.credit_code or None
    for field in FIELDS:
        if getattr(person, field) and not getattr(party, f"{field}_sealed"):
            keep(uow, party, field, getattr(person, field))
    return party


def keep(uow: UnitOfWork, party: Party, field: str, value: str) -> None:
    """Seals one value of a party and keeps its mask and, where it is searched by, its keyed hash."""
    setattr(party, f"{field}_sealed", uow.seal(value, f"party.{field}:{party.id}"))
    setattr(party, f"{field}_masked", FIELDS[field](value))
    if field in _INDEXED:
        setattr(party, f"{field}_index", uow.index(value, field))


def _known(uow: UnitOfWork, person: Person) -> Party | None:
    if person.id_number:
        found = uow.views.party_ids("id_number_index", uow.indexes(person.id_number, "id_number"))
        return uow.get(Party, found[0]) if found else None
    if person.credit_code:
        return uow.first(Party, credit_code=person.credit_code)
    if not person.phone:
        return None
    mask = personal.mask_name(person.name) if person.name else ""
    known = uow.views.party_ids("phone_index", uow.indexes(person.phone, "phone"))
    same_phone = uow.find(Party, id=known) if known else ()
    return next(
        (party for party in same_phone if not mask or not party.name_masked or party.name_masked == mask),
        None,
    )


def reveal(
    uow: UnitOfWork,
    actor: Actor,
    no: str,
    request_id: int,
    field: str,
    reason: str,
    role: str = "caller",
) -> str:
    """One clear value of a request's caller, or of its contact or beneficiary. The reason is logged; nobody of a
    secret request is ever shown to units."""
    if field not in FIELDS:
        raise InvalidInput("reveal.field", "没有这个字段")
    if role not in ROLES or role == "subject":
        raise InvalidInput("reveal.role", "没有这种当事人")
    if len(reason.strip()) < 2 or len(reason) > 200:
        raise InvalidInput(
            "reveal.reason", "请填写查看理由（2–200 字）", {"fields": {"reason": "请填写查看理由"}}
        )
    ticket = access.readable_ticket(uow, actor, no)
    request = uow.get(Request, request_id)
    if request.ticket_id != ticket.id:
        raise NotFound("request.not_found", "没有这条诉求")
    access.check_reveal(uow, actor, ticket, request)
    party = _in_role(uow, request, role)
    token = getattr(party, f"{field}_sealed", "")
    if party is None or not token:
        raise NotFound("reveal.absent", f"{ROLES[role]}没有留下{LABELS[field]}")
    whose = {} if role == "caller" else {"role": role}
    uow.audit(
        actor, "personal.revealed", ticket.no, field=field, request=request_id, reason=reason.strip(), **whose
    )
    return uow.open(token, f"party.{field}:{party.id}")


def _in_role(uow: UnitOfWork, request: Request, role: str) -> Party | None:
    if role == "caller":
        party_id = request.party_id
    else:
        held = uow.first(RequestParty, request_id=request.id, role=role)
        party_id = held.party_id if held else None
    return uow.get(Party, party_id) if party_id else None
