"""Rendered entries are kept: what is put together has the bytes that feedgen gives of all of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from feedgen.feed import FeedGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_values import NOW, at, opened, poll, record, retitled
from strategies import feeds, wild_feeds
from worlds import configurations, configured, fill, fresh, records, stir

from feeds.config.schema import Config
from feeds.formats import FEED_FORMATS, cut
from feeds.formats.printable import printable
from feeds.memory import Record
from feeds.model import Feed, Moment
from feeds.pipeline import Emission, Emitter, Verdict
from feeds.store import Store

FOLDER = "site: {base_url: 'https://planet.example/'}\nsources:\n"
MORE = int(os.environ.get("FEEDS_EXAMPLES", "1"))
"""Times as many invented histories."""
SELF = "https://planet.example/all"
TWO = "  - {name: a, url: 'https://a.example/feed'}\n  - {name: b, url: 'https://b.example/feed'}\n"


@settings(max_examples=20 * MORE, deadline=None)
@given(feed=st.one_of(feeds(), wild_feeds()))
def test_a_document_is_its_frame_and_its_entries_each_as_if_it_were_alone(feed: Feed) -> None:
    bare = replace(feed, entries=(), updated=printable(feed).updated)
    for form in FEED_FORMATS.values():
        body = form.render(feed, SELF)
        parts, frame = cut(body, form.seams), cut(form.render(bare, SELF), form.seams)
        assert parts is not None
        assert frame is not None
        assert parts.head + parts.between.join(parts.entries) + parts.tail == body
        assert (frame.head, frame.entries, frame.tail) == (parts.head, (), parts.tail)
        assert len(parts.entries) == len(feed.entries)
        for entry, fragment in zip(feed.entries, parts.entries, strict=True):
            alone = cut(form.render(replace(feed, entries=(entry,)), SELF), form.seams)
            assert alone is not None
            assert alone.entries == (fragment,)


def as_feedgen_gives(emitter: Emitter) -> dict[str, bytes | None]:
    """Render all outputs without an archive as a whole."""
    rendered = [
        one
        for output in emitter.config.outputs
        if output.archive is None
        for one in emitter.rendered(emitter.headed(output), emitter.gather(output, NOW))
    ]
    return {one.path: one.body for one in rendered}


def published(config: Config, paths: Iterator[str] | dict[str, bytes | None]) -> dict[str, bytes]:
    return {path: (config.folder / config.site.folder / path).read_bytes() for path in paths}


@settings(max_examples=8 * MORE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(configurations(), min_size=1, max_size=2),
    some=records(),
    happenings=st.lists(
        st.tuples(st.sampled_from(["edit", "withdraw", "lift", "expire", "config"]), st.integers(0, 20)),
        max_size=6,
    ),
)
def test_whatever_happened_the_bytes_are_those_of_a_whole_rendering(
    texts: list[str], some: list[Record], happenings: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, turn = Path(place), 0
        texts = [text.replace("[atom, json_feed]", "[atom, rss, json_feed]") for text in texts]
        config, store = configured(folder, texts[0]), fresh(folder)
        fill(store, some[: len(some) // 2])
        for what, number in [("config", 0), *happenings, ("config", 1)]:
            if what == "config":
                turn += 1
                config = configured(folder, texts[turn % len(texts)])
                fill(store, some[: len(some) // 2 + turn])
            else:
                stir(store, some, what, number)
            emitter = Emitter(config, store)
            emitter.emit_all(NOW)
            expected = as_feedgen_gives(emitter)
            assert published(config, expected) == expected
            again = {one.verdict for one in emitter.emit_all(NOW, force=True)}
            assert again <= {Verdict.UNCHANGED}
        store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = opened(tmp_path)
    yield store
    store.close()


class Counted:
    """Publishes one output of two sources with 40 entries each, and counts what goes through feedgen."""

    def __init__(self, folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.config = store, configured(folder, FOLDER + TWO)
        self.made = 0
        add = FeedGenerator.add_entry

        def counting(generator: FeedGenerator, *args: object, **more: object) -> object:
            self.made += 1
            return add(generator, *args, **more)

        monkeypatch.setattr(FeedGenerator, "add_entry", counting)
        for name in "ab":
            store.save([poll(*(record(name, number, hours=number) for number in range(40)))])
        self.publish()

    def publish(self) -> dict[str, Emission]:
        self.made = 0
        return {one.path: one for one in Emitter(self.config, self.store).emit_all(NOW)}

    def is_whole(self) -> bool:
        """Say whether the files have the bytes of a whole rendering."""
        expected = as_feedgen_gives(Emitter(self.config, self.store))
        return published(self.config, expected) == expected


@pytest.fixture
def counted(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(tmp_path, store, monkeypatch)


def test_one_new_entry_is_rendered_once_in_each_format(counted: Counted, store: Store) -> None:
    assert counted.publish()["all.atom"].verdict is Verdict.SKIPPED
    assert counted.made == 0
    store.save([poll(record("a", 99, hours=-1))])
    emitted = counted.publish()
    assert counted.made == 2
    assert (emitted["all.atom"].verdict, emitted["all.atom"].entries) == (Verdict.WRITTEN, 60)
    assert counted.is_whole()


def test_a_changed_entry_is_rendered_and_the_others_of_its_source_are_not(
    counted: Counted, store: Store
) -> None:
    store.save([poll(source="a", changed=(retitled(record("a", 3, hours=3), "Other"),))])
    counted.publish()
    assert counted.made == 2
    assert counted.is_whole()


def test_a_file_that_somebody_changed_is_not_trusted(counted: Counted, store: Store) -> None:
    path = counted.config.folder / "output" / "all.atom"
    path.write_bytes(path.read_bytes().replace(b"Title 3", b"Title X"))
    store.save([poll(record("a", 99, hours=-1))])
    counted.publish()
    assert counted.made == 2 * 60
    assert counted.is_whole()


def test_a_lost_file_or_a_further_format_renders_all_anew(counted: Counted, tmp_path: Path) -> None:
    (counted.config.folder / "output" / "all.rss").unlink()
    counted.publish()
    assert counted.made == 2 * 60
    for formats, number in (("atom", 60), ("atom, rss", 120)):
        text = FOLDER + TWO + f"outputs: [{{name: all, formats: [{formats}]}}]\n"
        counted.config = configured(tmp_path, text)
        counted.publish()
        assert counted.made == number
    assert counted.is_whole()


def test_what_changes_how_entries_look_renders_them_anew(counted: Counted, tmp_path: Path) -> None:
    counted.config = configured(tmp_path, FOLDER + TWO.replace("feed'}", "feed', republish: headline}", 1))
    counted.publish()
    assert counted.made == 2 * 30
    counted.config = configured(tmp_path, FOLDER + TWO + "outputs: [{name: all, provenance: prefix}]\n")
    counted.publish()
    assert counted.made == 2 * 60
    assert counted.is_whole()


def test_an_entry_that_no_format_carries_is_said_to_be_left_out_each_time(
    counted: Counted, store: Store
) -> None:
    wrong = record("b", 7, hours=-2, id="no address")
    store.save([poll(wrong)])
    for number in (100, 101):
        store.save([poll(record("a", number, hours=-number))])
        emitted = counted.publish()["all.atom"]
        assert [problem.partition(" left out")[0] for problem in emitted.problems] == ["b: no address"]
        assert counted.is_whole()


def test_a_source_that_was_forgotten_and_listed_again_is_another(counted: Counted, store: Store) -> None:
    for number in range(2):
        store.forget("a")
        one = record("a", 1, hours=1)
        store.save([poll(retitled(one, f"Round {number}"))])
        counted.publish()
        assert counted.is_whole()


def test_time_alone_moves_an_output_with_a_filter_by_age(tmp_path: Path, store: Store) -> None:
    text = FOLDER + TWO + "outputs: [{name: all, filters: [{drop: {age: 2 hours}}]}]\n"
    config = configured(tmp_path, text)
    some = (record("a", number, hours=number, published=Moment(instant=at(number))) for number in range(4))
    store.save([poll(*some)])
    emitter = Emitter(config, store)
    first = emitter.emit_all(NOW)[0]
    later = emitter.emit_all(datetime(2026, 3, 1, 13, tzinfo=UTC))[0]
    assert (later.entries or 0) < (first.entries or 0)
