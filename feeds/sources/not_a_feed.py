"""Says what a document is that is no feed, and where its feed is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from types import MappingProxyType
from urllib.parse import urlsplit

from feeds.config.schema import Source
from feeds.model import Document
from feeds.normalize.flatten import EACH, Tag, tokens
from feeds.normalize.urls import web_url
from feeds.sources.repair import local, root_of

FEED_TYPES = frozenset(
    {
        *("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"),
        *("application/xml", "text/xml", "application/json"),
    }
)
HTML_ROOTS = frozenset(
    {"html", "head", "body", "script", "div", "p", "meta", "br", "table", "center", "title"}
)
KNOWN = MappingProxyType(
    {
        "opml": "an OPML list of feeds, not a feed: take it in with `feeds import`",
        "urlset": "a sitemap, not a feed; kind: sitemap reads it",
        "sitemapindex": "an index of sitemaps, not a feed; kind: sitemap reads it",
        "svg": "a picture (SVG), not a feed; check the address",
        "error": "an error message in XML, not a feed; it is tried again later",
    }
)
INWARD = frozenset({"localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa"})
"""Last labels of names that stand in no public register (RFC 6761, RFC 6762; ICANN's of 2024)."""
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
LINK = re.compile(r"<link\b[^<>]*>", re.IGNORECASE)
HEAD = 400_000


def explain(text: str, document: Document, source: Source) -> str:
    """Say in one sentence what was found instead of a feed, and what to do about it.

    Args:
        text: The decoded document.
        document: For its address.
        source: Of a private source no address is named: it may hold the secret too.
    """
    head = text[:4096].strip("\ufeff\x00 \t\r\n")
    if not head and not text.strip("\ufeff\x00 \t\r\n"):
        return "the document is empty; it is tried again later"
    root = root_of(text)
    name = local(root[0]) if root else ""
    if name in HTML_ROOTS or re.match(r"<!doctype\s+html", head, re.IGNORECASE):
        return _page(text, document, source)
    if name in KNOWN:
        return f"this is {KNOWN[name]}"
    if root is not None and head.startswith("<"):
        return f"this is XML, but no feed: its root element is {name[:60]!r}; check the address"
    kind = document.headers.get("content-type", "").partition(";")[0].strip()[:60]
    called = f"the server calls it {kind or 'nothing'}"
    return f"this is neither XML nor JSON, so it is no feed ({called}); check the address"


def _page(text: str, document: Document, source: Source) -> str:
    found = tuple(dict.fromkeys(feed_links(text, document.url)))
    if not found:
        return (
            "this is an HTML page, not a feed, and it names no feed of its site; check the address, or read"
            " it by selectors (kind: page)"
        )
    if source.private:
        return "this is an HTML page, not a feed; it names a feed of its site: use that address instead"
    return f"this is an HTML page, not a feed; use the address that it names: {' or '.join(found[:3])}"


def feed_links(html: str, base: str) -> Iterator[str]:
    """Give the feeds that a page announces (``<link rel=alternate>``), in the page's order."""
    for match in LINK.finditer(html[:HEAD]):
        tag = next((token for token in tokens(match[0]) if isinstance(token, Tag)), None)
        told = dict(_attributes(tag.attributes)) if tag else {}
        rels = told.get("rel", "").lower().split()
        kind = told.get("type", "").partition(";")[0].strip().lower()
        if ("alternate" in rels and kind in FEED_TYPES) or "feed" in rels:
            url = web_url(told.get("href", ""), base)
            if url and not _inward(url, base):
                yield url


def _inward(url: str, page: str) -> bool:
    """Say whether an address leads to an inner network, where a page of the web must send nobody.

    >>> _inward("http://127.0.0.1/", "https://a.example/"), _inward("http://db/", "https://a.example/")
    (True, True)
    >>> _inward("https://b.example/feed", "https://a.example/"), _inward("http://db/feed", "http://db/")
    (False, False)
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == (urlsplit(page).hostname or "").rstrip("."):
        return False
    last = host.rpartition(".")[2]
    return ":" in host or "." not in host or last in INWARD or bool(_NUMBER.fullmatch(last))


def _attributes(written: str) -> Iterator[tuple[str, str]]:
    for match in EACH.finditer(written):
        name, _, raw = match[0].strip(" /\t\r\n\f").partition("=")
        yield name.strip().lower(), unescape(raw.strip().strip("\"'"))
