"""Atom 1.0 (RFC 4287), complete: what we know of an entry is all in there, in standard words.

``updated`` is written in UTC, so that entries sort by it as text; ``published`` with the offset its source
wrote, because a day is a local thing. The author of an entry that names none is its source, by title.
"""

from __future__ import annotations

from feedgen.feed import FeedGenerator

from feeds.formats import media
from feeds.formats.byline import byline, contributors, publishers
from feeds.formats.feedgen_extension import STAND_IN, EntryExtension, FeedExtension, people
from feeds.formats.printable import EPOCH, printable
from feeds.model import Category, Entry, Feed

GENERATOR = "feeds"
"""Without a version: an upgrade alone changes no published byte."""


def render(feed: Feed, self_url: str) -> bytes:
    """Write a feed as Atom.

    Args:
        feed: Entries newest first, texts sanitized.
        self_url: Where it will be; a bare file name if nobody knows.

    Returns:
        The document in UTF-8; the same bytes for the same arguments, everywhere and always.
    """
    feed = printable(feed)
    generator = FeedGenerator()
    generator.register_extension("ours", FeedExtension, EntryExtension)
    generator.ours.feed, generator.ours.self_url, generator.ours.self_type = feed, self_url, media.ATOM
    generator.id(feed.id)
    generator.title(STAND_IN)
    generator.updated((feed.updated or EPOCH).instant)
    generator.generator(GENERATOR)
    generator.author(people(publishers(feed, feed.title.value if feed.title else feed.id)))
    generator.category(categories(feed.categories))
    generator.icon(feed.icon)
    generator.logo(feed.logo)
    for entry in feed.entries:
        _add(generator, feed, entry)
    body: bytes = generator.atom_str(pretty=True)
    return body


def _add(generator: FeedGenerator, feed: Feed, entry: Entry) -> None:
    made = generator.add_entry(order="append")
    made.ours.feed, made.ours.entry = feed, entry
    made.id(entry.id)
    made.title(STAND_IN)
    made.content(STAND_IN)
    made.updated((entry.updated or EPOCH).instant)
    made.author(people(byline(entry)))
    made.contributor(people(contributors(entry)))
    made.category(categories(entry.categories))


def categories(some: tuple[Category, ...]) -> list[dict[str, str]]:
    """Write categories as feedgen wants them."""
    return [
        {
            key: value
            for key, value in (("term", one.term), ("scheme", one.scheme), ("label", one.label))
            if value is not None
        }
        for one in some
    ]
