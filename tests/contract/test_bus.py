"""One suite for the bus seam: the embedded bus always, RabbitMQ where a broker is named.

The embedded bus repeats by raising: `publish` fails, the outbox row stays and is published again. RabbitMQ repeats by
itself. `Told.until` waits for facts; nothing here waits for time to pass.
"""

from __future__ import annotations

import asyncio
import logging
import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import pytest
from aio_pika.exceptions import QueueEmpty

from hotline.adapters.bus.amqp import AmqpBus
from hotline.adapters.bus.inprocess import InProcessBus
from hotline.domain.errors import Unavailable
from hotline.ports import Bus, Message
from tests.contract.wire import Wire

AMQP_URL = os.environ.get("HOTLINE_TEST_AMQP_URL", "")
PATIENCE_S = 30.0

needs_broker = pytest.mark.skipif(not AMQP_URL, reason="HOTLINE_TEST_AMQP_URL names no RabbitMQ")
Story = Callable[..., Awaitable[None]]


def story(told: Story) -> Callable[..., None]:
    """An async test, run to its end on a loop of its own."""

    @wraps(told)
    def test(*args: Any, **kwargs: Any) -> None:
        asyncio.run(told(*args, **kwargs))

    return test


class Told:
    """A handler that remembers what it was told, and fails as often as it is asked to."""

    def __init__(self, failures: int = 0) -> None:
        self.messages: list[Message] = []
        self.tries = 0
        self._failures = failures
        self._news = asyncio.Event()

    async def __call__(self, message: Message) -> None:
        self.tries += 1
        self._news.set()
        if self.tries <= self._failures:
            raise ConnectionError("the database is away")
        self.messages.append(message)

    def hear(self, topic: str, payload: dict[str, Any]) -> None:
        self.messages.append(Message(0, topic, payload))
        self._news.set()

    @property
    def ids(self) -> list[int]:
        return sorted(message.id for message in self.messages)

    async def until(self, done: Callable[[Told], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not done(self):
                self._news.clear()
                await self._news.wait()


class Broker:
    """Makes buses of one kind that share names at the broker, and wipes those names afterwards."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.prefix = f"test-{uuid.uuid4().hex[:8]}"
        self.consumers: set[str] = set()
        self._memory = InProcessBus()

    @asynccontextmanager
    async def bus(self, url: str = AMQP_URL, **options: Any) -> AsyncIterator[Bus]:
        bus: Bus = self._memory
        if self.kind == "amqp":
            options = {"pause_s": 0.1, "retry_s": 0.1, **options}
            bus = AmqpBus(url, self.prefix, **options)
        await bus.start()
        try:
            yield bus
        finally:
            await bus.close()

    async def publish_to_the_end(self, bus: Bus, message: Message) -> None:
        """As the relay does: again, until the bus has it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with suppress(Unavailable, ConnectionError):
                    return await bus.publish(message)
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def channel(self) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        connection = await aio_pika.connect(AMQP_URL)
        async with connection:
            yield await connection.channel()

    async def dead(self) -> aio_pika.abc.AbstractIncomingMessage:
        async with self.channel() as channel, asyncio.timeout(PATIENCE_S):
            queue = await channel.get_queue(f"{self.prefix}.dead")
            while True:
                with suppress(QueueEmpty):
                    return await queue.get(no_ack=True)
                await asyncio.sleep(0.02)

    async def wipe(self) -> None:
        async with self.channel() as channel:
            for name in ("dead", "c1", "c2", "c1.later", "c2.later"):
                await channel.queue_delete(f"{self.prefix}.{name}")
            for name in ("events", "live", "dead"):
                await channel.exchange_delete(f"{self.prefix}.{name}")


@pytest.fixture(params=["memory", pytest.param("amqp", marks=[pytest.mark.external, needs_broker])])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    broker = Broker(request.param)
    yield broker
    if broker.kind == "amqp":
        asyncio.run(broker.wipe())


@pytest.fixture
def rabbit() -> Iterator[Broker]:
    broker = Broker("amqp")
    yield broker
    asyncio.run(broker.wipe())


def only_rabbit(test: Story) -> Callable[..., None]:
    return pytest.mark.external(needs_broker(story(test)))


REGISTERED, CLOSED = "ticket.registered", "ticket.closed"


def message(id: int = 1, topic: str = REGISTERED, **payload: Any) -> Message:
    return Message(id, topic, payload or {"no": "LZ20260301000001"})


# durable delivery, on every bus
@story
async def test_every_consumer_gets_each_message_once(broker):
    first, second = Told(), Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], first)
        await bus.subscribe("c2", [REGISTERED, CLOSED], second)
        for number in range(1, 21):
            await bus.publish(message(number))
        await bus.publish(message(21, CLOSED))
        await second.until(lambda told: len(told.messages) == 21)
        await first.until(lambda told: len(told.messages) == 20)
    assert first.ids == list(range(1, 21))
    assert second.ids == list(range(1, 22))


