"""Rows that belong to the running of the house and not to one ticket: sessions, audit, imports, calls, notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(kw_only=True, eq=False)
class LoginSession:
    """A logged-in browser or an API token; only the hash of its secret is kept."""

    id: int
    secret_hash: str
    user_id: int
    kind: str = "browser"
    label: str = ""
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(kw_only=True, eq=False)
class AuditRow:
    """Who did what to which subject. `detail` holds no personal value. Sealed later, in order, by one sealer."""

    id: int
    at: datetime
    actor: str
    actor_id: int | None = None
    via: str = ""
    action: str
    subject: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    digest: str = ""
    seal: int | None = None
    position: int | None = None


@dataclass(kw_only=True, eq=False)
class AuditSeal:
    """One seal over a batch of audit rows and the seal before it."""

    id: int
    first_id: int
    last_id: int
    count: int
    digest: str
    previous: str
    at: datetime


@dataclass(kw_only=True, eq=False)
class ImportBatch:
    """One run of import-tickets over one file; resumable: `done` rows of `total` are accounted for.

    outcomes: "kind/state" of the new tickets -> how many. notes: "field.code" of what was left out -> how many.
    """

    id: int
    file_name: str
    file_digest: str
    hotline: str
    mode: str
    total: int = 0
    done: int = 0
    created: int = 0
    already: int = 0
    refused: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    state: str = "running"
    started_by: str
    started_at: datetime
    ended_at: datetime | None = None
    version: int = 0


@dataclass(kw_only=True, eq=False)
class ImportRefusal:
    """A row that was refused, with its reason; the reason quotes no personal value."""

    id: int
    batch_id: int
    row: int
    external_no: str = ""
    field: str = ""
    code: str
    message: str


@dataclass(kw_only=True, eq=False)
class PushBack:
    """An outcome to be told to the old system of a hotline that runs in parallel (双号并行)."""

    id: int
    ticket_id: int
    hotline: str
    source_no: str
    state: str = "pending"
    attempts: int = 0
    due_at: datetime
    sent_at: datetime | None = None
    answer: str = ""
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True, eq=False)
class Notice:
    """A message to a person or unit. Written before it is sent; the id is the idempotency key of the channel.

    An in-app notice is "sent" as soon as it is written; what leaves the house waits until `due_at`.
    """

    id: int
    ticket_id: int | None = None
    to_unit: str = ""
    to_user_id: int | None = None
    to_party_id: int | None = None
    channel: str = "inbox"
    kind: str
    text: str
    state: str = "pending"
    attempts: int = 0
    due_at: datetime | None = None
    created_at: datetime
    sent_at: datetime | None = None
    read_at: datetime | None = None
    answer: str = ""


@dataclass(kw_only=True, eq=False)
class Call:
    """One conversation as the telephony source told it; the caller's number is sealed like a party's."""

    id: int
    call_id: str
    source: str
    caller_sealed: str = ""
    caller_masked: str = ""
    caller_index: str | None = None
    hotline: str = ""
    queue: str = ""
    agent: str = ""
    state: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    callback: str = ""
    last_seq: int = -1
    version: int = 0


@dataclass(kw_only=True, eq=False)
class Credential:
    """The shared secret by which a legacy system signs its intake; several may be in force while one is replaced."""

    id: int
    hotline: str
    key_id: str
    secret_sealed: str
    active: bool = True
    made_by: str
    made_at: datetime


@dataclass(kw_only=True, eq=False)
class Draft:
    """What an agent is typing, kept until it becomes a ticket; sealed, because it holds the caller's data."""

    id: int
    owner_id: int
    key: str
    body_sealed: str
    saved_at: datetime
    version: int = 0


@dataclass(kw_only=True, eq=False)
class DeadLetter:
    """A message that a consumer could not digest; a person retries or dismisses it. Nothing is dropped."""

    id: int
    message_id: int
    consumer: str
    topic: str
    payload: dict[str, Any]
    error: str
    attempts: int
    state: str = "open"
    at: datetime
    settled_by: str = ""
    settled_at: datetime | None = None
