"""One transaction over SQLAlchemy: what `hotline.ports.UnitOfWork` promises."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, String, bindparam, delete, insert, inspect, select, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session

from hotline.adapters.db.mapping import map_domain
from hotline.adapters.db.matters import MatterIndex
from hotline.adapters.db.ready import Ready, insert_objects, insert_of
from hotline.adapters.db.reference_store import ReferenceCache, ReferenceWriter, load
from hotline.adapters.db.tables import idempotency_keys, inbox, kb_tables, outbox
from hotline.adapters.db.tables import tickets as tickets_table
from hotline.adapters.db.views import Views
from hotline.domain.errors import Conflict, NotFound
from hotline.domain.events import Event
from hotline.domain.ids import IdSource
from hotline.domain.people import Actor
from hotline.domain.records import AuditRow
from hotline.domain.reference import Reference
from hotline.domain.seals import SealKeys, row_digest
from hotline.domain.ticket import Ticket
from hotline.ports import Clock, FieldCipher
from kb.feedback import FeedbackStore
from kb.store import ArticleStore

T = TypeVar("T")


class SqlUnitOfWork:
    """See hotline.ports.UnitOfWork. Built by `UnitOfWorkFactory`, lives for one transaction on one thread.

    The transaction is the connection's. The session joins it when somebody asks for objects; new ones wait beside it
    and become its own only then, so that a use case that merely adds rows costs no session at all.
    """

    def __init__(self, connection: Connection, factory: UnitOfWorkFactory, *, writes: bool) -> None:
        self.connection = connection
        self.now = factory.clock.now()
        self.new_id = factory.ids
        self.views = Views(self)
        self.seal_keys = factory.seal_keys
        self._writes = writes
        self._session: Session | None = None
        self._new: list[Any] = []
        self._outgoing: list[dict[str, Any]] = []
        self.reference_changed = False
        self._reference: Reference | None = None
        self._generation = factory.references.generation
        self._factory = factory

    @property
    def reference(self) -> Reference:
        """One snapshot for the whole transaction. What is read after a change of this transaction's own is not
        committed yet and stays its own."""
        if self._reference is None and self.reference_changed:
            self._reference = load(self.connection_after_flush())
        elif self._reference is None:
            self._reference = self._factory.references.get(self.connection, self._generation)
        return self._reference

    @property
    def session(self) -> Session:
        """The session of this transaction, holding every object added so far."""
        if self._session is None:
            self._session = Session(self.connection, expire_on_commit=False, autoflush=self._writes)
        if self._new:
            self._session.add_all(self._new)
            self._new.clear()
        return self._session

    def connection_after_flush(self) -> Connection:
        """The connection, after what was added so far has been written."""
        if self._session is not None or self._new:
            self.session.flush()
        return self.connection

    @functools.cached_property
    def articles(self) -> ArticleStore:
        return ArticleStore(self.session, self.new_id, kb_tables)

    @functools.cached_property
    def searches(self) -> FeedbackStore:
        return FeedbackStore(self.session, self.new_id, kb_tables)

    @functools.cached_property
    def matters(self) -> MatterIndex:
        return MatterIndex(self)

    # objects
    def add(self, *objects: Any) -> None:
        self._new += objects

    def delete(self, thing: Any) -> None:
        self.session.delete(thing)

    def flush(self) -> None:
        self.session.flush()

    def get(self, kind: type[T], key: Any, /) -> T:
        found = self.session.get(kind, key)
        if found is None:
            raise NotFound("not_found", "没有找到这条记录，可能已被删除")
        return found

    def first(self, kind: type[T], /, **equal: Any) -> T | None:
        return self.session.scalars(*_query(kind, "id", equal, 1)).first()

    def find(
        self, kind: type[T], /, *, order: str = "id", limit: int | None = None, **equal: Any
    ) -> Sequence[T]:
        return self.session.scalars(*_query(kind, order, equal, limit)).all()

    def ticket(self, no: str) -> Ticket:
        return self._locked(tickets_table.c.no == no)

    def ticket_by_id(self, ticket_id: int) -> Ticket:
        return self._locked(tickets_table.c.id == ticket_id)

    def _locked(self, condition: Any) -> Ticket:
        query = select(Ticket).where(condition).with_for_update(key_share=True)
        found = self.session.scalars(query.execution_options(populate_existing=True)).first()
        if found is None:
            raise NotFound("ticket.not_found", "没有这个工单")
        return found

    # numbers, events, audit
    def next_number(self, day: str) -> int:
        return int(_next_number(self.connection.dialect).run(self.connection, {"day": day})[0][0])

    def emit(self, event: Event) -> None:
        row = {"id": self.new_id(), "topic": event.topic(), "payload": event.payload(), "at": self.now}
        row["published_at"] = None
        self._outgoing.append(row)

    @property
    def emitted(self) -> int:
        """How many events this transaction announces."""
        return len(self._outgoing)

    def complete(self) -> None:
        """Writes what is still in memory, new rows and events one statement a table; the commit follows."""
        new = self._take_new()
        if self._session is not None:
            self._session.flush()
        insert_objects(self.connection, new)
        if self._outgoing:
            insert_of(outbox, self.connection.dialect).run_many(self.connection, self._outgoing)

    def _take_new(self) -> list[Any]:
        """The new objects, not the session's to write; none when it deletes rows, because then order matters."""
        if self._session is None:
            return self._new
        session = self.session if self._session.deleted else self._session
        pending = [] if session.deleted else list(session.new)
        for thing in pending:
            session.expunge(thing)
        return pending + self._new

    def close(self) -> None:
        """Lets the objects go; the transaction is the factory's to end."""
        if self._session is not None:
            self._session.close()

    def audit(self, actor: Actor, action: str, subject: str = "", **detail: Any) -> None:
        row = {
            "id": self.new_id(),
            "at": self.now,
            "actor": actor.login or actor.name,
            "actor_id": actor.user_id,
            "via": actor.via,
            "action": action,
            "subject": subject,
            "detail": detail,
        }
        self._new.append(AuditRow(**row, digest=row_digest(row, self.seal_keys)))

    # personal data
    def seal(self, value: str, context: str) -> str:
        return self._factory.cipher.encrypt(value, context) if value else ""

    def open(self, token: str, context: str) -> str:
        return self._factory.cipher.decrypt(token, context) if token else ""

    def index(self, value: str, purpose: str) -> str | None:
        return self._factory.cipher.blind_index(value, purpose) if value else None

    def indexes(self, value: str, purpose: str) -> tuple[str, ...]:
        return self._factory.cipher.blind_indexes(value, purpose) if value else ()

    def rotate_needed(self, token: str) -> bool:
        return bool(token) and self._factory.cipher.rotate_needed(token)

    def index_rotate_needed(self, index: str) -> bool:
        return self._factory.cipher.index_rotate_needed(index)

    # repeats
    def first_time(self, message_id: int, consumer: str) -> bool:
        """Leaves the inbox row; False when this consumer has already taken the message."""
        if self.connection.scalar(
            select(inbox.c.consumer).where(inbox.c.message_id == message_id, inbox.c.consumer == consumer)
        ):
            return False
        self.connection.execute(insert(inbox).values(message_id=message_id, consumer=consumer, at=self.now))
        return True

    def remembered(self, owner: str, key: str, fingerprint: str) -> dict[str, Any] | None:
        keys = idempotency_keys.c
        query = select(keys.fingerprint, keys.answer).where(keys.owner == owner, keys.key == key)
        row = self.connection.execute(query).first()
        if row is None:
            return None
        if row.fingerprint != fingerprint:
            raise Conflict("idempotency.reused", "同一个 Idempotency-Key 不能用于内容不同的请求")
        return row.answer

    def remember(self, owner: str, key: str, fingerprint: str, answer: dict[str, Any]) -> None:
        row = {"owner": owner, "key": key, "fingerprint": fingerprint, "answer": answer, "at": self.now}
        self.connection.execute(insert(idempotency_keys).values(row))

    def forget_remembered(self, before: datetime) -> int:
        result = self.connection.execute(delete(idempotency_keys).where(idempotency_keys.c.at < before))
        return int(result.rowcount)  # type: ignore[attr-defined]

    # reference data
    def install_reference(self, kind: str, rows: Sequence[dict[str, Any]], author: str, note: str) -> int:
        self.reference_changed = True
        return ReferenceWriter(self.session, self.new_id, self.now).install(kind, rows, author, note)

    def change_reference(
        self, kind: str, key: str, body: dict[str, Any] | None, author: str, note: str
    ) -> int:
        self.reference_changed = True
        return ReferenceWriter(self.session, self.new_id, self.now).change(kind, key, body, author, note)


