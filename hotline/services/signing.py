"""Signed intake: how the system of another hotline proves who it is, and registers a matter without a login.

The signature is HMAC-SHA256, in hex, with the shared secret of a key over five lines joined by a line feed: method,
request target as sent (path and query), Unix seconds, nonce, SHA-256 of the body in hex. It holds for five minutes
around our clock and once: the nonce is remembered in the transaction of its effect, so a request that was refused
has left nothing behind and may be signed anew.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hotline.domain.drafts import TicketDraft
from hotline.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound, NotIdentified
from hotline.domain.people import Actor, legacy_actor
from hotline.domain.records import Credential
from hotline.domain.ticket import Ticket
from hotline.domain.workflow import TICKET_STATES
from hotline.ports import UnitOfWork
from hotline.services import intake

WINDOW_S = 300
"""How far the sender's clock may be from ours, either way."""
MOST_MAPPED = 5_000
_NONCE = re.compile(r"[A-Za-z0-9_.~+/=-]{8,100}")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Signed:
    """What a signed request says of itself; texts as they came in the headers ("" where one is missing)."""

    method: str
    target: str
    key_id: str
    timestamp: str
    nonce: str
    signature: str
    body: bytes = b""


def message_of(signed: Signed) -> bytes:
    """What is signed."""
    digest = hashlib.sha256(signed.body).hexdigest()
    return "\n".join((signed.method, signed.target, signed.timestamp, signed.nonce, digest)).encode()


def signature_of(secret: str, signed: Signed) -> str:
    """The signature that the secret gives; clients in Python may use this very function."""
    return hmac.new(secret.encode(), message_of(signed), hashlib.sha256).hexdigest()


def verify(uow: UnitOfWork, hotline: str, signed: Signed) -> None:
    """NotIdentified unless an active key of this hotline signed the request within the window."""
    if not (signed.key_id and signed.timestamp and signed.nonce and signed.signature):
        raise NotIdentified("signature.missing", "请求没有签名，或签名的要素不全")
    if not _NONCE.fullmatch(signed.nonce) or not _HEX.fullmatch(signed.signature):
        raise NotIdentified("signature.form", "签名或随机数的格式不正确")
    key = uow.first(Credential, key_id=signed.key_id, hotline=hotline, active=True)
    secret = uow.open(key.secret_sealed, _context(key)) if key else secrets.token_hex(16)
    genuine = hmac.compare_digest(signature_of(secret, signed), signed.signature.lower())
    if key is None or not genuine:
        raise NotIdentified("signature.wrong", "签名不正确")
    if (
        not _SECONDS.fullmatch(signed.timestamp)
        or abs(uow.now.timestamp() - int(signed.timestamp)) > WINDOW_S
    ):
        raise NotIdentified("signature.expired", "签名时间与本机相差超过 5 分钟，请校准时钟后重新签名")


def _spend(uow: UnitOfWork, signed: Signed) -> None:
    """Uses the nonce up. Conflict when it was used before."""
    owner = f"nonce:{signed.key_id}"
    if uow.remembered(owner, signed.nonce, "") is not None:
        raise Conflict("signature.replayed", "这个签名已经用过，请换一个随机数重新签名")
    uow.remember(owner, signed.nonce, "", {})


def receive(
    uow: UnitOfWork, hotline: str, signed: Signed, draft: TicketDraft, source_category: str = ""
) -> intake.Registered:
    """Registers what a legacy system hands over; an external number seen before answers with its ticket."""
    verify(uow, hotline, signed)
    _spend(uow, signed)
    uow.reference.require("hotline", hotline, "hotline")
    category = draft.category or category_map(uow, hotline).get(source_category, "")
    draft = replace(
        draft, hotline=hotline, dialled=hotline, channel="legacy", source_system=hotline, category=category
    )
    return intake.register(uow, legacy_actor(hotline), draft)


