"""The one place that opens connections: the address that was judged is the address that is connected to.

A name is looked up once, every address it has is judged (``networks``), and only then, and only to those
addresses, a connection is made. So neither a name that changes its mind between two lookups (rebinding)
nor one with mixed answers leads anywhere that is not allowed. httpx-secure was looked at for this: it
connects first and judges afterwards, which an inner service notices.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

import httpcore
import httpx

from feeds.errors import AddressRefused
from feeds.fetch.lookup import Lookups
from feeds.fetch.networks import EVERYWHERE, SECRETS, Address, Network, refusal

TRIED = 8
"""So many addresses of one name are tried."""
HEAD_START = 0.25
"""Seconds until the next address is tried beside the last one (RFC 8305, 5)."""
WINDOW = (socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
"""So much may wait in our kernel for us; left to itself it grows to megabytes, sent to us beyond any limit.

At 100 ms to the server and back it is still 2.5 MB a second."""
BEGINNING = b"HTTP/"
"""Of every answer (RFC 9112, 4)."""
NO_HTTP = "the answer does not begin with a status line"
Options = Iterable[httpcore.SOCKET_OPTION] | None
Stream = httpcore.AsyncNetworkStream


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to addresses that may be reached, and to no others.

    Args:
        allowed: Ranges that the operator has opened.
    """

    def __init__(self, allowed: Iterable[Network]) -> None:
        self._allowed = tuple(allowed)
        self._backend = httpcore.AnyIOBackend()
        self._lookups = Lookups()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        local_address: str | None = None,
        socket_options: Options = None,
    ) -> Stream:
        """Look up, judge, connect; all of it within ``timeout`` seconds.

        Raises:
            AddressRefused: One of the name's addresses may not be reached.
            OSError: The name cannot be looked up; ValueError: it is none.
            httpcore.ConnectError: None of the addresses takes a connection; ConnectTimeout: not in time.
        """

        async def dial(address: Address) -> Stream:
            stream = await self._backend.connect_tcp(
                str(address),
                port,
                local_address=local_address,
                socket_options=[*(socket_options or ()), WINDOW],
            )
            return _Closing(stream)

        try:
            async with asyncio.timeout(timeout):
                addresses = await self._lookups.look_up(host, port)
                self._judge(host, addresses)
                return await _first([partial(dial, address) for address in addresses[:TRIED]])
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("no connection in time") from error

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  httpcore's signature
        socket_options: Options = None,
    ) -> Stream:
        """Refuse: no source is behind a socket of this machine."""
        raise AddressRefused("a socket of this machine is not asked")

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's retries, of which we make none."""
        await asyncio.sleep(seconds)

    def _judge(self, host: str, addresses: Sequence[Address]) -> None:
        for address in addresses:
            kind = refusal(address, self._allowed)
            if kind is not None:
                leads = "" if str(address) == host else f" leads to {address}, which"
                # Nobody means that one, but somebody may lead us there: then opening it is no advice.
                way = "check the address" if kind == SECRETS else "if it is meant, fetch.allow opens it"
                raise AddressRefused(f"{host}{leads} is {kind}; that is not asked ({way})")


class Transport(httpx.AsyncHTTPTransport):
    """httpx's transport with connections of ours. None is kept: see ``client``.

    Args:
        allowed: As for ``Guarded``.
        context: What certificates are held against.
        proxy: Address of an HTTP proxy to go through, with its login; None to connect directly. Which address
            a name leads to is then for the proxy to say, and to guard.
    """

    def __init__(self, allowed: Iterable[Network], context: ssl.SSLContext, proxy: str | None = None) -> None:
        super().__init__(verify=context, trust_env=False)
        # httpx 0.28 offers no other way to bring a network backend; a test sees that it is asked.
        if proxy is None:
            self._pool = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=0,
                network_backend=Guarded(allowed),
            )
            return
        url = httpx.URL(proxy)
        login = (url.username.encode(), url.password.encode()) if url.userinfo else None
        self._pool = httpcore.AsyncHTTPProxy(
            proxy_url=str(url.copy_with(userinfo=b"")),
            proxy_auth=login,
            max_connections=None,
            ssl_context=context,
            max_keepalive_connections=0,
            # The operator named the proxy, so it may stand anywhere.
            network_backend=Guarded(EVERYWHERE),
        )


class _Closing(Stream):
    """A stream that is closed when TLS over it fails or is given up, and when what it brings is no HTTP.

    httpcore 1.0.9 leaves the socket open when it is cancelled during the handshake, and what is no HTTP it
    reads until it ends, which is then the only thing that it tells.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._begun = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        data = await self._stream.read(max_bytes, timeout)
        if data and not self._begun:
            self._begun = True
            if data[: len(BEGINNING)] != BEGINNING[: len(data)]:
                raise httpcore.RemoteProtocolError(NO_HTTP)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        try:
            return _Closing(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except BaseException:
            await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


async def _first(dials: Sequence[Callable[[], Awaitable[Stream]]]) -> Stream:
    """Give the first connection that is made; each attempt has a head start before the next (RFC 8305).

    Raises:
        httpcore.ConnectError: As the last attempt failed, if all did.
    """
    if len(dials) == 1:
        return await dials[0]()
    waiting, running = deque(dials), set[asyncio.Task[Stream]]()
    failure: BaseException = httpcore.ConnectError("the name has no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(_awaited(waiting.popleft())))
            done, _ = await asyncio.wait(
                running, timeout=HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    running.discard(task)
                    return task.result()
                running.discard(task)
                failure = error
        raise failure
    finally:
        for task in running:
            task.cancel()
        for late in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(late, Stream):
                await late.aclose()


async def _awaited(dial: Callable[[], Awaitable[Stream]]) -> Stream:
    return await dial()
