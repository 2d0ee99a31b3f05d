"""docs/fields.md is true: every element that it names fills its field, and the preferred one wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from itertools import pairwise
from typing import Any

import pytest
from fields_table import OURS, OURS_OF_FEED, Row, page, rows
from reading import DATA, feed_of

from feeds.model import Entry, Feed, Moment

MODULES = {
    "atom": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "cc": "http://web.resource.org/cc/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativeCommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "enc": "http://purl.oclc.org/net/rss_2.0/enc#",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "georss": "http://www.georss.org/georss",
    "gml": "http://www.opengis.net/gml",
    "googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "podcast": "https://podcastindex.org/namespace/1.0",
    "prism": "http://prismstandard.org/namespaces/basic/2.0/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "http://schema.org/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "source": "http://source.scripting.com/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "webfeeds": "http://webfeeds.org/rss/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
XMLNS = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in MODULES.items())
LANGUAGES = ("de", "fr", "it", "es", "pt", "nl", "pl", "ru", "en", "da")
WRAPPERS = {
    "rss": "<rss version='2.0' {ns} {root}><channel {head_at}>{head}<item {at}>{body}</item></channel></rss>",
    "rdf": "<rdf:RDF xmlns='http://purl.org/rss/1.0/' {ns} {root}><channel {head_at}>{head}</channel>"
    "<item {at}>{body}</item></rdf:RDF>",
    "atom": "<feed xmlns='http://www.w3.org/2005/Atom' {ns} {root}>{head}<entry {at}>{body}</entry></feed>",
    "atom03": "<feed version='0.3' xmlns='http://purl.org/atom/ns#' {ns} {root}>{head}"
    "<entry {at}>{body}</entry></feed>",
    "cdf": "<channel {head_at}>{head}<item {at}>{body}</item></channel>",
}
ENTRIES, FEEDS = rows("Entry"), rows("Feed")
PLACE = re.compile(r"\{\{(.*?)\}\}")
WITHIN = re.compile(r"<source>(.*)</source>")
KIND = re.compile(r"\{([tudnl])\}")


def words(row: Row) -> dict[str, str]:
    n = row.number
    return {
        "t": f"Word{n}",
        "u": f"https://e.example/{n}",
        "d": f"2024-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}T10:00:00Z",
        "n": str(n % 23 + 1),
        "l": LANGUAGES[n % len(LANGUAGES)],
    }


def filled(row: Row) -> tuple[str, str]:
    """Give the markup with its words in it, and what the field must hold."""
    told = words(row)
    place = PLACE.search(row.markup)
    kind = KIND.search(row.markup)
    wanted = place[1] if place else told[kind[1]] if kind else ""
    at_end = place is not None and row.form != "json" and place.end() == len(row.markup)
    markup = PLACE.sub("" if at_end else lambda match: match[1], row.markup)
    if kind and row.markup.startswith(("<id>urn", "<atom:id>", '"_feeds": {"id"')):
        wanted = f"urn:x:{wanted}"
    return KIND.sub(lambda match: told[match[1]], markup), wanted


def moment(value: Moment | None) -> str | None:
    return None if value is None else f"{value.instant:%Y-%m-%dT%H:%M:%SZ}"


def held(holder: Any, row: Row) -> Iterable[str | None]:
    """Give what a field holds, in words."""
    value = holder
    for name in row.field.split("."):
        value = getattr(value, name) if value is not None else None
    return tuple(SHOWN.get(row.field, plainly)(value, row.part))


def plainly(value: Any, part: str) -> Iterable[str | None]:
    if isinstance(value, Moment):
        return (moment(value),)
    if hasattr(value, "strftime"):
        return (f"{value:%Y-%m-%dT%H:%M:%SZ}",)
    if isinstance(value, bool):
        return (("no", "true")[value],)
    if isinstance(value, float):
        return (f"{value:g}",)
    return (getattr(value, "value", value),) if value is None or isinstance(value, str) else _inner(value)


def _inner(value: Any) -> Iterable[str | None]:
    if isinstance(value, int):
        return (str(value),)
    if isinstance(value, frozenset):
        return tuple(str(one) for one in value)
    return (re.sub(r"</?\w+>| x\b", "", getattr(value, "value", getattr(value, "url", ""))),)


SHOWN: dict[str, Callable[[Any, str], Iterable[str | None]]] = {
    "links": lambda links, part: (one.href for one in links if part in ("", one.rel)),
    "people": lambda people, part: (one.name for one in people if one.role == part),
    "credits": lambda some, part: (one.name.removesuffix(" Archive") for one in some if one.kind == part),
    "categories": lambda some, _: (one.term for one in some),
    "enclosures": lambda some, _: (one.url for one in some),
    "extra": lambda pairs, _: (value for _, value in pairs),
    "withdrawn": lambda marks, _: (one.id.removeprefix("urn:x:") for one in marks),
    "in_reply_to": lambda value, _: (value and value.removeprefix("tag:e.example,2024:"),),
    "origin.id": lambda value, _: (value and value.removeprefix("urn:x:"),),
}


def base(row: Row) -> list[str]:
    """Give what an entry has beside the element that is asked for."""
    given = [] if row.field in ("native_id", "url") else ["id"]
    if row.field not in ("url", "links"):
        given.append("url")
    return [BASE[row.form].get(word, "") for word in given]


BASE = {
    "rss": {"id": '<guid isPermaLink="false">i</guid>', "url": "<link>https://e.example/page</link>"},
    "rdf": {"id": '@rdf:about="urn:i"', "url": "<link>https://e.example/page</link>"},
    "atom": {"id": "<id>urn:i</id>", "url": '<link href="https://e.example/page"/>'},
    "atom03": {
        "id": "<id>urn:i</id>",
        "url": '<link type="text/html" rel="alternate" href="https://e.example/page"/>',
    },
    "cdf": {"url": '@HREF="https://e.example/page"'},
    "json": {"id": '"id": "i"', "url": '"url": "https://e.example/page"'},
}


def document(form: str, of_feed: bool, markup: Iterable[str], beside: Iterable[str] = ()) -> str:
    """Write a document with that markup in its entry, or in its head."""
    pieces = [*beside, *markup]
    if form == "json":
        inner = ", ".join(piece for piece in pieces if piece)
        head = inner if of_feed else '"title": "T"'
        item = '"id": "i", "title": "x"' if of_feed else inner
        head = head if '"title"' in head else f'{head}, "title": "T"'
        return f'{{"version": "https://jsonfeed.org/version/1.1", {head}, "items": [{{{item}}}]}}'
    at = " ".join(piece[1:] for piece in pieces if piece.startswith("@"))
    root = " ".join(piece[1:] for piece in pieces if piece.startswith("#"))
    body = "".join(piece for piece in pieces if not piece.startswith(("@", "#")))
    if of_feed:
        parts = {"head": body, "head_at": at, "body": "<title>x</title>", "at": ""}
    else:
        parts = {"head": "", "head_at": "", "body": body, "at": at}
    return WRAPPERS[form].format(ns=XMLNS, root=root, **parts)


def read(row: Row, markup: Iterable[str], of_feed: bool) -> Iterable[str | None]:
    body = document(row.form, of_feed, markup, () if of_feed else base(row))
    feed = feed_of(body)
    return held(feed if of_feed else feed.entries[0], row)


def name(row: Row) -> str:
    return f"{row.form}-{row.field}-{row.element}"


def fills(row: Row, of_feed: bool) -> None:
    markup, wanted = filled(row)
    assert wanted
    found = read(row, [markup], of_feed)
    assert wanted in found


@pytest.mark.parametrize("row", ENTRIES, ids=name)
def test_every_element_of_an_entry_fills_its_field(row: Row) -> None:
    fills(row, of_feed=False)


@pytest.mark.parametrize("row", FEEDS, ids=name)
def test_every_element_of_a_feed_fills_its_field(row: Row) -> None:
    fills(row, of_feed=True)


def neighbours(told: tuple[Row, ...]) -> list[tuple[Row, Row]]:
    """Give every two elements of which the first is preferred."""
    by_field: dict[tuple[str, str], list[Row]] = {}
    for row in told:
        if not row.every and not row.alone:
            by_field.setdefault((row.form, row.field), []).append(row)
    return [pair for group in by_field.values() for pair in pairwise(group)]


def prefers(first: Row, second: Row, of_feed: bool) -> None:
    (one, wanted), (other, _) = filled(first), filled(second)
    assert list(read(first, joined(one, other), of_feed)) == [wanted]
    assert list(read(first, joined(other, one), of_feed)) == [wanted]


def joined(one: str, other: str) -> list[str]:
    """Put the parts of one ``source`` together."""
    first, second = WITHIN.fullmatch(one), WITHIN.fullmatch(other)
    return [f"<source>{first[1]}{second[1]}</source>"] if first and second else [one, other]


@pytest.mark.parametrize(("first", "second"), neighbours(ENTRIES), ids=name)
def test_of_two_elements_of_an_entry_the_preferred_one_wins(first: Row, second: Row) -> None:
    prefers(first, second, of_feed=False)


@pytest.mark.parametrize(("first", "second"), neighbours(FEEDS), ids=name)
def test_of_two_elements_of_a_feed_the_preferred_one_wins(first: Row, second: Row) -> None:
    prefers(first, second, of_feed=True)


def test_the_table_knows_every_field_of_the_model() -> None:
    for model, told, ours in ((Entry, ENTRIES, OURS), (Feed, FEEDS, OURS_OF_FEED)):
        named = {row.field.partition(".")[0] for row in told} | set(ours)
        assert {one.name for one in fields(model)} == named


def test_the_docs_are_the_table() -> None:
    assert (DATA.parents[1] / "docs" / "fields.md").read_text(encoding="utf-8") == page()