def look_up(uow: UnitOfWork, hotline: str, signed: Signed, external_no: str) -> dict[str, Any]:
    """How the matter stands that this hotline handed over under its number. NotFound otherwise."""
    verify(uow, hotline, signed)
    _spend(uow, signed)
    ticket = uow.first(Ticket, source_system=hotline, source_no=external_no)
    if ticket is None:
        raise NotFound("ticket.not_found", "没有这个编号的工单")
    main = uow.get(Ticket, ticket.merged_into) if ticket.merged_into else ticket
    return {
        "hotline": hotline,
        "external_no": external_no,
        "no": ticket.no,
        "state": ticket.state,
        "state_label": TICKET_STATES[ticket.state],
        "merged_into": main.no if main is not ticket else "",
        "public_reply": main.public_reply,
        "due_at": main.due_at,
        "replied_at": main.replied_at,
        "closed_at": main.closed_at,
        "changed_at": ticket.changed_at,
    }


# keys
def _allowed(actor: Actor) -> None:
    if not actor.may("keys.manage"):
        raise NotAllowed("keys.manage", "只有安全管理员可以管理接入密钥")


def _context(key: Credential) -> str:
    return f"credential.secret:{key.id}"


def issue_key(uow: UnitOfWork, actor: Actor, hotline: str) -> dict[str, str]:
    """A new key of a hotline: {"key_id", "secret"}. The secret is shown once and kept sealed."""
    _allowed(actor)
    uow.reference.require("hotline", hotline, "hotline")
    secret = secrets.token_urlsafe(32)
    key = Credential(
        id=uow.new_id(),
        hotline=hotline,
        key_id=f"{hotline}-{secrets.token_hex(6)}",
        secret_sealed="",
        made_by=actor.login or actor.name,
        made_at=uow.now,
    )
    key.secret_sealed = uow.seal(secret, _context(key))
    uow.add(key)
    uow.audit(actor, "key.issued", key.key_id, hotline=hotline)
    return {"key_id": key.key_id, "secret": secret}


def keys(uow: UnitOfWork, actor: Actor) -> list[dict[str, Any]]:
    """All keys, without their secrets, oldest first."""
    _allowed(actor)
    return [
        {
            "key_id": key.key_id,
            "hotline": key.hotline,
            "hotline_name": uow.reference.name("hotline", key.hotline),
            "active": key.active,
            "made_by": key.made_by,
            "made_at": key.made_at,
        }
        for key in uow.find(Credential)
    ]


def revoke_key(uow: UnitOfWork, actor: Actor, key_id: str, reason: str = "") -> None:
    """The key signs nothing any more; repeating it changes nothing. NotFound for an unknown one."""
    _allowed(actor)
    key = uow.first(Credential, key_id=key_id)
    if key is None:
        raise NotFound("key.not_found", "没有这个密钥")
    if key.active:
        key.active = False
        uow.audit(actor, "key.revoked", key_id, hotline=key.hotline, reason=reason[:200])


# the old system's categories
def _map_key(hotline: str) -> str:
    return f"category_map:{hotline}"


def category_map(uow: UnitOfWork, hotline: str) -> dict[str, str]:
    """The old system's category codes -> ours; empty where nobody has written it."""
    return dict((uow.reference.row("setting", _map_key(hotline)) or {}).get("map", {}))


def change_category_map(uow: UnitOfWork, actor: Actor, hotline: str, mapping: Mapping[str, str]) -> int:
    """Replaces a hotline's mapping; the new version of the settings. InvalidInput names unknown codes."""
    if not actor.may("reference.write"):
        raise NotAllowed("reference.write", "只有系统管理员可以修改分类对照")
    uow.reference.require("hotline", hotline, "hotline")
    unknown = [old for old, code in mapping.items() if uow.reference.row("category", code) is None]
    if unknown or len(mapping) > MOST_MAPPED:
        shown = "、".join(old[:40] for old in unknown[:5])
        message = f"这些分类没有对应的事项代码：{shown}" if unknown else f"最多 {MOST_MAPPED} 条"
        raise InvalidInput("category_map.invalid", message, {"fields": {"map": message}})
    name = f"{uow.reference.name('hotline', hotline)}分类对照"
    body = {"code": _map_key(hotline), "name": name, "map": dict(mapping)}
    uow.audit(actor, "category_map.changed", hotline, entries=len(mapping))
    return uow.change_reference("setting", _map_key(hotline), body, actor.name, name)
