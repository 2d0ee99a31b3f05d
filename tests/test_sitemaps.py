"""The kind ``sitemap``: what it says of pages, and how an index of sitemaps is asked."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import feeds, planet
from reading import AUTHORITY
from servers import Reply, Site
from test_pipeline import NOW, configure, emit, files, poll, titles

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Category, Document, Entry, Feed, Media, Precision, TitleOrigin
from feeds.pipeline import Result, Verdict
from feeds.sources import read, sitemap
from feeds.sources.sitemap_index import Child, children
from feeds.store import Store, open_store

URL = "https://courier.example/sitemap.xml"
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="{SPACE}" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml">
<url><loc> https://courier.example/news/1?a=1&amp;b=2 </loc><lastmod>2026-02-03</lastmod>
 <xhtml:link rel="alternate" hreflang="fr" href="https://courier.example/fr/1"/>
 <n:news><n:publication><n:name>The Courier</n:name><n:language>en</n:language></n:publication>
 <n:publication_date>2026-02-02T10:05+01:00</n:publication_date><n:title>Snow &lt;b&gt; &amp; sun</n:title>
 <n:keywords>Weather, Snow</n:keywords></n:news>
 <image:image><image:loc>/snow.jpg</image:loc><image:title>Snow</image:title></image:image></url>
<url><loc>https://courier.example/2026/sun-on-the-summit.html</loc><priority>0.5</priority></url>
</urlset>"""


def source(match: str = "") -> Source:
    return Source(name="courier", kind="sitemap", url=URL, match=(re.compile(match),) if match else ())


def read_map(body: str | bytes, match: str = "", url: str = URL) -> Feed:
    raw = body if isinstance(body, bytes) else body.encode()
    return read(Document(url=url, body=raw, headers={}), source(match), AUTHORITY)[1]


def urlset(*pages: str, lastmod: str = "2026-02-01T10:00:00Z") -> bytes:
    urls = "".join(f"<url><loc>{page}</loc><lastmod>{lastmod}</lastmod></url>" for page in pages)
    return f'<urlset xmlns="{SPACE}">{urls}</urlset>'.encode()


def one(**told: str) -> Entry:
    inner = "".join(
        f"<{name.replace('_', ':', 1)}>{text}</{name.replace('_', ':', 1)}>" for name, text in told.items()
    )
    spaces = f'xmlns="{SPACE}" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1"'
    return read_map(
        f"<urlset {spaces}><url><loc>https://courier.example/x</loc>{inner}</url></urlset>"
    ).entries[0]


def test_a_news_sitemap_becomes_a_feed() -> None:
    feed = read_map(NEWS)
    assert feed.title is not None
    assert (feed.title.value, feed.link("alternate")) == ("courier.example", "https://courier.example/")
    snow, sun = feed.entries
    assert (snow.url, snow.id) == ("https://courier.example/news/1?a=1&b=2",) * 2
    assert snow.title is not None
    assert (snow.title.value, snow.title_origin, snow.language) == (
        "Snow <b> & sun",
        TitleOrigin.DECLARED,
        "en",
    )
    assert snow.published is not None
    assert (snow.published.instant, snow.published.precision) == (
        datetime(2026, 2, 2, 9, 5, tzinfo=UTC),
        Precision.MINUTE,
    )
    assert snow.updated is not None
    assert snow.updated.precision is Precision.DAY
    assert snow.categories == (Category(term="Weather"), Category(term="Snow"))
    assert snow.image == Media(url="https://courier.example/snow.jpg", title="Snow")
    assert sun.title is not None
    assert (sun.title.value, sun.title_origin) == ("sun on the summit", TitleOrigin.DERIVED)
    assert snow.origin is not None
    assert snow.origin.self_url is None


def test_a_video_is_told_with_its_words_and_its_file() -> None:
    entry = one(
        video_title="A film",
        video_description="It &lt;b&gt;shows&lt;/b&gt;.",
        video_duration="90",
        video_content_loc="https://c.example/f.mp4",
        video_thumbnail_loc="https://c.example/f.jpg",
    )
    assert entry.title is not None
    assert entry.summary is not None
    assert (entry.title.value, entry.summary.value) == ("A film", "It <b>shows</b>.")
    assert entry.enclosures == (Media(url="https://c.example/f.mp4", duration=90),)
    assert entry.image == Media(url="https://c.example/f.jpg")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("2026/snow-in-the-valley.html", "snow in the valley"),
        ("news/1", "news/1"),
        ("news/2?id=7", "news/2?id=7"),
        ("caf%C3%A9/a_b", "café/a_b"),
        ("", "courier.example"),
    ],
)
def test_words_in_the_address_stand_in_for_a_title(path: str, title: str) -> None:
    """Few words are not enough: equal titles of one day would make two pages one entry."""
    (entry,) = read_map(urlset(f"https://courier.example/{path}")).entries
    assert entry.title is not None
    assert (entry.title.value, entry.title_origin) == (title, TitleOrigin.DERIVED)


