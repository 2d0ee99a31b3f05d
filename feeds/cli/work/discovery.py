"""Which feeds does a web page name? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

from feeds.model import Document
from feeds.normalize.urls import web_url

MEDIA_TYPES = frozenset(
    {
        *("application/atom+xml", "application/rss+xml", "application/feed+json", "application/rdf+xml"),
        *("application/json", "application/x.atom+xml", "text/xml", "application/xml"),
    }
)
PAGE = 1024 * 1024
"""Bytes of a page that are looked at: the links stand in its head."""
MOST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A feed that a page names."""

    url: str
    title: str | None = None


def feeds_named(document: Document) -> tuple[Found, ...]:
    """Give the feeds that a page names by autodiscovery (RFC 4287 media types in ``link rel=alternate``).

    Args:
        document: Whatever a server answered; of anything but HTML the result is empty.

    Returns:
        In the page's order, each address once, at most 20.
    """
    parser = _Links()
    parser.feed(document.body[:PAGE].decode("utf-8", "replace"))
    base = web_url(parser.base, document.url) if parser.base else document.url
    found: dict[str, Found] = {}
    for href, title in parser.links:
        url = web_url(href, base)
        if url is not None and url not in found and url != document.url:
            found[url] = Found(url=url, title=title)
    return tuple(found.values())[:MOST]


class _Links(HTMLParser):
    """Collects ``base`` and the feed links of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base: str | None = None
        self.links: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        href = given.get("href")
        if tag == "base" and href and self.base is None:
            self.base = href
        rel = (given.get("rel") or "").lower().split()
        kind = (given.get("type") or "").partition(";")[0].strip().lower()
        # rel=feed is the HTML Standard's older way to say the same.
        if tag in {"link", "a"} and href and ("feed" in rel or ("alternate" in rel and kind in MEDIA_TYPES)):
            self.links.append((href, given.get("title")))
