"""The kind ``page``: what selectors find in a page, and what becomes of a page in which they find nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from commands import feeds, planet
from reading import AUTHORITY
from servers import Reply, Site
from test_pipeline import NOW, configure, emit, files, poll, titles

from feeds.config.schema import Source
from feeds.config.selectors import Fields
from feeds.errors import ReadError
from feeds.model import Category, Document, Entry, Feed, IdOrigin, Media, Precision, TextType
from feeds.pipeline import Result, Verdict
from feeds.sources import page, read
from feeds.store import Store, open_store

URL = "https://town.example/agenda/?year=2026"
PLACES = {"title": "h3", "url": "a@href", "published": "time@datetime"}
AGENDA = """<!doctype html><html lang="de-CH"><head><meta charset="utf-8"><title>
 Agenda </title><link rel="shortcut icon" href="/icon.png"></head><body><ul>
<li class="event" id="e7" data-id="7"><h3>Konzert <em>im</em> Park</h3>
 <a href="konzert.html">mehr</a><time datetime="2026-02-03T20:00">3. Februar</time>
 <p onclick="x()">Es spielt <script>alert(1)</script>die <a href="javascript:alert(1)">Musik</a>.</p>
 <p>Eintritt <b>frei</b>.</p><span class="by">Ada Example</span><span class="by">Bea Example</span>
 <i class="tag">#Musik</i><i class="tag">Park</i><img src="/k.jpg"><audio src="k.mp3"></audio></li>
<li class="event" id="e8"><h3>Markt &amp; mehr</h3><a href="/markt">mehr</a>
 <time>27. Dezember 2025</time></li>
