"""Planets of planets: who publishes what another published keeps its ids and its first origin."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from republish import subscribed
from servers import Site

from feeds import __version__
from feeds.config.load import load
from feeds.fetch import open_client
from feeds.formats import FEED_FORMATS
from feeds.memory import SourceState
from feeds.model import Entry, Origin
from feeds.pipeline import Emitter, Poller, Verdict, open_readers
from feeds.store import open_store

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BLOG = b"""<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>A blog</title>
<link>https://blog.example/</link><description>d</description><language>en</language>
<item><guid isPermaLink="false">post 1</guid><link>https://blog.example/1</link><title>One &amp; only</title>
<description>&lt;p&gt;Words of &lt;b&gt;weight&lt;/b&gt;.&lt;/p&gt;</description>
<pubDate>Mon, 05 Oct 2026 10:00:00 +0200</pubDate><dc:creator>Ada</dc:creator></item>
<item><guid isPermaLink="false">post 2</guid>
<description>No page and no title, but a date that is a day.</description>
<pubDate>2026-10-04</pubDate></item>
</channel></rss>"""
RADIO = b"""<feed xmlns="http://www.w3.org/2005/Atom"><id>tag:radio.example,2026:feed</id><title>Radio</title>
<updated>2026-10-03T00:00:00Z</updated><link rel="self" href="https://radio.example/feed"/>
<entry><id>tag:radio.example,2026:1</id><title>Waves</title><updated>2026-10-03T00:00:00Z</updated>
<link href="https://radio.example/1"/><author><name>Radio</name></author><summary>Short.</summary></entry></feed>"""


def planet(folder: Path, name: str, sources: Mapping[str, str]) -> dict[str, bytes]:
    """Run a planet once: poll its sources, publish, and give the published files by their formats."""
    folder = folder / name
    folder.mkdir(exist_ok=True)
    lines = "".join(f"  - {{name: {source}, url: '{url}'}}\n" for source, url in sources.items())
    (folder / "config.yaml").write_text(
        f"site: {{title: Planet, base_url: 'https://{name}.example/', authority: '{name}.example,2026'}}\n"
        f"fetch: {{allow: [127.0.0.0/8]}}\nsources:\n{lines}outputs: [{{name: all}}]\n"
    )
    config = load(folder / "config.yaml", {})
    store = open_store("sqlite:///feeds.db", folder)

    async def run() -> None:
        async with open_client(config.fetch, __version__) as client:
            known = store.states()
            states = [known.get(one.name) or SourceState(name=one.name) for one in config.sources]
            with open_readers(config.read) as readers:
                outcomes = await Poller(config, store, client, readers).refresh_all(states, NOW)
            assert [one.error for one in outcomes if one.error] == []

    try:
        asyncio.run(run())
        assert [one for one in Emitter(config, store).emit_all(NOW) if one.verdict is Verdict.REFUSED] == []
    finally:
        store.close()
    return {
        word: (folder / "output" / f"all{form.suffix}").read_bytes() for word, form in FEED_FORMATS.items()
    }


def origins(entries: tuple[Entry, ...]) -> dict[str, Origin | None]:
    return {entry.id: entry.origin for entry in entries}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/blog": BLOG, "/radio": RADIO}) as running:
        yield running


@pytest.mark.parametrize("word", FEED_FORMATS)
def test_three_planets_keep_the_first_origin_and_show_each_entry_once(
    word: str, site: Site, tmp_path: Path
) -> None:
    first = planet(tmp_path, "a", {"blog": site.url("/blog"), "radio": site.url("/radio")})
    site.routes["/a"] = first[word]
    second = planet(tmp_path, "b", {"a": site.url("/a")})
    site.routes["/b"] = second[word]
    third = planet(tmp_path, "c", {"b": site.url("/b"), "a": site.url("/a"), "radio": site.url("/radio")})

    told = origins(subscribed(first["atom"]).entries)
    assert sorted(told) == [
        "tag:a.example,2026:blog:post%201",
        "tag:a.example,2026:blog:post%202",
        "tag:radio.example,2026:1",
    ]
    assert sorted(one.title or "" for one in told.values() if one) == ["A blog", "A blog", "Radio"]
    for files in (second, third):
        for body in files.values():
            entries = subscribed(body).entries
            assert [entry.id for entry in entries] == [one.id for one in subscribed(first["atom"]).entries]
            assert origins(entries) == told


def test_an_edit_that_reached_only_one_of_two_planets_makes_no_second_entry(
    site: Site, tmp_path: Path
) -> None:
    """B still has the old text under the id and origin that A has too: that is one entry, not two."""
    site.routes["/a"] = planet(tmp_path, "a", {"blog": site.url("/blog")})["atom"]
    site.routes["/b"] = planet(tmp_path, "b", {"a": site.url("/a")})["atom"]
    site.routes["/blog"] = BLOG.replace(
        b"No page and no title, but a date that is a day.", b"All of it is new."
    )
    site.routes["/a"] = planet(tmp_path, "a", {"blog": site.url("/blog")})["atom"]
    merged = subscribed(planet(tmp_path, "c", {"a": site.url("/a"), "b": site.url("/b")})["atom"]).entries
    assert sorted(entry.id for entry in merged) == [
        "tag:a.example,2026:blog:post%201",
        "tag:a.example,2026:blog:post%202",
    ]