@story
async def test_a_consumer_hears_its_topics_and_no_others(broker):
    told = Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [CLOSED], told)
        await bus.publish(message(1, REGISTERED))
        await bus.publish(message(2, "ticket.closed.early"))
        await bus.publish(message(3, CLOSED))
        await told.until(lambda told: bool(told.messages))
    assert told.ids == [3]


@story
async def test_a_message_arrives_as_its_json_reads(broker):
    payload = {
        "names": ("王𠮷", "㑇", "𰻞"),
        "text": "路灯不亮💡 <b>'; DROP TABLE\u0000\u2028",
        "half": "\ud83d",
        "big": 2**62,
        "none": None,
        "nested": {"1": [True, 1.5]},
    }
    told = Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await bus.publish(Message(2**63 - 1, REGISTERED, payload))
        await told.until(lambda told: bool(told.messages))
    expected = {**payload, "names": ["王𠮷", "㑇", "𰻞"]}
    assert told.messages == [Message(2**63 - 1, REGISTERED, expected)]


@story
async def test_what_is_not_json_is_refused_before_anybody_hears_it(broker):
    told = Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        with pytest.raises(TypeError):
            await bus.publish(message(1, when=object()))
    assert told.messages == []


@story
async def test_the_same_id_published_twice_is_delivered_twice(broker):
    told = Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await bus.publish(message(7))
        await bus.publish(message(7))
        await told.until(lambda told: len(told.messages) == 2)
    assert told.ids == [7, 7]


@story
async def test_a_message_whose_handler_raises_comes_again(broker):
    told, untroubled = Told(failures=3), Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await bus.subscribe("c2", [REGISTERED], untroubled)
        await broker.publish_to_the_end(bus, message(5, no="LZ1"))
        await told.until(lambda told: bool(told.messages))
    assert told.messages == [message(5, no="LZ1")]
    assert set(untroubled.ids) == {5}


@story
async def test_a_payload_of_200_kilobytes_arrives_whole(broker):
    told, text = Told(), "诉求" * 34_000
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await bus.publish(message(1, text=text))
        await told.until(lambda told: bool(told.messages))
    assert told.messages[0].payload["text"] == text


@story
async def test_many_may_publish_at_once(broker):
    told = Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await asyncio.gather(*(bus.publish(message(number)) for number in range(1, 301)))
        await told.until(lambda told: len(told.messages) == 300)
    assert told.ids == list(range(1, 301))


@story
async def test_a_message_that_nobody_subscribed_to_is_taken_all_the_same(broker):
    async with broker.bus() as bus:
        await bus.publish(message(1, "ticket.unheard"))


# transient delivery, on every bus
@story
async def test_a_broadcast_reaches_every_listener_as_its_json_reads(broker):
    first, second = Told(), Told()
    async with broker.bus() as bus:
        await bus.listen(first.hear)
        await bus.listen(second.hear)
        await bus.broadcast("call.ringing", {"extension": "8001", "caller": ("𠮷", "💡")})
        await first.until(lambda told: bool(told.messages))
        await second.until(lambda told: bool(told.messages))
    heard = [Message(0, "call.ringing", {"extension": "8001", "caller": ["𠮷", "💡"]})]
    assert first.messages == second.messages == heard


