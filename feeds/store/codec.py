"""Model values to column values and back, exactly.

An entry is one compact JSON text: only fields that differ from their default, so that a field added to
the model later reads back from old rows as its default.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from feeds.cadence import Pace
from feeds.errors import StoreError
from feeds.memory import Heading, Record, Robots, SourceState, Spacing, Trust
from feeds.model import Entry, Feed, Moment, Text, Validators
from feeds.normalize.ids import digest
from feeds.normalize.text import shown
from feeds.normalize.urls import same_page

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# Anything goes back in as it came out: also a length that is no number, in a source's own words.
_FEED = TypeAdapter(Feed)
_TEXT = TypeAdapter(Text)
_TRUST = TypeAdapter(Trust)
_PAIRS = TypeAdapter(dict[str, str])
_HOSTS = TypeAdapter(dict[str, float])
_LISTED = TypeAdapter(list[tuple[str, str, str]])

PACE_NAME = "auto"


TITLE = 200
"""Characters of a title that are searched."""

LONG = 600
"""Characters of a text that is looked up; a longer one is known by its hash, to keep the indexes small."""


@cache
def _entry_adapter() -> TypeAdapter[Entry]:
    """Make what writes and reads entries: the largest, and of no use to a run that brings none."""
    return TypeAdapter(Entry)


def micros(instant: datetime) -> int:
    """Give an aware instant in microseconds since 1970.

    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (instant - EPOCH) // MICROSECOND


def instant(number: int) -> datetime:
    """Give the instant of that many microseconds since 1970, aware, in UTC."""
    try:
        return EPOCH + timedelta(microseconds=number)
    except (OverflowError, TypeError) as error:
        raise _damaged(f"{number!r} is no instant") from error


def encode_entry(entry: Entry) -> str:
    """Give an entry as JSON."""
    return _entry_adapter().dump_json(entry, exclude_defaults=True).decode()


def stamp(entry: Entry) -> str:
    """Hash all of an entry."""
    return hashlib.sha256(_entry_adapter().dump_json(entry, exclude_defaults=True)).hexdigest()[:32]


def decode_entry(text: str) -> Entry:
    """Give back the entry; raise StoreError if the text is none of ours."""
    try:
        entry = _entry_adapter().validate_json(text)
    except ValueError as error:
        raise _damaged("the text of an entry cannot be read") from error
    # Set, not replaced: nobody else has these values yet, and a third of the time would go into copies.
    for moment in (entry.published, entry.updated):
        if moment is not None:
            object.__setattr__(moment, "instant", moment.instant.astimezone(UTC))
    origin = entry.origin
    if origin is not None and origin.updated is not None:
        object.__setattr__(origin, "updated", origin.updated.astimezone(UTC))
    return entry


def encode_feed(feed: Feed) -> str:
    """Give what a feed says of itself as JSON; its entries and withdrawals have their own places."""
    return _FEED.dump_json(replace(feed, entries=(), withdrawn=()), exclude_defaults=True).decode()


def decode_feed(text: str) -> Feed:
    """Give back the feed without entries; raise StoreError if the text is none of ours."""
    try:
        feed = _FEED.validate_json(text)
    except ValueError as error:
        raise _damaged("what a source says of itself cannot be read") from error
    return replace(feed, updated=_utc(feed.updated))


def heading(revision: int, kind: str | None, feed: str | None) -> Heading:
    """Give what stands on the outside of a source, without making a feed of what it said of itself."""
    if feed is None:
        return Heading(revision, kind, None, None)
    try:
        told = json.loads(feed)
        title = told["title"]["value"] if told.get("title") else None
        pages = (
            link["href"] for link in told.get("links", ()) if link.get("rel", "alternate") == "alternate"
        )
        return Heading(revision, kind, title, next(pages, None))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged("what a source says of itself cannot be read") from error


def encode_trust(trust: Trust) -> str:
    """Give how far a source is believed as JSON."""
    return _TRUST.dump_json(trust, exclude_defaults=True).decode()


