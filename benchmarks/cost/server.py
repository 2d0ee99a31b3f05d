"""Serves the world on every loopback address: a process of its own, whose cost nobody counts.

GET /rss/30/17.xml           what source 17 says, of 30 entries, in RSS
GET /control/blind/2         from now on: two entries came, and conditions of requests are overlooked
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from .world import document

LOOPBACK = b"lo\0"


class World:
    """What all sources say now.

    Attributes:
        blind: Whether they answer with their document even if it is known.
        new: How many entries came since the beginning.
    """

    def __init__(self) -> None:
        self.blind = False
        self.new = 0

    def answer(self, target: str, condition: bytes) -> bytes:
        """Answer a request for a path, under the value of its If-None-Match."""
        _, kind, number, last = target.split("/")
        if kind == "control":
            self.blind, self.new = number == "blind", int(last)
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        site = Path(last).stem
        tag = f'"{kind}-{number}-{site}-{self.new}"'.encode()
        if condition == tag and not self.blind:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\n\r\n" % tag
        body = document(kind, int(number), int(site), self.new)
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/%b+xml; charset=utf-8\r\nETag: %b\r\n"
            b"Content-Length: %d\r\n\r\n" % (kind.encode(), tag, len(body))
        ) + body


class Server(asyncio.Protocol):
    """One connection, kept as long as the other side wants it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unread = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while (end := self.unread.find(b"\r\n\r\n")) >= 0:
            head, self.unread = self.unread[:end], self.unread[end + 4 :]
            first, *lines = head.split(b"\r\n")
            fields = dict(line.split(b":", 1) for line in lines)
            named = {name.strip().lower(): value.strip() for name, value in fields.items()}
            self.transport.write(
                self.world.answer(first.split(b" ")[1].decode(), named.get(b"if-none-match", b""))
            )


async def main() -> None:
    """Serve until killed; print the port."""
    world = World()
    listener = socket.socket()
    # All of 127.0.0.0/8, and nothing else: packets of other devices do not reach it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, LOOPBACK)
    listener.bind(("0.0.0.0", 0))
    listener.listen(4096)
    server = await asyncio.get_running_loop().create_server(lambda: Server(world), sock=listener)
    print(listener.getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