@story
async def test_a_broadcast_is_not_kept_for_later_listeners(broker):
    early, late = Told(), Told()
    async with broker.bus() as bus:
        await bus.listen(early.hear)
        await bus.broadcast("ticket.changed", {"no": "before"})
        await early.until(lambda told: bool(told.messages))
        await bus.listen(late.hear)
        await bus.broadcast("ticket.changed", {"no": "after"})
        await late.until(lambda told: bool(told.messages))
    assert [heard.payload["no"] for heard in late.messages] == ["after"]


@story
async def test_a_broadcast_without_listeners_is_nothing(broker):
    async with broker.bus() as bus:
        await bus.broadcast("ticket.changed", {"no": "LZ1"})


@story
async def test_broadcasts_and_durable_messages_do_not_mix(broker):
    durable, live = Told(), Told()
    async with broker.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], durable)
        await bus.listen(live.hear)
        await bus.broadcast(REGISTERED, {"no": "live"})
        await bus.publish(message(1))
        await durable.until(lambda told: bool(told.messages))
        await live.until(lambda told: bool(told.messages))
    assert durable.ids == [1]
    assert [heard.payload for heard in live.messages] == [{"no": "live"}]


@story
async def test_a_bus_closes_twice_without_complaint(broker):
    async with broker.bus() as bus:
        await bus.close()


# what only a broker between processes can do
@only_rabbit
async def test_two_processes_share_the_work_of_one_consumer(rabbit):
    told = Told()
    async with rabbit.bus() as one, rabbit.bus() as other:
        await one.subscribe("c1", [REGISTERED], told)
        await other.subscribe("c1", [REGISTERED], told)
        for number in range(1, 41):
            await one.publish(message(number))
        await told.until(lambda told: len(told.messages) == 40)
    assert told.ids == list(range(1, 41))


@only_rabbit
async def test_a_broadcast_reaches_the_listeners_of_other_processes(rabbit):
    told = Told()
    async with rabbit.bus() as one, rabbit.bus() as other:
        await other.listen(told.hear)
        await one.broadcast("ticket.changed", {"no": "LZ1"})
        await told.until(lambda told: bool(told.messages))
    assert told.messages[0].payload == {"no": "LZ1"}


@only_rabbit
async def test_messages_wait_for_a_consumer_that_is_declared_and_not_there_yet(rabbit):
    told = Told()
    async with rabbit.bus() as relay:
        await relay.declare("c1", [REGISTERED])
        await relay.publish(message(1))
    async with rabbit.bus() as consumers:
        await consumers.subscribe("c1", [REGISTERED], told)
        await told.until(lambda told: bool(told.messages))
    assert told.ids == [1]


@only_rabbit
async def test_a_message_that_is_not_acknowledged_outlives_its_consumer(rabbit):
    begun, told = asyncio.Event(), Told()

    async def never_done(_: Message) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with rabbit.bus(closing_s=0.05) as dying:
        await dying.subscribe("c1", [REGISTERED], never_done)
        await dying.publish(message(9))
        await asyncio.wait_for(begun.wait(), PATIENCE_S)
    async with rabbit.bus() as next_one:
        await next_one.subscribe("c1", [REGISTERED], told)
        await told.until(lambda told: bool(told.messages))
    assert told.ids == [9]


@only_rabbit
async def test_closing_lets_a_handler_finish(rabbit):
    begun, go_on, finished = asyncio.Event(), asyncio.Event(), Told()

    async def slow(given: Message) -> None:
        begun.set()
        await go_on.wait()
        await finished(given)

    async with rabbit.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], slow)
        await bus.publish(message(3))
        await asyncio.wait_for(begun.wait(), PATIENCE_S)
        closing = asyncio.create_task(bus.close())
        go_on.set()
        await closing
    assert finished.ids == [3]
    again = Told()
    async with rabbit.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], again)
        await bus.publish(message(4))
        await again.until(lambda told: bool(told.messages))
    assert again.ids == [4]


