"""What every output format promises: valid for any value, the same back, the same bytes everywhere."""

from __future__ import annotations

import json
import locale
import os
import pkgutil
import re
import subprocess
import sys
from calendar import timegm
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from judge import errors, judge
from lxml import etree
from samples import PLANET, SELF, at, entry, feed, moment
from strategies import feeds, wild_feeds, wild_text, wild_url, wild_words

from feeds import formats, validity
from feeds.formats import FEED_FORMATS, SITE_FORMATS, FeedFormat, OutputPage, SitePage, SourceLine
from feeds.formats.printable import EPOCH, printable
from feeds.model import Entry, Feed, Link, Moment, Text, TextType
from feeds.normalize.html import plain
from feeds.normalize.urls import is_uri, web_url

ROOT = Path(__file__).resolve().parent.parent
SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
NOT_FORMATS = {
    "byline",
    "elements",
    "feedgen_extension",
    "fragments",
    "media",
    "printable",
    "revising",
    "site",
}
every_format = pytest.mark.parametrize("form", FEED_FORMATS.values(), ids=list(FEED_FORMATS))
every_address = st.sampled_from([SELF, "all.atom"])


def site(*outputs: OutputPage, **more: Any) -> SitePage:
    return SitePage(title="Planet", outputs=outputs, **more)


def shown(value: Feed) -> OutputPage:
    return OutputPage(
        name="all", title="All", feed=value, files=(("application/atom+xml", "all.atom", "Atom"),)
    )


# The family --------------------------------------------------------------------------------------------


def test_the_tables_name_every_file_of_the_family() -> None:
    files = {module.name for module in pkgutil.iter_modules(formats.__path__)}
    assert files - NOT_FORMATS == {*FEED_FORMATS, *SITE_FORMATS}


def test_no_two_formats_write_the_same_file() -> None:
    assert len({form.suffix for form in FEED_FORMATS.values()}) == len(FEED_FORMATS)
    assert len({form.file for form in SITE_FORMATS.values()}) == len(SITE_FORMATS)


@every_format
def test_a_rich_feed_is_valid_without_a_warning(form: FeedFormat) -> None:
    body = form.render(PLANET, SELF + form.suffix)
    assert validity.check(form.media_type, body) == ()
    assert [str(finding) for finding in judge(body, safe=True)] == []


@every_format
def test_an_empty_feed_is_valid_and_says_nothing_of_today(form: FeedFormat) -> None:
    body = form.render(feed(), SELF + form.suffix)
    assert validity.check(form.media_type, body) == ()
    assert errors(body) == []
    assert b"1970" in body
    assert str(datetime.now(UTC).year).encode() not in body.replace(b"planet.example,2026", b"")


@every_format
def test_the_least_entry_is_valid(form: FeedFormat) -> None:
    least = Feed(id="tag:x.example,2026:f", entries=(Entry(source="x", id="urn:x:1"),))
    body = form.render(least, "all" + form.suffix)
    assert validity.check(form.media_type, body) == ()
    assert errors(body) == []


@every_format
def test_entries_stay_in_their_order(form: FeedFormat) -> None:
    ids = [f"tag:x.example,2026:{number}" for number in (3, 1, 2)]
    body = form.render(feed(*(entry(id=one) for one in ids)), SELF).decode()
    assert sorted(ids, key=body.index) == ids


@every_format
@SLOW
@given(wild_feeds(), every_address)
def test_any_feed_at_all_becomes_a_valid_document(form: FeedFormat, value: Feed, address: str) -> None:
    body = form.render(value, address)
    assert validity.check(form.media_type, body) == ()
    assert errors(body) == []


@every_format
def test_a_text_of_many_megabytes_is_still_valid(form: FeedFormat) -> None:
    """libxml2 refuses texts of more than 10 MB unless it is told that they are meant."""
    long = Text(value="<p>" + "x & y " * 2_000_000, type=TextType.HTML)
    value = feed(entry(content=long, title=Text(value="t" * 1_000_000)))
    body = form.render(value, SELF)
    assert len(body) > 10_000_000
    assert validity.check(form.media_type, body) == ()