@functools.cache
def _next_number(dialect: Dialect) -> Ready:
    statement = text(
        "INSERT INTO ticket_numbers (day, last) VALUES (:day, 1) "
        "ON CONFLICT (day) DO UPDATE SET last = ticket_numbers.last + 1 RETURNING last"
    )
    return Ready(statement.bindparams(bindparam("day", type_=String())), dialect)


def _query(kind: type[T], order: str, equal: dict[str, Any], limit: int | None) -> tuple[Any, dict[str, Any]]:
    """The statement for these conditions (built once for each shape) and its values."""
    shape, values = [], {}
    for name, value in equal.items():
        many = isinstance(value, list | tuple | set | frozenset)
        shape.append((name, "in" if many else "null" if value is None else "equal"))
        if value is not None:
            values[name] = list(value) if many else value
    return _statement(kind, order, tuple(shape), limit), values


@functools.lru_cache(maxsize=1024)
def _statement(kind: type, order: str, shape: tuple[tuple[str, str], ...], limit: int | None) -> Any:
    columns = inspect(kind).columns
    query = select(kind)
    for name, test in shape:
        column = columns[name]
        if test == "in":
            query = query.where(column.in_(bindparam(name, expanding=True)))
        else:
            query = query.where(column.is_(None) if test == "null" else column == bindparam(name))
    if order.lstrip("-") in columns:
        query = query.order_by(columns[order[1:]].desc() if order.startswith("-") else columns[order])
    return query.limit(limit)


