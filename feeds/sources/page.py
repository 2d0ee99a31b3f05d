"""The kind ``page``: an HTML page without a feed -> a feed, by CSS selectors that the operator names."""

from __future__ import annotations

from dataclasses import dataclass, replace

from feeds.config.schema import Source
from feeds.config.selectors import Fields, Selector
from feeds.errors import ReadError
from feeds.model import Category, Decision, Document, Entry, Feed, Link, Media, Moment, Person, Text
from feeds.normalize import language
from feeds.normalize.dates import parse
from feeds.normalize.html import plain
from feeds.normalize.text import one_line
from feeds.normalize.titles import shortened, title_of
from feeds.normalize.urls import web_url
from feeds.sources import parts
from feeds.sources.charset import decode
from feeds.sources.finish import UNKNOWN, feed_id, finished
from feeds.sources.selecting import Element, Page

MAX_ENTRIES = 5000
NOWHERE = "https://source.invalid/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What all entries of one page share; ``met`` are the fields that said something in one of them."""

    source: Source
    fields: Fields
    met: set[str]


def read(document: Document, source: Source, authority: str) -> Feed:
    """Read a page.

    Raises:
        ReadError: The selectors match nothing: it is another page than it was, or they were never right. It
            is never taken for a page from which all entries are gone.
    """
    if source.entry is None or source.fields is None:
        raise ReadError("a page is read by selectors: it needs `entry` and `fields` in config.yaml")
    text = decode(document.body, document.headers)
    if not text.strip("\ufeff\x00 \t\r\n"):
        raise ReadError("the document is empty; it is tried again later")
    page = Page(text, web_url(document.url, None) or NOWHERE)
    found, number = page.all(source.entry, MAX_ENTRIES)
    if not found:
        raise ReadError(_nothing(source.entry, document))
    reading = Reading(source=source, fields=source.fields, met=set())
    entries = [entry for element in found if (entry := _entry(element, reading)) is not None]
    if not entries:
        places = ", ".join(f"{name} ({place})" for name, place in source.fields.given().items())
        raise ReadError(
            f"the page is not what it was: {source.entry[:60]} matches, but in it nothing of {places[:120]};"
            " look at the page, and mend the selectors"
        )
    feed = _feed(page, document, source, authority)
    decisions = (*_unmet(reading), *_left_out(number))
    return finished(replace(feed, decisions=decisions), entries, source, authority)


def _nothing(css: str, document: Document) -> str:
    """Say that no entry was found. Titles and texts of the page are not repeated: it may be anybody's."""
    kind = document.headers.get("content-type", "").partition(";")[0].strip().lower()[:60]
    called = f" (the server calls it {kind})" if kind and "html" not in kind else ""
    return (
        f"the page is not what it was: {css[:100]} matches nothing{called}; its entries stay; look at the"
        " page, and mend `entry`"
    )


def _unmet(reading: Reading) -> tuple[Decision, ...]:
    """Note the fields that no entry has: a selector of one may be wrong."""
    return tuple(
        Decision(topic=name, reason=f"{place} matches in no entry of the page")
        for name, place in reading.fields.given().items()
        if name not in reading.met
    )


def _left_out(number: int) -> tuple[Decision, ...]:
    if number <= MAX_ENTRIES:
        return ()
    reason = f"the page holds {number - MAX_ENTRIES} entries more than are read at once; the first are taken"
    return (Decision(topic="limit", reason=reason),)


def _feed(page: Page, document: Document, source: Source, authority: str) -> Feed:
    here = web_url(document.url, None)
    icon = page.first('link[rel~="icon"]', "href")
    return Feed(
        id=feed_id(None, source, authority),
        title=title_of(parts.plain_text(one_line(page.first("title") or ""))),
        links=(Link(href=here),) if here else (),
        icon=web_url(icon, page.base) if icon else None,
        language=language.tag(page.first("html", "lang") or ""),
    )


def _entry(element: Element, reading: Reading) -> Entry | None:
    """Read an entry; None if none of its fields says what it is about."""
    places = reading.fields
    title = _text(element, places.title, element.page.base)
    url = next(element.addresses(places.url), None) if places.url else None
    native = _line(element, places.id)
    summary = _text(element, places.summary, element.page.base)
    content = _text(element, places.content, element.page.base)
    if not (title or url or native or summary or content):
        return None
    published, unread = _moment(element, places.published, reading)
    updated, undated = _moment(element, places.updated, reading)
    image = next(element.addresses(places.image), None) if places.image else None
    entry = Entry(
        source=reading.source.name,
        id=UNKNOWN,
        native_id=native,
        url=url,
        title=title_of(title),
        summary=summary,
        content=content,
        published=published,
        updated=updated,
        people=parts.once(_people(element, places.author)),
        categories=parts.categories(_categories(element, places.categories)),
        enclosures=parts.files(_files(element, places.enclosure)),
        image=Media(url=image) if image else None,
        decisions=(*shortened(title), *unread, *undated),
    )
    reading.met.update(name for name in places.given() if _says(entry, name))
    return entry


def _says(entry: Entry, name: str) -> bool:
    """Say whether an entry has a field; a date that cannot be read was found at least."""
    if name in ("published", "updated") and any(one.topic == "date" for one in entry.decisions):
        return True
    words = {"id": "native_id", "author": "people", "enclosure": "enclosures"}
    return bool(getattr(entry, words.get(name, name)))


def _text(element: Element, place: Selector | None, base: str) -> Text | None:
    """Give what the elements hold, as HTML where there is markup in it; an attribute is plain text."""
    if place is None:
        return None
    found = element.markup(place)
    return parts.plain_text(found) if place.attribute else parts.html_text(found, base)


def _lines(element: Element, place: Selector | None) -> tuple[str, ...]:
    """Give one line of plain text for each element that says something."""
    if place is None:
        return ()
    lines = (
        one_line(plain(told)) if "<" in told or "&" in told else one_line(told)
        for told in element.values(place)
    )
    return tuple(line for line in lines if line)


def _line(element: Element, place: Selector | None) -> str | None:
    return next(iter(_lines(element, place)), None)


def _moment(
    element: Element, place: Selector | None, reading: Reading
) -> tuple[Moment | None, tuple[Decision, ...]]:
    """Read the first of the texts that is a date, in the source's zone; note it if there are texts only."""
    lines = _lines(element, place)
    for line in lines:
        moment = parse(line, reading.source.timezone)
        if moment is not None:
            return moment, ()
    return None, (parts.unread_date(lines[0]),) if lines else ()


def _people(element: Element, place: Selector | None) -> tuple[Person | None, ...]:
    return tuple(parts.named(line) for line in _lines(element, place))


def _categories(element: Element, place: Selector | None) -> tuple[Category | None, ...]:
    return tuple(parts.category(line.lstrip("#")) for line in _lines(element, place))


def _files(element: Element, place: Selector | None) -> tuple[Media, ...]:
    return tuple(Media(url=url) for url in element.addresses(place)) if place is not None else ()
