"""What was read, published as the pipeline would, and what is wrong with it: for suites of round trips."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from judge import errors
from reading import AUTHORITY, SOURCE

from feeds import validity
from feeds.errors import ReadError
from feeds.formats import FEED_FORMATS
from feeds.formats.printable import printable
from feeds.model import DateOrigin, Document, Entry, Feed, Link, Moment, Text
from feeds.sources import read

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BASE = "https://planet.example/"


def dated(entry: Entry) -> Entry:
    """Set ``updated``, and the date of an origin that has none, as ``dedupe`` and ``pipeline`` do."""
    updated = entry.updated or entry.published or Moment(instant=NOW, origin=DateOrigin.FIRST_SEEN)
    origin = entry.origin
    if origin is not None and origin.updated is None:
        origin = replace(origin, updated=updated.instant)
    return replace(entry, updated=updated, origin=origin)


def output(*entries: Entry) -> Feed:
    """Make an output of entries, all its values as formats see them."""
    return printable(
        Feed(
            id="tag:planet.example,2026:output:all",
            title=Text(value="All"),
            links=(Link(href=BASE, type="text/html"),),
            language="en",
            entries=tuple(map(dated, entries)),
        )
    )


def written(feed: Feed, word: str) -> bytes:
    form = FEED_FORMATS[word]
    return form.render(feed, f"{BASE}all{form.suffix}")


def taken(body: bytes) -> Feed | None:
    """Read a document; None if it is refused."""
    try:
        return read(Document(url="https://hill.example/feeds/all", body=body), SOURCE, AUTHORITY)[1]
    except ReadError:
        return None


def wrong(body: bytes) -> list[str]:
    """Publish what a document says in every format; give what is wrong with the files, as sentences."""
    feed = taken(body)
    if feed is None:
        return []
    made = output(*feed.entries)
    found: list[str] = []
    for word, form in FEED_FORMATS.items():
        published = written(made, word)
        problems = (*validity.check(form.media_type, published), *errors(published, safe=True))
        found += [f"{word}: {problem}" for problem in problems]
    return found