def decode_trust(text: str) -> Trust:
    """Give it back; raise StoreError if the text is none of ours."""
    try:
        trust = _TRUST.validate_json(text)
    except ValueError as error:
        raise _damaged("how far a source is believed cannot be read") from error
    moments = {
        name: moment.astimezone(UTC)
        for name in ("whole", "moving_since", "gone_since")
        if (moment := getattr(trust, name)) is not None
    }
    return replace(trust, **moments)


def encode_pairs(pairs: dict[str, str]) -> str:
    """Give texts and what they stand for as JSON, sorted: published files and their hashes, for one."""
    return _PAIRS.dump_json(dict(sorted(pairs.items()))).decode()


def decode_pairs(text: str) -> dict[str, str]:
    """Give back the pairs; raise StoreError if the text is none of ours."""
    try:
        return _PAIRS.validate_json(text)
    except ValueError as error:
        raise _damaged("a list of published files or of ids cannot be read") from error


def encode_listed(listed: Sequence[tuple[str, str, str]]) -> str:
    """Give what stands in an output as JSON: of each entry id, source and hash."""
    return _LISTED.dump_json(list(listed)).decode()


def decode_listed(text: str) -> tuple[tuple[str, str, str], ...]:
    """Give it back; raise StoreError if the text is none of ours."""
    try:
        return tuple(_LISTED.validate_json(text))
    except ValueError as error:
        raise _damaged("a list of published entries cannot be read") from error


def key(text: str) -> str:
    """Give the text as it stands in an index."""
    return text if len(text) <= LONG else f"sha256-{digest(text)}"


def page(url: str) -> str:
    """Give an address as it is compared and stands in an index."""
    return key(same_page(url))


def title(text: Text) -> str:
    """Give a title as it is searched: one line of plain text, lower case, its beginning."""
    return folded(shown(text))


def folded(text: str) -> str:
    """Give words as they are compared with titles."""
    return " ".join(text.split()).lower()[:TITLE]


def record_row(record: Record) -> dict[str, Any]:
    """Give a record as a row of ``entries``, without its number."""
    return {
        "source": record.source,
        "id": record.id,
        "native_id": None if record.native_id is None else key(record.native_id),
        "url": record.url,
        "page": None if record.url is None else page(record.url),
        "first_seen": micros(record.first_seen),
        "sort_key": micros(record.sort_key),
        "fingerprint": record.fingerprint,
        "backlog": record.backlog,
        "held": None if record.held is None else int(record.held),
        "entry": None if record.entry is None else encode_entry(record.entry),
        "title": None if record.entry is None or record.entry.title is None else title(record.entry.title),
    }


def record(row: RowMapping | dict[str, Any]) -> Record:
    """Give back the record of a row; a long native id comes back whole only with its entry."""
    entry = None if row["entry"] is None else decode_entry(row["entry"])
    return Record(
        source=row["source"],
        id=row["id"],
        native_id=row["native_id"] if entry is None else entry.native_id,
        url=row["url"],
        entry=entry,
        first_seen=instant(row["first_seen"]),
        sort_key=instant(row["sort_key"]),
        fingerprint=row["fingerprint"],
        backlog=row["backlog"],
        held=None if row["held"] is None else bool(row["held"]),
    )


def asked_row(state: SourceState) -> dict[str, Any]:
    """Give what each poll leaves of a state as columns of ``sources``."""
    return {
        "etag": state.validators.etag,
        "last_modified": state.validators.last_modified,
        "reading": state.reading,
        "polled": _micros(state.polled),
        "succeeded": _micros(state.succeeded),
        "due": _micros(state.due),
        "failures": state.failures,
        "error": state.error,
        "error_class": state.error_class,
        "status": state.status,
        "trust": None if state.trust == Trust() else encode_trust(state.trust),
        "wait": state.wait,
        "rhythm": state.rhythm,
    }


