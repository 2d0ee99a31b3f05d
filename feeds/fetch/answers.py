"""What the head of an answer says: headers as we keep them, validators, where a redirect leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feeds.model import Validators

LONGEST_VALIDATOR = 8 * 1024
"""In bytes. A longer one is not kept: it would have to be sent with every request."""
DROPPED = frozenset({"content-encoding", "content-length", "transfer-encoding", "set-cookie", "set-cookie2"})
"""Headers that speak of bytes as they were on the wire, or that we do not take."""
FOLLOWED = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})


@dataclass(frozen=True, kw_only=True, slots=True)
class Redirect:
    """A server says that what we want is elsewhere.

    Attributes:
        location: Value of the header, undecided what it means.
        permanent: Whether it says so for ever (RFC 9110, 15.4.2, 15.4.9).
        retry_after: Value of that header, undecided what it means; None if there was none.
    """

    location: str
    permanent: bool
    retry_after: str | None = None


def gather(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Turn headers as they came into what ``Document.headers`` promises.

    Values are read as latin-1, which gives back the same bytes when they are written so: validators have to
    be echoed (RFC 9110, 5.5).
    """
    headers: dict[str, str] = {}
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip(" \t")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers that still mean something to who gets the decoded body."""
    return {name: value for name, value in headers.items() if name not in DROPPED}


def validators(headers: Mapping[str, str], sent: Validators | None = None) -> Validators:
    """Give what the next request has to echo.

    Args:
        headers: Of the answer.
        sent: Of a 304: what the request echoed, to be kept where the answer does not say otherwise
            (RFC 9110, 15.4.5 lets it leave out what has not changed).
    """
    before = sent or Validators()
    return Validators(
        etag=_validator(headers.get("etag")) or before.etag,
        last_modified=_validator(headers.get("last-modified")) or before.last_modified,
    )


def conditions(known: Validators) -> list[tuple[bytes, bytes]]:
    """Give the headers that make a request conditional (RFC 9110, 13.1); none if nothing is known."""
    pairs = ((b"If-None-Match", known.etag), (b"If-Modified-Since", known.last_modified))
    made = [
        (name, value.encode("latin-1")) for name, value in pairs if _validator(value) is not None and value
    ]
    # What is new is all that we want, should the server be able to say just that (RFC 3229, 10.5.3).
    return [*made, (b"A-IM", b"feed")] if made else []


def redirect(status: int, raw: Iterable[tuple[bytes, bytes]], headers: Mapping[str, str]) -> Redirect | None:
    """Read a redirect from headers as they came, and as gathered; None if it is none that can be followed."""
    if status not in FOLLOWED:
        return None
    written = next((value for name, value in raw if name.lower() == b"location"), b"").strip(b" \t")
    if not written:
        return None
    try:
        location = written.decode()
    except UnicodeDecodeError:
        location = written.decode("latin-1")
    wait = headers.get("retry-after")
    return Redirect(location=location, permanent=status in PERMANENT, retry_after=wait)


def _validator(value: str | None) -> str | None:
    """Give a validator that can be kept and sent again, byte for byte; None otherwise."""
    if not value or len(value) > LONGEST_VALIDATOR:
        return None
    # Control characters would be refused by the next proxy, and characters beyond latin-1 have no bytes here.
    fit = all(" " <= char <= "ÿ" and char != "\x7f" for char in value)
    return value if fit and value == value.strip(" ") else None
