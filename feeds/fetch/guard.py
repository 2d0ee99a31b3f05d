"""Which addresses may be asked. ``client`` sends nothing that has not passed ``check``, at any hop.

Today this is a matter of the address as written: scheme, host, port. Which networks a name may lead to
(``fetch.allow``) has to be judged where the connection is made, on the very address that is connected to:
that belongs here too, as a network backend of the client's transport.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

import httpx

from feeds.errors import FetchError

_HOST = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name in ASCII, or an address; nothing percent-encoded, which every library would decode otherwise."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
SCHEMES = frozenset({"http", "https"})


def parse(raw: str, what: str, base: httpx.URL | None = None) -> httpx.URL:
    """Read an address, and check it.

    Args:
        raw: As config.yaml or a server wrote it.
        what: Whose address that is, to begin the error's sentence with.
        base: What a relative address starts from; None if it must be absolute.

    Returns:
        An absolute http or https address without a fragment; what stands before an @ is still in it.

    Raises:
        FetchError: If it cannot be read, or may not be asked. The sentence does not repeat the address.
    """
    raw = raw.strip(" \t\r\n")
    # Readers disagree on what a backslash or a control character means, and attackers live on that.
    if "\\" in raw or any(char < " " or char == "\x7f" for char in raw):
        raise FetchError(f"{what} holds a backslash or a control character; write it without")
    try:
        # urljoin alone reads "http:///x" as a path of the base; an address with a scheme stands for itself
        # (RFC 3986, 5.2.2).
        joined = raw if base is None or _SCHEME.match(raw) else urljoin(str(base), raw)
        url = httpx.URL(joined).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{what} cannot be read as an address; check how it is written") from error
    check(url, what)
    return url


def check(url: httpx.URL, what: str) -> None:
    """Refuse what must not be asked.

    Args:
        url: Where the next request would go.
        what: As for ``parse``.

    Raises:
        FetchError: If scheme, host or port are not those of a web server.
    """
    if url.scheme not in SCHEMES:
        found = f"{url.scheme[:20]}:" if url.scheme else "none"
        raise FetchError(f"{what} is of a kind that is not asked: expected http: or https:, found {found}")
    if not _HOST.fullmatch(url.raw_host):
        raise FetchError(f"{what} names no host; write it like https://host.example/feed.xml")
    if url.port is not None and not 0 < url.port < 65536:
        raise FetchError(f"{what} has the port {url.port}; expected 1 to 65535")


def origin(url: httpx.URL) -> tuple[str, bytes, int]:
    """Give what two addresses must share to be of one origin (RFC 6454, 4)."""
    return url.scheme, url.raw_host, url.port or (443 if url.scheme == "https" else 80)
