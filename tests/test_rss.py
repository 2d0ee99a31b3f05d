"""What a subscriber of the RSS file gets."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import feedparser
import pytest
from judge import errors
from lxml import etree
from samples import ARTICLE, EPISODE, PLANET, SELF, entry, feed, html, moment
from test_atom import NAMES

from feeds.formats.rss import render
from feeds.model import Entry, Feed, Link, Media, Origin, Text

NAMES = {**NAMES, "content": "http://purl.org/rss/1.0/modules/content/"}


def channel(value: Feed, self_url: str = SELF) -> etree._Element:
    found = etree.fromstring(render(value, self_url)).find("channel")
    assert found is not None
    return found


def written(value: Entry, **around: Any) -> etree._Element:
    found = channel(feed(value, **around)).find("item")
    assert found is not None
    return found


def text(element: etree._Element, path: str) -> str | None:
    found: str | None = element.findtext(path, namespaces=NAMES)
    return found


def all_of(element: etree._Element, path: str) -> list[dict[str, str]]:
    return [dict(one.attrib) for one in element.findall(path, NAMES)]


def test_a_guid_is_a_permalink_only_if_it_is_the_page() -> None:
    page = "https://a.example/1"
    for value, permalink in (
        (entry(id=page, url=page), "true"),
        (entry(id=page, url="https://a.example/2"), "false"),
        (entry(id=page), "false"),
        (entry(url=page), "false"),
    ):
        guid = written(value).find("guid")
        assert guid is not None
        assert (guid.text, guid.get("isPermaLink")) == (value.id, permalink)


def test_dates_are_english_and_local() -> None:
    assert text(written(ARTICLE), "pubDate") == "Sat, 27 Dec 2025 00:00:00 +0100"
    assert text(written(ARTICLE), "dcterms:issued") == "2025-12-27"
    assert text(written(ARTICLE), "atom:updated") == "2025-12-27T09:00:00Z"
    assert text(written(entry()), "pubDate") == "Fri, 02 Jan 2026 03:04:05 +0000", "updated stands in"
    assert text(channel(PLANET), "lastBuildDate") == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert text(channel(feed()), "lastBuildDate") == "Thu, 01 Jan 1970 00:00:00 +0000"


def test_a_reader_that_takes_both_dates_for_one_keeps_the_full_one() -> None:
    back = feedparser.parse(BytesIO(render(feed(ARTICLE), SELF)))
    assert back.entries[0].published == "Sat, 27 Dec 2025 00:00:00 +0100"


def test_people_need_no_mail_address() -> None:
    assert text(written(ARTICLE), "dc:creator") == "Gabriel Knupfer"
    assert text(written(EPISODE), "dc:creator") == "Ann"
    assert text(written(EPISODE), "dc:contributor") == "Zoe"
    assert written(EPISODE).find("author") is None
    named = Origin(id="tag:a.example,2026:f", title="Radio")
    assert text(written(entry(origin=named)), "dc:creator") == "Radio"


def test_summary_and_content_have_their_own_elements() -> None:
    both = written(entry(title=Text(value="t"), summary=html("<p>s</p>"), content=html("<p>c</p>")))
    assert (text(both, "description"), text(both, "content:encoded")) == ("<p>s</p>", "<p>c</p>")
    content = written(entry(title=Text(value="t"), content=html("<p>c</p>")))
    assert (text(content, "description"), text(content, "content:encoded")) == (None, "<p>c</p>")
    plain = written(entry(summary=Text(value="1 < 2")))
    assert text(plain, "description") == "<p>1 &lt; 2</p>"


def test_there_is_a_title_or_a_description() -> None:
    assert text(written(entry(content=html("<p>c</p>"))), "description") == "<p>c</p>"
    assert text(written(entry()), "description") == ""
    assert written(entry()).find("title") is None
    titled = written(entry(title=Text(value="t")))
    assert (text(titled, "title"), text(titled, "description")) == ("t", None)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        (Text(value="<b>1 &lt; 2 & 3"), "<b>1 &lt; 2 & 3"),
        (Text(value="1 < 2"), "1 < 2"),
        (Text(value="a\n b"), "a b"),
        (html("A &amp; <em>B</em>"), "A & B"),
        (Text(value="<script>x</script>"), "<\u2060script>x<\u2060/script>"),
        (html("&lt;img src=x onerror=y&gt;"), "<\u2060img src=x onerror=y>"),
    ],
)
def test_a_title_is_shown_literally_and_never_run(title: Text, value: str) -> None:
    assert text(written(entry(title=title)), "title") == value
    assert errors(render(feed(entry(title=title), title=title), SELF), safe=True) == []


def test_one_enclosure_and_the_others_beside_it() -> None:
    item = written(EPISODE)
    assert all_of(item, "enclosure") == [
        {"url": "https://pod.example/1.mp3", "type": "audio/mpeg", "length": "1000"}
    ]
    assert {"url": "https://pod.example/1.ogg", "medium": "audio"} in all_of(item, "media:content")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://a.example/x.MP3?y=1", "audio/mpeg"),
        ("https://a.example/x.m4v", "video/mp4"),
        ("https://a.example/x", "application/octet-stream"),
        ("https://a.example/x.mp3/y", "application/octet-stream"),
    ],
)
def test_an_enclosure_of_unknown_type_and_length_has_both(url: str, kind: str) -> None:
    item = written(entry(enclosures=(Media(url=url),)))
    assert all_of(item, "enclosure") == [{"url": url, "type": kind, "length": "0"}]


def test_links_and_the_rest() -> None:
    item = written(EPISODE)
    assert text(item, "link") == "https://pod.example/1"
    assert text(item, "comments") == "https://pod.example/1#comments"
    assert all_of(item, "source") == [{"url": "https://pod.example/feed"}]
    assert text(item, "source") == "Pod"
    assert [(one["rel"], one["href"]) for one in all_of(item, "atom:link")] == [
        ("via", "https://pod.example/v"),
        ("license", "https://creativecommons.org/licenses/by/4.0/"),
    ]
    assert [(one.text, one.get("domain")) for one in item.iterfind("category")] == [
        ("Tee", "https://s.example/"),
        ("u", None),
    ]
    assert text(item, "dc:language") == "en"
    assert text(item, "dc:rights") == "© Ann"
    assert text(item, "itunes:duration") == "61"


def test_a_source_without_an_address_is_not_named_by_another() -> None:
    assert written(ARTICLE).find("source") is None


def test_the_channel_says_who_and_where() -> None:
    found = channel(PLANET)
    assert [text(found, name) for name in ("title", "link", "description", "language", "copyright")] == [
        "All",
        "https://planet.example/",
        "All of it",
        "de",
        "CC0",
    ]
    assert [(one["rel"], one["href"]) for one in all_of(found, "atom:link")] == [
        ("self", SELF),
        ("hub", "https://hub.example/"),
    ]
    assert text(found, "image/url") == "https://planet.example/icon.png"
    assert text(found, "dc:creator") == "Ada"
    assert text(found, "category") == "news"


def test_a_channel_without_a_page_links_to_what_there_is() -> None:
    assert text(channel(feed()), "link") == SELF
    assert text(channel(feed(), "all.rss"), "link") == "tag:planet.example,2026:output:all"
    assert text(channel(feed(links=(Link(href="https://x.example/"),))), "link") == "https://x.example/"


def test_nothing_of_today_is_in_it() -> None:
    value = feed(entry(updated=moment(2001, 1, 1)))
    assert text(channel(value), "lastBuildDate") == "Mon, 01 Jan 2001 00:00:00 +0000"
    assert channel(value).find("pubDate") is None
