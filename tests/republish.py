"""What was read, published as the pipeline would, and what is wrong with it: for suites of round trips."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from judge import errors
from reading import AUTHORITY, SOURCE, differences, plain

from feeds import validity
from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.formats import FEED_FORMATS
from feeds.formats.elements import COUNTERS
from feeds.formats.printable import printable
from feeds.model import DateOrigin, Document, Entry, Feed, Link, Media, Moment, Podcast, Text
from feeds.sources import read

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BASE = "https://planet.example/"
SUBSCRIBER = Source(name="planet", url="https://planet.example/all", timezone=ZoneInfo("Asia/Kathmandu"))
SECOND = "second.example,2026"


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
        found += [f"{word}: {problem}" for problem in (*problems, *lost(made, word))]
    return found


# There and back ----------------------------------------------------------------------------------------


def subscribed(body: bytes) -> Feed:
    """Read a document as another instance of feeds would that lists it as a source."""
    return read(Document(url="https://planet.example/all", body=body), SUBSCRIBER, SECOND)[1]


def again(feed: Feed, word: str) -> Feed:
    """Publish a feed, read it elsewhere, and give it as it would be published there."""
    return replace(feed, entries=output(*subscribed(written(feed, word)).entries).entries)


def carried(entry: Entry, word: str) -> Entry:
    """Give of an entry what a format carries (``docs/roundtrip.md``)."""
    entry = replace(
        entry,
        # Where and how it was read is each reader's own.
        source="",
        native_id=None,
        id_origin=entry.id_origin.DECLARED,
        language_origin=None,
        decisions=(),
        published=_date(entry.published),
        updated=_utc(_date(entry.updated)),
        origin=entry.origin and replace(entry.origin, id=entry.origin.id),
    )
    if word == "json_feed":
        return entry
    podcast = entry.podcast and replace(entry.podcast, duration=_whole(entry.podcast.duration))
    return replace(
        entry,
        podcast=None if podcast == Podcast() else podcast,
        enclosures=tuple(_file(one) for one in entry.enclosures),
        image=entry.image and _file(entry.image),
        extra=tuple(pair for pair in entry.extra if pair[0] not in COUNTERS),
    )


def _date(moment: Moment | None) -> Moment | None:
    """Zulu time does not say whether the place is known."""
    return moment and replace(moment, raw=None, offset=moment.offset or 0)


def _utc(moment: Moment | None) -> Moment | None:
    return moment and replace(moment, offset=0)


def _file(media: Media) -> Media:
    return replace(media, duration=_whole(media.duration))


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds) or None


def lost(feed: Feed, word: str) -> list[str]:
    """Say what a round trip loses that it must not."""
    back = again(feed, word)
    wanted, found = ([plain(carried(one, word)) for one in which.entries] for which in (feed, back))
    if len(found) != len(wanted):
        return [f"{len(found)} entries instead of {len(wanted)}"]
    problems = [line for a, b in zip(found, wanted, strict=True) for line in differences(a, b)]
    if not problems and written(back, word) != written(feed, word):
        problems = ["other bytes"]
    return problems
