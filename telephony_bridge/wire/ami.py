"""Our AMI client: one link, log-in, actions as futures, a sign of life. No reconnecting, no meaning of
events.

Three things are deliberate. One task does nothing but empty the socket, because Asterisk cuts off a slow
reader and throws away what it had not read (measured: after about 3.3 MB); what nobody takes in time makes
the link *lost* instead of silently shorter. An action is never sent twice: when the link goes, its future
fails and the caller decides. And any byte counts as a sign of life, so a busy exchange that answers pings
late is not taken for dead.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from ..api import SourceLost, SourceRefused, TelephonyError
from ..clock import Clock, SystemClock, within
from .frames import FrameSplitter, FrameTooLong, Message, encode, event_name

log = logging.getLogger(__name__)
BANNER = b"Asterisk Call Manager/"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and sizes of one link. A dead link is noticed after at most three ping intervals."""

    connect: float = 3.0
    banner: float = 3.0
    action: float = 5.0
    ping_every: float = 3.0
    pings_missed: int = 2
    waiting_events: int = 20_000


class ActionFailed(TelephonyError):
    """The exchange answered an action with an error."""


@dataclass(slots=True)
class Reply:
    """An answer, with its list items when the action gives a list."""

    response: Message
    items: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class _Pending:
    future: asyncio.Future[Reply]
    reply: Reply | None = None


LOST = {
    "closed": "电话系统断开了连接",
    "silent": "电话系统没有回应",
    "overflow": "电话事件来不及处理，连接已断开重连",
    "garbage": "电话系统发来的内容无法识别",
    "unreachable": "无法连接电话系统",
    "no_banner": "电话系统没有按时应答",
    "not_ami": "对端不是 Asterisk 管理接口",
    "timeout": "电话系统没有按时完成操作",
    "not_ready": "电话系统还没有准备好，或管理账号权限不足",
}


def lost(code: str) -> SourceLost:
    """The error for a code of `LOST`."""
    return SourceLost(code, LOST[code])


def every_event(frame: bytes) -> bool:
    """The choice of a link that wants every event."""
    return bool(event_name(frame))


class AmiLink:
    """One connection to one Asterisk. Make it with `open`; it cannot be opened again."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        wanted: Callable[[bytes], bool] = every_event,
        limits: Limits = Limits(),
        clock: Clock | None = None,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._wanted, self._limits = wanted, limits
        self._clock = clock or SystemClock()
        self._splitter = FrameSplitter()
        self._events: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._pending: dict[str, _Pending] = {}
        self._ids = count(1)
        self._error: SourceLost | None = None
        self._heard = False
        self._tasks: list[asyncio.Task[None]] = []
        self.ignored = 0

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        *,
        wanted: Callable[[bytes], bool] = every_event,
        limits: Limits = Limits(),
        clock: Clock | None = None,
    ) -> AmiLink:
        """Connect and wait for the banner; only frames that `wanted` likes are kept. Raises SourceLost."""
        clock = clock or SystemClock()
        try:
            reader, writer = await within(clock, limits.connect, asyncio.open_connection(host, port))
        except (OSError, TimeoutError) as error:
            raise lost("unreachable") from error
        link = cls(reader, writer, wanted=wanted, limits=limits, clock=clock)
        try:
            await link._banner()
        except BaseException:
            await link.close()
            raise
        link._tasks = [asyncio.create_task(link._drain()), asyncio.create_task(link._stay_alive())]
        return link

    async def _banner(self) -> None:
        try:
            line = await within(self._clock, self._limits.banner, self._reader.readuntil(b"\r\n"))
        except TimeoutError as error:
            raise lost("no_banner") from error  # a stopped exchange still accepts: the kernel does it
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as error:
            raise lost("not_ami") from error
        if not line.startswith(BANNER):
            raise lost("not_ami")

    async def login(self, user: str, secret: str, *, events: bool = True) -> None:
        """Log in. Raises SourceRefused for bad credentials, SourceLost when the link goes."""
        mask = "on" if events else "off"
        try:
            await self.action("Login", Username=user, Secret=secret, Events=mask)
        except ActionFailed as error:
            raise SourceRefused("refused", "电话系统拒绝登录：用户名或密码不正确") from error

    async def action(self, name: str, **headers: str) -> Reply:
        """Send one action and wait for its whole answer.

        Raises BadHeader before anything is sent, ActionFailed for an error answer, SourceLost when the
        link goes or no answer comes within `limits.action` seconds.
        """
        action_id = f"hb-{next(self._ids)}"
        data = encode(name, action_id, headers.items())
        if self._error:
            raise self._error
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._pending[action_id] = _Pending(future)
        try:
            self._writer.write(data)
            reply = await within(self._clock, self._limits.action, _result(future))
        except TimeoutError as error:
            self._lose("timeout")
            raise lost("timeout") from error
        finally:
            self._pending.pop(action_id, None)
        if reply.response.get("response").lower() == "error":
            log.warning("AMI action %s failed", name)
            raise ActionFailed("action_failed", f"电话系统没有执行操作 {name}")
        return reply

    async def events(self) -> AsyncIterator[Message]:
        """Events in the order they came; raises SourceLost at the end, after everything received was
        given.
        """
        while True:
            while self._events:
                yield Message(self._events.popleft())
            if self._error:
                raise self._error
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Leave politely; pending actions and `events` fail with SourceLost."""
        if not self._error:
            with suppress(OSError, RuntimeError):
                self._writer.write(encode("Logoff", "hb-end"))
        self._lose("closed")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _drain(self) -> None:
        try:
            while not self._error and (data := await self._reader.read(65536)):
                self._heard = True
                for frame in self._splitter.feed(data):
                    self._sort(frame)
            self._lose("closed")
        except OSError:
            self._lose("closed")
        except FrameTooLong:
            self._lose("garbage")

    def _sort(self, frame: bytes) -> None:
        if self._pending and b"\r\nActionID:" in frame:
            message = Message(frame)
            pending = self._pending.get(message.get("actionid"))
            if pending:
                _answer(pending, message)
                return
        if not self._wanted(frame):
            self.ignored += 1
        elif len(self._events) >= self._limits.waiting_events:
            self._lose("overflow")
        elif not self._error:
            self._events.append(frame)
            self._news.set()

    async def _stay_alive(self) -> None:
        missed = 0
        while not self._error:
            self._heard = False
            self._writer.write(encode("Ping", "hb-ping"))
            await self._clock.sleep(self._limits.ping_every)
            missed = 0 if self._heard else missed + 1
            if missed >= self._limits.pings_missed:
                self._lose("silent")

    def _lose(self, code: str) -> None:
        if self._error:
            return
        self._error = lost(code)
        log.info("AMI link lost: %s", code)
        self._news.set()
        self._writer.close()
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(self._error)


async def _result(future: asyncio.Future[Reply]) -> Reply:
    return await future


def _answer(pending: _Pending, message: Message) -> None:
    if pending.reply is None:
        pending.reply = Reply(message)
        complete = message.get("eventlist").lower() != "start"
    else:
        complete = message.get("eventlist").lower() == "complete"
        if not complete:
            pending.reply.items.append(message)
    if complete and not pending.future.done():
        pending.future.set_result(pending.reply)
