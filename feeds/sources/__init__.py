"""The family of source kinds: bytes -> Feed. One file (or folder) a kind, one line of ``KINDS``.

The contract of a kind is one function, ``read(document, source, authority) -> Feed``: pure, no clock, no
network; raises ReadError when the bytes are not of that kind, and never anything else. A kind that brings its
own bytes (a folder) also has ``load(source, folder, validators) -> Document | NotModified``, which takes the
place of ``fetch``.

A kind and its libraries are imported when the first document of it is to be read: most runs read none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Document, Feed, NotModified, Validators
from feeds.sources.charset import decode

__all__ = ("FULL_TEXT", "INNER", "KINDS", "Kind", "read")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How a kind is read.

    Attributes:
        read: Bytes -> Feed.
        load: Brings the bytes; None if they come over HTTP.
        obeys: Whether its bytes are not offered to programs, so that the site's robots.txt is asked.
        alone: Whether it is read in a worker process, however small it is.
    """

    read: Callable[[Document, Source, str], Feed]
    load: Callable[[Source, Path, Validators], Document | NotModified] | None = None
    obeys: bool = False
    alone: bool = False


def _feed(document: Document, source: Source, authority: str) -> Feed:
    from feeds.sources import feed  # noqa: PLC0415

    return feed.read(document, source, authority)


def _json_feed(document: Document, source: Source, authority: str) -> Feed:
    from feeds.sources import json_feed  # noqa: PLC0415

    return json_feed.read(document, source, authority)


def _articles(document: Document, source: Source, authority: str) -> Feed:
    from feeds.sources import articles  # noqa: PLC0415

    return articles.read(document, source, authority)


def _page(document: Document, source: Source, authority: str) -> Feed:
    from feeds.sources import page  # noqa: PLC0415

    return page.read(document, source, authority)


def _sitemap(document: Document, source: Source, authority: str) -> Feed:
    from feeds.sources import sitemap  # noqa: PLC0415

    return sitemap.read(document, source, authority)


def _full_text(document: Document, source: Source, authority: str) -> Feed:
    from feeds.sources import full_text  # noqa: PLC0415

    return full_text.read(document, source, authority)


def _folder(source: Source, folder: Path, validators: Validators) -> Document | NotModified:
    from feeds.sources import articles  # noqa: PLC0415

    return articles.load(source, folder, validators)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "feed": Kind(read=_feed),
        "json_feed": Kind(read=_json_feed),
        "articles": Kind(read=_articles, load=_folder),
        "sitemap": Kind(read=_sitemap, obeys=True, alone=True),
        "page": Kind(read=_page, obeys=True, alone=True),
    }
)

FULL_TEXT = "full_text"
INNER: Mapping[str, Kind] = MappingProxyType({FULL_TEXT: Kind(read=_full_text, obeys=True, alone=True)})
"""Kinds that no source is of: what ``pipeline`` lets be read besides."""


def read(document: Document, source: Source, authority: str) -> tuple[str, Feed]:
    """Read a document as the kind that config names, else as what it is.

    What counts is the document, not its Content-Type: servers call feeds ``text/html``, ``text/plain`` and
    anything else.

    Args:
        document: As fetched, or as loaded.
        source: What the operator listed.
        authority: Under which ids are minted.

    Returns:
        The word of the kind it was read as, and the feed.

    Raises:
        ReadError: It is of no kind, or not of the one that config names; the sentence says what it is.
    """
    if source.fetch.charset is not None:
        document = _in_utf8(document, source.fetch.charset)
    word = source.kind if source.kind != "auto" else _recognise(document, source)
    kind = KINDS.get(word) or INNER.get(word)
    if kind is None:
        raise ReadError(f"there is no kind {word!r} of sources; there are {', '.join(KINDS)}")
    return word, kind.read(document, source, authority)


def _recognise(document: Document, source: Source) -> str:
    if source.path is not None:
        return "articles"
    start = decode(document.body[:64], document.headers).lstrip("\ufeff \t\r\n")
    # A document that is only cut off or odd JSON is reported best by the kind that it nearly is.
    return "json_feed" if start[:1] in ("{", "[") or start[:4] == "null" else "feed"


def _in_utf8(document: Document, charset: str) -> Document:
    """Write a document in UTF-8, which is what its bytes are then taken for, whatever else it says."""
    text = document.body.decode(charset, "replace").removeprefix("\ufeff")
    return replace(document, body=text.encode("utf-8", "replace"))
