"""What a source sends that is no feed, half a feed or a monster: nothing published is lost or altered."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import feedparser
import pytest
from reading import SOURCE, feed_of
from servers import Site
from test_sources import read_or_refused

from feeds import __version__, sources
from feeds.config.load import load
from feeds.config.schema import Config
from feeds.errors import ReadError
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.model import Document, Feed
from feeds.pipeline import Emitter, Outcome, Poller, Result, open_readers
from feeds.store import Store, open_store

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HOSTILE = Path(__file__).parents[2] / "shared" / "tools" / "hostile.py"
LARGEST = 10_000_000 if os.environ.get("FEEDS_CORPUS") == "all" else 250_000
"""Bytes of a body; the larger ones try how long reading takes, and take long."""
ITEMS = "".join(
    f"<item><title>Title {n}</title><guid>https://hill.example/{n}</guid><link>https://hill.example/{n}</link>"
    f"<pubDate>2026-10-{n + 1:02}</pubDate>"
    f"<description><![CDATA[<p>Text {n} &amp; <b>more</b></p>]]></description>"
    f'<enclosure url="https://hill.example/{n}.mp3" type="audio/mpeg" length="7"/></item>'
    for n in range(9)
)
RSS = f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title>{ITEMS}</channel></rss>".encode()
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        "items": [{"id": f"https://hill.example/{n}", "content_text": f"Text {n}"} for n in range(9)],
    }
).encode()


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    if not HOSTILE.exists():
        pytest.skip("../shared/tools/hostile.py is not here")
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, str(HOSTILE), "--dump", str(folder)], check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.stat().st_size < LARGEST}


def test_every_hostile_body_is_read_or_refused_in_one_sentence(bodies: dict[str, bytes]) -> None:
    refused = {name: said for name, body in bodies.items() if (said := read_or_refused(body))}
    assert len(bodies) > 200
    assert all("\n" not in said and 10 < len(said) < 300 for said in refused.values())
    # Of what is merely odd nothing is refused, but for a chain of 5,000 bases.
    odd = [name for name in refused if name.startswith(("date", "guid", "url", "base", "char", "xss"))]
    assert set(odd) <= {"base--chain.xml"}


ADDRESS = re.compile(r"https?://(?:[a-z0-9_-]+\.)*[a-z0-9_-]+(?::\d{2,5})?(?:[/?#][!-~]*)?\Z")
"""Absolute, of a host in letters of ASCII, without user, zone and controls."""
ELSEWHERE = ("mailto:", "magnet:", "tel:")
"""What a link in a text may lead to besides."""


def addresses(feed: Feed) -> Iterator[str | None]:
    for entry in feed.entries:
        media = (*entry.enclosures, *([entry.image] if entry.image else []))
        yield from (entry.url, entry.license, entry.comments_url)
        yield from (one.href for one in entry.links)
        yield from (one.url for one in media)
        yield from (one.uri for one in entry.people)
        if entry.origin:
            yield from (entry.origin.self_url, entry.origin.site_url, entry.origin.icon)
        for text in (entry.title, entry.summary, entry.content):
            for found in re.findall(r' (?:href|src|cite|poster)="([^"]*)"', text.value if text else ""):
                yield None if unescape(found).startswith(ELSEWHERE) else unescape(found)


def test_every_address_is_absolute_and_clean_or_gone(bodies: dict[str, bytes]) -> None:
    """C14."""
    asked = {name: body for name, body in bodies.items() if name.startswith(("url--", "base--"))}
    assert len(asked) > 35
    found: dict[str, set[str]] = {}
    for name, body in asked.items():
        with suppress(ReadError):
            found[name] = {url for url in addresses(feed_of(body)) if url is not None}
    assert {
        name: wrong
        for name, urls in found.items()
        if (wrong := [url for url in urls if not ADDRESS.match(url)])
    } == {}
    said = {name.partition("--")[2].partition(".")[0]: urls for name, urls in found.items()}
    assert any("//xn--" in url for url in said["idn"])
    assert not any("@" in url.partition("/feed")[0] for url in said["userinfo"])


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


class World:
    """One source, one output, and a store."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site, self.polls = folder, site, 0
        path = folder / "config.yaml"
        path.write_text(
            'site: {title: All, base_url: "https://planet.example.org/", '
            'authority: "planet.example.org,2026"}\n'
            f"fetch: {{allow: [127.0.0.0/8]}}\nsources: [{{name: hill, url: '{site.url('/feed')}'}}]\n"
            "outputs: [{name: all}]\n",
            "utf-8",
        )
        self.config: Config = load(path, {})
        self.store: Store = open_store("sqlite:///feeds.db", folder)
        self.open = ExitStack()
        self.open.callback(self.store.close)
        self.readers = self.open.enter_context(open_readers(self.config.read))

    def poll(self, body: bytes) -> Outcome:
        """Poll once more, and publish."""
        self.site.routes["/feed"] = body
        self.polls += 1
        now = NOW + timedelta(hours=self.polls)

        async def run() -> Outcome:
            async with open_client(self.config.fetch, __version__) as client:
                state = self.store.states().get("hill") or SourceState(name="hill")
                return await Poller(self.config, self.store, client, self.readers).refresh(state, now)

        outcome = asyncio.run(run())
        Emitter(self.config, self.store).emit_all(now)
        return outcome

    def published(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / "output").glob("all.*")}