@pytest.mark.parametrize("form", SITE_FORMATS.values(), ids=list(SITE_FORMATS))
@SLOW
@given(value=wild_feeds(), title=wild_words, url=st.none() | wild_url, name=wild_text, language=wild_text)
def test_any_site_at_all_becomes_a_valid_document(
    form: formats.SiteFormat, value: Feed, title: str, url: str | None, name: str, language: str
) -> None:
    line = SourceLine(name="x", title=name, url=url, site_url=url, tags=(name, title))
    page = SitePage(
        title=title,
        subtitle=name,
        base_url=url,
        language=language,
        owner=name,
        outputs=(OutputPage(name="all", title=name, feed=value, files=(("text/x", "all.atom", "x"),)),),
        sources=(line,),
    )
    body = form.render(page)
    assert validity.check(form.media_type, body) == ()
    if form.media_type != "text/html":
        assert errors(body) == []


@pytest.mark.parametrize("form", SITE_FORMATS.values(), ids=list(SITE_FORMATS))
@pytest.mark.parametrize("page", [site(), site(shown(feed()))], ids=["no outputs", "no entries"])
def test_a_site_that_has_just_begun_is_valid(form: formats.SiteFormat, page: SitePage) -> None:
    assert validity.check(form.media_type, form.render(page)) == ()


@SLOW
@given(feeds())
def test_what_is_promised_already_is_left_as_it_is(value: Feed) -> None:
    once = printable(value)
    assert printable(once) == once
    for before, after in zip(value.entries, once.entries, strict=True):
        assert (before.id, before.url, before.title, before.summary, before.content) == (
            after.id,
            after.url,
            after.title,
            after.summary,
            after.content,
        )
        assert (before.language, before.rights, before.image, before.podcast) == (
            after.language,
            after.rights,
            after.image,
            after.podcast,
        )
        assert set(before.enclosures) == set(after.enclosures)


@pytest.mark.parametrize("text", ["tag:a,2026:b", "urn:uuid:x", "https://a.example/|", "http:///x", "a:b<c"])
def test_the_door_and_the_judge_agree_on_ids(text: str) -> None:
    """What ``normalize`` takes as an id must never be refused at the end."""
    assert not is_uri(text) or validity.absolute_iri(text)


@SLOW
@given(wild_url | wild_text)
def test_what_the_door_lets_in_may_be_published(text: str) -> None:
    assert not is_uri(text) or validity.absolute_iri(text)
    url = web_url(text, None)
    assert url is None or validity.web_address(url)


# There and back ----------------------------------------------------------------------------------------


