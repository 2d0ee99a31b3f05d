"""Each reason not to publish is found in a document that is right but for that one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from judge import errors

from feeds.validity import absolute_iri, check, language_tag, media_type, web_address

ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="en">
<id>tag:a.example,2026:feed</id>
<title type="text">A</title>
<subtitle type="text">S</subtitle>
<updated>2026-01-02T00:00:00Z</updated>
<author><name>Ann</name><email>ann@a.example</email><uri>https://a.example/</uri></author>
<icon>https://a.example/icon.png</icon>
<link rel="self" href="https://a.example/all.atom"/>
<at:deleted-entry ref="tag:a.example,2026:0" when="2026-01-01T00:00:00Z"/>
<entry>
<id>tag:a.example,2026:1</id>
<title type="html">one</title>
<updated>2026-01-02T00:00:00Z</updated>
<published>2025-12-27T00:00:00+01:00</published>
<link rel="alternate" href="https://a.example/1"/>
<link rel="alternate" href="https://a.example/1.fr" type="text/html" hreflang="fr"/>
<link rel="enclosure" href="https://a.example/1.mp3" type="audio/mpeg" length="7"/>
<category term="t"/>
<source><id>tag:b.example,2026:feed</id><title>B</title><updated>2026-01-01T00:00:00Z</updated></source>
</entry>
<entry>
<id>tag:a.example,2026:2</id>
<title/>
<updated>2026-01-01T00:00:00Z</updated>
<content type="html">&lt;p&gt;two&lt;/p&gt;</content>
</entry>
</feed>
"""
RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>A</title>
<link>https://a.example/</link>
<description>D</description>
<lastBuildDate>Fri, 02 Jan 2026 00:00:00 +0000</lastBuildDate>
<image><url>https://a.example/i.png</url><title>A</title><link>https://a.example/</link></image>
<atom:link rel="self" href="https://a.example/all.rss"/>
<item>
<title>one</title>
<link>https://a.example/1</link>
<guid isPermaLink="true">https://a.example/1</guid>
<pubDate>Sat, 27 Dec 2025 00:00:00 +0100</pubDate>
<comments>https://a.example/1#c</comments>
<source url="https://b.example/feed">B</source>
<enclosure url="https://a.example/1.mp3" type="audio/mpeg" length="7"/>
</item>
<item>
<description>two</description>
<guid isPermaLink="false">tag:a.example,2026:2</guid>
</item>
</channel></rss>
"""
OPML = """<?xml version='1.0' encoding='UTF-8'?>
<opml version="2.0"><head><title>T</title></head><body>
<outline text="A" type="rss" xmlUrl="https://a.example/f" htmlUrl="https://a.example/"/>
<outline text="B" type="link" url="https://b.example/"/>
</body></opml>
"""
PAGE = "<!doctype html>\n<html><head><title>T</title></head><body><p>x</p></body></html>"
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "A",
    "home_page_url": "https://a.example/",
    "feed_url": "https://a.example/all.json",
    "authors": [{"name": "Ann"}],
    "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
    "language": "en",
    "expired": False,
    "_feeds": {"id": "x"},
    "items": [
        {
            "id": "1",
            "url": "https://a.example/1",
            "content_html": "<p>one</p>",
            "date_published": "2025-12-27T00:00:00+01:00",
            "authors": [{"url": "https://a.example/ann"}],
            "tags": ["t"],
            "attachments": [
                {
                    "url": "https://a.example/1.mp3",
                    "mime_type": "audio/mpeg",
                    "size_in_bytes": 7,
                    "duration_in_seconds": 1.5,
                }
            ],
        },
        {"id": "2", "content_text": ""},
    ],
}

TYPES = {
    "application/atom+xml": ATOM,
    "application/rss+xml": RSS,
    "application/feed+json": json.dumps(JSON),
    "text/x-opml": OPML,
    "text/html": PAGE,
}


@pytest.mark.parametrize("media", TYPES)
def test_a_right_document_has_no_reason(media: str) -> None:
    assert check(media, TYPES[media].encode()) == ()
    assert check(f"{media.upper()}; charset=utf-8", TYPES[media].encode()) == ()
    if media != "text/html":
        assert errors(TYPES[media].encode()) == []


@pytest.mark.parametrize("media", TYPES)
@pytest.mark.parametrize(
    "body", [b"", b" ", b"\xff\xfe", b"null", b"[]", b"<html></html>", b"<feed/>", b"\x00"]
)
def test_what_is_no_such_document_has_a_reason(media: str, body: bytes) -> None:
    assert check(media, body)


def test_an_unknown_media_type_is_a_reason() -> None:
    assert "image/png" in check("image/png", b"x")[0]


def test_every_reason_is_one_short_printable_sentence() -> None:
    odd = ATOM.replace("tag:a.example,2026:1", "\u202e\n" + "x" * 100_000)
    reasons = check("application/atom+xml", odd.encode())
    assert reasons
    assert all(reason.isprintable() and reason.isascii() and len(reason) < 500 for reason in reasons)


ATOM_BROKEN = (
    ("not well-formed", "</feed>", ""),
    ("not well-formed", "<title/>", "<title>\x01</title>"),
    ("not well-formed", "<title/>", "<title>&nbsp;</title>"),
    ("DOCTYPE", "<feed ", "<!DOCTYPE feed>\n<feed "),
    ("encoding", "UTF-8", "ISO-8859-1"),
    ("root", "feed", "entry"),
    ("one id, found 0", "<id>tag:a.example,2026:feed</id>", ""),
    ("one title, found 0", '<title type="text">A</title>', ""),
    ("one title, found 2", "<title/>", "<title/><title/>"),
    ("one updated, found 0", "<updated>2026-01-02T00:00:00Z</updated>\n<author>", "<author>"),
    ("one id, found 0", "<id>tag:a.example,2026:1</id>", ""),
    ("one updated, found 0", "<updated>2026-01-01T00:00:00Z</updated>\n<content", "<content"),
    ("at most one subtitle", "<subtitle ", "<subtitle>x</subtitle><subtitle "),
    ("at most one published", "<published>", "<published>2026-01-01T00:00:00Z</published><published>"),
    ("at most one content", "<content ", "<content>x</content><content "),
    ("at most one source", "<source>", "<source/><source>"),
    ("source: expected at most one title", "<title>B</title>", "<title>B</title><title>C</title>"),
    ("unknown element", "<category ", "<creator>x</creator><category "),
    ("without a namespace", "<category ", '<x xmlns=""/><category '),
    ("rel=self", 'rel="self"', 'rel="next"'),
    ("language tag", 'xml:lang="en"', 'xml:lang="e n"'),
    ("language tag", 'xml:lang="en"', 'xml:lang=""'),
    ("2 entries have the id", "2026:2</id>", "2026:1</id>"),
    ("id of the feed", "2026:2</id>", "2026:feed</id>"),
    (
        "older than that of its newest",
        "<updated>2026-01-02T00:00:00Z</updated>\n<author>",
        "<updated>2026-01-01T00:00:00Z</updated>\n<author>",
    ),
    ("RFC 6721", 'ref="tag:a.example,2026:0"', 'ref="0"'),
    ("RFC 6721", 'when="2026-01-01T00:00:00Z"', 'when="2026"'),
    (
        "no author",
        "<author><name>Ann</name><email>ann@a.example</email><uri>https://a.example/</uri></author>",
        "",
    ),
    ("neither content nor", '<content type="html">&lt;p&gt;two&lt;/p&gt;</content>', ""),
    ("text or html in place", '<content type="html">', '<content type="html" src="https://a.example/">'),
    ("text or html in place", '<content type="html">', '<content type="image/png">'),
    ("text or html in place", "&lt;p&gt;two&lt;/p&gt;", "<p>two</p>"),
    ("without elements", "<title/>", "<title><b>x</b></title>"),
    ("without elements", "<title/>", '<title type="xhtml"/>'),
    ("without elements", '<title type="html">', '<title type="text/html">'),
    ("links rel=alternate", ' type="text/html" hreflang="fr"', ""),
    ("id: expected an absolute IRI", "tag:a.example,2026:1", "1"),
    ("id: expected an absolute IRI", "tag:a.example,2026:1", "http:///1"),
    ("id: expected an absolute IRI", "tag:a.example,2026:1", "tag:a.example,2026: 1"),
    ("id: expected an absolute IRI", "tag:b.example,2026:feed", "b"),
    ("icon: expected an absolute IRI", "https://a.example/icon.png", "icon.png"),
    (
        "updated: expected a date",
        "2026-01-01T00:00:00Z</updated>\n<content",
        "2026-01-01</updated>\n<content",
    ),
    (
        "updated: expected a date",
        "2026-01-01T00:00:00Z</updated>\n<content",
        "2026-02-30T00:00:00Z</updated>\n<content",
    ),
    (
        "updated: expected a date",
        "2026-01-01T00:00:00Z</updated>\n<content",
        "2026-01-01T00:00:00</updated>\n<content",
    ),
    ("published: expected a date", "2025-12-27T00:00:00+01:00", "2025-12-27T00:00:00+14:01"),
    ("published: expected a date", "2025-12-27T00:00:00+01:00", "27 Dec 2025"),
    ("category: expected a term", 'term="t"', 'term=""'),
    ("category: expected a term", 'term="t"', 'label="t"'),
    ("author: expected one name", "<name>Ann</name>", ""),
    ("author: expected one name", "<name>Ann</name>", "<name> </name>"),
    ("author: expected one name", "<name>Ann</name>", "<name>Ann</name><name>Bea</name>"),
    ("uri, an absolute IRI", "<uri>https://a.example/</uri>", "<uri>a.example</uri>"),
    ("email, a mail address", "ann@a.example", "ann"),
    ("email, a mail address", "ann@a.example", "@a.example"),
    ("'enclosure': expected an absolute IRI", "https://a.example/1.mp3", "1.mp3"),
    (
        "'alternate': expected an absolute IRI",
        'rel="alternate" href="https://a.example/1"',
        'rel="alternate"',
    ),
    ("as rel, found 'a b'", 'rel="enclosure"', 'rel="a b"'),
    ("as rel, found ''", 'rel="enclosure"', 'rel=""'),
    ("as rel, found 'x:'", 'rel="enclosure"', 'rel="x:"'),
    ("expected a media type", 'type="audio/mpeg"', 'type="audio"'),
    ("as hreflang", 'hreflang="fr"', 'hreflang="français"'),
    ("as length", 'length="7"', 'length="7 MB"'),
    ("as length", 'length="7"', 'length="-7"'),
)


@pytest.mark.parametrize(("reason", "right", "wrong"), ATOM_BROKEN)
def test_atom_with_one_thing_wrong_is_refused_for_it(reason: str, right: str, wrong: str) -> None:
    broken = ATOM.replace(right, wrong) if reason == "root" else ATOM.replace(right, wrong, 1)
    assert broken != ATOM
    assert any(reason in found for found in check("application/atom+xml", broken.encode()))


def test_a_feed_that_cannot_know_its_address_may_name_its_file() -> None:
    assert (
        check("application/atom+xml", ATOM.replace("https://a.example/all.atom", "all.atom").encode()) == ()
    )
    assert check("application/atom+xml", ATOM.replace("https://a.example/all.atom", "").encode())


RSS_BROKEN = (
    ("not well-formed", "</rss>", ""),
    ("rss version 2.0", 'version="2.0"', 'version="0.91"'),
    ("one channel", "</channel>", "</channel><channel/>"),
    ("one title", "<title>A</title>\n", ""),
    ("one description", "<description>D</description>", "<description/>"),
    ("one link", "<link>https://a.example/</link>\n<desc", "<desc"),
    ("link: expected an address", "<link>https://a.example/</link>\n<desc", "<link>a</link>\n<desc"),
    ("rel=self", 'rel="self"', 'rel="next"'),
    ("lastBuildDate: expected a date", "Fri, 02 Jan 2026 00:00:00 +0000", "2026-01-02"),
    ("image: expected", "https://a.example/i.png", "i.png"),
    ("at most one title", "<title>one</title>", "<title>one</title><title>1</title>"),
    ("at most one enclosure", "<enclosure ", "<enclosure/><enclosure "),
    ("neither title nor description", "<description>two</description>", ""),
    ("expected a guid", '<guid isPermaLink="false">tag:a.example,2026:2</guid>', ""),
    ("isPermaLink", 'isPermaLink="false"', ""),
    ("guid", "tag:a.example,2026:2", ""),
    ("2 entries have the guid", "tag:a.example,2026:2", "https://a.example/1"),
    ("link: expected an absolute", "<link>https://a.example/1<", "<link>/1<"),
    ("comments: expected an absolute", "https://a.example/1#c", "#c"),
    ("source: expected an absolute", 'url="https://b.example/feed"', ""),
    ("enclosure: expected a web address", 'url="https://a.example/1.mp3"', 'url="1.mp3"'),
    ("enclosure: expected a media type", 'type="audio/mpeg"', ""),
    ("enclosure: expected a number", 'length="7"', ""),
    ("pubDate: expected a date", "Sat, 27 Dec", "Sa, 27 Dez"),
    ("pubDate: expected a date", "Sat, 27 Dec", "Fri, 27 Dec"),
    ("pubDate: expected a date", "Sat, 27 Dec", "Sat, 32 Dec"),
    ("pubDate: expected a date", "00:00:00 +0100", "24:00:00 +0100"),
    ("pubDate: expected a date", "00:00:00 +0100", "00:00:00 CET"),
)


@pytest.mark.parametrize(("reason", "right", "wrong"), RSS_BROKEN)
def test_rss_with_one_thing_wrong_is_refused_for_it(reason: str, right: str, wrong: str) -> None:
    broken = RSS.replace(right, wrong, 1)
    assert broken != RSS
    assert any(reason in found for found in check("application/rss+xml", broken.encode()))


def test_a_date_of_the_first_century_is_a_date() -> None:
    """Most readers of dates take a year below 100 for one of the last century; we do not."""
    early = RSS.replace("Sat, 27 Dec 2025", "Sun, 15 Nov 0076")
    assert check("application/rss+xml", early.encode()) == ()


OPML_BROKEN = (
    ("opml version 2.0", 'version="2.0"', 'version="1.0"'),
    ("one head and then one body", "<head><title>T</title></head>", ""),
    ("no outline", "outline", "line"),
    ("expected a text", 'text="B"', 'text=" "'),
    ("as xmlUrl", ' xmlUrl="https://a.example/f"', ""),
    ("as htmlUrl", 'htmlUrl="https://a.example/"', 'htmlUrl="a"'),
    ("as url", ' url="https://b.example/"', ' url="b"'),
)


@pytest.mark.parametrize(("reason", "right", "wrong"), OPML_BROKEN)
def test_opml_with_one_thing_wrong_is_refused_for_it(reason: str, right: str, wrong: str) -> None:
    broken = OPML.replace(right, wrong)
    assert broken != OPML
    assert any(reason in found for found in check("text/x-opml", broken.encode()))


@pytest.mark.parametrize(
    ("reason", "right", "wrong"),
    [("doctype", "<!doctype html>", ""), ("no title", "T<", "<"), ("empty", "<p>x</p>", "<p> </p>")],
)
def test_a_page_with_one_thing_wrong_is_refused_for_it(reason: str, right: str, wrong: str) -> None:
    assert any(reason in found for found in check("text/html", PAGE.replace(right, wrong).encode()))


def put(*steps: str | int, value: Any) -> Callable[[Any], None]:
    def change(feed: Any) -> None:
        for step in steps[:-1]:
            feed = feed[step]
        feed[steps[-1]] = value

    return change


def drop(*steps: str | int) -> Callable[[Any], None]:
    def change(feed: Any) -> None:
        for step in steps[:-1]:
            feed = feed[step]
        del feed[steps[-1]]

    return change


JSON_BROKEN = (
    ("version", put("version", value="https://jsonfeed.org/version/1")),
    ("no version", drop("version")),
    ("no title", drop("title")),
    ("title", put("title", value=None)),
    ("no items", drop("items")),
    ("items", put("items", value={})),
    ("home_page_url", put("home_page_url", value="/")),
    ("feed_url", put("feed_url", value="all.json")),
    ("expired", put("expired", value="no")),
    ("language", put("language", value="e n")),
    ("unknown member 'author'", put("author", value={"name": "x"})),
    ("expected an object, as in every extension", put("_feeds", value=1)),
    ("authors", put("authors", value={"name": "x"})),
    ("authors[0] is empty", put("authors", 0, value={})),
    ("authors[0]: name", put("authors", 0, "name", value=1)),
    ("hubs[0] has no url", drop("hubs", 0, "url")),
    ("items[0]: expected an object", put("items", 0, value="x")),
    ("items[0] has no id", drop("items", 0, "id")),
    ("items[0]: id", put("items", 0, "id", value=1)),
    ("items[0]: id", put("items", 0, "id", value="")),
    ("2 entries have the id", put("items", 1, "id", value="1")),
    ("items[0] has neither content_html", drop("items", 0, "content_html")),
    ("items[0]: url", put("items", 0, "url", value="1")),
    ("items[0]: date_published", put("items", 0, "date_published", value="2025-12-27")),
    ("items[0]: authors[0]: url", put("items", 0, "authors", 0, "url", value="ann")),
    ("items[0]: tags", put("items", 0, "tags", value=[1])),
    ("attachments[0] has no mime_type", drop("items", 0, "attachments", 0, "mime_type")),
    ("attachments[0]: mime_type", put("items", 0, "attachments", 0, "mime_type", value="mp3")),
    ("attachments[0]: size_in_bytes", put("items", 0, "attachments", 0, "size_in_bytes", value="7")),
    ("attachments[0]: size_in_bytes", put("items", 0, "attachments", 0, "size_in_bytes", value=True)),
    ("attachments[0]: duration", put("items", 0, "attachments", 0, "duration_in_seconds", value=-1)),
    ("surrogate", put("title", value="\ud800")),
    ("NaN", put("_feeds", "x", value=float("nan"))),
)


@pytest.mark.parametrize(("reason", "change"), JSON_BROKEN)
def test_json_feed_with_one_thing_wrong_is_refused_for_it(reason: str, change: Callable[[Any], None]) -> None:
    feed = json.loads(json.dumps(JSON))
    change(feed)
    assert any(reason in found for found in check("application/feed+json", json.dumps(feed).encode()))


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("stands twice", b'{"version": 1, "version": 2}'),
        ("everybody reads", b'\xef\xbb\xbf{"version": 1}'),
        ("everybody reads", b"[" * 100_000),
        ("everybody reads", b'{"a": 1,}'),
    ],
)
def test_json_that_not_everybody_reads_is_refused(reason: str, body: bytes) -> None:
    assert any(reason in found for found in check("application/feed+json", body))


@pytest.mark.parametrize(
    "text",
    ["https://a.example/", "http://A.example:80/%41?b=c#d", "https://bücher.example/ä", "http://[::1]/x"],
)
def test_web_addresses_are_recognised(text: str) -> None:
    assert web_address(text)
    assert absolute_iri(text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "a.example",
        "//a.example/",
        "https:a.example",
        "https://",
        "https:///x",
        "https://a.example:x/",
        "https://a.example:99999/",
        "https://[::1",
        "https://u:p@a.example/",
        "https://u@a.example/",
        "https://a.example/ x",
        "https://a.example/\n",
        "https://a.example/\u00a0",
        'https://a.example/"',
        "ftp://a.example/",
        "HTTP://a.example/",
        "javascript:alert(1)",
        "tag:a.example,2026:x",
    ],
)
def test_what_is_no_web_address_is_none(text: str | None) -> None:
    assert not web_address(text)


def test_shapes_of_language_tags_and_media_types() -> None:
    assert all(map(language_tag, ["de", "de-CH", "zh-Hant-TW", "und", "x-klingon"]))
    assert not any(map(language_tag, [None, "", "d_CH", "-", "de-", "ninechars", "de\n", "dé"]))
    assert all(map(media_type, ["text/html", "application/atom+xml; charset=utf-8", "x/y.z-1"]))
    assert not any(map(media_type, [None, "", "html", "/", "a/", "/b", "a/b/c", "a b/c", "a/b\n", "a/b;\n"]))
