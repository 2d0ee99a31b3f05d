"""A title is one line that says what the source said; where it said nothing, an output chooses."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from judge import errors
from reading import feed_of
from samples import at, entry, feed, html

from feeds.formats import FEED_FORMATS
from feeds.model import DateOrigin, Entry, Moment, Precision, Text, TextType, TitleOrigin
from feeds.normalize.titles import LONG, shortened, title_of, untitled

DERIVED = entry(
    url="https://radio.example/1",
    title=Text(value="The bridge is open."),
    title_origin=TitleOrigin.DERIVED,
    content=html("<p>The bridge is open. Everybody came.</p>"),
    published=Moment(instant=at(2025, 12, 26, 23, 30), offset=60),
)
DECLARED = replace(DERIVED, title_origin=TitleOrigin.DECLARED)
NAMESPACE = "{http://www.w3.org/2005/Atom}"


def published(one: Entry, word: str) -> bytes:
    body = FEED_FORMATS[word].render(feed(one), "https://planet.example/all")
    assert errors(body, safe=True) == []
    return body


@pytest.mark.parametrize("policy", ["derive", "empty", "date"])
def test_a_title_that_the_source_gave_is_left_alone(policy: str) -> None:
    assert untitled(DECLARED, policy) is DECLARED


def test_derive_leaves_the_derived_title() -> None:
    assert untitled(DERIVED, "derive") is DERIVED


@pytest.mark.parametrize(
    ("published", "wanted"),
    [
        (Moment(instant=at(2025, 12, 26, 23, 30), offset=60), "2025-12-27"),
        (Moment(instant=at(2025, 12, 26, 23, 30)), "2025-12-26"),
        (Moment(instant=at(2025, 12, 26, 23), offset=60, precision=Precision.DAY), "2025-12-27"),
        (Moment(instant=at(2025, 12, 1), precision=Precision.MONTH), "2025-12"),
        (Moment(instant=at(2025, 1, 1), precision=Precision.YEAR), "2025"),
        (None, "2026-01-02"),
    ],
)
def test_date_writes_the_entrys_own_day(published: Moment | None, wanted: str) -> None:
    titled = untitled(replace(DERIVED, published=published), "date")
    assert titled.title == Text(value=wanted)
    assert titled.title_origin is TitleOrigin.DERIVED


def test_an_entry_without_text_and_title_gets_its_date_too() -> None:
    one = entry(published=Moment(instant=at(2025, 3, 1), origin=DateOrigin.INFERRED))
    assert untitled(one, "date").title == Text(value="2025-03-01")
    assert untitled(one, "derive") is one


def test_an_empty_title_is_published_as_each_format_writes_it() -> None:
    one = untitled(DERIVED, "empty")
    atom = ElementTree.fromstring(published(one, "atom")).find(f"{NAMESPACE}entry/{NAMESPACE}title")
    assert atom is not None
    assert (atom.get("type"), atom.text) == ("text", None)
    item = ElementTree.fromstring(published(one, "rss")).find("channel/item")
    assert item is not None
    assert item.find("title") is None
    assert item.findtext("description") == "<p>The bridge is open. Everybody came.</p>"
    told = json.loads(published(one, "json_feed"))["items"][0]
    assert "title" not in told
    assert "title_origin" not in told.get("_feeds", {})


def test_a_date_as_title_is_marked_as_derived() -> None:
    told = json.loads(published(untitled(DERIVED, "date"), "json_feed"))["items"][0]
    assert (told["title"], told["_feeds"]["title_origin"]) == ("2025-12-27", "derived")


@pytest.mark.parametrize("kind", TextType)
def test_a_title_of_ten_megabytes_is_cut_and_the_cut_is_told(kind: TextType) -> None:
    long = Text(value="word " * 2_000_000, type=kind)
    title = title_of(long)
    assert title is not None
    assert LONG - 10 < len(title.value) <= LONG
    assert title.value.endswith("word…")
    assert [one.topic for one in shortened(long)] == ["title"]


def test_a_title_that_fits_tells_of_no_cut() -> None:
    assert shortened(Text(value="x" * LONG)) == ()
    assert shortened(html("<b></b>" * LONG + "short")) == ()
    assert shortened(None) == ()


@pytest.mark.parametrize("kind", ["rss", "atom", "json_feed"])
def test_the_cut_is_a_decision_of_the_entry(kind: str) -> None:
    long = "long " * 1000
    body = {
        "rss": f"<rss version='2.0'><channel><item><title>{long}</title></item></channel></rss>",
        "atom": f"<feed xmlns='{NAMESPACE[1:-1]}'><entry><title type='html'>{long}</title></entry></feed>",
        "json_feed": json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "T",
                "items": [{"id": "1", "title": long}],
            }
        ),
    }[kind]
    one = feed_of(body).entries[0]
    assert any(made.topic == "title" and str(LONG) in made.reason for made in one.decisions)


# What a plain title with markup in it must look like to whoever reads it (CHECKS.md, E6).

LITERAL = "<b>1 &lt; 2 & <script>x</script>"


def test_a_plain_title_is_shown_literally_by_every_format() -> None:
    one = entry(url="https://radio.example/1", title=Text(value=LITERAL))
    title = ElementTree.fromstring(published(one, "atom")).find(f"{NAMESPACE}entry/{NAMESPACE}title")
    assert title is not None
    assert (title.get("type"), title.text) == ("text", LITERAL)
    assert json.loads(published(one, "json_feed"))["items"][0]["title"] == LITERAL
    shown = ElementTree.fromstring(published(one, "rss")).findtext("channel/item/title")
    # Nothing in RSS says whether a title is HTML: what could act gets an invisible word joiner.
    assert shown is not None
    assert shown.replace("\u2060", "") == LITERAL
    assert b"&amp;lt;" in published(one, "rss")
    assert b"&amp;amp;lt;" not in published(one, "rss")


def test_the_invisible_word_joiner_leaves_again_where_our_own_feed_is_read() -> None:
    one = entry(url="https://radio.example/1", title=Text(value="how <script> and <p> work"))
    again = feed_of(published(one, "rss"))
    assert again.entries[0].title == one.title
    assert FEED_FORMATS["rss"].render(again, "").count("\u2060".encode()) == 2


def test_a_title_with_markup_says_so_where_a_format_can() -> None:
    one = entry(url="https://radio.example/1", title=html("A &amp; <em>B</em>"))
    title = ElementTree.fromstring(published(one, "atom")).find(f"{NAMESPACE}entry/{NAMESPACE}title")
    assert title is not None
    assert (title.get("type"), title.text) == ("html", "A &amp; <em>B</em>")
    assert ElementTree.fromstring(published(one, "rss")).findtext("channel/item/title") == "A & B"
    assert json.loads(published(one, "json_feed"))["items"][0]["title"] == "A & B"