def parsed(body: bytes, media_type: str) -> Any:
    """Read a document with feedparser as it is, without its own cleaning."""
    return feedparser.parse(
        BytesIO(body),
        response_headers={"content-type": f"{media_type}; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def mended(text: str) -> str:
    """Mend a text as feedparser does, which takes some right texts (Â¡) for UTF-8 read as Latin-1."""
    try:
        return text.encode("iso-8859-1").decode("utf-8")
    except UnicodeError:
        return text


def seconds(value: Moment | None) -> int | None:
    return None if value is None else int(value.instant.timestamp())


def link_of(link: Link) -> tuple[Any, ...]:
    """Write a link as feedparser gives it: it takes a page for HTML, and itself for Atom."""
    kind = link.type or ("application/atom+xml" if link.rel == "self" else "text/html")
    length = None if link.length is None else str(link.length)
    return (link.rel, link.href, kind, link.hreflang, link.title, length)


def links_of(parsed_entry: Any) -> list[tuple[Any, ...]]:
    keys = ("rel", "href", "type", "hreflang", "title", "length")
    return sorted((tuple(link.get(key) for key in keys) for link in parsed_entry.get("links", ())), key=repr)


def expected_links(value: Entry) -> list[Link]:
    own = [Link(href=value.url)] if value.url else []
    enclosures = [
        Link(href=one.url, rel="enclosure", type=one.type, title=one.title, length=one.length)
        for one in value.enclosures
    ]
    comments = [Link(href=value.comments_url, rel="replies", type="text/html")] if value.comments_url else []
    license_ = [Link(href=value.license, rel="license")] if value.license else []
    return list(dict.fromkeys([*own, *value.links, *enclosures, *comments, *license_]))


@SLOW
@given(feeds())
@example(PLANET)
def test_atom_comes_back_as_it_went(value: Feed) -> None:
    value = printable(value)
    back = parsed(FEED_FORMATS["atom"].render(value, SELF), "application/atom+xml")
    assert not back.bozo, back.get("bozo_exception")
    assert back.feed.id == value.id
    assert timegm(back.feed.updated_parsed) == seconds(value.updated)
    for got, want in zip(back.entries, value.entries, strict=True):
        assert got.id == want.id
        assert got.title == (mended(want.title.value) if want.title else "")
        assert links_of(got) == sorted(map(link_of, expected_links(want)), key=repr)
        assert timegm(got.updated_parsed) == seconds(want.updated)
        assert ("published" in got) == (want.published is not None)
        if want.published:
            assert timegm(got.published_parsed) == seconds(want.published)
        assert [(tag.term, tag.scheme, tag.label) for tag in got.get("tags", ())] == [
            (one.term, one.scheme, one.label) for one in want.categories
        ]
        text = want.content or (None if expected_alternates(want) else want.summary)
        assert "".join(part.value for part in got.get("content", ())) == (mended(text.value) if text else "")
        if want.summary:
            assert got.summary == mended(want.summary.value)
        if want.origin:
            assert got.source.id == want.origin.id
            assert got.source.get("title", "") == mended(want.origin.title or "")


def expected_alternates(value: Entry) -> list[Link]:
    return [link for link in expected_links(value) if link.rel == "alternate"]


@SLOW
@given(feeds())
@example(PLANET)
def test_rss_comes_back_as_it_went(value: Feed) -> None:
    value = printable(value)
    body = FEED_FORMATS["rss"].render(value, SELF)
    back = parsed(body, "application/rss+xml")
    assert not back.bozo, back.get("bozo_exception")
    titles = [item.findtext("title") for item in etree.fromstring(body).iter("item")]
    for got, want, title in zip(back.entries, value.entries, titles, strict=True):
        assert got.id == want.id
        if want.url:
            # feedparser takes "&a;" in an RSS link for a badly written "&a".
            assert got.link == re.sub(r"&(\w+);", r"&\1", want.url, flags=re.ASCII)
        rels = ("alternate", "enclosure", "replies")
        expected = [link_of(link) for link in expected_links(want) if link.rel not in rels]
        assert [link for link in links_of(got) if link[0] not in rels] == sorted(expected, key=repr)
        if want.enclosures:
            assert got.enclosures[0].href == want.enclosures[0].url
            assert got.enclosures[0].length == str(want.enclosures[0].length or 0)
        assert {one.url for one in want.enclosures[1:]} <= {
            media["url"] for media in got.get("media_content", ())
        }
        assert timegm(got.published_parsed) == seconds(want.published or want.updated)
        assert timegm(got.updated_parsed) == seconds(want.updated)
        if want.title is None:
            assert title is None
        else:
            text = plain(want.title.value) if want.title.type == "html" else want.title.value
            assert (title or "").replace("\u2060", "") == " ".join(text.split())


@SLOW
@given(feeds())
@example(PLANET)
def test_json_feed_comes_back_as_it_went(value: Feed) -> None:
    value = printable(value)
    back = json.loads(FEED_FORMATS["json_feed"].render(value, SELF))
    assert back["feed_url"] == SELF
    for got, want in zip(back["items"], value.entries, strict=True):
        assert got["id"] == want.id
        assert got.get("url") == want.url
        title = want.title and (plain(want.title.value) if want.title.type == "html" else want.title.value)
        assert got.get("title") == title
        assert datetime.fromisoformat(got["date_modified"]).timestamp() == seconds(want.updated)
        if want.published:
            assert datetime.fromisoformat(got["date_published"]).timestamp() == seconds(want.published)
        assert [one["url"] for one in got.get("attachments", ())] == [one.url for one in want.enclosures]
        extension = got.get("_feeds", {})
        assert [(link["rel"], link["href"]) for link in extension.get("links", ())] == [
            (link.rel, link.href) for link in want.links
        ]
        if want.origin:
            assert extension["source"]["id"] == want.origin.id
            assert extension["source"].get("feed_url") == want.origin.self_url


# The same bytes ----------------------------------------------------------------------------------------

RENDER_ALL = """
import locale, sys
sys.path[:0] = ["tests", "."]
locale.setlocale(locale.LC_ALL, "")
from samples import PLANET, SELF
from feeds.formats import *
for form in FEED_FORMATS.values():
    sys.stdout.buffer.write(form.render(PLANET, SELF + form.suffix))
page = SitePage(title="x", outputs=(OutputPage(name="all", title="All", feed=PLANET),))
for form in SITE_FORMATS.values():
    sys.stdout.buffer.write(form.render(page))
"""


def test_bytes_do_not_depend_on_hash_seed_time_zone_or_locale() -> None:
    def rendered(**environment: str) -> bytes:
        return subprocess.run(
            [sys.executable, "-c", RENDER_ALL],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout

    first = rendered(PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    assert first
    assert rendered(PYTHONHASHSEED="2", TZ="Asia/Kathmandu", LC_ALL="C.UTF-8") == first


@every_format
def test_the_locale_of_the_process_is_never_switched(
    form: FeedFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def switched(*_: object) -> str:
        raise AssertionError("another thread would write its numbers and dates in another language now")

    monkeypatch.setattr(locale, "setlocale", switched)
    form.render(PLANET, SELF)


# Promises of ``printable`` -----------------------------------------------------------------------------


def test_updated_is_that_of_the_newest_entry_wherever_it_stands() -> None:
    value = feed(
        entry(id="urn:x:1", updated=moment(2026, 1, 1)),
        entry(id="urn:x:2", updated=moment(2026, 3, 1)),
        entry(id="urn:x:3", updated=moment(2026, 2, 1)),
        updated=moment(2031, 1, 1),
    )
    assert printable(value).updated == moment(2026, 3, 1)
    assert printable(feed()).updated == EPOCH


def test_an_entry_without_updated_takes_published() -> None:
    value = feed(entry(updated=None, published=moment(2026, 1, 1)))
    assert printable(value).entries[0].updated == moment(2026, 1, 1)


def test_parts_of_a_second_are_cut_alike_everywhere() -> None:
    value = feed(entry(updated=Moment(instant=at(2026, 1, 1, 0, 0, 0, 999_999))))
    for form in FEED_FORMATS.values():
        assert b".999" not in form.render(value, SELF)


def test_a_second_alternate_of_a_kind_becomes_a_related_page() -> None:
    other = Link(href="https://b.example/", type="text/html", hreflang="fr")
    value = entry(
        url="https://a.example/",
        links=(
            Link(href="https://a.example/"),
            Link(href="https://b.example/"),
            other,
            Link(href="https://c.example/", type="text/html", hreflang="fr"),
        ),
    )
    assert printable(feed(value)).entries[0].links == (
        Link(href="https://b.example/", rel="related"),
        other,
        Link(href="https://c.example/", rel="related", type="text/html", hreflang="fr"),
    )


def test_characters_no_reader_may_see_are_gone_from_every_format() -> None:
    odd = "a\x00\x0b\ud800\ufdd0\uffffb"
    value = feed(entry(title=Text(value=odd), summary=Text(value=odd)), title=Text(value=odd))
    for form in FEED_FORMATS.values():
        text = form.render(value, SELF).decode()
        assert "ab" in text.replace(" ", "")
        assert not set("\x00\x0b\ufdd0\uffff") & set(text)
        assert "\\ud800" not in text