@pytest.fixture
def world(tmp_path: Path, site: Site) -> Iterator[World]:
    made = World(tmp_path, site)
    with made.open:
        yield made


NO_FEEDS = {
    "empty": b"",
    "blank": b" \r\n\t ",
    "html": b"<!doctype html><html><head><title>Down</title></head><body><p>Back soon</body></html>",
    "xhtml": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "null": b"null",
    "no object": b"[]",
    "another object": b'{"error": "busy"}',
    "sitemap": b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a/</loc></url></urlset>',
    "opml": b'<opml version="2.0"><head/><body><outline xmlUrl="https://a/"/></body></opml>',
    "rdf": b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
    "error": b"<Error><Code>AccessDenied</Code></Error>",
    "binary": bytes(range(256)) * 10,
    "deep": b"[" * 100_000,
}


def test_what_is_no_feed_is_a_failure_and_the_entries_stay(world: World) -> None:
    assert world.poll(RSS).new == 9
    before = world.published()
    for name, body in NO_FEEDS.items():
        outcome = world.poll(body)
        assert (name, outcome.result) == (name, Result.FAILED)
        assert outcome.error
        assert world.published() == before
    state = world.store.states()["hill"]
    assert (state.failures, state.entries) == (len(NO_FEEDS), 9)
    again = world.poll(RSS)
    assert (again.result is Result.FAILED, again.new, again.changed) == (False, 0, 0)


@pytest.mark.parametrize(
    "none", [b"<rss version='2.0'><channel><title>T</title></channel></rss>", b'{"items": []']
)
def test_a_feed_without_entries_takes_none_away(world: World, none: bytes) -> None:
    world.poll(RSS)
    before = world.published()
    world.poll(
        none if none.startswith(b"<") else JSON.replace(JSON[JSON.index(b'"items"') :], b'"items": []}')
    )
    assert world.published() == before
    assert world.store.states()["hill"].entries == 9


