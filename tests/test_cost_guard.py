"""What a run takes follows what is new: counted, not timed, so that the machine's mood plays no part.

A bound here is what was counted when it was set, with a little room. Whoever comes to one from below has made
every poll of everybody dearer: find what is done in vain before raising it.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import feedparser
import pytest
from commands import ROOT, RSS, environment, planet
from feedgen.feed import FeedGenerator
from lxml import etree
from servers import Site
from store_values import NOW, opened, poll, record
from worlds import configured

from feeds import __version__
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Poller, Result, open_readers

SOURCES = 20
HEAVY = {
    # Reading and writing documents, of which nothing is read or written.
    *("feedparser", "feedgen", "jinja2", "markdown_it", "lxml.html", "selectolax", "trafilatura", "protego"),
    # Bringing a store up to date, other databases, numbers.
    *("alembic", "sqlalchemy.dialects.postgresql", "psycopg", "numpy", "py3langid"),
    # Terminals, logs, and httpx's command line.
    *("rich", "pygments", "structlog", "httpx._main"),
    # Rooms of ours that only entries need.
    *("feeds.sources.feed", "feeds.normalize.agencies", "feeds.formats.page", "feeds.daemon"),
}


@dataclass(frozen=True)
class Took:
    """What a run took, as ``counted`` tells it."""

    modules: frozenset[str]
    statements: dict[str, int]
    rows: int
    processes: int


def took(folder: Path, *args: str) -> Took:
    """Run a command in a process of its own."""
    file = folder / "took.json"
    command = [sys.executable, "-W", "error", str(ROOT / "tests" / "counted.py"), str(file), *args]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    told = json.loads(file.read_text())
    return Took(**{**told, "modules": frozenset(told["modules"])})


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(
        {f"/{number}": RSS.replace(b"radio.example", b"%d.example" % number) for number in range(SOURCES)}
    ) as site:
        yield site


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    """Give a folder in which everything was polled twice."""
    lines = "".join(f"  - {site.url(f'/{number}')}\n" for number in range(SOURCES))
    folder = planet(tmp_path_factory.mktemp("polled"), f"fetch: {{allow: [127.0.0.0/8]}}\nsources:\n{lines}")
    for _ in range(2):
        took(folder, "once", "--all")
    return folder


def test_a_run_that_brings_nothing_loads_nothing_that_reads_or_writes(polled: Path, site: Site) -> None:
    site.log.clear()
    run = took(polled, "once", "--all")
    assert len(site.log) == SOURCES
    assert run.modules & HEAVY == set()
    assert run.processes == 0


def test_a_poll_that_brings_nothing_writes_one_row(polled: Path) -> None:
    run = took(polled, "once", "--all")
    told = [f"{words}: {number}" for words, number in run.statements.items()]
    assert run.statements["UPDATE sources SET"] == SOURCES, told
    # Besides, a count of requests for each group of polls, and a few notes of a run.
    assert run.rows <= 2 * SOURCES + 10, told
    assert not any(words.startswith("INSERT INTO entries") for words in run.statements), told
    # Polls that end together are one group; were each one alone, it would take so many.
    assert sum(run.statements.values()) <= 5 * SOURCES + 60, told


def test_the_version_is_told_without_loading_more_than_the_commands() -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "feeds", "--version"],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "click" in loaded
    assert loaded & {"pydantic", "sqlalchemy", "httpx", "yaml", "feeds.model", "feeds.config.schema"} == set()


@dataclass
class Published:
    """What publishing took."""

    rendered: int = 0
    read: int = 0
    written: int = 0


class Large:
    """One output of 500 entries, of 25 sources; counts what publishing it takes."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = "".join(f"  - {{name: s{one}, url: 'https://s{one}.example/'}}\n" for one in range(25))
        text = f"sources:\n{lines}outputs: [{{name: all, limit: 500}}]\n"
        self.config, self.store = configured(folder, text), opened(folder)
        for one in range(25):
            entries = (record(f"s{one}", number, hours=number) for number in range(30))
            self.store.save([poll(*entries)])
        self.took = Published()
        add, read, replace = FeedGenerator.add_entry, Path.read_bytes, Path.replace

        def adding(generator: FeedGenerator, *args: object, **more: object) -> object:
            self.took.rendered += 1
            return add(generator, *args, **more)

        def reading(path: Path) -> bytes:
            self.took.read += 1
            return read(path)

        def replacing(path: Path, target: Path) -> Path:
            self.took.written += 1
            return replace(path, target)

        monkeypatch.setattr(FeedGenerator, "add_entry", adding)
        monkeypatch.setattr(Path, "read_bytes", reading)
        monkeypatch.setattr(Path, "replace", replacing)
        self.publish()

    def publish(self) -> Published:
        """Publish as a run of its own does."""
        self.took = Published()
        Emitter(self.config, self.store).emit_all(NOW)
        return self.took


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Large]:
    large = Large(tmp_path, monkeypatch)
    yield large
    large.store.close()