</ul></body></html>"""


def source(entry: str = "li.event", zone: str = "Europe/Zurich", **fields: str) -> Source:
    places = Fields.model_validate(fields or PLACES)
    return Source(name="agenda", kind="page", url=URL, entry=entry, fields=places, timezone=ZoneInfo(zone))


def read_page(html: str | bytes, source: Source, content_type: str = "text/html", url: str = URL) -> Feed:
    body = html if isinstance(html, bytes) else html.encode()
    return read(Document(url=url, body=body, headers={"content-type": content_type}), source, AUTHORITY)[1]


def first(html: str, entry: str = "li.event", **fields: str) -> Entry:
    return read_page(html, source(entry, **fields)).entries[0]


def test_an_agenda_becomes_a_feed() -> None:
    feed = read_page(AGENDA, source())
    assert feed.title is not None
    assert (feed.title.value, feed.language, feed.icon) == (
        "Agenda",
        "de-CH",
        "https://town.example/icon.png",
    )
    assert (feed.link("alternate"), feed.link("self")) == (URL, None)
    one, other = feed.entries
    assert one.title is not None
    assert (one.title.value, one.title.type) == ("Konzert <em>im</em> Park", TextType.HTML)
    assert (one.url, one.id) == ("https://town.example/agenda/konzert.html",) * 2
    assert one.published is not None
    assert (one.published.instant, one.published.precision) == (
        datetime(2026, 2, 3, 19, tzinfo=UTC),
        Precision.MINUTE,
    )
    assert other.title is not None
    assert (other.title.value, other.published) == ("Markt & mehr", None), "it has no such attribute"
    assert one.origin is not None
    assert one.origin.self_url is None, "nobody is sent to a page for a feed"


def test_without_an_attribute_an_element_says_what_it_says_in_html() -> None:
    fields = {"url": "a", "image": "img", "enclosure": "audio", "published": "time", "title": "h3"}
    one, other = read_page(AGENDA, source(**fields)).entries
    assert (one.url, one.image) == (
        "https://town.example/agenda/konzert.html",
        Media(url="https://town.example/k.jpg"),
    )
    assert one.enclosures == (Media(url="https://town.example/agenda/k.mp3"),)
    assert (one.published and one.published.precision, one.published and one.published.raw) == (
        Precision.MINUTE,
        "2026-02-03T20:00",
    )
    assert other.published is not None
    assert (other.published.precision, other.published.instant) == (
        Precision.DAY,
        datetime(2025, 12, 26, 23, tzinfo=UTC),
    ), "German words, the source's zone"


def test_all_parts_have_their_places() -> None:
    one = first(AGENDA, id="@data-id", author=".by", categories=".tag", content="p", summary="p", title="h3")
    assert (one.native_id, one.id_origin, one.id) == ("7", IdOrigin.NATIVE, f"tag:{AUTHORITY}:agenda:7")
    assert [person.name for person in one.people] == ["Ada Example", "Bea Example"]
    assert one.categories == (Category(term="Musik"), Category(term="Park"))
    assert one.content is not None
    assert one.content.type is TextType.HTML
    assert "script" not in one.content.value
    assert "onclick" not in one.content.value
    assert "javascript" not in one.content.value
    assert one.content.value.count("<p>") == 2, "of several elements each keeps its own tag"


def test_a_point_is_the_whole_entry_and_an_attribute_may_be_its_own() -> None:
    one = first(
        "<a class=x href=/1 title='T &amp; t'>words <b>more</b></a>",
        "a.x",
        url="@href",
        title="@title",
        content=".",
    )
    assert (one.url, one.title and one.title.value) == ("https://town.example/1", "T & t")
    assert one.content is not None
    assert one.content.value == "words <b>more</b>"


def test_addresses_are_relative_to_the_base_that_the_page_names() -> None:
    html = (
        "<base href='/b/'><base href='/c/'><li class=event><h3>x</h3><a href=1>x</a><p><img src=2></p></li>"
    )
    one = first(html, url="a", content="p")
    assert one.url == "https://town.example/b/1"
    assert one.content is not None
    assert 'src="https://town.example/b/2"' in one.content.value
    evil = html.replace("/b/", "javascript:alert(1)//")
    assert first(evil, url="a").url == "https://town.example/agenda/1"


def test_a_match_within_a_match_is_not_taken_twice() -> None:
    one = first("<li class=event><div>a<div>b</div></div><div>c</div></li>", content="div")
    assert one.content is not None
    assert one.content.value == "<div>a<div>b</div></div><div>c</div>"


def test_a_date_that_cannot_be_read_is_noted_and_another_is_looked_for() -> None:
    one = first("<li class=event><h3>x</h3><time>soon</time></li>", title="h3", published="time")
    assert (one.published, [d.topic for d in one.decisions]) == (None, ["id", "date"][::-1])
    two = first(
        "<li class=event><time>soon</time><time>2026-01-02</time></li>", title="time", published="time"
    )
    assert two.published is not None
    assert two.published.raw == "2026-01-02"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (AGENDA.replace("Park", "Früh").encode("cp1252").replace(b'"utf-8"', b'"windows-1252"'), "text/html"),
        (
            AGENDA.replace("Park", "Früh").replace("utf-8", "x").encode("cp1252"),
            "text/html; charset=iso-8859-1",
        ),
        (AGENDA.replace("Park", "Früh").encode("utf-16"), "text/html"),
        (b"\xef\xbb\xbf" + AGENDA.replace("Park", "Früh").encode(), "text/html; charset=iso-8859-1"),
    ],
)
def test_characters_are_read_as_they_were_written(body: bytes, content_type: str) -> None:
    found = read_page(body, source(), content_type).entries[0]
    assert found.title is not None
    assert found.title.value == "Konzert <em>im</em> Früh"


def test_a_page_in_which_nothing_matches_is_a_failure() -> None:
    for html in ("<h1>Please log in</h1>", AGENDA.replace('class="event"', 'class="item"'), "{}", "<rss/>"):
        with pytest.raises(ReadError, match=r"not what it was: li\.event matches nothing.*its entries stay"):
            read_page(html, source())
    with pytest.raises(ReadError, match="the server calls it application/pdf"):
        read_page("%PDF-1.7", source(), "application/pdf")
    with pytest.raises(ReadError, match=r"li\.event matches, but in it nothing of title \(h4\)"):
        read_page(AGENDA, source(title="h4", author=".by"))


def test_a_selector_that_matches_in_no_entry_is_noted() -> None:
    feed = read_page(AGENDA, source(title="h3", author=".nobody", published="time"))
    assert [(one.topic, one.reason) for one in feed.decisions] == [
        ("author", ".nobody matches in no entry of the page")
    ]


def test_entries_are_bounded_in_number_and_in_size() -> None:
    feed = read_page("<p>a</p>" * (page.MAX_ENTRIES + 3), source("p", title=".", id="@id"))
    assert [one.reason for one in feed.decisions if one.topic == "limit"] == [
        "the page holds 3 entries more than are read at once; the first are taken"
    ]
    with pytest.raises(ReadError, match="Select the innermost"):
        read_page("<div>" * 3000 + "x" * 10_000, source("div", content="."))


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


def agenda(site: Site, more: str = "") -> str:
    return (
        f"sources:\n  - name: agenda\n    kind: page\n    url: '{site.url('/agenda')}'\n    entry: li.event\n"
        f"    fields: {{title: h3, url: a@href, published: time@datetime}}\n{more}"
    )


def test_a_page_is_published_and_a_second_run_changes_nothing(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/agenda"] = AGENDA.encode()
    config = configure(tmp_path, agenda(site))
    assert poll(config, store)["agenda"].new == 2
    emit(config, store)
    assert titles(tmp_path) == ["Konzert <em>im</em> Park", "Markt & mehr"]
    before, asked = files(tmp_path), [one.path for one in site.log]
    assert asked == ["/robots.txt", "/agenda"]
    later = NOW + timedelta(hours=2)
    assert poll(config, store, now=later)["agenda"].result is Result.NOT_MODIFIED
    assert {one.verdict for one in emit(config, store, now=later).values()} == {Verdict.SKIPPED}
    assert files(tmp_path) == before
    assert [one.path for one in site.log[2:]] == ["/agenda"]


def test_a_page_that_is_another_keeps_its_entries(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/agenda"] = AGENDA.encode()
    config = configure(tmp_path, agenda(site))
    poll(config, store)
    emit(config, store)
    before = files(tmp_path)
    site.routes["/agenda"] = b"<h1>Please log in</h1>"
    outcome = poll(config, store, now=NOW + timedelta(days=1))["agenda"]
    assert outcome.result is Result.FAILED
    assert outcome.error is not None
    assert outcome.error.startswith("the page is not what it was: li.event matches nothing")
    emit(config, store, now=NOW + timedelta(days=1))
    assert files(tmp_path) == before


def test_another_selector_reads_the_same_page_anew(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/agenda"] = AGENDA.encode()
    poll(configure(tmp_path, agenda(site)), store)
    config = configure(tmp_path, agenda(site).replace("title: h3", "title: h3, content: p"))
    outcome = poll(config, store, now=NOW + timedelta(hours=1))["agenda"]
    assert (outcome.result, outcome.changed) == (Result.NEW, 1), "only one of them has a text"


def test_a_page_that_is_a_bomb_costs_its_own_source_a_poll(site: Site, store: Store, tmp_path: Path) -> None:
    # Lexbor is quadratic in nesting: 200,000 levels take it a minute.
    site.routes.update({"/agenda": b"<div>" * 200_000, "/good": AGENDA.encode()})
    good = agenda(site).removeprefix("sources:\n").replace("agenda", "good")
    config = configure(tmp_path, f"read: {{cpu: 1s}}\n{agenda(site)}{good}")
    outcomes = poll(config, store)
    assert outcomes["good"].new == 2
    assert outcomes["agenda"].error is not None
    assert "takes more than 1 seconds of processor time" in outcomes["agenda"].error


def test_commands_know_pages(site: Site, tmp_path: Path) -> None:
    site.routes["/agenda"] = AGENDA.encode()
    planet(tmp_path, f"fetch: {{allow: [127.0.0.1]}}\n{agenda(site)}")
    checked = feeds(tmp_path, "check", "--online")
    assert (checked.returncode, "page" in checked.stdout, "2 entries" in checked.stdout) == (0, True, True), (
        checked
    )
    shown = feeds(tmp_path, "preview", "agenda")
    assert "Agenda · page · 2 entries" in shown.stdout
    assert feeds(tmp_path, "once").returncode == 0
    opml = (tmp_path / "output/sources.opml").read_text()
    assert "xmlUrl" not in opml, "a page is no feed to subscribe to"
    assert f'url="{site.url("/agenda")}"' in opml
    assert site.url("/agenda") in (tmp_path / "output/index.html").read_text()


def test_a_page_is_added_by_its_selectors(site: Site, tmp_path: Path) -> None:
    site.routes["/agenda"] = AGENDA.encode()
    planet(tmp_path, "fetch: {allow: [127.0.0.1]}  # kept\nsources: []\n")
    wanted = ("--kind", "page", "--entry", "li.event", "--field", "title=h3", "--field", "url=a@href")
    added = feeds(tmp_path, "add", site.url("/agenda"), "--name", "agenda", *wanted)
    assert (added.returncode, "Agenda, 2 entries" in added.stdout) == (0, True), added
    assert "# kept" in (tmp_path / "config.yaml").read_text()
    assert feeds(tmp_path, "once").returncode == 0
    for wrong, words in (
        (("--kind", "page"), "name them, like --entry li.event --field title=h3"),
        (("--kind", "page", "--entry", "li[", "--field", "title=h3"), "expected a CSS selector"),
        (("--kind", "page", "--entry", "li", "--field", "titel=h3"), "did you mean 'title'?"),
        (("--kind", "page", "--entry", "li", "--field", "title"), "expected a field like title=h3"),
    ):
        refused = feeds(tmp_path, "add", site.url("/other"), *wrong)
        assert (refused.returncode, words in refused.stderr) == (2, True), refused


def test_a_login_goes_to_its_own_site_only(site: Site, store: Store, tmp_path: Path) -> None:
    with Site({"/agenda": AGENDA.encode()}, host="127.0.0.2") as other:
        site.routes["/agenda"] = Reply(status=302, headers=(("Location", other.url("/agenda")),))
        config = configure(tmp_path, agenda(site, "    fetch: {token: '${TOKEN:-s3cret}'}\n"))
        assert poll(config, store)["agenda"].new == 2
        assert [one.path for one in other.log] == ["/robots.txt", "/agenda"]
        told = [("authorization" in one.headers) for one in (*site.log, *other.log)]
        assert told == [True, True, False, False]
