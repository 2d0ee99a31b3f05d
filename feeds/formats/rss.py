"""RSS 2.0 with the elements its readers look for: content:encoded, dc:creator, Media RSS, iTunes.

``guid`` is our id. ``description`` is the summary and ``content:encoded`` the content, both as HTML. The date
is ``published``; what Atom calls updated is in ``atom:updated``.
"""

from __future__ import annotations

from feedgen.feed import FeedGenerator

from feeds.formats import media
from feeds.formats.atom import GENERATOR, categories
from feeds.formats.elements import literal
from feeds.formats.feedgen_extension import (
    STAND_IN,
    EntryExtension,
    FeedExtension,
    enclosure,
    unsaid,
)
from feeds.formats.printable import printable
from feeds.model import Entry, Feed, Text, TextType
from feeds.normalize.html import plain
from feeds.validity import absolute_iri


def render(feed: Feed, self_url: str) -> bytes:
    """Write a feed as RSS.

    Args:
        feed: Entries newest first, texts sanitized.
        self_url: Where it will be; a bare file name if nobody knows.

    Returns:
        The document in UTF-8; the same bytes for the same arguments, everywhere and always.
    """
    feed = printable(feed)
    title = _title(feed.title) or feed.id
    generator = FeedGenerator()
    generator.register_extension("ours", FeedExtension, EntryExtension)
    generator.ours.feed, generator.ours.self_url, generator.ours.self_type = feed, self_url, media.RSS
    generator.title(title)
    generator.link(href=_home(feed, self_url), rel="alternate")
    generator.description(_title(feed.subtitle) or title)
    generator.updated(unsaid())
    generator.generator(GENERATOR)
    generator.language(feed.language)
    generator.copyright(_title(feed.rights))
    generator.category(categories(feed.categories))
    picture = feed.logo or feed.icon
    if picture:
        generator.image(url=picture, title=title, link=_home(feed, self_url))
    for entry in feed.entries:
        _add(generator, feed, entry)
    body: bytes = generator.rss_str(pretty=True)
    return body


def _add(generator: FeedGenerator, feed: Feed, entry: Entry) -> None:
    made = generator.add_entry(order="append")
    made.ours.feed, made.ours.entry = feed, entry
    made.guid(entry.id, permalink=entry.id == entry.url)
    made.title(_title(entry.title) or STAND_IN)
    if entry.url:
        made.link(href=entry.url)
    made.comments(entry.comments_url)
    made.category(categories(entry.categories))
    if entry.enclosures:
        made.enclosure(**enclosure(entry.enclosures[0]))
    if entry.origin and entry.origin.self_url:
        made.source(url=entry.origin.self_url, title=entry.origin.title or entry.origin.self_url)


def _home(feed: Feed, self_url: str) -> str:
    """Give what ``link`` needs: the site, else the feed itself, else its id, which is an address of sorts."""
    return feed.link("alternate") or (self_url if absolute_iri(self_url) else feed.id)


def _title(text: Text | None) -> str | None:
    """Write a text that is no HTML in RSS, escaped once, as the RSS Advisory Board's profile asks of titles.

    Nothing says so in the document, and some readers take it for HTML: hence ``literal``.
    """
    if text is None:
        return None
    title = " ".join((text.value if text.type is TextType.PLAIN else plain(text.value)).split())
    return literal(title) or None