def test_where_nothing_is_new_no_file_is_read_and_nothing_rendered(large: Large) -> None:
    assert large.publish() == Published()


def test_of_one_new_entry_that_one_is_rendered_and_nothing_else(large: Large) -> None:
    large.store.save([poll(record("s7", 10_000, hours=-1))])
    # Atom and RSS go through feedgen; the files of the output are read once; these and the page are written.
    assert large.publish() == Published(rendered=2, read=3, written=4)


@dataclass
class Read:
    """What reading took: entries that feedparser read, bytes that were parsed, rows that were written."""

    entries: int = 0
    parsed: int = 0
    rows: int = 0


class Counting(sqlite3.Connection):
    """A connection that tells how many rows it changed even when it is closed."""

    changed = 0

    def close(self) -> None:
        self.changed = self.total_changes
        self.closed = True
        super().close()

    def written(self) -> int:
        return self.changed if getattr(self, "closed", False) else self.total_changes


class Followed:
    """One source of a site, polled again and again; counts what each poll takes."""

    def __init__(self, folder: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        self.took = Read()
        self.site = site
        begin, parse, connect = feedparser.api.StrictFeedParser._start_item, etree.fromstring, sqlite3.connect
        connections: list[Counting] = []

        def beginning(parser: Any, told: Any) -> None:
            self.took.entries += 1
            begin(parser, told)

        def parsing(text: bytes, *args: Any) -> Any:
            self.took.parsed += len(text)
            return parse(text, *args)

        def connecting(*args: Any, **kwargs: Any) -> Counting:
            connections.append(connect(*args, factory=Counting, **kwargs))
            return connections[-1]

        monkeypatch.setattr(feedparser.api.StrictFeedParser, "_start_item", beginning)
        monkeypatch.setattr(etree, "fromstring", parsing)
        monkeypatch.setattr(sqlite3, "connect", connecting)
        text = f"fetch: {{allow: [127.0.0.0/8]}}\nsources: [{{name: a, url: '{site.url('/a')}'}}]\n"
        self.config, self.store = configured(folder, text), opened(folder)
        self.connections = connections

    def written(self) -> int:
        return sum(one.written() for one in self.connections)

    def poll(self, hour: int, entries: range) -> Read:
        """Poll it when it lists these entries, the last of them first."""
        self.site.routes["/a"] = body = listing(entries)
        assert len(body) > 100 * len(entries)
        before, self.took = self.written(), Read()

        async def run() -> None:
            async with open_client(self.config.fetch, __version__) as client:
                with open_readers(self.config.read) as readers:
                    poller = Poller(self.config, self.store, client, readers)
                    state = self.store.states().get("a") or SourceState(name="a")
                    outcome = await poller.refresh(state, NOW + timedelta(hours=hour))
                    assert (outcome.result, outcome.surprise) == (Result.NEW, None)

        asyncio.run(run())
        self.took.rows = self.written() - before
        return self.took


def listing(entries: range) -> bytes:
    """Write a document of these entries, as short as a document can be that is read here, not in a worker."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{one}</guid><title>Title {one}</title>"
        f"<link>https://a.example/{one}</link></item>\n"
        for one in reversed(entries)
    )
    head = "<title>A</title><link>https://a.example/</link><description>d</description>"
    return f"<rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Followed]:
    with Site() as site:
        followed = Followed(tmp_path, site, monkeypatch)
        yield followed
        followed.store.close()


def test_what_is_new_is_read_once_and_written_once(followed: Followed) -> None:
    cold = followed.poll(0, range(30))
    assert cold.entries == 30
    assert cold.parsed < 1.5 * len(listing(range(30)))
    assert cold.rows <= 30 + 7
    new = followed.poll(1, range(1, 31))
    assert new.entries == 1
    assert new.parsed < len(listing(range(3)))
    assert new.rows <= 1 + 7


def test_of_500_entries_one_new_takes_what_it_takes_of_30(followed: Followed) -> None:
    followed.poll(0, range(500))
    assert followed.poll(1, range(1, 501)).rows <= 1 + 7
    new = followed.poll(2, range(2, 502))
    assert (new.entries, new.rows <= 1 + 7) == (1, True)
    assert new.parsed < len(listing(range(3)))


def test_a_file_that_was_only_touched_is_read_in_one_run_and_not_in_the_next(large: Large) -> None:
    (large.config.folder / "output" / "all.rss").touch()
    assert large.publish() == Published(read=2)
    assert large.publish() == Published()
