"""What the core needs from outside, as protocols. Their docstrings are the contract that every adapter meets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from classifiers.api import Classifier, Prediction, Text
from hotline.domain.events import Event
from hotline.domain.learning import CheckedModel, Spoken
from hotline.domain.reference import Reference
from hotline.domain.seals import SealKeys
from hotline.domain.ticket import Ticket

if TYPE_CHECKING:
    from classifiers.duplicates import Sketch
    from classifiers.reply_quality import ReplyQuality

T = TypeVar("T")


class Clock(Protocol):
    """The only source of time; aware, UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FieldCipher(Protocol):
    """Seals single fields. A token opens only under the context it was sealed for."""

    def encrypt(self, plaintext: str, context: str) -> str: ...

    def decrypt(self, token: str, context: str) -> str: ...

    def blind_index(self, value: str, purpose: str) -> str:
        """Keyed hash by which an equal value is found again; not reversible without the key."""
        ...

    def blind_indexes(self, value: str, purpose: str) -> tuple[str, ...]:
        """The keyed hashes under every index key: what to look for while keys rotate."""
        ...

    def rotate_needed(self, token: str) -> bool: ...

    def index_rotate_needed(self, index: str) -> bool: ...

    def refresh(self) -> None:
        """Notices keys that another process has added."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Everything that a use case reads, writes, announces or audits goes through it.

    `now` is one instant for the whole transaction. Objects never leave the worker thread: a use case gives plain
    data back. Committing and rolling back is the runtime's business.
    """

    now: datetime
    seal_keys: SealKeys
    views: Any
    articles: Any
    searches: Any
    matters: Any

    @property
    def reference(self) -> Reference: ...

    def new_id(self) -> int: ...

    def add(self, *objects: Any) -> None: ...

    def delete(self, thing: Any) -> None: ...

    def get(self, kind: type[T], key: Any, /) -> T:
        """By primary key; NotFound in Chinese otherwise."""
        ...

    def first(self, kind: type[T], /, **equal: Any) -> T | None: ...

    def find(
        self, kind: type[T], /, *, order: str = "id", limit: int | None = None, **equal: Any
    ) -> Sequence[T]:
        """Rows whose columns equal the values (a list or set means: one of)."""
        ...

    def ticket(self, no: str) -> Ticket:
        """The ticket by number, locked against concurrent moves until the transaction ends; NotFound otherwise."""
        ...

    def ticket_by_id(self, ticket_id: int) -> Ticket:
        """As `ticket`, by id."""
        ...

    def next_number(self, day: str) -> int:
        """The next ticket number of a day, without gaps, unique across processes."""
        ...

    def emit(self, event: Event) -> None:
        """Writes the event to the outbox of this transaction."""
        ...

    def audit(self, actor: Any, action: str, subject: str = "", **detail: Any) -> None: ...

    def seal(self, value: str, context: str) -> str:
        """Encrypts a personal value; "" stays ""."""
        ...

    def open(self, token: str, context: str) -> str: ...

    def index(self, value: str, purpose: str) -> str | None:
        """The keyed hash of a personal value, to keep; None for an empty one."""
        ...

    def indexes(self, value: str, purpose: str) -> tuple[str, ...]:
        """The keyed hashes to look for: one under each index key, since rows may still stand under an older one."""
        ...

    def rotate_needed(self, token: str) -> bool: ...

    def index_rotate_needed(self, index: str) -> bool: ...

    def remembered(self, owner: str, key: str, fingerprint: str) -> dict[str, Any] | None:
        """The answer already given under this idempotency key; Conflict when the request differs."""
        ...

    def remember(self, owner: str, key: str, fingerprint: str, answer: dict[str, Any]) -> None: ...

    def forget_remembered(self, before: datetime) -> int:
        """Drops what was remembered before a time; how many."""
        ...

    def install_reference(self, kind: str, rows: Sequence[dict[str, Any]], author: str, note: str) -> int:
        """Makes `rows` (each with code, id or number as its key) the content of the kind; the new version number."""
        ...

    def change_reference(
        self, kind: str, key: str, body: dict[str, Any] | None, author: str, note: str
    ) -> int:
        """Replaces (or, with None, ends) one row in a new version; the new version number."""
        ...

    def flush(self) -> None: ...


Uows = Callable[..., AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True)
class Message:
    """What travels on the bus: the outbox row's id, its topic and its JSON payload."""

    id: int
    topic: str
    payload: dict[str, Any]


Handler = Callable[[Message], Awaitable[None]]
Listener = Callable[[str, dict[str, Any]], None]


class Bus(Protocol):
    """Durable delivery, at least once, in no promised order.

    `publish` returns when the bus has the message safely. Each consumer name has its own queue and gets every
    message of its topics; a handler that raises makes the message come again later. Raises Unavailable.

    `declare` makes a consumer's queue known before anything is published, so that a relay that starts first loses
    nothing. On the embedded bus a handler that raises makes `publish` raise; the outbox publishes again, and other
    consumers may then hear the message twice.

    `broadcast` is the transient kind: at most once, to every process that listens now, for what people watch. It may
    raise Unavailable.
    """

    async def start(self) -> None: ...

    async def publish(self, message: Message) -> None: ...

    async def declare(self, consumer: str, topics: Sequence[str]) -> None: ...

    async def subscribe(self, consumer: str, topics: Sequence[str], handler: Handler) -> None: ...

    async def broadcast(self, topic: str, payload: dict[str, Any]) -> None: ...

    async def listen(self, handler: Listener) -> None: ...

    async def close(self) -> None: ...


