"""What a server can make us take: little more than the limit, whatever it sends, and however slow we are."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network

import httpx
import pytest
from servers import Raw, Site

from feeds.config.schema import Fetch
from feeds.errors import FetchError, TooLarge
from feeds.fetch import fetch, open_client
from feeds.fetch.exchange import Direct
from feeds.model import Document, Validators

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MIB = 1024 * 1024
LIMIT = 4 * MIB
PIECE = b"<p>" + b"a" * (64 * 1024 - 3)


class Flood:
    """A server that sends without end, and counts what left it.

    Its own kernel keeps little back, so that what it counts was taken by us.

    Attributes:
        sent: Bytes; not touched any more once ``ended`` is set.
    """

    def __init__(self, head: bytes, before: bytes = b"", after: bytes = b"") -> None:
        self._head, self._piece = head, before + PIECE + after
        self.sent = 0
        self.ended, self.stuck = threading.Event(), threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(30)
        self._listening.close()

    def _serve(self) -> None:
        with self._listening.accept()[0] as client:
            client.recv(65536)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
            client.settimeout(1)
            waiting = memoryview(self._head)
            try:
                while not self.stuck.is_set():
                    number = client.send(waiting)
                    self.sent += number
                    waiting = waiting[number:] or memoryview(self._piece)
            except TimeoutError:
                self.stuck.set()
            except OSError:
                pass
            self.ended.set()


@pytest.fixture
def endless() -> Iterator[Flood]:
    with Flood(b"HTTP/1.1 200 OK\r\n\r\n") as flood:
        yield flood


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n<feed>", b"", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n", b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n", b"", b""),
    ],
    ids=["unframed", "chunked", "huge chunk"],
)
def test_what_a_server_sends_beyond_the_limit_is_less_than_a_mebibyte(
    head: bytes, before: bytes, after: bytes
) -> None:
    async def poll(port: int) -> None:
        async with open_client(Fetch(allow=("127.0.0.1",), max_bytes=LIMIT), "0.1") as client:
            await fetch(client, f"http://127.0.0.1:{port}/", Validators(), NOW)

    with Flood(head, before, after) as flood:
        with pytest.raises(TooLarge):
            asyncio.run(poll(flood.port))
        assert flood.ended.wait(30)
    assert LIMIT < flood.sent < LIMIT + MIB


def test_what_is_not_read_is_soon_not_sent_any_more(endless: Flood) -> None:
    """While we do something else, our kernel takes no megabytes in the meantime."""
    taken = 0

    async def read() -> httpx.Response:
        nonlocal taken
        direct = Direct((ip_network("127.0.0.1"),), ssl.create_default_context)
        timeout = {"connect": 5.0, "read": 5.0}
        request = httpx.Request("GET", f"http://127.0.0.1:{endless.port}/", extensions={"timeout": timeout})
        answer = await direct.handle_async_request(request)
        async for data in answer.aiter_raw():
            taken += len(data)
            if taken >= 32 * MIB:  # long enough for a kernel to trust in our speed
                break
        await asyncio.to_thread(endless.stuck.wait, 30)
        return answer

    async def run() -> None:
        await (await read()).aclose()

    asyncio.run(run())
    assert endless.stuck.is_set()
    assert taken <= endless.sent < taken + MIB


def test_a_large_document_comes_whole_through_a_small_window() -> None:
    body = bytes(range(256)) * 4096 * 8

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async def poll(port: int) -> Document:
        async with open_client(Fetch(allow=("127.0.0.1",)), "0.1") as client:
            reply = await fetch(client, f"http://127.0.0.1:{port}/", Validators(), NOW)
        assert isinstance(reply, Document)
        return reply

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        assert asyncio.run(poll(listening.getsockname()[1])).body == body
        thread.join()


def test_a_head_is_too_long_however_it_comes() -> None:
    """At once it would pass, byte by byte it would not, if only what is still incomplete were measured."""
    many = b"".join(b"Set-Cookie: a%d=%s\r\n" % (number, b"x" * 200) for number in range(600))
    with Site({"/feed": Raw((b"HTTP/1.1 200 OK\r\n" + many + b"Content-Length: 2\r\n\r\nok",))}) as site:

        async def poll() -> None:
            async with open_client(Fetch(allow=("127.0.0.1",)), "0.1") as client:
                await fetch(client, site.url("/feed"), Validators(), NOW)

        with pytest.raises(FetchError, match="too long to be read"):
            asyncio.run(poll())
