"""A client that costs little: one keep-alive connection, prepared requests, the answer's length read off its head."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence


def request(method: str, path: str, secret: str, body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {secret}",
        f"Cookie: hotline_session={secret}",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> int:
    writer.write(message)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(
        int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")
    )
    await reader.readexactly(length)
    return int(head.split(" ", 2)[1])


async def _client(port: int, queue: list[bytes], taken: list[float], wanted: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while queue:
        message = queue.pop()
        started = time.perf_counter()
        status = await _exchange(reader, writer, message)
        taken.append(time.perf_counter() - started)
        if status != wanted:
            raise RuntimeError(f"answered {status} to {message[:60]!r}")
    writer.close()


def exchange(port: int, messages: Sequence[bytes], clients: int, wanted: int) -> tuple[float, list[float]]:
    """(seconds for all, seconds of each) when so many clients send the messages; every answer must be `wanted`."""

    async def run() -> None:
        await asyncio.gather(*(_client(port, queue, taken, wanted) for _ in range(clients)))

    queue, taken = list(reversed(messages)), []
    started = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - started, taken
