"""Into a row and back: whatever the model allows comes back the same, of the same types."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.errors import StoreError
from feeds.memory import Record, SourceState
from feeds.model import Entry, Feed, Moment, Precision, Text, TextType
from feeds.store import codec

INSTANT = st.datetimes(timezones=st.just(UTC))
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
# Hypothesis knows from the classes what their fields may be, but for what the model says in words.
st.register_type_strategy(datetime, INSTANT)
st.register_type_strategy(float, NUMBER)

ENTRIES = st.builds(Entry)
FEEDS = st.builds(Feed, entries=st.just(()), withdrawn=st.just(()))


def kinds(value: object) -> object:
    """The types of a value and all its parts, and the time zones of its times."""
    if isinstance(value, tuple | frozenset):
        return (type(value), *map(kinds, value))
    if isinstance(value, datetime):
        return (type(value), type(value.tzinfo))
    if dataclasses.is_dataclass(value):
        return (type(value), *(kinds(getattr(value, field.name)) for field in dataclasses.fields(value)))
    return type(value)


@settings(max_examples=150, deadline=None)
@given(entry=ENTRIES)
def test_any_entry_comes_back_the_same(entry: Entry) -> None:
    back = codec.decode_entry(codec.encode_entry(entry))
    assert back == entry
    assert kinds(back) == kinds(entry)
    assert repr(back) == repr(entry)


@settings(max_examples=50, deadline=None)
@given(feed=FEEDS)
def test_any_feed_comes_back_the_same_without_entries(feed: Feed) -> None:
    with_entries = dataclasses.replace(feed, entries=(Entry(source="a", id="x"),))
    back = codec.decode_feed(codec.encode_feed(with_entries))
    assert back == feed
    assert kinds(back) == kinds(feed)


@given(instant=INSTANT)
def test_any_instant_comes_back_to_the_microsecond(instant: datetime) -> None:
    back = codec.instant(codec.micros(instant))
    assert (back, back.tzinfo) == (instant, UTC)


def test_an_entry_is_stored_without_what_it_does_not_say() -> None:
    text = codec.encode_entry(Entry(source="a", id="x", title=Text(value="«Grüezi»", type=TextType.HTML)))
    assert text == '{"source":"a","id":"x","title":{"value":"«Grüezi»","type":"html"}}'


def test_an_entry_of_an_older_model_reads_with_todays_defaults() -> None:
    entry = codec.decode_entry(
        '{"source":"a","id":"x","gone":1,"updated":{"instant":"2026-01-01T00:00:00Z"}}'
    )
    assert entry == Entry(source="a", id="x", updated=Moment(instant=datetime(2026, 1, 1, tzinfo=UTC)))
    assert entry.updated is not None
    assert entry.updated.precision is Precision.SECOND


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"id":"x"}', '{"source":1,"id":[]}', "\x00"])
def test_what_is_no_entry_is_damage(text: str) -> None:
    with pytest.raises(StoreError, match=r"the store is damaged: .*; put a backup back in its place"):
        codec.decode_entry(text)
    with pytest.raises(StoreError, match=r"the store is damaged: .* cannot be read"):
        codec.decode_feed(text.replace('"id"', '"name"'))
    with pytest.raises(StoreError, match=r"the store is damaged: .* cannot be read"):
        codec.decode_pairs(text.replace('"x"', "[]"))


@pytest.mark.parametrize("number", [2**62, -(2**62), "soon", None])
def test_what_is_no_instant_is_damage(number: Any) -> None:
    with pytest.raises(StoreError, match="is no instant"):
        codec.instant(number)


def test_every_field_of_a_record_and_of_a_state_has_its_column() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    record = Record(
        source="a",
        id="x",
        native_id="n",
        url="u",
        entry=None,
        first_seen=moment,
        sort_key=moment,
        fingerprint="f",
    )
    fields = {field.name for field in dataclasses.fields(record)}
    assert codec.record_row(record).keys() == fields | {"page", "title"}
    fields = {field.name for field in dataclasses.fields(SourceState)} - {
        "entries",
        "revision",
        "begun",
        "validators",
    }
    assert codec.state_row(SourceState(name="a")).keys() == fields | {"etag", "last_modified"}