def test_a_date_that_is_none_is_noted() -> None:
    assert [
        (d.topic, one(lastmod="soon").updated) for d in one(lastmod="soon").decisions if d.topic == "date"
    ] == [("date", None)]


def test_only_addresses_that_match_are_taken() -> None:
    assert [entry.url for entry in read_map(NEWS, r"/news/\d").entries] == [
        "https://courier.example/news/1?a=1&b=2"
    ]
    assert read_map(NEWS, "nothing").entries == ()


def test_of_too_many_the_newest_are_taken() -> None:
    old = urlset(*(f"https://courier.example/{n}" for n in range(sitemap.MAX_ENTRIES)), lastmod="2020-01-01")
    new = b"<url><loc>https://courier.example/new</loc><lastmod>2026-01-01</lastmod></url></urlset>"
    feed = read_map(old.replace(b"</urlset>", new))
    assert len(feed.entries) == sitemap.MAX_ENTRIES
    assert feed.entries[-1].url == "https://courier.example/new"
    assert [d.topic for d in feed.decisions] == ["limit"]


def test_a_compressed_one_is_read_and_a_bomb_is_not() -> None:
    assert len(read_map(gzip.compress(NEWS.encode())).entries) == 2
    for bad, words in (
        (gzip.compress(b"\0" * 60_000_000), "larger than 50 MiB"),
        (gzip.compress(NEWS.encode())[:-20], "cut short"),
        (b"\x1f\x8bnothing", "broken"),
    ):
        with pytest.raises(ReadError, match=words):
            read_map(bad)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "empty"),
        (
            "<html><body>x</body></html>",
            "this is no sitemap: expected a urlset of sitemaps.org, found an HTML page",
        ),
        ("<rss version='2.0'><channel/></rss>", "its root element is 'rss'"),
        ("{}", "this is no sitemap"),
        (
            f"<sitemapindex xmlns='{SPACE}'></sitemapindex>",
            "an index of sitemaps that names no sitemap of its site",
        ),
    ],
)
def test_what_is_no_sitemap_is_refused(body: str, words: str) -> None:
    with pytest.raises(ReadError, match=re.escape(words)):
        read_map(body)


def test_no_entity_grows_and_nothing_is_fetched() -> None:
    evil = (
        '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">'
        '<!ENTITY x SYSTEM "/etc/passwd">]>'
        "<urlset><url><loc>https://courier.example/&x;&b;</loc></url></urlset>"
    )
    assert all("root:" not in (entry.url or "") for entry in read_map(evil).entries)


def index(site: str, *names: str, lastmod: str = "") -> bytes:
    stamp = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    inner = "".join(f"<sitemap><loc>{site}/{name}</loc>{stamp}</sitemap>" for name in names)
    return f"<?xml version='1.0'?><sitemapindex xmlns='{SPACE}'>{inner}</sitemapindex>".encode()


def test_an_index_names_the_sitemaps_of_its_own_host_the_newest_first() -> None:
    body = (
        f"<s:sitemapindex xmlns:s='{SPACE}'><s:sitemap><s:loc>/a.xml?x=1&amp;y</s:loc></s:sitemap>"
        "<s:sitemap><s:loc><![CDATA[ https://courier.example/b.xml ]]></s:loc>"
        "<s:lastmod>2026-01-02</s:lastmod>"
        "</s:sitemap><s:sitemap><s:loc>https://evil.example/c.xml</s:loc></s:sitemap></s:sitemapindex>"
    )
    named = (
        Child(url="https://courier.example/b.xml", lastmod="2026-01-02"),
        Child(url="https://courier.example/a.xml?x=1&y"),
    )
    for raw in (body.encode(), gzip.compress(body.encode())):
        assert children(Document(url=URL, body=raw)) == named
    assert children(Document(url=URL, body=NEWS.encode())) is None
    long = b"<sitemapindex>" + b"<sitemap><loc>" * 100_000
    assert children(Document(url=URL, body=long)) == ()


# Polled


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def courier(site: Site) -> str:
    return f"sources: [{{name: courier, kind: sitemap, url: '{site.url('/map')}', match: /news/}}]\n"


def asked(site: Site) -> list[str]:
    """Give what was asked since the last time, but for robots.txt."""
    paths = [one.path for one in site.log if one.path != "/robots.txt"]
    site.log.clear()
    return paths