def test_a_feed_that_is_cut_off_never_takes_away_or_alters_what_is_published(world: World) -> None:
    world.poll(RSS)
    before = world.published()
    for percent in range(1, 100, 14):
        outcome = world.poll(RSS[: len(RSS) * percent // 100])
        assert (outcome.new, outcome.changed) == (0, 0)
        assert world.published() == before


@pytest.mark.parametrize(("whole", "border"), [(RSS, b"</item>"), (JSON, b"\0")], ids=["rss", "json"])
def test_a_feed_that_is_cut_off_at_first_gives_whole_entries(
    whole: bytes, border: bytes, world: World
) -> None:
    everything = feed_of(whole).entries
    seen = 0
    for percent in range(5, 100, 18):
        part = whole[: len(whole) * percent // 100]
        seen += world.poll(part).new
        assert seen == part.count(border)
    world.poll(whole)
    kept = world.store.recall("hill", everything)
    assert len(list(kept)) == 9


def object_of(items: object, **others: object) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items, **others})


def wrong(value: str) -> str:
    """Give an item of which every member is that value."""
    keys = (
        "url",
        "title",
        "summary",
        "content_html",
        "date_published",
        "authors",
        "tags",
        "attachments",
        "image",
    )
    inner = ", ".join(f'"{key}": {value}' for key in (*keys, "_feeds", "language", "external_url"))
    return object_of(["x"]).replace('"x"', f'{{"id": "1", "content_text": "x", {inner}}}')


MONSTERS: dict[str, Callable[[], str]] = {
    "deep in an item": lambda: object_of([]).replace(
        "[]", '[{"id": "1", "x": ' + "[" * 5000 + "]" * 5000 + "}]"
    ),
    "deep objects": lambda: object_of([]).replace("[]", '{"a":' * 100_000),
    "no end": lambda: object_of([{"id": "1"}])[:-2],
    "comments": lambda: "// a comment\n" + object_of([{"id": "1"}]),
    "trailing comma": lambda: object_of([{"id": "1"}])[:-1] + ",}",
}
IDS: tuple[object, ...] = (7, 7.5, True, None, [], {}, "", " a ")
READ: dict[str, tuple[Callable[[], str], tuple[str | None, ...]]] = {
    "not a number": (lambda: wrong("NaN"), ("1",)),
    "infinite": (lambda: wrong("-Infinity"), ("1",)),
    "huge": (lambda: wrong("1e999"), ("1",)),
    "null": (lambda: wrong("null"), ("1",)),
    "true": (lambda: wrong("true"), ("1",)),
    "a number": (lambda: wrong("12"), ("1",)),
    "6000 digits": (lambda: wrong("9" * 6000), ("1",)),
    "an object": (lambda: wrong('{"name": {"x": 1}, "url": []}'), ("1",)),
    "a list of lists": (lambda: wrong("[[[]], 1, null, true]"), ("1",)),
    "a lone surrogate": (lambda: wrong('"\\ud800"'), ("1",)),
    "an id of 6000 digits": (lambda: object_of([{"id": 0}]).replace("0}", "7" * 6000 + "}"), ("7" * 6000,)),
    "ids of all kinds": (
        lambda: object_of([{"id": one, "title": str(one)} for one in IDS]),
        ("7", "7.5", None, None, None, None, None, "a"),
    ),
    "items of all kinds": (lambda: object_of(["x", 1, None, [], {"id": "1"}]), ("1",)),
    "keys twice": (lambda: object_of([{"id": "1"}])[:-1] + ', "items": [{"id": "2"}]}', ("2",)),
    "names of a prototype": (lambda: object_of([{"id": "1", "__proto__": {"id": "2"}}]), ("1",)),
}


@pytest.mark.parametrize("name", MONSTERS)
def test_a_monster_in_json_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(ReadError, match=r"\A[^\n]{10,300}\Z"):
        feed_of(MONSTERS[name]())


@pytest.mark.parametrize("name", READ)
def test_odd_json_is_read_for_what_it_is(name: str) -> None:
    made, ids = READ[name]
    assert read_or_refused(made().encode()) == ""
    assert tuple(entry.native_id for entry in feed_of(made()).entries) == ids


def test_of_a_json_feed_too_long_the_first_entries_are_taken_and_that_is_told() -> None:
    found = feed_of(object_of([{"id": f"{n}", "title": "x"} for n in range(5007)], expired=True), SOURCE)
    assert len(found.entries) == 5000
    assert found.entries[-1].native_id == "4999"
    assert [one.topic for one in found.decisions] == ["ended", "limit"]
    assert "7 entries" in found.decisions[-1].reason


# ------------------------------------------------------------------ what a document leads to


def refused(document: Document) -> str:
    with pytest.raises(ReadError) as caught:
        sources.read(document, SOURCE, "planet.example.org,2026")
    return str(caught.value)


def page(*links: str) -> Document:
    told = "".join(f"<link rel=alternate type='application/rss+xml' href='{link}'>" for link in links)
    return Document(url="https://hill.example/news/", body=f"<html><head>{told}</head></html>".encode())


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/feed",
        "http://2852039166/feed",
        "http://0xa9.0xfe.0xa9.0xfe/feed",
        "http://[::ffff:169.254.169.254]/feed",
        "http://127.1/feed",
        "http://localhost:8080/feed",
        "http://metadata.google.internal/feed",
        "http://printer.local./feed",
        "http://db/feed",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_page_sends_nobody_inside(link: str) -> None:
    nowhere = "it names no feed of its site; check the address, or read it by selectors (kind: page)"
    assert refused(page(link)).endswith(nowhere)
    both = refused(page(link, "/feed.xml"))
    assert both.endswith("use the address that it names: https://hill.example/feed.xml")


@pytest.mark.parametrize("name", ["/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:{}/feed"])
def test_a_document_that_is_an_address_is_not_opened(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """``feedparser.parse`` takes a text for a path or an address; so it is not what reads here."""
    monkeypatch.setattr(feedparser.api, "_open_resource", None)
    monkeypatch.setattr(feedparser, "parse", None)
    with Site() as site:
        body = name.format(site.port).encode()
        assert "neither XML nor JSON" in refused(Document(url="https://hill.example/feed", body=body))
        whole = Document(url=body.decode(), body=RSS)
        assert len(sources.read(whole, SOURCE, "planet.example.org,2026")[1].entries) == 9
        assert site.log == []


def test_of_feedparser_only_parsers_are_used() -> None:
    """Of its functions some open what they are given, and some ask the network."""
    used = {
        node.attr
        for path in Path(sources.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).startswith("feedparser")
    }
    assert used == {"api", "StrictFeedParser", "LooseFeedParser"}
