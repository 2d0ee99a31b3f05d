"""What a subscriber of the Atom file gets."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import feedparser
import pytest
from lxml import etree
from samples import ARTICLE, EPISODE, PLANET, SELF, entry, feed, html, moment

from feeds.formats.atom import render
from feeds.model import Credit, Entry, Feed, Link, Origin, Person, Precision, Role, Text

NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "schema": "http://schema.org/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def tree(value: Feed) -> etree._Element:
    return etree.fromstring(render(value, SELF))


def written(value: Entry, **around: Any) -> etree._Element:
    """Give the entry's element in a feed of its own."""
    found = tree(feed(value, **around)).find("atom:entry", NAMES)
    assert found is not None
    return found


def text(element: etree._Element, path: str) -> str | None:
    found: str | None = element.findtext(path, namespaces=NAMES)
    return found


def all_of(element: etree._Element, path: str) -> list[dict[str, str]]:
    return [dict(one.attrib) for one in element.findall(path, NAMES)]


def test_the_article_of_the_mission_comes_out_whole() -> None:
    element = written(ARTICLE)
    assert text(element, "atom:published") == "2025-12-27T00:00:00+01:00"
    assert text(element, "dcterms:issued") == "2025-12-27"
    assert text(element, "atom:author/atom:name") == "Gabriel Knupfer"
    assert text(element, "atom:author/schema:roleName") == "editor"
    assert text(element, "atom:author/schema:jobTitle") == "Redaktor News"
    assert text(element, "dc:source") == "dpa"
    assert "dpa" not in [one.text for one in element.iterfind("atom:author/atom:name", NAMES)]
    assert element.get(LANG) == "de-CH"
    assert element.find("atom:link", NAMES) is None
    assert text(element, "atom:title") == "Kim lobt die «unbesiegbare Freundschaft»"
    assert text(element, "atom:summary") == ARTICLE.summary.value if ARTICLE.summary else ""
    assert "12'000 Soldaten" in (text(element, "atom:content") or "")
    assert "<h2>6000 Nordkoreaner gefallen</h2>" in (text(element, "atom:content") or "")


def test_links_keep_all_they_say() -> None:
    assert all_of(written(EPISODE), "atom:link") == [
        {"rel": "alternate", "href": "https://pod.example/1"},
        {
            "rel": "via",
            "href": "https://pod.example/v",
            "type": "text/html",
            "hreflang": "fr",
            "title": "V",
            "length": "7",
        },
        {
            "rel": "enclosure",
            "href": "https://pod.example/1.mp3",
            "type": "audio/mpeg",
            "length": "1000",
            "title": "Audio",
        },
        {"rel": "enclosure", "href": "https://pod.example/1.ogg"},
        {"rel": "replies", "href": "https://pod.example/1#comments", "type": "text/html"},
        {"rel": "license", "href": "https://creativecommons.org/licenses/by/4.0/"},
    ]


def test_the_source_is_complete() -> None:
    source = written(EPISODE).find("atom:source", NAMES)
    assert source is not None
    assert {name: text(source, f"atom:{name}") for name in ("id", "title", "updated", "icon", "rights")} == {
        "id": "https://pod.example/feed",
        "title": "Pod",
        "updated": "2026-01-02T00:00:00Z",
        "icon": "https://pod.example/icon.png",
        "rights": "© Pod",
    }
    assert all_of(source, "atom:link") == [
        {"rel": "self", "href": "https://pod.example/feed"},
        {"rel": "alternate", "href": "https://pod.example/"},
    ]


def test_a_source_says_only_what_is_known() -> None:
    source = written(entry(origin=Origin(id="no iri", language="it"))).find("atom:source", NAMES)
    assert source is not None
    assert [etree.QName(child).localname for child in source] == ["title"]
    assert source.get(LANG) == "it"


@pytest.mark.parametrize(
    ("title", "kind", "value"),
    [
        (Text(value="<b>1 &lt; 2 & 3"), "text", "<b>1 &lt; 2 & 3"),
        (html("<b>1</b> &lt; 2"), "html", "<b>1</b> &lt; 2"),
        (None, "text", None),
        (Text(value="]]>"), "text", "]]>"),
    ],
)
def test_a_title_is_what_its_type_says_and_escaped_once(
    title: Text | None, kind: str, value: str | None
) -> None:
    element = written(entry(title=title)).find("atom:title", NAMES)
    assert element is not None
    assert (element.get("type"), element.text) == (kind, value)