def state_row(state: SourceState) -> dict[str, Any]:
    """Give a state as a row of ``sources``, without the columns that the store keeps by itself."""
    return {
        "name": state.name,
        **asked_row(state),
        # What only reading tells.
        "kind": state.kind,
        "body_hash": state.body_hash,
        "feed": None if state.feed is None else encode_feed(state.feed),
        "changed": _micros(state.changed),
        "reissues": state.reissues or None,
        "said": encode_pairs(dict(state.said)) if state.said else None,
    }


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def state(row: RowMapping) -> SourceState:
    """Give back the state of a row."""
    moments = {
        name: None if row[name] is None else instant(row[name])
        for name in ("polled", "succeeded", "changed", "due")
    }
    return SourceState(
        name=row["name"],
        kind=row["kind"],
        validators=Validators(etag=row["etag"], last_modified=row["last_modified"]),
        body_hash=row["body_hash"],
        reading=row["reading"],
        feed=None if row["feed"] is None else decode_feed(row["feed"]),
        **moments,
        failures=row["failures"],
        error=row["error"],
        error_class=row["error_class"],
        status=row["status"],
        trust=Trust() if row["trust"] is None else decode_trust(row["trust"]),
        wait=row["wait"],
        rhythm=row["rhythm"],
        entries=row["entries"],
        revision=row["revision"],
        begun=None if row["begun"] is None else instant(row["begun"]),
        reissues=row["reissues"] or 0,
        said=() if row["said"] is None else tuple(decode_pairs(row["said"]).items()),
    )


def pace_row(pace: Pace) -> dict[str, Any]:
    """Give the pace as the row of ``pace``."""
    return {
        "name": PACE_NAME,
        **{name: getattr(pace, name) for name in ("price", "at", "budget", "owed", "requests")},
        "hosts": _HOSTS.dump_json(dict(sorted(pace.hosts.items()))).decode(),
    }


def pace(row: RowMapping) -> Pace:
    """Give back the pace of a row; raise StoreError if it is none of ours."""
    try:
        hosts = _HOSTS.validate_json(row["hosts"])
    except ValueError as error:
        raise _damaged("the price of requests cannot be read") from error
    numbers = {name: row[name] for name in ("price", "at", "budget", "owed", "requests")}
    return Pace(**numbers, hosts=hosts)


def spacing_row(taught: Spacing) -> dict[str, Any]:
    """Give a spacing as a row of ``hosts``."""
    until = None if taught.until is None else micros(taught.until)
    return {"host": taught.host, "gap": taught.gap // MICROSECOND, "until": until}


def spacing(row: RowMapping) -> Spacing:
    """Give back the spacing of a row."""
    until = None if row["until"] is None else instant(row["until"])
    return Spacing(host=row["host"], gap=row["gap"] * MICROSECOND, until=until)


def encode_text(text: Text) -> str:
    """Write a text as JSON."""
    return _TEXT.dump_json(text, exclude_defaults=True).decode()


def decode_text(text: str) -> Text:
    """Read what ``encode_text`` wrote; raise StoreError if it is none."""
    try:
        return _TEXT.validate_json(text)
    except ValueError as error:
        raise _damaged("a full text cannot be read") from error


def robots_row(robots: Robots) -> dict[str, Any]:
    """Give what a site asks of programs as a row of ``robots``."""
    moments = {name: getattr(robots, name) for name in ("at", "tried", "failing")}
    said = {name: None if moment is None else micros(moment) for name, moment in moments.items()}
    return {"origin": robots.origin, "rules": robots.rules, "problem": robots.problem, **said}


def robots(row: RowMapping) -> Robots:
    """Give back what a site asks of programs."""
    at, failing = (None if row[name] is None else instant(row[name]) for name in ("at", "failing"))
    words = {name: row[name] for name in ("origin", "rules", "problem")}
    return Robots(**words, at=at, failing=failing, tried=instant(row["tried"]))


def _utc(moment: Moment | None) -> Moment | None:
    # pydantic reads "Z" as a time zone of its own: equal to UTC, but another thing to a pickle or a repr.
    return None if moment is None else replace(moment, instant=moment.instant.astimezone(UTC))


def _damaged(what: str) -> StoreError:
    return StoreError(f"the store is damaged: {what}; put a backup back in its place")