@only_rabbit
async def test_messages_behind_a_failing_one_go_on(rabbit):
    stuck, passed = asyncio.Event(), Told()

    async def picky(given: Message) -> None:
        if given.id == 1:
            stuck.set()
            raise ConnectionError
        await passed(given)

    async with rabbit.bus(pause_s=60.0) as bus:
        await bus.subscribe("c1", [REGISTERED], picky)
        await bus.publish(message(1))
        await asyncio.wait_for(stuck.wait(), PATIENCE_S)
        for number in range(2, 42):
            await bus.publish(message(number))
        await passed.until(lambda told: len(told.messages) == 40)
    assert passed.ids == list(range(2, 42))


@only_rabbit
async def test_a_message_that_fails_for_a_day_is_kept_among_the_dead(rabbit, caplog):
    told = Told(failures=100)
    async with rabbit.bus(rounds=2) as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await bus.publish(message(6, no="LZ6"))
        letter = await rabbit.dead()
    assert told.tries == 3
    assert (letter.message_id, letter.type, letter.body) == ("6", REGISTERED, b'{"no": "LZ6"}')
    assert "bus.given_up" in caplog.messages


MALFORMED = {
    "not json": {"body": b"{", "message_id": "1", "type": REGISTERED},
    "not utf-8": {"body": b'{"a": "\xff"}', "message_id": "1", "type": REGISTERED},
    "not an object": {"body": b"[1]", "message_id": "1", "type": REGISTERED},
    "endless nesting": {"body": b"[" * 100_000, "message_id": "1", "type": REGISTERED},
    "no id": {"body": b"{}", "type": REGISTERED},
    "a word as id": {"body": b"{}", "message_id": "one", "type": REGISTERED},
    "an id beyond all bounds": {"body": b"{}", "message_id": "9" * 200, "type": REGISTERED},
    "no topic": {"body": b"{}", "message_id": "1"},
}


@pytest.mark.parametrize("foreign", MALFORMED.values(), ids=MALFORMED.keys())
@only_rabbit
async def test_a_foreign_message_goes_to_the_dead_and_stops_nobody(rabbit, foreign, caplog):
    caplog.set_level(logging.ERROR)
    told = Told()
    async with rabbit.bus() as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        async with rabbit.channel() as channel:
            await channel.default_exchange.publish(aio_pika.Message(**foreign), f"{rabbit.prefix}.c1")
        letter = await rabbit.dead()
        await bus.publish(message(2))
        await told.until(lambda told: bool(told.messages))
    assert letter.body == foreign["body"]
    assert told.ids == [2]
    assert [record.message for record in caplog.records] == ["bus.malformed"]
    assert caplog.records[0].message_id == str(letter.message_id)[:40]


@only_rabbit
async def test_a_listener_that_raises_does_not_stop_the_others(rabbit, caplog):
    told = Told()

    def broken(_topic: str, _payload: dict[str, Any]) -> None:
        raise ValueError

    async with rabbit.bus() as bus:
        await bus.listen(broken)
        await bus.listen(told.hear)
        await bus.broadcast("ticket.changed", {"no": "LZ1"})
        await told.until(lambda told: bool(told.messages))
    assert "bus.listener_failed" in caplog.messages


# outages
@asynccontextmanager
async def wire_to_broker() -> AsyncIterator[Wire]:
    parts = urlsplit(AMQP_URL)
    async with Wire(parts.hostname or "127.0.0.1", parts.port or 5672) as wire:
        yield wire


def through(wire: Wire) -> str:
    parts = urlsplit(AMQP_URL)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{wire.port}").geturl()


