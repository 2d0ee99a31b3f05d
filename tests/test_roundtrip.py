"""What we publish, another feeds reads as it was: the same entries, ids, origins; and writes the same bytes.

What a format cannot carry is listed in ``docs/roundtrip.md``, and ``carried`` is that list: nothing else.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from mutations import CORPUS, DATA
from reading import differences, plain
from republish import output, taken, written
from samples import PLANET
from strategies import feeds

from feeds.config.schema import Source
from feeds.formats import FEED_FORMATS
from feeds.formats.elements import COUNTERS
from feeds.model import Document, Entry, Feed, Media, Moment, Podcast
from feeds.sources import read

SUBSCRIBER = Source(name="planet", url="https://planet.example/all", timezone=ZoneInfo("Asia/Kathmandu"))
AUTHORITY = "second.example,2026"
every_format = pytest.mark.parametrize("word", FEED_FORMATS)
SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def subscribed(body: bytes) -> Feed:
    """Read a document as another instance of feeds would that lists it as a source."""
    return read(Document(url="https://planet.example/all", body=body), SUBSCRIBER, AUTHORITY)[1]


def again(feed: Feed, word: str) -> Feed:
    """Publish a feed, read it elsewhere, and give it as it would be published there."""
    return replace(feed, entries=output(*subscribed(written(feed, word)).entries).entries)


# What is lost ------------------------------------------------------------------------------------------


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


# Round trips -------------------------------------------------------------------------------------------


@every_format
@SLOW
@given(feeds())
@example(PLANET)
def test_any_feed_comes_back(word: str, value: Feed) -> None:
    # Read once, so that it is what reading gives: generated values may be what no source can say.
    read_once = output(*subscribed(written(output(*value.entries), "json_feed")).entries)
    assert lost(read_once, word) == []


def documents() -> list[Path]:
    """Our fixtures, and a sample of the corpus; all of it with FEEDS_CORPUS=all."""
    ours = sorted([*(DATA / "feed").glob("*.xml"), *(DATA / "json_feed").glob("*.feed.json")])
    manifest = CORPUS / "manifest.jsonl"
    if not manifest.exists():
        return ours
    step = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 17
    lines = manifest.read_text("utf-8").splitlines()[::step]
    return [*ours, *(CORPUS / json.loads(line)["path"] for line in lines)]


@every_format
def test_whatever_was_read_comes_back(word: str) -> None:
    wrong = {}
    for path in documents():
        feed = taken(path.read_bytes())
        if feed is not None and (problems := lost(output(*feed.entries), word)):
            wrong[str(path)] = problems[:3]
    assert wrong == {}
