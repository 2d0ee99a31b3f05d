"""An index of sitemaps: which sitemaps it names, and how what came of these is put into one document."""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import unescape
from urllib.parse import urlsplit

from feeds.errors import ReadError
from feeds.model import Document
from feeds.normalize.urls import web_url
from feeds.sources.charset import decode
from feeds.sources.repair import local, root_of

TAR = "application/x-tar; feeds=sitemaps"
"""The media type of a document that was put together here."""
GZIP = b"\x1f\x8b"
LARGEST = 50 * 1024 * 1024
"""Bytes of a sitemap, as sitemaps.org allows them."""
INDEX = 2_000_000
"""Characters of an index that are read."""
NAMED = re.compile(
    r"<(?:[\w.-]+:)?sitemap(?=[\s>])[^<>]*+>((?:(?!</?(?:[\w.-]+:)?sitemap[\s>]).)*+)", re.DOTALL
)
PART = re.compile(r"<(?:[\w.-]+:)?(loc|lastmod)\s*>\s*(?:<!\[CDATA\[)?\s*([^<>\]]{1,3000}?)\s*(?:\]\]>)?\s*<")


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A sitemap that an index names: its address, and when it was changed, as the index writes it."""

    url: str
    lastmod: str | None = None


def unzipped(body: bytes, url: str) -> bytes:
    """Give the bytes of a file that is compressed (.xml.gz); others as they are.

    Raises:
        ReadError: It is broken, or too large.
    """
    if not body.startswith(GZIP):
        return body
    inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = inflater.decompress(body, LARGEST)
    except zlib.error as error:
        raise ReadError(
            f"the sitemap {_shown(url)} is compressed, and broken; it is tried again later"
        ) from error
    if inflater.unconsumed_tail:
        raise ReadError(f"the sitemap {_shown(url)} is larger than {LARGEST >> 20} MiB; check the address")
    if not inflater.eof:
        raise ReadError(f"the sitemap {_shown(url)} is cut short; it is tried again later")
    return found


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname or ''}"[:100]


def children(document: Document) -> tuple[Child, ...] | None:
    """Give the sitemaps that an index names, those changed last first; None if it is no index.

    Only those of its own host: for what an index names elsewhere, nobody vouches (sitemaps.org, "Location").

    Raises:
        ReadError: It is compressed, and broken.
    """
    start = document.body[:2000]
    if not document.body.startswith(GZIP) and b"sitemapindex" not in start and b"\0" not in start:
        return None
    text = decode(unzipped(document.body, document.url), document.headers)[:INDEX]
    root = root_of(text)
    if root is None or local(root[0]) != "sitemapindex":
        return None
    found: dict[str, Child] = {}
    for named in NAMED.finditer(text):
        told = {part[1]: unescape(part[2]).strip() for part in PART.finditer(named[1] + "<")}
        url = web_url(told.get("loc", ""), document.url)
        if url is not None and urlsplit(url).hostname == urlsplit(document.url).hostname:
            found.setdefault(url, Child(url=url, lastmod=told.get("lastmod")))
    # By its own spelling: dates of one index are written alike, and those without one come last.
    return tuple(sorted(found.values(), key=lambda child: child.lastmod or "", reverse=True))


def together(bodies: Mapping[str, bytes], index: Document) -> Document:
    """Put sitemaps into one document, the same bytes for the same sitemaps, with what an index says else."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for url, body in bodies.items():
            member = tarfile.TarInfo(url)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    headers = {**index.headers, "content-type": TAR}
    return replace(index, headers=headers, body=buffer.getvalue())