class UnitOfWorkFactory:
    """Opens transactions on one database; shared by all threads of a process."""

    def __init__(self, engine: Engine, cipher: FieldCipher, seal_keys: SealKeys, clock: Clock) -> None:
        map_domain()
        self.engine, self.cipher, self.seal_keys, self.clock = engine, cipher, seal_keys, clock
        self.ids = IdSource()
        self.references = ReferenceCache()
        self._reading = engine.execution_options(hotline_reading=True)

    @contextlib.contextmanager
    def begin(self) -> Iterator[SqlUnitOfWork]:
        """A writing transaction: committed when the block ends, rolled back when it raises. Changed reference data is
        read anew either way."""
        changed = False
        try:
            with (
                self.engine.begin() as connection,
                contextlib.closing(SqlUnitOfWork(connection, self, writes=True)) as uow,
            ):
                try:
                    yield uow
                    uow.complete()
                finally:
                    changed = uow.reference_changed
        finally:
            if changed:
                self.references.forget()

    @contextlib.contextmanager
    def reading(self) -> Iterator[SqlUnitOfWork]:
        """A reading transaction: one consistent view, always rolled back."""
        with (
            self._reading.connect() as connection,
            connection.begin() as transaction,
            contextlib.closing(SqlUnitOfWork(connection, self, writes=False)) as uow,
        ):
            yield uow
            transaction.rollback()

    def current_reference(self) -> Reference:
        """The snapshot in force, for work outside a transaction."""
        with self.reading() as uow:
            return uow.reference

    def refresh_reference(self) -> None:
        """Notices reference data and keys that another process has changed."""
        self.cipher.refresh()
        with self.reading() as uow:
            self.references.refresh(uow.connection)