def test_dates_are_utc_where_they_sort_and_local_where_they_tell() -> None:
    value = entry(
        published=moment(2026, 1, 1, 22, 30, offset=120), updated=moment(2026, 1, 2, 3, offset=-300)
    )
    assert text(written(value), "atom:published") == "2026-01-02T00:30:00+02:00"
    assert text(written(value), "atom:updated") == "2026-01-02T03:00:00Z"
    assert text(written(value), "dcterms:issued") is None


@pytest.mark.parametrize(
    ("precision", "issued"),
    [
        (Precision.YEAR, "2025"),
        (Precision.MONTH, "2025-12"),
        (Precision.DAY, "2025-12-27"),
        (Precision.MINUTE, None),
    ],
)
def test_a_coarse_date_is_told_as_coarsely(precision: Precision, issued: str | None) -> None:
    value = entry(published=moment(2025, 12, 26, 23, offset=60, precision=precision))
    assert text(written(value), "dcterms:issued") == issued
    assert text(written(value), "atom:published") == "2025-12-27T00:00:00+01:00"


def test_a_reader_that_takes_both_dates_for_one_keeps_the_full_one() -> None:
    back = feedparser.parse(BytesIO(render(feed(ARTICLE), SELF)))
    assert back.entries[0].published == "2025-12-27T00:00:00+01:00"


def test_language_stands_where_it_differs_and_unknown_is_not_inherited() -> None:
    french = entry(id="urn:x:1", language="fr", title=Text(value="x", language="it"))
    german = entry(id="urn:x:2", language="de")
    unknown = entry(id="urn:x:3")
    root = tree(feed(french, german, unknown, language="de"))
    assert root.get(LANG) == "de"
    assert [one.get(LANG) for one in root.iterfind("atom:entry", NAMES)] == ["fr", None, "und"]
    title = root.find("atom:entry/atom:title", NAMES)
    assert title is not None
    assert title.get(LANG) == "it"
    assert written(unknown).get(LANG) is None, "there is nothing to inherit"


def people(element: etree._Element, tag: str) -> list[str | None]:
    return [text(one, "atom:name") for one in element.findall(f"atom:{tag}", NAMES)]


def test_writers_are_authors_and_all_others_contributors() -> None:
    roles = (Role.PHOTOGRAPHER, Role.EDITOR, Role.REPORTER, Role.AUTHOR, Role.TRANSLATOR)
    element = written(entry(people=tuple(Person(name=role.value, role=role) for role in roles)))
    assert people(element, "author") == ["reporter", "author"]
    assert people(element, "contributor") == ["photographer", "editor", "translator"]
    assert [one.text for one in element.iterfind("atom:author/schema:roleName", NAMES)] == ["reporter"]
    assert [one.text for one in element.iterfind("atom:contributor/schema:roleName", NAMES)] == [
        "photographer",
        "editor",
        "translator",
    ]


def test_editors_are_the_byline_where_nobody_wrote() -> None:
    element = written(
        entry(people=(Person(name="P", role=Role.PHOTOGRAPHER), Person(name="E", role=Role.EDITOR)))
    )
    assert people(element, "author") == ["E"]
    assert people(element, "contributor") == ["P"]


def test_an_entry_without_author_has_its_source_or_its_feed() -> None:
    origin = Origin(id="tag:a.example,2026:f", title="Radio")
    photographed = entry(origin=origin, people=(Person(name="P", role=Role.PHOTOGRAPHER),))
    assert people(written(photographed), "author") == ["Radio"]
    assert people(written(photographed), "contributor") == ["P"]
    assert people(written(entry()), "author") == []
    assert people(tree(feed(entry())), "author") == ["All"]
    assert people(tree(PLANET), "author") == ["Ada"]
    edited = tree(feed(people=(Person(name="Ed", role=Role.EDITOR),)))
    assert text(edited, "atom:author/schema:roleName") == "editor"


def test_a_person_without_a_name_has_what_is_known() -> None:
    element = written(entry(people=(Person(email="a@b.example"), Person(uri="https://c.example/"))))
    assert people(element, "author") == ["a@b.example", "https://c.example/"]


