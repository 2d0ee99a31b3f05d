"""Which addresses may be asked, as they are written. ``client`` asks none that has not passed, at any hop.

This is a matter of scheme, host and port. Which networks a name may lead to is judged where the connection is
made (``connection``), on the very address that is connected to.
"""

from __future__ import annotations

import re
from collections.abc import Container
from urllib.parse import urljoin

import httpx

from feeds.errors import AddressRefused

_HOST = re.compile(rb"[a-z0-9._-]+|[0-9a-f:.]*:[0-9a-f:.]*")
"""A name in ASCII, or an address; nothing percent-encoded, which every library would decode otherwise."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NUMBER = re.compile(rb"(?:[0-9]+|0x[0-9a-f]*)")
"""A label that makes a host a number to some readers: 127.2, 0x7f000002 and 2130706434 are one address."""
_DOTTED = re.compile(rb"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
LED = "its operator has to mend that, or you to list where its feed is"
"""What can be done about an address that a server gave."""
SCHEMES = frozenset({"http", "https"})
SHUT = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103),
        *(104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513),
        *(514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719),
        *(1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080),
        # Databases, caches, remote desktops, container engines: they take a request for commands.
        *(1433, 1521, 2375, 2376, 2379, 3306, 3389, 5432, 5900, 6379, 9042, 9200, 11211, 27017),
    }
)
"""Ports of services that are no web servers: those of browsers (WHATWG Fetch, 2.9), and more."""


def parse(raw: str, what: str, base: httpx.URL | None = None, opened: Container[int] = ()) -> httpx.URL:
    """Read an address, and check it.

    Args:
        raw: As config.yaml or a server wrote it.
        what: Whose address that is, to begin the error's sentence with.
        base: What a relative address starts from; None if it must be absolute.
        opened: Ports that the operator has opened (``fetch.allow_ports``).

    Returns:
        An absolute http or https address without a fragment; what stands before an @ is still in it.

    Raises:
        AddressRefused: If it cannot be read, or may not be asked. The sentence does not repeat the address.
    """
    raw = raw.strip(" \t\r\n")
    # Readers disagree on what a backslash or a control character means, and attackers live on that.
    if "\\" in raw or any(char < " " or char == "\x7f" for char in raw):
        raise _refused(what, "holds a backslash or a control character", "write it without", base)
    try:
        # urljoin alone reads "http:///x" as a path of the base; an address with a scheme stands for itself
        # (RFC 3986, 5.2.2).
        joined = raw if base is None or _SCHEME.match(raw) else urljoin(str(base), raw)
        url = httpx.URL(joined)
        # Each copy is parsed as a whole again.
        url = url.copy_with(fragment=None) if "#" in joined else url
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused(what, "cannot be read as an address", "check how it is written", base) from error
    _check(url, what, base, opened)
    return url


def _refused(what: str, fault: str, remedy: str, base: httpx.URL | None) -> AddressRefused:
    return AddressRefused(f"{what} {fault}; {remedy if base is None else LED}")


def _check(url: httpx.URL, what: str, base: httpx.URL | None, opened: Container[int]) -> None:
    """Refuse what is not the scheme, host or port of a web server; arguments as for ``parse``."""
    if url.scheme not in SCHEMES:
        found = f"{url.scheme[:20]}:" if url.scheme else "none"
        fault = f"is of a kind that is not asked (found {found})"
        raise _refused(what, fault, "expected http: or https:", base)
    if not _HOST.fullmatch(url.raw_host):
        raise _refused(what, "names no host", "write it like https://host.example/feed.xml", base)
    last = url.raw_host.rstrip(b".").rpartition(b".")[2]
    if _NUMBER.fullmatch(last) and not _DOTTED.fullmatch(url.raw_host):
        raise _refused(what, "names its host by a number", "write it like 192.0.2.7, or use its name", base)
    if url.port is not None and not 0 < url.port < 65536:
        raise _refused(what, f"has the port {url.port}", "expected 1 to 65535", base)
    if url.port in SHUT and url.port not in opened:
        raise AddressRefused(
            f"{what} has the port {url.port}, which is no web server's; that is not asked"
            " (if it is meant, fetch.allow_ports opens it)"
        )


def origin(url: httpx.URL) -> tuple[str, bytes, int]:
    """Give what two addresses must share to be of one origin (RFC 6454, 4)."""
    return url.scheme, url.raw_host, url.port or (443 if url.scheme == "https" else 80)