def test_a_sitemap_is_published_and_a_second_run_changes_nothing(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/map"] = urlset(site.url("/news/snow-falls-again"), site.url("/about"))
    config = configure(tmp_path, courier(site))
    assert poll(config, store)["courier"].new == 1
    emit(config, store)
    assert titles(tmp_path) == ["snow falls again"]
    before, later = files(tmp_path), NOW + timedelta(hours=2)
    assert poll(config, store, now=later)["courier"].result is Result.NOT_MODIFIED
    assert {one.verdict for one in emit(config, store, now=later).values()} == {Verdict.SKIPPED}
    assert files(tmp_path) == before


def test_of_an_index_only_what_changed_is_asked_and_read(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update(
        {"/a": urlset(site.url("/news/1")), "/b": gzip.compress(urlset(site.url("/news/2")), mtime=0)}
    )
    site.routes["/map"] = index(site.base, "a", "b", lastmod="2026-02-01")
    config = configure(tmp_path, courier(site))
    assert poll(config, store)["courier"].new == 2
    assert asked(site) == ["/map", "/a", "/b"]

    assert poll(config, store, now=NOW + timedelta(hours=1))["courier"].result is Result.NOT_MODIFIED
    assert asked(site) == ["/map"], "its lastmod vouches for them"

    site.routes["/b"] = urlset(site.url("/news/2"), site.url("/news/3"))
    site.routes["/map"] = index(site.base, "a", lastmod="2026-02-01").replace(
        b"</sitemapindex>", index(site.base, "b", lastmod="2026-02-02").split(b"'>", 1)[1]
    )
    assert poll(config, store, now=NOW + timedelta(hours=2))["courier"].new == 1
    assert asked(site) == ["/map", "/b"]


def test_an_index_that_tells_no_dates_has_its_sitemaps_asked_conditionally(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes.update({"/a": urlset(site.url("/news/1")), "/b": urlset(site.url("/news/2"))})
    site.routes["/map"] = index(site.base, "a", "b")
    config = configure(tmp_path, courier(site))
    poll(config, store)
    site.routes["/a"] = urlset(site.url("/news/1"), site.url("/news/3"))
    site.log.clear()
    assert poll(config, store, now=NOW + timedelta(hours=1))["courier"].new == 1
    assert all("if-none-match" in one.headers for one in site.log if one.path != "/robots.txt")
    assert asked(site) == ["/map", "/a", "/b"]


def test_a_sitemap_that_fails_is_asked_again_and_costs_the_others_nothing(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes.update({"/a": urlset(site.url("/news/1")), "/b": Reply(status=500)})
    site.routes["/map"] = index(site.base, "a", "b", lastmod="2026-02-01")
    config = configure(tmp_path, courier(site))
    assert poll(config, store)["courier"].new == 1
    site.routes["/b"] = urlset(site.url("/news/2"))
    site.log.clear()
    assert poll(config, store, now=NOW + timedelta(hours=1))["courier"].new == 1
    assert asked(site) == ["/map", "/b"]
    site.routes.update({"/a": Reply(status=500), "/b": Reply(status=500)})
    site.routes["/map"] = index(site.base, "a", "b", lastmod="2026-02-03")
    outcome = poll(config, store, now=NOW + timedelta(hours=2))["courier"]
    assert outcome.result is Result.FAILED
    assert outcome.error is not None
    assert "answers 500" in outcome.error


def test_of_a_large_index_ten_are_asked(site: Site, store: Store, tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(30)]
    site.routes.update({f"/{name}": urlset(site.url(f"/news/{name}")) for name in names})
    site.routes["/map"] = index(site.base, *names)
    config = configure(tmp_path, courier(site))
    assert poll(config, store)["courier"].new == 10
    assert asked(site) == ["/map", *(f"/{name}" for name in names[:10])]


def test_what_robots_txt_refuses_is_not_asked(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": urlset(site.url("/news/1")), "/b": urlset(site.url("/news/2"))})
    site.routes.update({"/map": index(site.base, "a", "b"), "/robots.txt": b"User-agent: *\nDisallow: /b"})
    assert poll(configure(tmp_path, courier(site)), store)["courier"].new == 1
    assert asked(site) == ["/map", "/a"]


def test_commands_know_sitemaps(site: Site, tmp_path: Path) -> None:
    site.routes.update({"/map": index(site.base, "a"), "/a": urlset(site.url("/news/snow-falls-again"))})
    planet(tmp_path, f"fetch: {{allow: [127.0.0.1]}}\n{courier(site)}")
    assert "sitemap · 1 entry" in feeds(tmp_path, "preview", "courier").stdout
    assert feeds(tmp_path, "check", "--online").returncode == 0
    assert "xmlUrl" not in (feeds(tmp_path, "once"), (tmp_path / "output/sources.opml").read_text())[1]
    added = feeds(tmp_path, "add", site.url("/map2"), "--kind", "sitemap", "--name", "two", "--no-check")
    assert added.returncode == 0, added
    assert "kind: sitemap" in (tmp_path / "config.yaml").read_text()
