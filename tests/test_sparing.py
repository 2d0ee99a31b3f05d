"""Reading only what is new: the same in the store as if all had been read, and much less read."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import Phase, event, given, settings
from hypothesis import strategies as st
from servers import Site

from feeds import __version__
from feeds.config.load import load
from feeds.config.schema import Config, Source
from feeds.errors import ReadError
from feeds.fetch import Client, open_client
from feeds.memory import SourceState
from feeds.model import Document, Feed, Withdrawal
from feeds.pipeline import Outcome, Poller, Readers
from feeds.pipeline.sparing import Differs, sampled
from feeds.sources import pieces, read
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared/corpus"
AUTHORITY = "planet.example.org,2026"
PATIENT = "spacing: 0s, deadline: 10m, connect_timeout: 10m, read_timeout: 10m"
"""However busy the machine is, no poll fails."""


class Counting(Readers):
    """Readers that count the entries they read."""

    entries = 0
    documents = 0

    async def read(self, document: Document, source: Source, authority: str) -> tuple[str, Feed]:
        kind, feed = await super().read(document, source, authority)
        self.entries += len(feed.entries)
        self.documents += 1
        return kind, feed


class Planet:
    """A store that polls sources of a site, with or without ``only_new``."""

    def __init__(self, folder: Path, site: Site, names: Sequence[str], *, only_new: bool) -> None:
        lines = "".join(f"  - {{name: {name}, url: '{site.url('/' + name)}'}}\n" for name in names)
        text = f"site: {{authority: '{AUTHORITY}'}}\nfetch: {{allow: [127.0.0.0/8], {PATIENT}}}\n"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(f"{text}read: {{only_new: {only_new}}}\nsources:\n{lines}")
        self.config: Config = load(folder / "config.yaml", {})
        self.store: Store = open_store("sqlite:///feeds.db", folder)
        self.path = folder / "feeds.db"
        self.read = 0

    async def poll(self, name: str, now: datetime, client: Client) -> Outcome:
        readers = Counting(self.config.read)
        poller = Poller(self.config, self.store, client, readers)
        state = self.store.states([name]).get(name) or SourceState(name=name)
        try:
            return await poller.refresh(state, now)
        finally:
            self.read = readers.entries
            readers.close()

    def remembered(self) -> dict[str, list[tuple[object, ...]]]:
        """All that the store holds, but for which entries need not be read again."""
        with closing(sqlite3.connect(self.path)) as connection:
            tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
            names = sorted(name for (name,) in tables if name not in {"spared", "sqlite_sequence"})
            return {name: connection.execute(f"select * from {name} ").fetchall() for name in names}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def item(key: str, *, day: int = 1, text: str = "Some words.", more: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>{key}</guid><title>Title {key}</title>"
        f"<link>https://blog.example/{key}</link><description>{text}</description>"
        f"<pubDate>{day:02} Feb 2026 10:00:00 GMT</pubDate>{more}</item>"
    )


def rss(*items: str, head: str = "", built: int = 1, tail: str = "") -> bytes:
    return (
        "<?xml version='1.0'?><rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel>"
        f"<title>A blog</title><link>https://blog.example/</link><description>d</description>{head}"
        f"<lastBuildDate>{built:02} Feb 2026 10:00:00 GMT</lastBuildDate>\n"
        f"{''.join(items)}{tail}</channel></rss>"
    ).encode()


def polls(planet: Planet, site: Site, *bodies: bytes) -> list[int]:
    """Poll one source for each of these; say how many entries were read at each."""

    async def run() -> list[int]:
        counts = []
        async with open_client(planet.config.fetch, __version__) as client:
            for hour, body in enumerate(bodies):
                site.routes["/a"] = body
                outcome = await planet.poll("a", NOW + timedelta(hours=hour), client)
                assert (outcome.error, outcome.surprise) == (None, None)
                counts.append(planet.read)
        return counts

    return asyncio.run(run())


def test_only_the_new_entry_is_read(site: Site, tmp_path: Path) -> None:
    planet = Planet(tmp_path, site, "a", only_new=True)
    first, second, third = item("1"), item("2"), item("3", day=3)
    bodies = (rss(first, second), rss(third, first, second, built=2), rss(second, third, built=3))
    assert polls(planet, site, *bodies) == [2, 1, 0]
    edited = rss(third, item("1", text="Other words."), second, built=4)
    assert polls(planet, site, edited) == [1]
    assert planet.store.states()["a"].feed is not None


@pytest.mark.parametrize(
    "second",
    [
        rss(item("2"), item("1"), head="<language>de</language>"),
        rss(item("2"), item("1")).replace(b"<rss ", b"<rss xml:base='https://x.example/' "),
        rss(item("2"), item("1")).replace(b"<rss ", b"<rss xmlns:media='http://search.yahoo.com/mrss/' "),
        rss(item("2"), item("1")).replace(b"'1.0'?>", b"'1.0' encoding='iso-8859-1'?>"),
        rss(item("2"), item("1")).replace(b"?><", b"?><!DOCTYPE rss [<!ENTITY a 'b'>]><"),
        rss(item("2"), item("1")).decode().encode("utf-16"),
        rss(item("2"), item("1"), tail="<ttl>60</ttl>"),
        rss(item("2"), "<ttl>60</ttl>", item("1")),
        rss(item("2", more="<skipHours><hour>1</hour></skipHours>"), item("1")),
        rss(item("2", more="<media:title>x</media:title>"), item("1")),
        rss(item("2", more="<x xmlns:x='https://x.example/'/>"), item("1")),
        rss(item("2", more="<item/>"), item("1")),
        rss(item("2", more="</b>"), item("1")),
        rss(item("2", more="<!-- <![CDATA[ -->"), item("1")),
        rss(item("2", more="<category>c</category>" * 101), item("1")),
        rss(item("2", more="<guid>https://blog.example/1</guid>").replace("/2<", "/1<"), item("1")),
        rss(item("2"), item("1"))[:-6],
        rss(
            item("2"), item("1"), head="<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0'/>"
        ),
    ],
)
def test_what_is_not_proven_equal_is_read_whole(site: Site, tmp_path: Path, second: bytes) -> None:
    planet = Planet(tmp_path, site, "a", only_new=True)
    counts = polls(planet, site, rss(item("1")), second)
    assert counts[1] >= 2, "all of it, at some time"


def test_a_setting_that_changes_how_it_is_read_has_all_read(site: Site, tmp_path: Path) -> None:
    planet = Planet(tmp_path, site, "a", only_new=True)
    polls(planet, site, rss(item("1")))
    planet.store.close()
    path = tmp_path / "config.yaml"
    path.write_text(path.read_text().replace("{name: a,", "{name: a, language: de,"))
    again = Planet.__new__(Planet)
    again.config, again.store, again.path = (
        load(path, {}),
        open_store("sqlite:///feeds.db", tmp_path),
        planet.path,
    )
    assert polls(again, site, rss(item("2"), item("1"))) == [2]


def test_the_switch_has_all_read(site: Site, tmp_path: Path) -> None:
    planet = Planet(tmp_path, site, "a", only_new=False)
    assert polls(planet, site, rss(item("1")), rss(item("2"), item("1"))) == [1, 2]


def test_an_entry_that_is_remembered_otherwise_since_is_read_again(site: Site, tmp_path: Path) -> None:
    planet = Planet(tmp_path, site, "a", only_new=True)
    polls(planet, site, rss(item("1"), item("2")))
    record = planet.store.find("https://blog.example/1")[0]
    planet.store.withdraw([(Withdrawal(id=record.id, source="", when=NOW), record)])
    assert polls(planet, site, rss(item("3"), item("1"), item("2"))) == [3]


def in_the_sample(*items: str) -> bytes:
    """A document that is read both ways."""
    source = Source(name="a", url="https://a.example/feed")
    bodies = (rss(*items, tail=f"<!-- {number} -->") for number in range(10_000))
    return next(body for body in bodies if sampled(Document(url="", body=body), source))


def test_of_a_sample_the_whole_is_read_too_and_says_the_same(site: Site, tmp_path: Path) -> None:
    planet = Planet(tmp_path, site, "a", only_new=True)
    old, new = item("1"), item("2", day=2)
    assert polls(planet, site, rss(old), in_the_sample(new, old), rss(item("3"), new, old)) == [1, 1 + 2, 1]


def test_a_difference_is_told_and_what_the_whole_says_is_kept(site: Site, tmp_path: Path) -> None:
    planet = Planet(tmp_path, site, "a", only_new=True)
    first, second = item("1"), item("2", day=2)
    polls(planet, site, rss(first, second))
    with closing(sqlite3.connect(planet.path)) as connection, connection:
        connection.execute("delete from entries where native_id = '2'")
    site.routes["/a"] = in_the_sample(item("3", day=3), first, second)

    async def run() -> Outcome:
        async with open_client(planet.config.fetch, __version__) as client:
            return await planet.poll("a", NOW + timedelta(hours=1), client)

    outcome = asyncio.run(run())
    assert isinstance(outcome.surprise, Differs)
    assert "its new entries" in str(outcome.surprise)
    assert outcome.new == 2
    assert planet.store.spare("a") is None


def corpus() -> Iterator[Path]:
    """A sample of the corpus, and our own fixtures; all of it with FEEDS_CORPUS=all."""
    yield from sorted((ROOT / "tests/data/feed").glob("*.xml"))
    manifest = SHARED / "manifest.jsonl"
    if manifest.exists():
        step = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 47
        yield from (
            SHARED / json.loads(line)["path"] for line in manifest.read_text("utf-8").splitlines()[::step]
        )


def test_documents_of_the_world_read_in_part_say_the_same() -> None:
    source = Source(name="a", url="https://a.example/feed")
    parts = 0
    for path in corpus():
        document = Document(url="https://a.example/feed", body=path.read_bytes())
        parted = pieces.part(document)
        try:
            _, feed = read(document, source, AUTHORITY)
        except ReadError:
            continue
        if parted is None or not feed.separable or not pieces.separable(parted):
            continue
        number = len(feed.entries)
        assert len(parted.spans) == number, path
        some = sorted(Random(path.name).sample(range(number), number // 2))
        for places in {(), (0,), (number - 1,), tuple(range(number)), tuple(some)}:
            less = pieces.without(document, parted, places)
            if less is None:
                continue
            try:
                _, part = read(less, source, AUTHORITY)
            except ReadError:
                continue
            if not part.separable or len(part.entries) != len(places):
                continue
            assert replace(part, entries=()) == replace(feed, entries=()), (path, places)
            assert part.entries == tuple(feed.entries[place] for place in places), (path, places)
            parts += 1
    assert parts > 50, "it is about something"


KEYS = ("1", "2", "3", "4", "5")
GUIDS = (
    "<guid isPermaLink='false'>{0}</guid>",
    "<guid>https://blog.example/{0}</guid>",
    "",
    "<guid>same</guid>",
)
LINKS = (
    "https://blog.example/{0}",
    "https://blog.example/{0}?utm_source=x",
    "https://blog.example/",
    "",
    "/1",
)
DATES = (
    "0{1} Feb 2026 10:00:00 GMT",
    "2026-02-0{1}",
    "01 Mar 2026 14:30:00 GMT",
    "",
    "yesterday",
    "1 Jan 0001",
)
MORES = (
    *("", "", "", "<dc:creator>Ann</dc:creator>", "<dc:creator>Bob</dc:creator>", "<category>c</category>"),
    *("<media:title>x</media:title>", "<source url='https://x.example/feed'>X</source>", "<!-- c -->"),
    *(
        "<content xmlns='http://www.w3.org/2005/Atom'>x</content>",
        "<dc:language>de</dc:language>",
        "<b>",
        "&nbsp;",
    ),
)
written = st.builds(
    lambda key, guid, link, date, text, more: (
        f"<item>{guid.format(key)}<title>Title {key}</title><link>{link.format(key)}</link>"
        f"<description>{text} of {key}, with some words &lt;b&gt;more&lt;/b&gt;</description>"
        f"<pubDate>{date.format(key, key)}</pubDate>{more}</item>"
    ),
    st.sampled_from(KEYS),
    st.sampled_from(GUIDS),
    st.sampled_from(LINKS),
    st.sampled_from(DATES),
    st.sampled_from(("A text", "A text", "Another one")),
    st.sampled_from(MORES),
)
plain = st.builds(
    lambda key, text: item(key, day=int(key), text=f"{text} of {key}"),
    st.sampled_from("123456789"),
    st.sampled_from("xxxy"),
)
heads = st.sampled_from(
    ("", "", "", "<ttl>60</ttl>", "<language>fr</language>", "<dc:creator>Ed</dc:creator>")
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """What two sources say, one after the other: of few entries now some, now others; few of them odd."""
    usual = draw(st.lists(plain, min_size=3, max_size=6, unique=True))
    odd = draw(st.lists(written, max_size=2))
    head = draw(heads)
    document = st.builds(
        lambda items, others, built, another: rss(*others, *items, head=another or head, built=built),
        st.lists(st.sampled_from(usual), min_size=1, max_size=5, unique=True),
        st.lists(st.sampled_from(odd), max_size=1) if odd else st.just([]),
        st.integers(1, 28),
        st.one_of(st.just(""), st.just(""), st.just(""), heads),
    )
    return draw(st.lists(st.tuples(st.sampled_from("aaab"), document), min_size=4, max_size=8))


# Explaining a failure takes as long as finding a hundred.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, to copy: making one takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("empty")
    open_store("sqlite:///feeds.db", folder).close()
    return folder / "feeds.db"


@settings(max_examples=int(os.environ.get("FEEDS_EXAMPLES", "12")), deadline=None, phases=PHASES)
@given(history=histories())
def test_the_store_is_the_same_as_if_all_had_been_read(empty: Path, history: list[tuple[str, bytes]]) -> None:
    with Site() as site, tempfile.TemporaryDirectory() as name:
        planets = []
        for only_new in (True, False):
            folder = Path(name, str(only_new))
            folder.mkdir()
            shutil.copy(empty, folder)
            planets.append(Planet(folder, site, "ab", only_new=only_new))
        asyncio.run(compared(planets, site, history))
        for planet in planets:
            planet.store.close()


async def compared(planets: Sequence[Planet], site: Site, history: list[tuple[str, bytes]]) -> None:
    spared = 0
    async with open_client(planets[0].config.fetch, __version__) as client:
        for hour, (source, body) in enumerate(history):
            site.routes[f"/{source}"] = body
            now = NOW + timedelta(hours=hour)
            some, whole = [await planet.poll(source, now, client) for planet in planets]
            assert some == whole
            assert planets[0].remembered() == planets[1].remembered()
            spared += planets[0].read < planets[1].read
    event(f"{spared} spared")
