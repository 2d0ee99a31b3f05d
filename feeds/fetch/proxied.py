"""A request through a proxy, by httpx's own transport: who needs one waits for it anyway.

Imported when the first source wants it. The proxy's address is the operator's word and may be anywhere;
everything else about a connection is as in ``connection``.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Iterable
from functools import partial
from importlib.util import find_spec
from typing import Any

import httpcore
import httpx

from feeds.errors import AddressRefused
from feeds.fetch.connection import WINDOW, first, reachable
from feeds.fetch.exchange import BEGINNING, NO_HTTP
from feeds.fetch.lookup import Lookups
from feeds.fetch.networks import EVERYWHERE, Address

Stream = httpcore.AsyncNetworkStream
Options = Iterable[httpcore.SOCKET_OPTION] | None


class Proxy(httpx.AsyncHTTPTransport):
    """httpx's transport with connections of ours. None is kept: see ``client``.

    Args:
        address: Of an HTTP proxy, with its login.
        context: What certificates are held against.
    """

    def __init__(self, address: str, context: ssl.SSLContext) -> None:
        if find_spec("sniffio") is None:
            # httpcore 1.0.9 asks for it six times in a request, and each time Python looks through all its
            # path for what is not there, a third of a millisecond in all. None says once that there is none.
            sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
        super().__init__(verify=context, trust_env=False)
        url = httpx.URL(address)
        login = (url.username.encode(), url.password.encode()) if url.userinfo else None
        # httpx 0.28 offers no other way to bring a network backend; a test sees that it is asked.
        self._pool = httpcore.AsyncHTTPProxy(
            proxy_url=str(url.copy_with(userinfo=b"")),
            proxy_auth=login,
            max_connections=None,
            ssl_context=context,
            max_keepalive_connections=0,
            network_backend=Backend(),
        )


class Backend(httpcore.AsyncNetworkBackend):
    """Connects to the proxy."""

    def __init__(self) -> None:
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
        """Look up and connect; all of it within ``timeout`` seconds.

        Raises:
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
                addresses = await reachable(self._lookups, host, port, EVERYWHERE)
                return await first([partial(dial, address) for address in addresses], Stream.aclose)
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
