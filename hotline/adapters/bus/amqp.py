"""RabbitMQ as the bus: durable messages through a topic exchange, transient ones through a fan-out.

    hotline.events (topic) -> hotline.<consumer>        quorum queue, one per consumer, acknowledged when handled
                              hotline.<consumer>.later  quorum queue; what lies here goes back after a short pause
    hotline.dead (fan-out) -> hotline.dead              what nobody here can read, for a person to look at
    hotline.live (fan-out) -> a nameless queue per process, gone with its connection

Retries are rows with a due time that the handler writes itself, so it raises only when not even that is possible:
the database is away. Then a copy of the message goes to the `.later` queue (confirmed, before the original is
acknowledged) and comes back when its time there has run out. No consumer sleeps, the messages behind it go on, and
the pause keeps an outage from becoming a busy loop; after a day of such rounds the message is dead. Sending it back
with `requeue` instead would bring it again at once, and would use up the delivery limit, which has another purpose: a
message that kills the process that handles it must not do so for ever. It too ends in `hotline.dead`. All hand-overs
between queues are at-least-once (https://www.rabbitmq.com/docs/quorum-queues#dead-lettering), so each step can repeat a
message and none can lose one.

Publishing and consuming have a connection each: under a memory or disk alarm RabbitMQ stops reading from connections
that publish (https://www.rabbitmq.com/docs/alarms), and acknowledgements must still get through then.

A broker that is away does not keep the house from opening: `start` gives up waiting and goes on trying behind the
scenes, `publish` raises Unavailable meanwhile, subscriptions take effect when the broker comes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from aio_pika import DeliveryMode, ExchangeType
from aio_pika import Message as Letter
from aio_pika.abc import (
    AbstractChannel,
    AbstractExchange,
    AbstractIncomingMessage,
    AbstractQueue,
)
from pamqp.common import FieldTable

from hotline.adapters.bus.amqp_line import Line, away, within
from hotline.domain.errors import Unavailable
from hotline.ports import Handler, Listener, Message

log = logging.getLogger(__name__)

PREFETCH = 16
"""Messages of one consumer that one process handles at a time."""
DELIVERY_LIMIT = 50
"""A message lost so often together with its connection is dead; restarts and cut wires count, hence not small."""
PAUSE_S = 5.0
ROUNDS = 17_280
"""A day of pauses."""
ANSWER_S = 5.0
RETRY_S = 2.0
CLOSING_S = 10.0
_ROUND = "x-hotline-round"
_LIVE_BACKLOG = 1_000
_SAFE: FieldTable = {
    "x-queue-type": "quorum",
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",  # what the strategy demands
}


class AmqpBus:
    """See hotline.ports.Bus. `url` is amqp(s)://user:password@host:port/vhost; its query may set heartbeat (s).

    `prefix` begins every name at the broker. `answer_s` bounds each wait for the broker, `retry_s` parts attempts to
    reach it, `closing_s` bounds the wait for handlers at the end.
    """

    def __init__(
        self,
        url: str,
        prefix: str = "hotline",
        *,
        pause_s: float = PAUSE_S,
        rounds: int = ROUNDS,
        answer_s: float = ANSWER_S,
        retry_s: float = RETRY_S,
        closing_s: float = CLOSING_S,
    ) -> None:
        self._prefix, self._pause_s, self._rounds, self._answer_s = prefix, pause_s, rounds, answer_s
        self._closing_s = closing_s
        self._out = Line(url, f"{prefix} publishes", answer_s, retry_s, self._prepare_out)
        self._in = Line(url, f"{prefix} consumes", answer_s, retry_s, self._prepare_in)
        self._exchanges: dict[str, AbstractExchange] = {}
        self._topics: dict[str, Sequence[str]] = {}
        self._handlers: dict[str, Handler] = {}
        self._listeners: list[Listener] = []
        self._cancels: list[Callable[[], Awaitable[Any]]] = []
        self._busy: set[asyncio.Task[None]] = set()
        self._channel: AbstractChannel | None = None
        self._tuned_in = False

    async def start(self) -> None:
        self._out.open()
        self._in.open()
        try:
            async with asyncio.timeout(self._answer_s):
                await asyncio.gather(self._out.ready.wait(), self._in.ready.wait())
        except TimeoutError:
            log.warning("bus.away_at_start", extra={"waited_s": self._answer_s})

    # the way out
    async def publish(self, message: Message) -> None:
        letter = Letter(
            json.dumps(message.payload).encode(),
            content_type="application/json",
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=str(message.id),
            type=message.topic,
        )
        if not self._in.opened:
            raise away()  # queues may be missing, and an exchange drops what no queue asks for
        wanted = any(message.topic in topics for topics in self._topics.values())
        await self._send("events", message.topic, letter, mandatory=wanted)

    async def broadcast(self, topic: str, payload: dict[str, Any]) -> None:
        letter = Letter(json.dumps(payload).encode(), content_type="application/json", type=topic)
        await self._send("live", "", letter)

    async def _send(self, exchange: str, key: str, letter: Letter, mandatory: bool = False) -> None:
        if not self._out.opened:
            raise away()
        sending = self._exchanges[exchange].publish(letter, key, mandatory=mandatory)
        await within(self._answer_s, sending)

    async def _prepare_out(self) -> None:
        channel = await self._out.channel(on_return_raises=True)
        self._exchanges = {
            "": channel.default_exchange,
            "events": await channel.declare_exchange(self._name("events"), ExchangeType.TOPIC, durable=True),
            "live": await channel.declare_exchange(self._name("live"), ExchangeType.FANOUT, durable=True),
        }

    # the way in
    async def declare(self, consumer: str, topics: Sequence[str]) -> None:
        """Makes the consumer's queues without reading them: whoever publishes before the consumer's first start calls
        this, because an exchange drops what no queue asks for."""
        async with self._in.changing:
            self._topics[consumer] = topics
            if self._in.opened:
                await within(self._answer_s, self._make_queues(consumer))

    async def subscribe(self, consumer: str, topics: Sequence[str], handler: Handler) -> None:
        async with self._in.changing:
            self._topics[consumer], self._handlers[consumer] = topics, handler
            if self._in.opened:
                await within(self._answer_s, self._make_queues(consumer))

    async def listen(self, handler: Listener) -> None:
        async with self._in.changing:
            self._listeners.append(handler)
            if self._in.opened and not self._tuned_in:
                await within(self._answer_s, self._tune_in())

    async def _prepare_in(self) -> None:
        self._cancels.clear()
        self._tuned_in = False
        self._channel = await self._in.channel()
        await self._channel.set_qos(prefetch_count=PREFETCH)
        await self._declare_dead(self._channel)
        for consumer in self._topics:
            await self._make_queues(consumer)
        if self._listeners:
            await self._tune_in()

    async def _declare_dead(self, channel: AbstractChannel) -> None:
        name = self._name("dead")
        exchange = await channel.declare_exchange(name, ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, "")

    async def _make_queues(self, consumer: str) -> None:
        """Declares the consumer's queues and reads them if it has a handler. A topic that is no longer wanted stays
        bound, so that an old and a new release can share a queue; the handler gets it and says what it is."""
        assert self._channel is not None
        name = self._name(consumer)
        back: FieldTable = {**_SAFE, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": name}
        await self._channel.declare_queue(f"{name}.later", durable=True, arguments=back)
        dead: FieldTable = {
            **_SAFE,
            "x-dead-letter-exchange": self._name("dead"),
            "x-delivery-limit": DELIVERY_LIMIT,
        }
        queue = await self._channel.declare_queue(name, durable=True, arguments=dead)
        events = await self._channel.declare_exchange(self._name("events"), ExchangeType.TOPIC, durable=True)
        for topic in self._topics[consumer]:
            await queue.bind(events, topic)
        if consumer in self._handlers:
            await self._read_from(queue, consumer)

    async def _read_from(self, queue: AbstractQueue, consumer: str) -> None:
        async def arrived(incoming: AbstractIncomingMessage) -> None:
            self._keep(self._handle(consumer, incoming))

        tag = await queue.consume(arrived)
        self._cancels.append(lambda: queue.cancel(tag))

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a handler as a task of ours: a connection that breaks does not cut it off half-way."""
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _handle(self, consumer: str, incoming: AbstractIncomingMessage) -> None:
        facts = {"consumer": consumer, "message_id": str(incoming.message_id)[:40]}
        try:
            message = _read(incoming)
        except (ValueError, RecursionError):
            log.error("bus.malformed", extra=facts)
            await self._settle(incoming.reject(requeue=False), facts)
            return
        try:
            await self._handlers[consumer](message)
        except Exception:
            log.exception("bus.handler_failed", extra=facts)
            await self._later(consumer, incoming, facts)
        else:
            await self._settle(incoming.ack(), facts)

    async def _later(self, consumer: str, incoming: AbstractIncomingMessage, facts: dict[str, str]) -> None:
        done = incoming.headers.get(_ROUND)
        rounds = done + 1 if isinstance(done, int) else 1
        if rounds > self._rounds:
            log.error("bus.given_up", extra={**facts, "rounds": rounds})
            await self._settle(incoming.reject(requeue=False), facts)
            return
        copy = Letter(
            incoming.body,
            content_type=incoming.content_type,
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=incoming.message_id,
            type=incoming.type,
            headers={_ROUND: rounds},
            expiration=self._pause_s,
        )
        await self._put_off(self._name(consumer) + ".later", copy)
        await self._settle(incoming.ack(), facts)

    async def _put_off(self, queue: str, copy: Letter) -> None:
        """Until the broker has the copy the original stays unacknowledged, and is not lost with this process."""
        while True:
            try:
                await self._send("", queue, copy, mandatory=True)
                return
            except Unavailable:
                await asyncio.sleep(self._pause_s)

    async def _settle(self, answer: Awaitable[None], facts: dict[str, str]) -> None:
        try:
            await within(self._answer_s, answer)
        except Unavailable:
            log.info("bus.not_acknowledged", extra=facts)  # the broker delivers it again

    async def _tune_in(self) -> None:
        channel = await self._in.channel()
        exchange = await channel.declare_exchange(self._name("live"), ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(
            exclusive=True, auto_delete=True, arguments={"x-max-length": _LIVE_BACKLOG}
        )
        await queue.bind(exchange, "")
        await queue.consume(self._heard, no_ack=True)
        self._tuned_in = True

    async def _heard(self, incoming: AbstractIncomingMessage) -> None:
        for listener in self._listeners:
            try:
                listener(str(incoming.type or ""), json.loads(incoming.body))
            except Exception:
                log.exception("bus.listener_failed", extra={"topic": incoming.type})

    async def close(self) -> None:
        """Takes nothing new, lets what is being handled finish (bounded), then hangs up."""
        for cancel in list(self._cancels) if self._in.opened else []:
            try:
                await within(self._answer_s, cancel())
            except Unavailable:
                break
        if self._busy:
            await asyncio.wait(self._busy, timeout=self._closing_s)
        for task in self._busy:
            task.cancel()
        await self._in.close()
        await self._out.close()
        self._listeners.clear()
        self._topics.clear()
        self._handlers.clear()

    def _name(self, what: str) -> str:
        return f"{self._prefix}.{what}"


def _read(incoming: AbstractIncomingMessage) -> Message:
    """The message in a delivery; ValueError when it is none of ours."""
    payload = json.loads(incoming.body)
    if not incoming.type or not re.fullmatch(r"[0-9]{1,19}", incoming.message_id or ""):
        raise ValueError("no topic or no id")
    if not isinstance(payload, dict):
        raise ValueError("not an object")
    return Message(int(incoming.message_id or ""), incoming.type, payload)
