"""What went wrong at a server, as one sentence of ours that names the cause and the remedy.

The sentences are made here, not taken from libraries or servers: those repeat addresses, and an address may
hold a secret. Of a private source only the host is ever named.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import httpx

from feeds import caching
from feeds.errors import BadStatus, FetchError, Gone, Unreachable
from feeds.fetch.exchange import NO_HTTP

SHOWN = 120
"""Most characters of a path, or of a library's words, in a sentence."""

CERTIFICATE: tuple[tuple[str, str], ...] = (
    ("expired", "has expired; its operator has to renew it (or this machine's clock is wrong)"),
    ("not yet valid", "is not valid yet; check this machine's clock"),
    ("ostname mismatch", "is made out to another host; check the address"),
    ("IP address mismatch", "is made out to another host; check the address"),
    (
        "self-signed",
        "is signed by nobody we trust (self-signed); its verify:, or SSL_CERT_FILE, says whom to trust",
    ),
    (
        "unable to get",
        "is signed by nobody we trust; its verify:, or SSL_CERT_FILE, says whom to trust",
    ),
    ("revoked", "was revoked; its operator has to replace it"),
)
NO_TLS = ("wrong version", "http request", "record layer", "packet length", "unexpected eof", "eof occurred")
MEND = "its operator has to mend that; it is tried again later"
PROTOCOL: tuple[tuple[str, str], ...] = (
    (
        "without sending a response",
        "closes the connection before it answers; it is tried again later",
    ),
    ("without sending complete message body", "sends an answer that is cut short; it is tried again later"),
    (NO_HTTP, "does not answer in HTTP; check the address, and its port above all"),
    ("_SWITCH_", f"answers in another protocol, which nobody asked for; {MEND}"),
    (
        "Receive buffer too long",
        f"sends headers, or lines between them, too long to be read; {MEND}",
    ),
    ("location header", f"redirects to an address that cannot be read; {MEND}"),
)
"""What ``exchange``, httpcore and h11 say, and what it means."""
BROKEN_OFF = "{host} broke off the connection; it is tried again later"
UNREACHABLE = "{host} cannot be reached from here; check the network and the address"
NO_FILES = "this machine has no open files left to give; raise ulimit -n, or lower fetch.concurrency"
SYSTEM: Mapping[int, str] = MappingProxyType(
    {
        errno.ECONNREFUSED: "{host} refuses the connection; check the address; it is tried again later",
        errno.ECONNRESET: BROKEN_OFF,
        errno.ECONNABORTED: BROKEN_OFF,
        errno.EPIPE: BROKEN_OFF,
        errno.ETIMEDOUT: "{host} does not answer; it is tried again later",
        errno.EMFILE: NO_FILES,
        errno.ENFILE: NO_FILES,
        errno.ENETUNREACH: UNREACHABLE,
        errno.ENETDOWN: UNREACHABLE,
        errno.EHOSTUNREACH: UNREACHABLE,
        errno.EHOSTDOWN: UNREACHABLE,
        errno.EADDRNOTAVAIL: UNREACHABLE,
        errno.EAFNOSUPPORT: UNREACHABLE,
        errno.EINVAL: UNREACHABLE,
        errno.EACCES: UNREACHABLE,
        errno.EPERM: UNREACHABLE,
    }
)
_QUOTED = re.compile(r"""bytearray\(b(['"])(.*)\1\)""")
"""How h11 quotes what a server sent."""
NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EHOSTDOWN})
"""What a machine without a network says of every host."""
REMEDIES: tuple[tuple[range, str], ...] = (
    (range(200, 300), "that is no document; it is tried again later"),
    (
        range(304, 305),
        "but nothing was asked that could be unchanged; it is tried again later",
    ),
    (range(300, 400), "it gives no address that can be followed; check the address"),
    (range(100, 200), "that is no document; it is tried again later"),
    (range(401, 402), "it wants a login: put user:password@ before the host, as ${NAME}"),
    (range(402, 403), "it wants to be paid; ask its operator"),
    (range(403, 404), "it does not let us in; ask its operator, and see that fetch.contact is set"),
    (range(404, 405), "check the address"),
    (range(405, 406), "there is nothing to be read at it; check the address"),
    (range(406, 407), "it has no document for us; check the address, and whether its operator wants us"),
    (range(407, 408), "a proxy stands in between that wants a login: put it into fetch: {proxy: ...}"),
    (range(408, 410), "it is tried again later"),
    (range(414, 415), "the address is too long for it; check the address"),
    (range(431, 432), "our headers are too long for it; check the source's own (fetch: {headers: ...})"),
    (range(410, 411), "the source is gone for good; remove it, or find its new address"),
    (range(425, 426), "it is tried again later"),
    (range(426, 427), "it wants another protocol; check whether the address is https:"),
    (range(429, 430), "it was asked too often and is left alone for a while"),
    (range(451, 452), "it may not be shown here, and from elsewhere only its operator knows"),
    (range(511, 512), "the network that we are in wants a login; open any page in a browser there"),
    (range(500, 600), "the server is in trouble; it is tried again later"),
)