@only_rabbit
async def test_a_cut_wire_is_mended_and_nothing_is_lost(rabbit):
    told, live = Told(), Told()
    async with wire_to_broker() as wire, rabbit.bus(through(wire)) as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await bus.listen(live.hear)
        for number in range(1, 31):
            if number % 10 == 5:
                wire.cut()
            await rabbit.publish_to_the_end(bus, message(number))
        await told.until(lambda told: set(told.ids) == set(range(1, 31)))
        while not live.messages:
            with suppress(Unavailable):
                await bus.broadcast("ticket.changed", {"no": "LZ1"})
            with suppress(TimeoutError):
                await asyncio.wait_for(live.until(lambda told: bool(told.messages)), 0.2)
    assert set(told.ids) == set(range(1, 31))


@only_rabbit
async def test_during_an_outage_publishing_is_unavailable_and_afterwards_it_works(rabbit):
    told = Told()
    async with wire_to_broker() as wire, rabbit.bus(through(wire)) as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        await wire.down()
        for send in (bus.publish(message(1)), bus.broadcast("ticket.changed", {})):
            with pytest.raises(Unavailable) as refusal:
                await send
            assert refusal.value.code == "bus.unreachable"
        await wire.up()
        await rabbit.publish_to_the_end(bus, message(2))
        await told.until(lambda told: bool(told.messages))
    assert told.ids == [2]


@only_rabbit
async def test_a_broker_that_says_nothing_any_more_is_unavailable_within_a_bound(rabbit):
    told = Told()
    async with wire_to_broker() as wire, rabbit.bus(through(wire), answer_s=0.5) as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        wire.freeze()
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(Unavailable):
                await bus.publish(message(1))
        wire.thaw()
        await rabbit.publish_to_the_end(bus, message(2))
        await told.until(lambda told: 2 in told.ids)


@only_rabbit
async def test_the_house_opens_without_a_broker_and_finds_it_later(rabbit):
    told, live = Told(), Told()
    async with wire_to_broker() as wire:
        await wire.down()
        async with rabbit.bus(through(wire), answer_s=0.3) as bus:
            await bus.subscribe("c1", [REGISTERED], told)
            await bus.listen(live.hear)
            with pytest.raises(Unavailable):
                await bus.publish(message(1))
            await wire.up()
            await rabbit.publish_to_the_end(bus, message(2))
            await told.until(lambda told: bool(told.messages))
    assert told.ids == [2]


@only_rabbit
async def test_a_message_handled_while_the_wire_is_cut_comes_again(rabbit):
    begun, go_on, told = asyncio.Event(), asyncio.Event(), Told()

    async def slow(given: Message) -> None:
        begun.set()
        await go_on.wait()
        await told(given)

    async with wire_to_broker() as wire, rabbit.bus(through(wire)) as bus:
        await bus.subscribe("c1", [REGISTERED], slow)
        await bus.publish(message(8))
        await asyncio.wait_for(begun.wait(), PATIENCE_S)
        wire.cut()
        go_on.set()
        await told.until(lambda told: len(told.messages) >= 2)
    assert set(told.ids) == {8}


@only_rabbit
async def test_a_failing_handler_and_a_cut_wire_together_lose_nothing(rabbit):
    told = Told(failures=10)
    async with wire_to_broker() as wire, rabbit.bus(through(wire)) as bus:
        await bus.subscribe("c1", [REGISTERED], told)
        for number in range(1, 11):
            await rabbit.publish_to_the_end(bus, message(number))
        await told.until(lambda told: told.tries >= 5)
        wire.cut()
        await told.until(lambda told: set(told.ids) == set(range(1, 11)))


@only_rabbit
async def test_a_queue_that_somebody_deleted_makes_publishing_unavailable_instead_of_losing(rabbit):
    async with rabbit.bus() as bus:
        await bus.declare("c1", [REGISTERED])
        async with rabbit.channel() as channel:
            await channel.queue_delete(f"{rabbit.prefix}.c1")
        with pytest.raises(Unavailable):
            await bus.publish(message(1))


@story
async def test_a_bus_that_was_never_started_is_unavailable():
    bus = AmqpBus("amqp://guest:guest@127.0.0.1:1/")
    with pytest.raises(Unavailable):
        await bus.publish(message())
    await bus.close()