def test_content_is_always_there_when_there_is_no_page() -> None:
    summary = html("<p>s</p>")
    assert text(written(entry(summary=summary)), "atom:content") == "<p>s</p>"
    assert text(written(entry(summary=summary)), "atom:summary") == "<p>s</p>"
    assert written(entry()).find("atom:content", NAMES) is not None
    page = written(entry(url="https://a.example/", summary=summary))
    assert page.find("atom:content", NAMES) is None
    other = entry(links=(Link(href="https://a.example/fr", hreflang="fr"),))
    assert written(other).find("atom:content", NAMES) is None


def test_the_rest_is_said_in_words_that_readers_know() -> None:
    element = written(EPISODE)
    assert all_of(element, "atom:category") == [
        {"term": "t", "scheme": "https://s.example/", "label": "Tee"},
        {"term": "u"},
    ]
    assert text(element, "atom:rights") == "© Ann"
    assert all_of(element, "thr:in-reply-to") == [{"ref": "https://x.example/1"}]
    assert all_of(element, "media:thumbnail") == [
        {"url": "https://pod.example/1.jpg", "width": "10", "height": "20"}
    ]
    assert text(element, "media:content/media:credit") == "Zoe"
    words = ("duration", "episode", "season", "episodeType", "explicit")
    assert [text(element, f"itunes:{word}") for word in words] == ["61", "3", "2", "full", "false"]
    assert all_of(element, "podcast:transcript") == [{"url": "https://pod.example/1.vtt", "type": "text/vtt"}]
    assert all_of(element, "podcast:chapters") == [
        {"url": "https://pod.example/1.json", "type": "application/json+chapters"}
    ]
    assert text(element, "georss:point") == "46.9 7.4"
    assert "slash" not in etree.tostring(element).decode()


def test_credits_stand_beside_the_author() -> None:
    element = written(ARTICLE)
    assert text(element, "media:credit") == "Keystone"
    assert all_of(element, "media:credit") == [{"role": "photographer", "scheme": "urn:ebu"}]


def test_a_credit_without_a_name_is_none() -> None:
    assert written(entry(credits=(Credit(kind="agency", name="\x00 "),))).find("dc:source", NAMES) is None


def test_the_feed_says_who_where_and_since_when() -> None:
    root = tree(PLANET)
    assert text(root, "atom:id") == PLANET.id
    assert text(root, "atom:title") == "All"
    assert text(root, "atom:subtitle") == "All of <b>it</b>"
    assert text(root, "atom:updated") == "2026-01-02T03:04:05Z"
    assert text(root, "atom:rights") == "CC0"
    assert text(root, "atom:icon") == "https://planet.example/icon.png"
    assert text(root, "atom:generator") == "feeds"
    assert all_of(root, "atom:category") == [{"term": "news"}]
    assert all_of(root, "atom:link") == [
        {"rel": "self", "type": "application/atom+xml", "href": SELF},
        {"rel": "alternate", "type": "text/html", "href": "https://planet.example/"},
        {"rel": "hub", "href": "https://hub.example/"},
    ]


def test_our_address_is_the_only_self() -> None:
    root = tree(feed(links=(Link(href="https://elsewhere.example/", rel="self"),)))
    assert [link["href"] for link in all_of(root, "atom:link")] == [SELF]


def test_withdrawn_entries_are_marked_if_it_is_known_when() -> None:
    root = tree(PLANET)
    assert all_of(root, "at:deleted-entry") == [
        {"ref": "tag:radio.example,2026:gone", "when": "2026-01-01T00:00:00Z"}
    ]
    assert text(root, "at:deleted-entry/at:comment") == "wrong"


def test_an_empty_feed_is_as_old_as_time() -> None:
    assert text(tree(feed()), "atom:updated") == "1970-01-01T00:00:00Z"
    assert text(tree(feed(updated=moment(2026, 1, 1))), "atom:updated") == "2026-01-01T00:00:00Z"


def test_no_prefix_is_invented() -> None:
    assert re.search(rb"\bns\d+:", render(PLANET, SELF)) is None


def test_dates_at_the_ends_of_time_are_written() -> None:
    value = entry(published=moment(1, 1, 1, offset=600), updated=moment(9999, 12, 31, 23, offset=-600))
    assert text(written(value), "atom:published") == "0001-01-01T10:00:00+10:00"
    assert text(written(value), "atom:updated") == "9999-12-31T23:00:00Z"
    early = entry(published=moment(1, 1, 1, offset=-600), updated=moment(2026, 1, 1))
    assert text(written(early), "atom:published") == "0001-01-01T00:00:00Z"