def place(url: httpx.URL, private: bool) -> str:
    """Give an address as errors may show it: never user, query or fragment; of private ones no path.

    Returns:
        Printable ASCII of bounded length.
    """
    shown = f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"
    if not private:
        path = url.raw_path.partition(b"?")[0].decode("ascii", "replace")
        shown += path if len(path) <= SHOWN else path[:SHOWN] + "…"
    return shown


def bad_status(status: int, headers: Mapping[str, str], now: datetime, where: str) -> BadStatus:
    """Make the error for a status that carries no document; ``where`` as from ``place``."""
    phrase = f"{status} {httpx.codes.get_reason_phrase(status)}".rstrip()
    remedy = next((text for codes, text in REMEDIES if status in codes), "check the address")
    kind = Gone if status == httpx.codes.GONE else BadStatus
    wait = caching.retry_after(headers, now)
    return kind(f"{where} answers {phrase}; {remedy}", status=status, retry_after=wait)


def explain(error: BaseException, url: httpx.URL, where: str, private: bool) -> FetchError:
    """Make the error for an exception of httpx, or of what lies below it.

    Args:
        error: As it came; its causes are looked at, because httpx keeps the best of them there.
        url: What was asked.
        where: As from ``place``.
        private: Whether to keep back even the library's own words.
    """
    host = url.netloc.decode("ascii", "replace")
    if isinstance(error, httpx.TimeoutException):
        return FetchError(_late(error, host))
    for cause in causes(error):
        # TLS first: its errors are OSErrors too, with numbers of their own.
        sentence = _tls(cause, host) or _network(cause, url, host)
        if sentence is not None:
            return Unreachable(sentence) if _no_network(cause) else FetchError(sentence)
    if isinstance(error, httpx.ProtocolError):
        return FetchError(_broken(error, where, private))
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError):
        return FetchError(f"{where} leads to an address that cannot be asked; check how it is written")
    return FetchError(f"the connection to {host} broke; it is tried again later")


def overdue(url: httpx.URL) -> FetchError:
    """Make the error for a poll that takes longer than it may as a whole."""
    host = url.netloc.decode("ascii", "replace")
    return FetchError(f"{host} gives no whole answer in time (fetch.deadline); it is tried again later")


def causes(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and what led to it, the last first; members of groups too."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [cause for cause in (one.__context__, one.__cause__) if cause is not None]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _network(cause: BaseException, url: httpx.URL, host: str) -> str | None:
    """Say what an error of the system means; None if it says nothing."""
    name = url.raw_host.decode("ascii", "replace")
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
        return f"the name {name} cannot be looked up now; check the network"
    if isinstance(cause, socket.gaierror):
        return f"the name {name} does not resolve; check the address or the network"
    if isinstance(cause, UnicodeError):
        return f"the name {name} is no name of a host; check the address"
    sentence = SYSTEM.get(cause.errno or 0) if isinstance(cause, OSError) else None
    if sentence is None and isinstance(cause, ConnectionError):
        sentence = BROKEN_OFF
    return None if sentence is None else sentence.format(host=host)


def _no_network(cause: BaseException) -> bool:
    """Say whether it may be our network that is down; a name that does not exist was looked up."""
    if isinstance(cause, socket.gaierror):
        return cause.errno == socket.EAI_AGAIN
    return isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError) and cause.errno in NETWORK


def _tls(cause: BaseException, host: str) -> str | None:
    """Say what an error of TLS means; None if it is none."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = next((text for mark, text in CERTIFICATE if mark in cause.verify_message), None)
        return f"the certificate of {host} {reason or f'is not valid ({_tame(cause.verify_message)})'}"
    if isinstance(cause, ssl.SSLError):
        reason = _tame((cause.reason or "no reason given").replace("_", " ").lower())
        if any(mark in reason for mark in NO_TLS):
            return f"{host} does not speak TLS ({reason}); check the port, or whether the address is http:"
        return f"no secure connection to {host} can be made ({reason}); it is tried again later"
    return None


def _late(error: httpx.TimeoutException, host: str) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return f"{host} does not accept a connection in time (fetch.connect_timeout); it is tried again later"
    return f"{host} is silent for too long (fetch.read_timeout); it is tried again later"


def _broken(error: httpx.ProtocolError, where: str, private: bool) -> str:
    """Say what is wrong with an answer that breaks the rules of HTTP."""
    words = str(error)
    known = next((sentence for mark, sentence in PROTOCOL if mark in words), None)
    if known is not None:
        return f"{where} {known}"
    words = _QUOTED.sub(r"\2", words)
    detail = "" if private else f" ({_tame(words)})"
    return f"{where} sends an answer that is not proper HTTP{detail}; {MEND}"


def _tame(words: str) -> str:
    """Make a library's words fit for a line of ours: they may quote a server."""
    printable = "".join(char if " " <= char <= "~" else "?" for char in words)
    return printable if len(printable) <= SHOWN else printable[:SHOWN] + "…"
