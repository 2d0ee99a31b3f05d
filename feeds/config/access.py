"""How one source's server is asked where it wants more than its address: the part ``fetch`` of a source."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator

from feeds.config.parts import Discreet, Duration, Json, Line, Url
from feeds.config.scalars import text_of, wrong

HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
OURS = frozenset(
    {
        *("host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "trailer", "expect"),
        *(
            "if-none-match",
            "if-modified-since",
            "a-im",
            "range",
            "accept-encoding",
            "authorization",
            "cookie",
        ),
    }
)
"""Headers that mean something to the exchange itself, or have a word of their own here."""
NO_CHARSETS = frozenset({"utf-7", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})


def read_headers(value: object) -> tuple[tuple[str, str], ...]:
    """Check additional headers: names as RFC 9110, 5.1 has them, values of one line in ASCII."""
    expected = "headers like {X-Key: ${KEY}}"
    if isinstance(value, tuple):
        value = dict(value)
    if not isinstance(value, Mapping):
        raise wrong(expected)
    told: dict[str, str] = {}
    for name, text in value.items():
        if not isinstance(name, str) or not HEADER.match(name):
            raise wrong("the name of a header like X-Key", detail=f"found {str(name)[:40]!r}")
        if name.lower() in OURS:
            raise wrong("a header that is yours to set", detail=f"{name} is set by feeds itself")
        words = text_of(text, f"a text for {name}").strip()
        if not words.isascii() or not words.isprintable():
            raise wrong(f"a line of ASCII for {name}")
        told[name] = words
    return tuple(told.items())


def read_charset(value: object) -> str | None:
    """Check the name of a character set."""
    if value is None:
        return None
    expected = "a character set like windows-1252"
    text = text_of(value, expected).strip()
    try:
        name = codecs.lookup(text).name.replace("_", "-")
        # Python has codecs that are no character sets (rot13, zlib); decode() refuses them by LookupError.
        b"a".decode(text, "replace")
    except (LookupError, ValueError) as error:
        raise wrong(expected) from error
    if name in NO_CHARSETS:
        raise wrong(expected)
    return text


class Login(Discreet):
    """Who we are to a server (RFC 7617)."""

    user: Line = Field(description="Name of the user.", examples=["ada"])
    password: Line = Field(description="Password, as ${NAME}.")


class Access(Discreet):
    """How a source's server is asked. What is secret here goes to the source's own host, and nowhere else."""

    headers: Annotated[
        tuple[tuple[str, str], ...],
        PlainValidator(read_headers),
        Json({"type": "object", "additionalProperties": {"type": "string"}}),
    ] = Field(default=(), description="More headers.", examples=[{"X-Key": "${RADIO_KEY}"}])
    login: Login | None = Field(default=None, description="User and password (Basic authentication).")
    token: Line | None = Field(default=None, description="Bearer token (RFC 6750), as ${NAME}.")
    certificate: Path | None = Field(
        default=None, description="PEM file with a client certificate and its key, relative to config.yaml."
    )
    verify: bool | Path = Field(
        default=True,
        description="false: take any certificate, which status shows for ever; or a PEM file whom to trust.",
    )
    proxy: Url = Field(default=None, description="HTTP proxy to go through.", examples=["http://proxy:3128"])
    deadline: Duration | None = Field(default=None, description="All of one request, if not fetch.deadline.")
    charset: Annotated[str | None, PlainValidator(read_charset), Json({"type": "string"})] = Field(
        default=None,
        description="Character set of its documents, where all that they say of it is wrong.",
        examples=["windows-1252"],
    )

    def elsewhere(self) -> Access:
        """Give the same way to connect without anything that opens a door: for another's server."""
        return self.model_copy(update={"headers": (), "login": None, "token": None, "certificate": None})

    def secrets(self) -> tuple[str, ...]:
        """Give what must never be shown."""
        login = (self.login.password,) if self.login else ()
        return tuple(text for text in (*(text for _, text in self.headers), *login, self.token) if text)