class Notifier(Protocol):
    """Sends one message to one address. `key` is the idempotency key. Raises Unavailable (is retried);
    a refusal is returned as text and lands on the timeline; "" means sent."""

    def send(self, address: str, text: str, key: str) -> str: ...


class LegacyOutlet(Protocol):
    """Tells a parallel hotline's old system how one of its matters ended. Raises Unavailable (is retried);
    a refusal is returned as text, "" means taken."""

    def push(self, hotline: str, payload: dict[str, Any], key: str) -> str: ...


class MinerFailed(Exception):
    """The topic miner gave up; the message is Chinese and for people."""


MiningProgress = Callable[[str, int, int], Awaitable[None]]
"""Told the step ("" when there is nothing new) and how much of how much of it is done; may raise to end the mining."""


class TopicMiner(Protocol):
    """Finds the hot topics among messages, beside the event loop and never on it.

    `batches` gives lists of {"id", "title", "detail", "time" (ISO), "likes", "dislikes", "area", "matter", "caller"}
    with personal data masked; the answer is one dict a topic with the fields of classifiers.topics.Topic, hottest
    first. Cancelling ends the work at once. Raises MinerFailed. `model` is kept with every run that it made.
    """

    model: str

    async def mine(
        self, batches: AsyncIterator[list[dict[str, Any]]], until: datetime, told: MiningProgress
    ) -> list[dict[str, Any]]: ...


class ServingClassifier(Protocol):
    """The classifier that answers now, over the taxonomy in force: the model in service by the registry, else that of the
    setting. Opening one takes seconds: never on the event loop."""

    @property
    def name(self) -> str:
        """The kind of model."""
        ...

    @property
    def version(self) -> str:
        """Which one of its kind."""
        ...

    def load(self) -> None:
        """Makes ready to answer."""
        ...

    def predict(self, texts: Sequence[Text]) -> list[Prediction]:
        """One prediction a text. Raises ClassifierUnavailable."""
        ...

    def read(self, texts: Sequence[Text]) -> tuple[list[Prediction], str]:
        """The predictions and "kind/version" of the model that made them. Raises ClassifierUnavailable."""
        ...

    def follow(self) -> bool:
        """Takes over a model that was put in service since the last look, once it has loaded; True when it did."""
        ...

    @property
    def remembers_until(self) -> int:
        """The last label that the memory of corrections knows; 0 without one."""
        ...

    async def remember(self, spoken: Sequence[Spoken], until: int) -> None:
        """Writes the memory of corrections anew, beside this process; it masks the texts. Given up when cancelled."""
        ...


class ModelFolders(Protocol):
    """The folders of the model registry. Opening a model takes seconds: never on the event loop.

    A model that cannot be opened is InvalidInput with the reason for who brings or chooses one, ClassifierUnavailable
    for who wants to be answered by it.
    """

    def take(self, source: Path) -> CheckedModel:
        """Copies a model folder in, after opening the copy. Taking the same one again is no fault."""
        ...

    def checked(self, name: str, digest: str) -> CheckedModel:
        """A version that can serve now and is what was registered with this digest."""
        ...

    def opened(self, name: str, digest: str) -> Classifier:
        """The model of a version, loaded and probed, if it is what was registered with this digest."""
        ...

    def opened_at(self, folder: Path) -> Classifier:
        """A model folder anywhere, loaded and probed."""
        ...

    def opened_url(self, url: str) -> Classifier:
        """What a setting `classifier` names, loaded and probed."""
        ...

    def read(self, name: str, digest: str, texts: Sequence[Text]) -> tuple[list[Prediction], str]:
        """What a version says, and its full name; it stays open for the next time."""
        ...

    def training_place(self) -> AbstractContextManager[Path]:
        """A folder for the texts of one training, its owner's alone, gone when that ends."""
        ...

    def sweep(self) -> int:
        """Takes away what killed processes have left; how many folders."""
        ...


class MatterSketcher(Protocol):
    """Says in few bytes what a message is about; never raises, whatever the text."""

    def sketch(self, text: str) -> Sketch: ...


class ReplyJudge(Protocol):
    """Judges a unit's reply against what was asked; see classifiers.reply_quality for the arguments."""

    def assess(self, *args: Any, **asked: Any) -> ReplyQuality: ...


class FileStore(Protocol):
    """Uploaded files under their SHA-256."""

    def put(self, content: bytes) -> str: ...

    def read(self, digest: str) -> bytes: ...


class WorkAside(Protocol):
    """Folders for files that are made, sent and not kept: inside the installation, for their owner only."""

    def made(self) -> AbstractContextManager[Path]:
        """A folder that is gone when the work ends."""
        ...

    def sweep(self) -> int:
        """Takes away what killed processes have left; how many folders."""
        ...


Progress = Callable[[int, int], None]
Rows = Iterator[dict[str, Any]]
