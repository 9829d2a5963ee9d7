"""A small Asterisk that speaks AMI over a real socket, and can be told to misbehave in the ways real ones do."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from fake_clock import settle

from telephony_bridge.sources.recording import Recording
from telephony_bridge.wire.frames import FrameSplitter, Message

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
USER, SECRET = "desk", "s3:cret/ä"


@dataclass
class Channel:
    """One living leg, as CoreShowChannels and Status tell it."""

    name: str
    leg: str
    linked: str
    number: str
    context: str = "hotline"
    state: str = "6"
    bridge: str = ""
    variables: dict[str, str] = field(default_factory=dict)

    def rows(self, event: str, action_id: str) -> bytes:
        tags = "".join(f"ChanVariable: {key}={value}\r\n" for key, value in self.variables.items())
        return (
            f"Event: {event}\r\nActionID: {action_id}\r\nChannel: {self.name}\r\nChannelState: {self.state}\r\n"
            f"CallerIDNum: {self.number}\r\nCallerIDName: 王小明\r\nContext: {self.context}\r\nExten: s\r\n"
            f"Uniqueid: {self.leg}\r\nLinkedid: {self.linked}\r\nBridgeId: {self.bridge}\r\nSeconds: 7\r\n"
            f"{tags}\r\n"
        ).encode()


class StandIn:
    """Use as an async context manager; `port` is where it listens."""

    def __init__(self) -> None:
        self.epoch = "08:00:00"
        self.channels: list[Channel] = []
        self.queue_rows: list[str] = []
        self.banner = BANNER
        self.mute = False
        self.after_dump = b""
        self.actions: list[Message] = []
        self.connections = 0
        self.logged_in = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> StandIn:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await settle()  # whoever is still knocking comes in, to be shown out
        await self.hang_up()
        self._server.close()
        await self._server.wait_closed()
        await settle()

    async def say(self, data: bytes, size: int = 65536) -> None:
        """Send bytes to everybody, in writes of `size`."""
        for writer in self._writers:
            for start in range(0, len(data), size):
                writer.write(data[start : start + size])
            await writer.drain()

    async def hang_up(self) -> None:
        """Cut every connection, as a kill does."""
        writers, self._writers = self._writers, []
        self.logged_in.clear()
        for writer in writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def names(self) -> list[str]:
        return [action.get("action") for action in self.actions]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        splitter = FrameSplitter()
        writer.write(self.banner)
        try:
            while data := await reader.read(65536):
                for frame in splitter.feed(data):
                    self._answer(Message(frame), writer)
        except OSError:
            pass
        finally:
            writer.close()

    def _answer(self, action: Message, writer: asyncio.StreamWriter) -> None:
        self.actions.append(action)
        if self.mute:
            return
        name, action_id = action.get("action"), action.get("actionid")
        if name == "Login" and not self._knows(action):
            writer.write(_reply(action_id, "Error", "Message: Authentication failed"))
            writer.close()
        elif name == "CoreStatus":
            writer.write(
                _reply(action_id, "Success", f"CoreStartupDate: 2026-03-02\r\nCoreStartupTime: {self.epoch}")
            )
        elif name in ("CoreShowChannels", "Status", "QueueStatus"):
            writer.write(_reply(action_id, "Success", "EventList: start") + self._rows(name, action_id))
            if name == "QueueStatus":
                writer.write(self.after_dump)
                self.logged_in.set()
        elif name in ("Login", "Ping", "Events", "Originate"):
            writer.write(_reply(action_id, "Success", "Message: ok"))
        elif name != "Logoff":
            writer.write(_reply(action_id, "Error", f"Message: Invalid/unknown command: {name}."))

    def _knows(self, action: Message) -> bool:
        return (action.get("username"), action.get("secret")) == (USER, SECRET)

    def _rows(self, name: str, action_id: str) -> bytes:
        if name == "QueueStatus":
            rows = b"".join(f"{row}\r\nActionID: {action_id}\r\n\r\n".encode() for row in self.queue_rows)
        else:
            event = "CoreShowChannel" if name == "CoreShowChannels" else "Status"
            rows = b"".join(channel.rows(event, action_id) for channel in self.channels)
        return (
            rows + f"Event: {name}Complete\r\nActionID: {action_id}\r\nEventList: Complete\r\n\r\n".encode()
        )


def _reply(action_id: str, response: str, rest: str) -> bytes:
    return f"Response: {response}\r\nActionID: {action_id}\r\n{rest}\r\n\r\n".encode()


def stream(name: str) -> bytes:
    """The bytes of a shipped recording, from its first event on: the stand-in makes its own banner."""
    data = b"".join(part for _, part in Recording.load(name).reads)
    return data[data.index(b"Event: FullyBooted") :]
