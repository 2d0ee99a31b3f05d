"""What a source wants of us before it lets us in: logins, headers, certificates, a proxy."""

from __future__ import annotations

import base64
import contextlib
import ssl
from collections.abc import Iterable, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx

from feeds.config.schema import Access
from feeds.errors import AddressRefused, FetchError
from feeds.fetch import guard
from feeds.fetch.exchange import Direct
from feeds.fetch.networks import Network, refusal

Key = tuple[str | None, bool | Path, Path | None]


class Transports:
    """One for each way to connect: nearly all sources share the first.

    An SSL context costs 20 ms, so each is made once, when it is needed.

    Args:
        allowed: Ranges that the operator has opened.
    """

    def __init__(self, allowed: Iterable[Network]) -> None:
        self._allowed = tuple(allowed)
        self._usual = Direct(self._allowed, partial(httpx.create_ssl_context, trust_env=True))
        self._special: dict[Key, httpx.AsyncBaseTransport] = {}

    def of(self, access: Access) -> httpx.AsyncBaseTransport:
        """Give the way to a source.

        Raises:
            FetchError: A certificate that it names cannot be read.
        """
        key: Key = (access.proxy, access.verify, access.certificate)
        if key == (None, True, None):
            return self._usual
        if key not in self._special:
            self._special[key] = _special(access, self._allowed)
        return self._special[key]

    def judge(self, url: httpx.URL) -> None:
        """Refuse an address that a proxy would connect to for us; names are for the proxy to judge.

        Raises:
            AddressRefused: It may not be reached.
        """
        with contextlib.suppress(ValueError):
            address = ip_address(url.host)
            kind = refusal(address, self._allowed)
            if kind is not None:
                raise AddressRefused(f"{url.host} is {kind}; that is not asked, through a proxy neither")

    async def aclose(self) -> None:
        """Close them all."""
        for transport in (self._usual, *self._special.values()):
            await transport.aclose()


def _special(access: Access, allowed: Sequence[Network]) -> httpx.AsyncBaseTransport:
    context = _context(access)
    if access.proxy is None:
        return Direct(allowed, lambda: context)
    from feeds.fetch import proxied  # noqa: PLC0415 httpcore and anyio are there for proxies alone

    return proxied.Proxy(access.proxy, context)


def _context(access: Access) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=True)
    place: Path | None = None
    try:
        if isinstance(access.verify, Path):
            place = access.verify
            context = ssl.create_default_context(cafile=place)
        elif not access.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if access.certificate is not None:
            place = access.certificate
            # A key under a password would have us ask for it on the terminal.
            context.load_cert_chain(place, password=lambda: b"")
    except (OSError, ValueError) as error:
        name = place.name if place else "of the source"
        reason = (
            "expected PEM, and a key without a password" if isinstance(error, ssl.SSLError) else str(error)
        )
        raise FetchError(f"the certificate {name} cannot be used ({reason})") from error
    return context


def headers(access: Access, first: httpx.URL, url: httpx.URL) -> list[tuple[bytes, bytes]]:
    """Give the headers that open the door; none for another origin (RFC 6454, 4): they are secrets.

    Args:
        access: Of the source.
        first: The source's address; a login in it counts where ``access`` has none (RFC 7617).
        url: What is asked now.
    """
    if guard.origin(url) != guard.origin(first):
        return []
    made = [(name.encode("ascii"), text.encode("ascii")) for name, text in access.headers]
    if access.token is not None:
        return [*made, (b"Authorization", b"Bearer " + access.token.encode())]
    if access.login is not None:
        login = f"{access.login.user}:{access.login.password}".encode()
    elif first.userinfo:
        user, _, password = first.userinfo.partition(b":")
        login = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    else:
        return made
    return [*made, (b"Authorization", b"Basic " + base64.b64encode(login))]
