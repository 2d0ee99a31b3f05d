"""A transport of httpx's with a connection for each request: asyncio carries it, h11 reads the answer.

httpx's usual one was measured beside it: its pool, for connections of which we keep none, its locks, hooks
and copies took three quarters of a poll to which a server answers "not modified".
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import cast

import h11
import httpx

from feeds.fetch.connection import connect
from feeds.fetch.lookup import Lookups
from feeds.fetch.networks import Network

LONGEST_HEAD = 100 * 1024
"""Bytes of all heads of an answer, however they come, or of a line between pieces of its body."""
HELD = 64 * 1024
"""Bytes that may wait to be asked for; with more, nothing is taken from the kernel."""
BEGINNING = b"HTTP/"
"""Of every answer (RFC 9112, 4)."""
NO_HTTP = "the answer does not begin with a status line"
TOO_LONG = "Receive buffer too long"
"""As h11 says it."""
SILENT = "Server disconnected without sending a response."


class Direct(httpx.AsyncBaseTransport):
    """Asks servers directly. No connection is kept.

    Args:
        allowed: Ranges that the operator has opened.
        context: Makes what certificates are held against; asked for once, when the first source wants it.
    """

    def __init__(self, allowed: Iterable[Network], context: Callable[[], ssl.SSLContext]) -> None:
        self._allowed = tuple(allowed)
        self._context = context
        self._lookups = Lookups()
        self._made: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request without a body and read the head of the answer.

        Args:
            request: Its extension ``timeout`` says, in seconds, what a connection may take (``connect``) and
                how long nothing may come (``read``).

        Raises:
            AddressRefused: The address may not be reached.
            httpx.TransportError: There is no proper answer.
            OSError: There is no connection, or it breaks; ssl.SSLError is one.
        """
        url, patience = request.url, request.extensions["timeout"]
        secure = url.scheme == "https"
        host, port = url.raw_host.decode("ascii"), url.port or (443 if secure else 80)
        wire = await self._connected(host, port, patience["connect"], secure=secure)
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
            try:
                asked = h11.Request(method=request.method, target=url.raw_path, headers=request.headers.raw)
                head = connection.send(asked) or b""
            except h11.LocalProtocolError as error:
                raise httpx.LocalProtocolError(str(error)) from error
            wire.write(head + (connection.send(h11.EndOfMessage()) or b""))
            body = _Body(connection, wire, patience["read"])
            while True:
                event = await body.event()
                if isinstance(event, h11.Response) or (
                    isinstance(event, h11.InformationalResponse) and event.status_code == 101
                ):
                    return httpx.Response(event.status_code, headers=event.headers.raw_items(), stream=body)
        except BaseException:
            wire.close()
            raise

    async def _connected(self, host: str, port: int, patience: float, *, secure: bool) -> _Wire:
        try:
            async with asyncio.timeout(patience):
                made = await connect(self._lookups, host, port, self._allowed)
            secrecy = self._secrecy() if secure else None
            # Without TLS this only makes objects.
            async with asyncio.timeout(patience if secure else None):
                # If it fails or is given up, the socket is closed with the transport that has it by now.
                _, wire = await asyncio.get_running_loop().create_connection(
                    _Wire, sock=made, ssl=secrecy, server_hostname=host if secure else None
                )
                return wire
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error

    def _secrecy(self) -> ssl.SSLContext:
        if self._made is None:
            self._made = self._context()
            self._made.set_alpn_protocols(["http/1.1"])
        return self._made


class _Wire(asyncio.Protocol):
    """A connection: what it brings waits until it is asked for, and little of it."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._begun = False
        self._paused = False
        self._ended = False
        self._failure: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asserted: other loops have transports of their own making.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self._held += len(data)
        if self._held > HELD and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._failure = exc
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def write(self, data: bytes) -> None:
        """Send; what a server does not take waits, and its silence is noticed by ``read``."""
        self._transport.write(data)

    async def read(self, patience: float, most: int = HELD) -> bytes:
        """Give what came next, empty at the end, and no more than ``most`` bytes of it.

        Raises:
            httpx.ReadTimeout: Nothing came within ``patience`` seconds.
            httpx.RemoteProtocolError: What comes is no HTTP.
            httpx.ReadError: The connection broke; the cause says why.
        """
        if not self._pieces and not self._ended:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(patience):
                    await self._waiter
            except TimeoutError as error:
                raise httpx.ReadTimeout("nothing came in time") from error
        if not self._pieces:
            if self._failure is not None:
                raise httpx.ReadError(str(self._failure)) from self._failure
            return b""
        data = self._pieces.popleft()
        if len(data) > most:
            self._pieces.appendleft(data[most:])
            data = data[:most]
        self._held -= len(data)
        if self._paused and self._held <= HELD and not self._ended:
            self._paused = False
            self._transport.resume_reading()
        if not self._begun:
            self._begun = True
            # h11 would read what is no HTTP until it ends, which is then the only thing that it tells.
            if data[: len(BEGINNING)] != BEGINNING[: len(data)]:
                raise httpx.RemoteProtocolError(NO_HTTP)
        return data

    def close(self) -> None:
        """End the connection without waiting for the other side: no farewell of TLS is worth a wait."""
        self._transport.abort()


class _Body(httpx.AsyncByteStream):
    """An answer as it comes: its heads, then its body without the framing."""

    def __init__(self, connection: h11.Connection, wire: _Wire, patience: float) -> None:
        self._connection, self._wire, self._patience = connection, wire, patience
        self._head_left = LONGEST_HEAD

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            event = await self.event()
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) or event is h11.PAUSED:
                return

    async def event(self) -> h11.Event | type[h11.PAUSED]:
        """Give what comes next.

        Raises:
            httpx.RemoteProtocolError: It breaks the rules of HTTP, or ends too soon; or as ``_Wire.read``.
        """
        while True:
            try:
                event = self._connection.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError(str(error)) from error
            if event is not h11.NEED_DATA:
                return event  # type: ignore[return-value]
            if self._connection.their_state is not h11.SEND_RESPONSE:
                self._connection.receive_data(await self._wire.read(self._patience))
                continue
            # h11 measures a head only while it waits for its end, so that one which comes in a single piece
            # would pass at any length.
            if not self._head_left:
                raise httpx.RemoteProtocolError(TOO_LONG)
            data = await self._wire.read(self._patience, self._head_left)
            if not data:
                raise httpx.RemoteProtocolError(SILENT)
            self._head_left -= len(data)
            self._connection.receive_data(data)

    async def aclose(self) -> None:
        """Close the connection, whatever still comes."""
        self._wire.close()
